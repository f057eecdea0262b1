package portmap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// script is a protocol, and the session of it, without a network. Its fields
// are changed by set.
type script struct {
	mu       sync.Mutex
	found    error // what find returns
	err      error // what add returns
	lifetime time.Duration
	external netip.AddrPort
	stuck    bool // add and remove wait for their ctx to end

	finds, adds    []time.Duration // when they were called
	asked, removed []request
	began          time.Time
}

func (s *script) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *script) find(context.Context, target) (session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds = append(s.finds, time.Since(s.began))
	return s, s.found
}

func (s *script) add(ctx context.Context, r request) (grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adds = append(s.adds, time.Since(s.began))
	s.asked = append(s.asked, r)
	if s.stuck {
		<-ctx.Done()
		return grant{}, ctx.Err()
	}
	return grant{external: s.external, lifetime: s.lifetime}, s.err
}

func (s *script) remove(ctx context.Context, r request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removed = append(s.removed, r)
	if s.stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// bench is a Mapper on a script, in a bubble.
type bench struct {
	*Mapper
	t       *testing.T
	stop    func() // ends Run, and waits for that
	script  *script
	target  target
	none    error         // what targets returns
	asleep  time.Duration // what the wall clock is ahead of timers
	changes int
}

// inBubble runs a Mapper in a bubble of its own time while test runs there.
func inBubble(t *testing.T, s *script, test func(*bench)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, script: s, target: target{gateway: loopback, local: loopback, control: portPort}}
		s.began = time.Now()
		if !s.external.IsValid() {
			s.external = netip.AddrPortFrom(outside, testPort)
		}
		b.Mapper = New(Options{Port: testPort, Changed: func() { b.changes++ }})
		b.protocols = []protocol{{MethodPCP, s.find}}
		b.targets = func(context.Context) ([]target, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return []target{b.target}, b.none
		}
		b.listen = func(context.Context) (net.PacketConn, error) { return nil, errors.ErrUnsupported }
		b.now = func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			return time.Now().Add(b.asleep)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := b.Run(ctx); err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		b.stop = func() {
			cancel()
			<-done
		}
		defer b.stop()
		synctest.Wait()
		test(b)
	})
}

// passes lets time pass in the bubble.
func passes(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func same(t *testing.T, what string, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

func TestRenewedAtHalf(t *testing.T) {
	t.Parallel()
	for granted, want := range map[time.Duration]time.Duration{
		lifetime:                  lifetime / 2,
		4 * time.Minute:           2 * time.Minute,
		365 * 24 * time.Hour:      lifetime / 2, // nobody keeps that promise
		minLifetime:               minLifetime / 2,
		lifetime + time.Second:    lifetime / 2,
		119500 * time.Millisecond: 59750 * time.Millisecond,
	} {
		t.Run(fmt.Sprint(granted), func(t *testing.T) {
			inBubble(t, &script{lifetime: granted}, func(b *bench) {
				passes(2*want + time.Millisecond)
				same(b.t, "added", b.script.adds, 0, want, 2*want)
				same(b.t, "looked", b.script.finds, 0)
				if s := b.State(); b.changes != 1 || !s.Expires.Equal(time.Now().Add(min(granted, lifetime)-time.Millisecond)) ||
					s.Since.Sub(b.script.began) != 0 {
					b.t.Errorf("%d changes, state %+v", b.changes, s)
				}
			})
		})
	}
}

func TestTriesAgain(t *testing.T) {
	inBubble(t, &script{found: ErrNoAnswer, lifetime: lifetime}, func(b *bench) {
		passes(2 * time.Hour)
		same(b.t, "looked", b.script.finds[:8], 0, 10*time.Second, 30*time.Second, 70*time.Second, 150*time.Second, 310*time.Second,
			630*time.Second, 1270*time.Second)
		last := b.script.finds[len(b.script.finds)-2:]
		if last[1]-last[0] != longestPause {
			b.t.Errorf("in the end every %v", last[1]-last[0])
		}
		if s := b.State(); !errors.Is(s.Err, ErrNoAnswer) || s.External.IsValid() || len(s.Tried) != 1 || b.changes != 1 {
			b.t.Errorf("%d changes, state %+v", b.changes, s)
		}
		b.script.set(func() { b.script.finds, b.script.began = nil, time.Now() })
		b.Refresh()
		passes(time.Minute)
		same(b.t, "after Refresh looked", b.script.finds, 0, 10*time.Second, 30*time.Second)
		b.script.set(func() { b.script.finds, b.script.found = nil, nil })
		b.Refresh()
		b.Refresh()
		passes(time.Second)
		if s := b.State(); len(b.script.finds) == 0 || s.Err != nil || s.External != b.script.external || b.changes != 2 {
			b.t.Errorf("after Refresh: %d look-ups, state %+v", len(b.script.finds), s)
		}
	})
}

// While the router does not answer, what it granted is offered as long as it
// was granted for.
func TestSilentRouter(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		b.script.set(func() { b.script.err, b.script.found = ErrNoAnswer, ErrNoAnswer })
		passes(lifetime - time.Second)
		if s := b.State(); s.External != b.script.external || !errors.Is(s.Err, ErrNoAnswer) || s.Method != MethodPCP {
			b.t.Errorf("before it expires: %+v", s)
		}
		passes(longestPause)
		if s := b.State(); s.External.IsValid() || !errors.Is(s.Err, ErrNoAnswer) || s.Method != "" {
			b.t.Errorf("afterwards: %+v", s)
		}
	})
}

