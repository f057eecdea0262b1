package overlay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay/netwatch"
)

// soakEnv says how long BenchmarkSoak goes on, such as "1h".
const soakEnv = "PAUL_SOAK"

const (
	soakDefault = 90 * time.Second
	soakWarm    = 20 * time.Second // at least, and a tenth of all: pools fill, sessions time out
	soakFamily  = 6                // devices around the one that is watched
)

// held is what the process holds, at rest.
type held struct {
	goroutines, files int
	heap              uint64
}

func (h held) String() string {
	return fmt.Sprintf("%d goroutines, %d files, a heap of %.1f MB", h.goroutines, h.files, float64(h.heap)/1e6)
}

// family is a device that stays, and others that come and go.
type family struct {
	hub     *Node
	members []*member
	unmet   int // devices that did not find the hub within patience
}

type member struct {
	*Node
	stop func() error
}

// BenchmarkSoak lets the devices of a family come and go, be admitted and
// expelled, lose links, wake from sleep and open connections, for a minute and
// a half or as PAUL_SOAK says, and tells how much more the process holds in the
// end than after a while. Sessions and paths are forgotten a minute after their
// last use, so that there are always some of devices that have left.
func BenchmarkSoak(b *testing.B) {
	long := soakDefault
	if text := os.Getenv(soakEnv); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil || long < 2*soakWarm {
			b.Fatalf("%s=%s: it should be a duration of at least %v", soakEnv, text, 2*soakWarm)
		}
	}
	for b.Loop() {
		f := newFamily(b)
		began := time.Now()
		every := max(soakWarm, long/10)
		rounds := f.churn(b, began.Add(every))
		before := f.holds(b)
		after := before
		for next := 2 * every; next <= long; next += every {
			b.Logf("after %v: %d rounds, %v", time.Since(began).Round(time.Second), rounds, after)
			rounds += f.churn(b, began.Add(next))
			after = f.holds(b)
		}
		b.ReportMetric(float64(rounds), "rounds")
		b.ReportMetric(float64(after.goroutines-before.goroutines), "goroutines-more")
		b.ReportMetric(float64(after.files-before.files), "files-more")
		b.ReportMetric((float64(after.heap)-float64(before.heap))/1e6, "MB-more")
		b.ReportMetric(float64(after.heap)/1e6, "MB-heap")
		b.ReportMetric(float64(after.goroutines), "goroutines")
		b.ReportMetric(float64(f.unmet), "unmet")
		// What one of twenty rounds leaves behind would show. Direct links that
		// are being tried come and go by themselves.
		if after.goroutines > before.goroutines+rounds/20+50 || after.files > before.files+rounds/20+10 {
			b.Errorf("%v after %d rounds, %v at first", after, rounds, before)
		}
		f.end(b)
	}
}

func newFamily(b *testing.B) *family {
	b.Helper()
	f := &family{hub: start(b, listening(b))}
	serve(b, f.hub, 80, echo)
	for range soakFamily {
		f.members = append(f.members, f.join(b))
	}
	return f
}

// join starts a device with a key of its own, and pairs it with all others.
func (f *family) join(b *testing.B) *member {
	b.Helper()
	opts := calling(b, f.hub)
	n, err := Open(opts)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	pair(n, f.hub)
	for _, m := range f.members {
		if m != nil {
			pair(n, m.Node)
		}
	}
	return &member{n, func() error {
		cancel()
		err := <-ended
		return errors.Join(err, n.Close(), os.RemoveAll(opts.KeyFile))
	}}
}

// churn plays rounds until the time has come, and counts them.
func (f *family) churn(b *testing.B, until time.Time) (rounds int) {
	b.Helper()
	for ; time.Now().Before(until); rounds++ {
		m := f.members[rand.IntN(len(f.members))]
		uri := f.hub.ListenURIs()[0]
		switch rounds % 8 {
		case 0:
			f.replace(b, m)
		case 1:
			_ = m.RemovePeer(uri) // it may be removed already
			m.Expel(f.hub.PublicKey())
			f.hub.Expel(m.PublicKey())
		case 2:
			m.networkChanged(netwatch.Woke)
		case 3:
			f.hub.networkChanged(netwatch.Changed)
		default:
			if err := m.AddPeer(uri); err != nil {
				b.Fatal(err)
			}
			pair(m.Node, f.hub)
			f.talk(b, m)
		}
	}
	return rounds
}

// replace lets a device leave for good, and another one come.
func (f *family) replace(b *testing.B, old *member) {
	b.Helper()
	for i, m := range f.members {
		if m != old {
			m.Expel(old.PublicKey())
			continue
		}
		f.members[i] = nil
	}
	f.hub.Expel(old.PublicKey())
	if err := old.stop(); err != nil {
		b.Errorf("a device that leaves: %v", err)
	}
	for i, m := range f.members {
		if m == nil {
			f.members[i] = f.join(b)
		}
	}
}

// talk sends a little to the hub and back, if it can be reached in a while, and
// leaves some connections to be closed by the other end.
func (f *family) talk(b *testing.B, m *member) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	c, err := m.DialContext(ctx, "tcp", at(f.hub, 80))
	if err != nil {
		return // it is not there yet
	}
	defer func() { _ = c.Close() }()
	buf := make([]byte, 64<<10)
	if _, err := c.Write(buf); err != nil {
		return // its link has been cut
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.ReadFull(c, buf[:1+rand.IntN(len(buf))]) // as far as it comes
}

// holds lets all devices meet, counts those that do not, and tells what the
// process holds when it is at rest.
func (f *family) holds(b *testing.B) held {
	b.Helper()
	for _, m := range f.members {
		if err := m.AddPeer(f.hub.ListenURIs()[0]); err != nil {
			b.Fatal(err)
		}
		pair(m.Node, f.hub)
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	for _, m := range f.members {
		if m.greeter.waitOnline(ctx, f.hub.Address(), m.down) != nil {
			f.unmet++
		}
	}
	// TCP keeps the ends of connections for a while.
	_ = pause(b.Context(), 5*time.Second)
	h := held{goroutines: runtime.NumGoroutine()}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux
		h.files = len(files)
	}
	for range 3 { // what pools keep goes with the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap = m.HeapAlloc
	return h
}

func (f *family) end(b *testing.B) {
	b.Helper()
	for _, m := range f.members {
		if err := m.stop(); err != nil {
			b.Errorf("close: %v", err)
		}
	}
}
