package overlay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPublicPeers(t *testing.T) {
	t.Parallel()
	a, b := start(t, listening(t)), start(t, listening(t))
	opts := local(t)
	opts.NoPublicPeers = false
	opts.PublicPeers = []string{a.ListenURIs()[0], "tls://127.0.0.1:1", b.ListenURIs()[0]}
	n := start(t, opts)
	up := func() (active string, waiting []string) {
		for _, p := range n.Peers() {
			if p.Kind != PeeringPublic {
				t.Errorf("peering %+v", p)
			}
			if p.Up {
				active += p.URI
			} else {
				waiting = append(waiting, p.URI)
			}
		}
		return active, waiting
	}
	await(t, n, "one active, one standby", func() bool {
		active, waiting := up()
		return active != "" && len(waiting) == 1 && waiting[0] != active && waiting[0] != "tls://127.0.0.1:1"
	})
	active, waiting := up()
	first := a
	if active == b.ListenURIs()[0] {
		first = b
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, n, "the standby takes over", func() bool {
		active, _ := up()
		return active == waiting[0]
	})
}

func TestNoPublicPeerAnswers(t *testing.T) {
	t.Parallel()
	opts := local(t)
	opts.NoPublicPeers = false
	opts.PublicPeers = []string{"tls://127.0.0.1:1"}
	n := start(t, opts)
	await(t, n, "an error", func() bool {
		p := n.Peers()
		return len(p) == 1 && p[0].LastErr != ""
	})
}

// region is a made-up network of public peers.
type region struct {
	mu      sync.Mutex               // guards what follows
	takes   map[string]time.Duration // to answer, by name; those missing do not
	rtt     map[string]time.Duration // by name; what takes says when missing
	asked   []string
	linked  []string // in order
	current string
	cut     context.CancelFunc // ends the current link
}

func (r *region) probe(ctx context.Context, u peerURI) (time.Duration, error) {
	r.mu.Lock()
	r.asked = append(r.asked, u.name())
	takes, ok := r.takes[u.name()]
	rtt := takes
	if v, given := r.rtt[u.name()]; given {
		rtt = v
	}
	r.mu.Unlock()
	if !ok {
		takes = dialWait
	}
	if err := pause(ctx, takes); err != nil {
		return 0, err
	}
	if !ok {
		return 0, errors.New("no answer")
	}
	return rtt, nil
}

func (r *region) call(ctx context.Context, u peerURI) error {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	r.mu.Lock()
	if _, ok := r.takes[u.name()]; !ok {
		r.mu.Unlock()
		return errors.New("no answer")
	}
	r.linked, r.current, r.cut = append(r.linked, u.name()), u.name(), cut
	r.mu.Unlock()
	<-ctx.Done()
	r.mu.Lock()
	r.current = ""
	r.mu.Unlock()
	return errLinkClosed
}

func (r *region) state() (current string, linked []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, slices.Clone(r.linked)
}

// fail takes the current peer off the network.
func (r *region) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.takes, r.current)
	r.cut()
}

func name(i int) string { return fmt.Sprintf("tls://192.0.2.%d:1", i) }

// publicIn returns public peers with candidates 1 to n of a region, that run.
func publicIn(t *testing.T, r *region, n int) *publicPeers {
	t.Helper()
	ls := newLinks(nil, seeded(1), nil, slog.New(slog.DiscardHandler))
	ls.changed, ls.moved = func() {}, func() {}
	var uris []string
	for i := range n {
		uris = append(uris, name(i+1))
	}
	p, err := newPublicPeers(ls, uris)
	if err != nil {
		t.Fatal(err)
	}
	p.probe, p.call = r.probe, r.call
	return p
}

func running(t *testing.T, p *publicPeers) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		p.run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

func rest(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestPublicPeerIsTheNearest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &region{takes: map[string]time.Duration{
			name(1): 300 * time.Millisecond, name(2): 90 * time.Millisecond, name(3): 120 * time.Millisecond,
			name(4): 150 * time.Millisecond, name(6): 100 * time.Millisecond,
		}, rtt: map[string]time.Duration{name(3): 20 * time.Millisecond, name(1): time.Millisecond}}
		p := publicIn(t, r, 6)
		running(t, p)
		rest(200 * time.Millisecond) // twice what the first of them took, and no longer
		if current, _ := r.state(); current != name(3) {
			t.Errorf("linked with %q, want the nearest of those that answer in time", current)
		}
		if w := p.waiting([]Peering{{URI: name(3), Kind: PeeringPublic}}); len(w) != 1 || w[0].URI != name(2) {
			t.Errorf("waiting %+v, want the second nearest", w)
		}
		rest(time.Minute)
		r.fail()
		rest(0)
		if current, _ := r.state(); current != name(2) {
			t.Errorf("linked with %q after a failure, want the standby", current)
		}
	})
}

