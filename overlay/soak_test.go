package overlay

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
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

// family is a device that stays, and others that come and go.
type family struct {
	hub     *soakHub
	members []*member
	unmet   int // devices that did not find the hub within patience
}

type member struct {
	*Node
	stop func() error
}

// BenchmarkSoak lets the devices of a family come and go, be admitted and
// expelled, lose links, wake from sleep and open connections, for a minute and
// a half or as PAUL_SOAK says, and tells how much more the device that stays
// holds in the end than after a while. Sessions and paths are forgotten a minute
// after their last use, so that there are always some of devices that have left.
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
		b.ReportMetric(float64(after.Goroutines-before.Goroutines), "goroutines-more")
		b.ReportMetric(float64(after.Files-before.Files), "files-more")
		b.ReportMetric((float64(after.Heap)-float64(before.Heap))/1e6, "MB-more")
		b.ReportMetric(float64(after.Heap)/1e6, "MB-heap")
		b.ReportMetric(float64(after.Goroutines), "goroutines")
		b.ReportMetric(float64(f.unmet), "unmet")
		// What one of twenty rounds leaves behind would show. Direct links that
		// are being tried come and go by themselves.
		if after.Goroutines > before.Goroutines+rounds/20+50 || after.Files > before.Files+rounds/20+10 {
			b.Errorf("%v after %d rounds, %v at first", after, rounds, before)
		}
		f.end(b)
	}
}

func newFamily(b *testing.B) *family {
	b.Helper()
	f := &family{hub: startHub(b)}
	for range soakFamily {
		f.members = append(f.members, f.join(b))
	}
	return f
}

// join starts a device with a key of its own, and pairs it with all others.
func (f *family) join(b *testing.B) *member {
	b.Helper()
	opts := local(b)
	opts.Peers = []string{f.hub.uri}
	n, err := Open(opts)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	f.pair(b, n)
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

// pair admits the hub and a device to each other.
func (f *family) pair(b *testing.B, n *Node) {
	b.Helper()
	n.Admit(f.hub.key)
	f.hub.do(b, hubPair, n.PublicKey())
}

// churn plays rounds until the time has come, and counts them.
func (f *family) churn(b *testing.B, until time.Time) (rounds int) {
	b.Helper()
	for ; time.Now().Before(until); rounds++ {
		m := f.members[rand.IntN(len(f.members))]
		switch rounds % 8 {
		case 0:
			f.replace(b, m)
		case 1:
			_ = m.RemovePeer(f.hub.uri) // it may be removed already
			m.Expel(f.hub.key)
			f.hub.do(b, hubExpel, m.PublicKey())
		case 2:
			m.networkChanged(netwatch.Woke)
		case 3:
			f.hub.do(b, hubChanged, nil)
		default:
			if err := m.AddPeer(f.hub.uri); err != nil {
				b.Fatal(err)
			}
			f.pair(b, m.Node)
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
	f.hub.do(b, hubExpel, old.PublicKey())
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
	c, err := m.DialContext(ctx, "tcp", (&Addr{f.hub.key, benchPort}).String())
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

// holds lets all devices meet, counts those that do not, and tells what the hub
// holds when it is at rest.
func (f *family) holds(b *testing.B) held {
	b.Helper()
	for _, m := range f.members {
		if err := m.AddPeer(f.hub.uri); err != nil {
			b.Fatal(err)
		}
		f.pair(b, m.Node)
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	for _, m := range f.members {
		if m.greeter.waitOnline(ctx, AddressOf(f.hub.key), m.down) != nil {
			f.unmet++
		}
	}
	// TCP keeps the ends of connections for a while.
	_ = pause(b.Context(), 5*time.Second)
	return f.hub.do(b, hubHeld, nil)
}

func (f *family) end(b *testing.B) {
	b.Helper()
	for _, m := range f.members {
		if err := m.stop(); err != nil {
			b.Errorf("close: %v", err)
		}
	}
}