func TestRenewalGoesWrong(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*script){
		"refused":                   func(s *script) { s.err = ErrRefused },
		"now behind another router": func(s *script) { s.external = netip.MustParseAddrPort("10.0.0.1:7331") },
		"for no time":               func(s *script) { s.lifetime = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
				b.script.set(func() { change(b.script) })
				passes(lifetime/2 + time.Second)
				if s := b.State(); s.External.IsValid() || s.Err == nil || b.changes != 2 {
					b.t.Errorf("%d changes, state %+v", b.changes, s)
				}
			})
		})
	}
}

func TestAnotherAddress(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		b.script.set(func() { b.script.external = netip.MustParseAddrPort("11.22.33.45:8000") })
		passes(lifetime/2 + time.Second)
		if s := b.State(); s.External != b.script.external || b.changes != 2 || !s.Since.Equal(b.script.began.Add(lifetime/2)) {
			b.t.Errorf("%d changes, state %+v", b.changes, s)
		}
	})
}

// With another address in the same network the old mapping leads nowhere, and
// is removed; the router of another network is not spoken to about it.
func TestNetworkChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		target  target
		removed int
	}{
		"another address": {target{gateway: loopback, local: netip.MustParseAddr("127.0.0.9")}, 1},
		"another network": {target{gateway: outside, local: netip.MustParseAddr("127.0.0.9")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &script{lifetime: lifetime, external: netip.AddrPortFrom(outside, 8000)}, func(b *bench) {
				b.script.set(func() { b.target = test.target })
				b.Refresh()
				passes(calm)
				if b.script.asked[0].external.Port() != testPort || b.script.asked[1].external != b.script.external {
					b.t.Errorf("asked for %+v", b.script.asked)
				}
				if len(b.script.finds) != 2 || len(b.script.removed) != test.removed {
					b.t.Errorf("%d look-ups, %d removed", len(b.script.finds), len(b.script.removed))
				}
				b.stop()
				if len(b.script.removed) != test.removed+1 {
					b.t.Errorf("%d removed in the end", len(b.script.removed))
				}
			})
		})
	}
}

func TestNetworkGoneAndBack(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		b.script.set(func() { b.none = ErrNoGateway })
		b.Refresh()
		passes(calm)
		if s := b.State(); s.External.IsValid() || !errors.Is(s.Err, ErrNoGateway) {
			b.t.Errorf("without a network: %+v", s)
		}
		b.script.set(func() { b.none = nil })
		b.Refresh()
		passes(calm)
		if s := b.State(); s.External != b.script.external || s.Err != nil || b.changes != 3 {
			b.t.Errorf("%d changes, state %+v", b.changes, s)
		}
	})
}