func TestPublicPeersAreASample(t *testing.T) {
	t.Parallel()
	const all = 40
	chosen := map[string]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			r := &region{takes: map[string]time.Duration{}}
			for i := range all {
				r.takes[name(i+1)] = time.Duration(50+i) * time.Millisecond
			}
			running(t, publicIn(t, r, all))
			rest(time.Second)
			current, _ := r.state()
			chosen[current] = true
			if len(r.asked) != probeCount {
				t.Errorf("%d peers were asked, want %d", len(r.asked), probeCount)
			}
		})
	}
	if len(chosen) < 3 { // of 20 that choose among 40: less than that once in 10^6
		t.Errorf("20 devices chose only %v", chosen)
	}
}

func TestPublicPeersNoneAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &region{takes: map[string]time.Duration{}}
		p := publicIn(t, r, 3)
		running(t, p)
		rest(10 * time.Minute)
		if w := p.waiting(nil); len(w) != 1 || w[0].LastErr == "" {
			t.Errorf("peerings %+v", w)
		}
		r.mu.Lock()
		r.takes[name(2)] = 50 * time.Millisecond
		r.mu.Unlock()
		p.links.renewed.Raise()
		rest(dialWait + time.Second) // the ask that was under way ends first
		if current, _ := r.state(); current != name(2) {
			t.Errorf("linked with %q, want the one that answers", current)
		}
	})
}

// TestPublicPeerElsewhere finds the nearest anew in another network.
func TestPublicPeerElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &region{takes: map[string]time.Duration{}}
		for i := range 4 {
			r.takes[name(i+1)] = time.Duration(i+1) * 50 * time.Millisecond
		}
		p := publicIn(t, r, 4)
		running(t, p)
		rest(time.Minute)
		r.mu.Lock()
		for i := range 4 {
			r.takes[name(i+1)] = time.Duration(4-i) * 50 * time.Millisecond
		}
		cut := r.cut
		r.mu.Unlock()
		p.links.renewed.Raise()
		cut()
		rest(time.Second)
		if _, linked := r.state(); !slices.Equal(linked, []string{name(1), name(4)}) {
			t.Errorf("linked with %v", linked)
		}
	})
}

// TestOwnPeersGoFirst follows an own peer, and the public one that takes its
// place.
func TestOwnPeersGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &region{takes: map[string]time.Duration{name(1): time.Millisecond, name(2): time.Millisecond}}
		p := publicIn(t, r, 2)
		ls := p.links
		for uri, hint := range map[string]bool{"tls://198.51.100.1:1": false, "tls://198.51.100.2:1": true} {
			if err := ls.add(uri, hint); err != nil {
				t.Fatal(err)
			}
		}
		running(t, p)
		expect := func(what string, public bool) {
			t.Helper()
			synctest.Wait()
			if current, _ := r.state(); (current != "") != public {
				t.Errorf("%s: linked with the public peer %q", what, current)
			}
		}
		up := func(uri string) *link {
			k := &link{uri: uri, kind: PeeringStatic, key: public(seeded(2))}
			ls.enlist(k)
			return k
		}
		expect("at the start", false)
		rest(ownFirst + time.Second)
		expect("no own peer answers", true)
		hint := up("tls://198.51.100.2:1")
		rest(time.Hour)
		expect("a device is found where a pair code said", true)
		k := up("tls://198.51.100.1:1")
		rest(ownSteady / 2)
		expect("an own peer is up", true)
		ls.strike(k)
		rest(time.Second)
		k = up("tls://198.51.100.1:1")
		rest(ownSteady - time.Second)
		expect("up again", true)
		rest(2 * time.Second)
		expect("up for a while", false)
		if w := p.waiting(nil); len(w) != 0 {
			t.Errorf("peerings %+v", w)
		}
		ls.strike(k)
		k = up("tls://198.51.100.1:1")
		rest(time.Hour)
		expect("it came back at once", false)
		ls.strike(k)
		rest(ownGone + time.Second)
		expect("it is gone", true)
		ls.strike(hint)
	})
}

