package overlay

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libpaul/paul/overlay/netwatch"
)

func TestBackoffEndsWhenTheNetworkChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := backoff{longest: maxBackoff}
		woken := make(chan struct{}, 1)
		took := func() time.Duration {
			began := time.Now()
			if err := b.wait(t.Context(), woken); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			if got := took(); got != want*time.Second {
				t.Errorf("paused %v, want %v s", got, int(want))
			}
		}
		woken <- struct{}{}
		if got := took(); got != 0 {
			t.Errorf("paused %v though woken", got)
		}
		if got := took(); got != time.Second {
			t.Errorf("paused %v after that, want 1 s", got)
		}
	})
}

// TestNetworkChangeEndsDeadLinks keeps the links that live on.
func TestNetworkChangeEndsDeadLinks(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	first := b.links.to(a.PublicKey())
	if want := netip.MustParseAddr("127.0.0.1"); first.own != want {
		t.Errorf("own address %v, want %v", first.own, want)
	}
	again := func(old *link) *link {
		t.Helper()
		await(t, b, "another link", func() bool {
			k := b.links.to(a.PublicKey())
			return k != nil && k != old
		})
		return b.links.to(a.PublicKey())
	}
	b.networkChanged(netwatch.Changed)
	if k := b.links.to(a.PublicKey()); k != first {
		t.Error("a link was cut whose address is still there")
	}
	b.LookAgain()
	if k := b.links.to(a.PublicKey()); k != first {
		t.Error("a link was cut because a person asked")
	}
	b.networkChanged(netwatch.Woke)
	second := again(first)
	b.links.mu.Lock()
	second.own = netip.MustParseAddr("192.0.2.77")
	b.links.mu.Unlock()
	b.networkChanged(netwatch.Changed)
	again(second)
	awaitOnline(t, b, a.PublicKey())
}

// TestNetworkChangeEndsDials calls a peer that accepts and says nothing: the
// second call comes when the network changes, and not when the first is given
// up.
func TestNetworkChangeEndsDials(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	opts := local(t)
	opts.Peers = []string{"tls://" + mute.Addr().String()}
	n := start(t, opts)
	first, err := mute.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	began := time.Now()
	n.LookAgain()
	second, err := mute.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	if took := time.Since(began); took > dialWait/2 {
		t.Errorf("called again after %v", took)
	}
}

// counter is a beacon socket that counts.
type counter struct {
	beaconSocket
	sent atomic.Int32
}

func (c *counter) announce() { c.sent.Add(1) }

func TestBeaconsAfterANetworkChange(t *testing.T) {
	t.Parallel()
	l := newLAN(nil, nil)
	synctest.Test(t, func(t *testing.T) {
		var c counter
		go l.announce(t.Context(), &c)
		expect := func(what string, after time.Duration, want int32) {
			t.Helper()
			<-time.After(after)
			synctest.Wait()
			if got := c.sent.Swap(0); got != want {
				t.Errorf("%s: %d beacons, want %d", what, got, want)
			}
		}
		expect("at first", 0, 1)
		expect("eager", 5*time.Second, 5)
		expect("growing pauses", 10*time.Second, 3) // after 2, 3 and 4 s
		<-time.After(10 * time.Minute)
		c.sent.Store(0)
		expect("a minute of quiet", time.Minute, 4)
		<-time.After(beaconFirst)
		l.renew()
		expect("renewed", 0, 1)
		expect("renewed, eager again", 5*time.Second, 5)
		for range 100 {
			l.renew()
			<-time.After(10 * time.Millisecond)
		}
		if got := c.sent.Swap(0); got > 2 {
			t.Errorf("%d beacons in the second in which 100 were asked for", got)
		}
	})
}