// Timers stand still while a machine sleeps.
func TestSleep(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		passes(time.Second)
		b.script.set(func() { b.asleep = 8 * time.Hour })
		passes(wakeCheck)
		if len(b.script.adds) != 2 {
			b.t.Errorf("added at %v", b.script.adds)
		}
		if s := b.State(); s.Expires.Before(time.Now().Add(b.asleep)) {
			b.t.Errorf("state %+v", s)
		}
	})
}

func TestClockSetBack(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		b.script.set(func() { b.asleep = -24 * time.Hour })
		passes(wakeCheck)
		if len(b.script.adds) != 2 {
			b.t.Errorf("added at %v", b.script.adds)
		}
	})
}

// However the router behaves, Run ends in time, and what may have been mapped
// is removed.
func TestEndsInTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script  *script
		removed int
		took    time.Duration
	}{
		"mapped":                {&script{lifetime: lifetime}, 1, 0},
		"nothing mapped":        {&script{found: ErrNoAnswer}, 0, 0},
		"in the middle of both": {&script{lifetime: lifetime, stuck: true}, 1, removeWait},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.script, func(b *bench) {
				began := time.Now()
				b.stop()
				if took := time.Since(began); took != test.took || len(b.script.removed) != test.removed {
					b.t.Errorf("took %v, removed %+v", took, b.script.removed)
				}
				for _, r := range b.script.removed {
					if r.port != testPort || r.external.Port() != testPort || r.nonce == [12]byte{} {
						b.t.Errorf("removed %+v", r)
					}
				}
			})
		})
	}
}

func TestEndsInTimeWhileRenewing(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		b.script.set(func() { b.script.stuck = true })
		b.Refresh()
		passes(calm)
		began := time.Now()
		b.stop()
		if took := time.Since(began); took != removeWait || len(b.script.removed) != 1 || len(b.script.adds) != 2 {
			b.t.Errorf("took %v, added %d times, removed %+v", took, len(b.script.adds), b.script.removed)
		}
	})
}

// One announcement is enough; those that follow it keep nobody busy.
func TestAnnouncements(t *testing.T) {
	inBubble(t, &script{lifetime: lifetime}, func(b *bench) {
		news := announcement{from: netip.AddrPortFrom(loopback, portPort), address: netip.MustParseAddr("11.22.33.45")}
		old := news
		old.address = outside
		b.heard <- old
		passes(time.Minute)
		same(b.t, "added", b.script.adds, 0)
		for range 100 {
			b.heard <- news
			passes(time.Millisecond)
		}
		passes(5 * time.Second)
		same(b.t, "added", b.script.adds, 0, time.Minute, time.Minute+calm)
	})
}

func TestRunWithoutPort(t *testing.T) {
	t.Parallel()
	if New(Options{}).Run(t.Context()) == nil {
		t.Error("no error")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	m := New(Options{Port: testPort})
	for _, test := range []struct {
		tried []error
		want  error
	}{
		{[]error{ErrNoAnswer, ErrNoAnswer, ErrNoAnswer}, ErrNoAnswer},
		{[]error{ErrNoAnswer, ErrNoAnswer, ErrRefused}, ErrRefused},
		{[]error{ErrRefused, ErrCGNAT, ErrDoubleNAT}, ErrCGNAT},
		{[]error{ErrBadAnswer, ErrOffline, ErrNoAnswer}, ErrOffline},
		{nil, ErrNoAnswer},
	} {
		var tried []Attempt
		for _, err := range test.tried {
			tried = append(tried, Attempt{Err: fmt.Errorf("wrapped: %w", err)})
		}
		if got := m.verdict(tried); !errors.Is(got, test.want) {
			t.Errorf("of %v: %v", test.tried, got)
		}
	}
}