func TestOwnPeerInBothDirections(t *testing.T) {
	t.Parallel()
	lesser, greater := seeded(1), seeded(2)
	if bytes.Compare(public(lesser), public(greater)) > 0 {
		lesser, greater = greater, lesser
	}
	for _, test := range []struct {
		what         string
		self, other  byte
		calls, named bool
		want         bool
	}{
		{what: "named", named: true, want: true},
		{what: "not named"},
		{what: "named, and calls; we are the greater", named: true, calls: true, want: true, self: 1},
		{what: "named, and calls; we are the lesser", named: true, calls: true},
	} {
		self, other := lesser, greater
		if test.self == 1 {
			self, other = greater, lesser
		}
		ls := newLinks(nil, self, nil, slog.New(slog.DiscardHandler))
		ls.moved = func() {}
		const uri = "tls://198.51.100.1:1"
		if test.named {
			if err := ls.add(uri, false); err != nil {
				t.Fatal(err)
			}
		}
		ls.enlist(&link{uri: uri, kind: PeeringStatic, key: public(other)})
		if test.calls {
			ls.enlist(&link{uri: "tls://198.51.100.1:12345", kind: PeeringInbound, inbound: true, key: public(other)})
		}
		if got := ls.ownUp(); got != test.want {
			t.Errorf("%s: own peer is up: %v", test.what, got)
		}
	}
}

// TestNoPublicPeers lets a node start that may use none: no name is looked up
// and nothing dialled. Another one shows that both would be noticed.
func TestNoPublicPeers(t *testing.T) {
	t.Parallel()
	for _, off := range []bool{true, false} {
		t.Run(fmt.Sprintf("off=%v", off), func(t *testing.T) {
			t.Parallel()
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			called := make(chan struct{}, 64)
			go func() {
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					_ = c.Close()
					called <- struct{}{}
				}
			}()
			defer func() { _ = ln.Close() }()
			host := fmt.Sprintf("public-%v.invalid", off)
			opts := local(t)
			opts.NoPublicPeers = off
			if !off {
				opts.STUN = []string{} // so that the built-in servers stay unknown to this process
			}
			opts.PublicPeers = []string{"tls://" + ln.Addr().String(), "tls://" + host + ":1", "quic://" + host + ":1"}
			n := start(t, opts)
			if !off {
				<-called
				await(t, n, "a look-up", func() bool { return lookedUp(host) })
				return
			}
			// A paired device that is not there gives every reason to look farther.
			n.Admit(public(seeded(77)))
			n.networkChanged("test")
			a, b := pairOf(t) // which takes as long as calls do
			ping(t, dialTo(t, a, serving(t, b), 80))
			if len(called) > 0 || lookedUp(host) || len(n.Peers()) > 0 {
				t.Errorf("%d calls, looked up: %v, peerings %+v", len(called), lookedUp(host), n.Peers())
			}
			for _, server := range peerList(builtInSTUN) {
				if host, _, _ := net.SplitHostPort(server); lookedUp(host) {
					t.Errorf("%s was looked up", host)
				}
			}
		})
	}
}

// serving serves an echo on port 80.
func serving(t *testing.T, n *Node) *Node {
	t.Helper()
	serve(t, n, 80, echo)
	return n
}

var lookups sync.Map // what has been asked of DNS servers, as strings

// recordLookups makes every look-up of a name fail, and records it. A test that
// needs a name is no test of this machine alone.
func recordLookups() {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			buf := make([]byte, 1500)
			for {
				n, err := there.Read(buf)
				if err != nil {
					return
				}
				lookups.Store(string(buf[:n]), true)
				_ = there.Close()
			}
		}()
		return here, nil
	}}
}

// lookedUp reports whether a DNS server was asked about a name with the first
// label of host.
func lookedUp(host string) (found bool) {
	label, _, _ := strings.Cut(host, ".")
	lookups.Range(func(query, _ any) bool {
		found = strings.Contains(query.(string), label)
		return !found
	})
	return found
}

// TestFamilyPeer has two devices that name a third, which has an address of its
// own, and use nothing else.
func TestFamilyPeer(t *testing.T) {
	t.Parallel()
	family := start(t, listening(t))
	a, b := start(t, calling(t, family)), start(t, calling(t, family))
	pair(a, b)
	awaitOnline(t, a, b.PublicKey())
	ping(t, dialTo(t, a, serving(t, b), 80))
	if p := a.Path(b.PublicKey()); p.Kind != PathRelayed || p.Via != family.ListenURIs()[0] {
		t.Errorf("path %+v, want through the family's own peer", p)
	}
	traffic := family.Traffic()
	var transit uint64
	for _, p := range family.Peers() {
		transit += p.Transit
	}
	if traffic.Transit == 0 || traffic.Transit < transit || traffic.RX < traffic.Transit || traffic.TX == 0 {
		t.Errorf("the peer in between has carried %+v, its links %d for others", traffic, transit)
	}
	if got := a.Traffic(); got.Transit != 0 || got.RX == 0 {
		t.Errorf("an end has carried %+v", got)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, family, "one link", func() bool { return len(family.Peers()) == 1 })
	if after := family.Traffic(); after.Transit < traffic.Transit {
		t.Errorf("what ended links have carried is forgotten: %+v after %+v", after, traffic)
	}
}
