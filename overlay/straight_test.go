package overlay

import (
	"net/netip"
	"testing"
)

// near are the options of a node that makes direct links on loopback.
func startNear(tb testing.TB, opts Options) *Node {
	tb.Helper()
	return startWith(tb, opts, func(n *Node) {
		n.subnets = func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")} }
	})
}

// relayed starts two nodes that are paired and reach each other through a
// third, and make direct links.
func relayed(tb testing.TB) (a, b, relay *Node) {
	tb.Helper()
	opts := listening(tb)
	opts.NoDirect = true
	relay = start(tb, opts)
	a, b = startNear(tb, calling(tb, relay)), startNear(tb, calling(tb, relay))
	pair(a, b)
	return a, b, relay
}

// Two devices that reach each other through a third make a link of their own,
// and what goes on meanwhile is not disturbed.
func TestDirectLink(t *testing.T) {
	t.Parallel()
	a, b, _ := relayed(t)
	serve(t, b, 80, echo)
	awaitOnline(t, a, b.PublicKey())
	c := dialTo(t, a, b, 80)
	ping(t, c)
	for _, n := range [][2]*Node{{a, b}, {b, a}} {
		await(t, n[0], "direct link", func() bool { return n[0].Path(n[1].PublicKey()).Kind == PathLAN })
	}
	ping(t, c)
	t.Logf("%+v", a.Path(b.PublicKey()))
}
