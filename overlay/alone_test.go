package overlay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	up := func(age time.Duration, in, out bool) *link {
		k := &link{since: now.Add(-age)}
		k.filterIn.Store(in)
		k.filterOut.Store(out)
		return k
	}
	for _, tt := range []struct {
		name  string
		links []*link
		want  time.Duration
	}{
		{"no link", nil, joinWait},
		{"a new link", []*link{up(time.Second, false, false)}, joinWait - time.Second},
		{"a new link beside one that is not so new", []*link{up(0, false, false), up(3*time.Second, false, false)}, joinWait - 3*time.Second},
		{"it hears of devices, and is not heard of", []*link{up(time.Second, true, false)}, joinWait - time.Second},
		{"it is heard of, and hears of none", []*link{up(time.Second, false, true)}, joinWait - time.Second},
		{"it has joined", []*link{up(time.Second, true, true)}, 0},
		{"it has taken long", []*link{up(joinWait, false, false)}, 0},
		{"it has taken an hour", []*link{up(time.Hour, false, false)}, 0},
		{"a new one beside one that has joined", []*link{up(time.Second, false, false), up(time.Hour, true, true)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ls := &links{up: map[*link]struct{}{}}
			for _, k := range tt.links {
				ls.up[k] = struct{}{}
			}
			if got := ls.alone(now); got != tt.want {
				t.Errorf("alone: %v, want %v", got, tt.want)
			}
		})
	}
}

// TestJoined passes filters in both directions: the link has joined with the
// first of each that is not empty.
func TestJoined(t *testing.T) {
	t.Parallel()
	type step struct {
		in, out int // words of the filter that passes; -1 for none
		want    int // how often the link has joined
	}
	for name, steps := range map[string][]step{
		"hears first":    {{0, -1, 0}, {-1, 0, 0}, {1, -1, 0}, {40, -1, 0}, {-1, 40, 1}, {-1, 2, 1}, {3, -1, 1}},
		"is heard first": {{-1, 0, 0}, {0, -1, 0}, {-1, 1, 0}, {0, -1, 0}, {1, -1, 1}, {40, -1, 1}},
	} {
		joined := 0
		in := new(bytes.Buffer)
		m := newMeter(sinkConn{readConn{r: in}}, &link{}, nil, watcher{joined: func() { joined++ }})
		for i, s := range steps {
			if s.in >= 0 {
				f := filterFrame(s.in)
				in.Write(f)
				if _, err := io.ReadFull(m, make([]byte, len(f))); err != nil {
					t.Fatal(err)
				}
			}
			if s.out >= 0 {
				if _, err := m.Write(filterFrame(s.out)); err != nil {
					t.Fatal(err)
				}
			}
			if joined != s.want {
				t.Errorf("%s, step %d: joined %d times, want %d", name, i, joined, s.want)
			}
		}
	}
}

// filterFrame is a filter of that many words that are neither empty nor full.
func filterFrame(words int) []byte {
	f := make([]byte, emptyBloom+8*words)
	f[0] = frameBloom
	return append(binary.AppendUvarint(nil, uint64(len(f))), f...)
}

// sinkConn is a connection that takes all that is written.
type sinkConn struct{ readConn }

func (sinkConn) Write(p []byte) (int, error) { return len(p), nil }

// TestJoinedSearches: devices are searched for once ironwood has taken in that
// a link has joined.
func TestJoinedSearches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		moved := make(chan time.Duration, 1)
		ls := &links{moved: func() { moved <- time.Since(began) }}
		ls.joined()
		if got := <-moved; got != joinedAfter {
			t.Errorf("searched after %v, want %v", got, joinedAfter)
		}
	})
}

// TestAloneSaysNothing: while no device can be found, hellos go to those alone
// that have been heard; then to all.
func TestAloneSaysNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g, keys := manyDevices(now, 4)
	g.alone = func(time.Time) time.Duration { return joinWait }
	heard := keys[0]
	g.greeted(g.devices.table[AddressOf(heard)], now)
	for key, n := range greetings(g, &now, joinWait-time.Second) {
		if key != string(heard) {
			t.Errorf("%d hellos to a device that cannot be found", n)
		}
	}
	g.alone = func(time.Time) time.Duration { return 0 }
	count := greetings(g, &now, 2*time.Second)
	for i, key := range keys {
		if count[string(key)] == 0 {
			t.Errorf("no hello to device %d when it can be found", i)
		}
	}
}

// TestOneEndIsFirst: of two devices the one with the lesser address says hello
// first.
func TestOneEndIsFirst(t *testing.T) {
	t.Parallel()
	keys := []ed25519.PublicKey{public(seeded(1)), public(seeded(2))}
	slices.SortFunc(keys, func(a, b ed25519.PublicKey) int { return AddressOf(a).Compare(AddressOf(b)) })
	lesser, greater := newDevices(AddressOf(keys[0])), newDevices(AddressOf(keys[1]))
	if lesser.newDevice(keys[1]).presence.second {
		t.Error("the one with the lesser address says hello second")
	}
	if !greater.newDevice(keys[0]).presence.second {
		t.Error("the one with the greater address says hello first")
	}
}

// TestPresenceHolds: who is alone searches for no device, but for one that was
// just heard; of two ends the second waits for the first.
func TestPresenceHolds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		p    presence
		want time.Duration // until the next hello
	}{
		{"never heard", presence{}, joinWait},
		{"heard long ago", presence{lastSeen: now.Add(-time.Minute)}, joinWait},
		{"heard", presence{lastSeen: now.Add(-time.Second)}, 0},
		{"online", presence{online: true}, 0},
	} {
		tt.p.wake(now)
		if tt.p.hold(now, joinWait); tt.p.next.Sub(now) != tt.want {
			t.Errorf("%s: the next hello in %v, want %v", tt.name, tt.p.next.Sub(now), tt.want)
		}
	}
	p := presence{second: true}
	if p.wake(now); p.next.Sub(now) != helloEager {
		t.Errorf("the second of two ends says hello in %v, want %v", p.next.Sub(now), helloEager)
	}
	for range 3 {
		p.wake(now.Add(helloEager / 2))
	}
	if p.next.Sub(now) != helloEager {
		t.Errorf("after more changes it says hello in %v, want %v", p.next.Sub(now), helloEager)
	}
	p.online = true
	if p.wake(now); p.next != now {
		t.Error("a device that is online is not asked at once after a change")
	}
}
