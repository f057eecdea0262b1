package netwatch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// machine is a network and a clock that a test changes.
type machine struct {
	hears func(bool) // set by watch

	mu    sync.Mutex // guards what follows
	state string
	err   error
	slept time.Duration // that the wall clock is ahead
}

// becomes changes the network; one with an error cannot be read.
func (m *machine) becomes(state string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.err = state, err
}

func (m *machine) sleeps(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slept += d
}

func (m *machine) look(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, m.err
}

func (m *machine) wall() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.slept)
}

// watch runs a watcher of m while script changes it, and returns what it
// reported.
func watch(t *testing.T, m *machine, script func(nudge func(), rest func(time.Duration))) (reported []Reason) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{look: m.look, wall: m.wall, nudged: make(chan struct{}, 1)}
		m.hears = w.hears.Store
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.run(ctx, func(r Reason) { reported = append(reported, r) })
		}()
		synctest.Wait()
		script(w.nudge, func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
		})
		cancel()
		<-ended
	})
	return reported
}

func TestWatcher(t *testing.T) {
	t.Parallel()
	const home = "eth0 192.168.1.2/24 192.168.1.2 none"
	const elsewhere = "wlan0 10.0.0.7/8 10.0.0.7 none"
	for name, test := range map[string]struct {
		script func(m *machine, nudge func(), rest func(time.Duration))
		want   []Reason
	}{
		"nothing happens": {func(_ *machine, nudge func(), rest func(time.Duration)) {
			rest(time.Hour)
			nudge()
			rest(time.Hour)
		}, nil},
		"an address changes": {func(m *machine, _ func(), rest func(time.Duration)) {
			m.becomes(elsewhere, nil)
			rest(lookEvery + settle)
		}, []Reason{Changed}},
		"the system tells": {func(m *machine, nudge func(), rest func(time.Duration)) {
			m.becomes(elsewhere, nil)
			nudge()
			rest(settle)
		}, []Reason{Changed}},
		"addresses come one by one": {func(m *machine, nudge func(), rest func(time.Duration)) {
			for _, state := range []string{"eth0", home, home + " fe80::1/64"} {
				m.becomes("now "+state, nil)
				nudge()
				rest(settle / 2)
			}
			rest(2*settle + 2*lookEvery)
		}, []Reason{Changed}},
		"never at rest": {func(m *machine, nudge func(), rest func(time.Duration)) {
			for i := range 15 {
				m.becomes(strings.Repeat("x", i+1), nil)
				nudge()
				rest(settle / 2)
			}
		}, []Reason{Changed}},
		"the system tells, and misses one": {func(m *machine, _ func(), rest func(time.Duration)) {
			m.hears(true)
			m.becomes(elsewhere, nil)
			rest(lookSeldom*lookEvery + settle)
		}, []Reason{Changed}},
		"the system tells no more": {func(m *machine, _ func(), rest func(time.Duration)) {
			m.hears(true)
			rest(lookEvery)
			m.hears(false)
			m.becomes(elsewhere, nil)
			rest(lookEvery + settle)
		}, []Reason{Changed}},
		"up, down and up again": {func(m *machine, nudge func(), rest func(time.Duration)) {
			m.becomes("", errors.New("not now"))
			nudge()
			rest(lookEvery)
			m.becomes("lo none none", nil)
			rest(lookEvery + settle)
			m.becomes(home, nil)
			rest(lookEvery + settle)
		}, []Reason{Changed, Changed}},
		"asleep": {func(m *machine, _ func(), rest func(time.Duration)) {
			m.sleeps(time.Hour)
			rest(lookEvery + settle)
			rest(time.Minute)
		}, []Reason{Woke}},
		"asleep, and elsewhere": {func(m *machine, nudge func(), rest func(time.Duration)) {
			m.becomes(elsewhere, nil)
			m.sleeps(time.Minute)
			nudge()
			rest(settle)
			rest(time.Minute)
		}, []Reason{Woke}},
		"the clock is set": {func(m *machine, _ func(), rest func(time.Duration)) {
			for _, by := range []time.Duration{asleep / 2, -time.Hour, -time.Second} {
				m.sleeps(by)
				rest(time.Minute)
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &machine{state: home}
			got := watch(t, m, func(nudge func(), rest func(time.Duration)) { test.script(m, nudge, rest) })
			if !slices.Equal(got, test.want) {
				t.Errorf("reported %q, want %q", got, test.want)
			}
		})
	}
}

// TestFirstLookFails learns of a network that could not be read at the start.
func TestFirstLookFails(t *testing.T) {
	t.Parallel()
	m := &machine{err: errors.New("not now")}
	got := watch(t, m, func(_ func(), rest func(time.Duration)) {
		m.becomes("eth0", nil)
		rest(2 * lookEvery)
		m.becomes("eth1", nil)
		rest(2 * lookEvery)
	})
	if !slices.Equal(got, []Reason{Changed}) {
		t.Errorf("reported %q, want one change", got)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	first, err := look(t.Context())
	if err != nil || first == "" {
		t.Fatalf("look: %q, %v", first, err)
	}
	if again, err := look(t.Context()); err != nil || again != first {
		t.Errorf("looked twice: %q and %q, %v", first, again, err)
	}
}

// BenchmarkLook tells what a look costs: there is one every two seconds.
func BenchmarkLook(b *testing.B) {
	for b.Loop() {
		if _, err := look(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
