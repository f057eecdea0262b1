package natlab

import (
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

// pairing says what stands before A and B.
type pairing struct {
	a, b    kind
	dual    bool     // IPv6 too
	swapped bool     // B has the smaller key
	listen  []string // peering listeners of both
}

// columns tell what stands before A and B, and what is special about it.
func (c pairing) columns() (a, b string) {
	a, b = string(c.a), string(c.b)
	if c.dual {
		a, b = a+", IPv6 too", b+", IPv6 too"
	}
	if c.listen != nil {
		b += ", with a listener"
	}
	if c.swapped {
		b += ", calls" // who has the smaller key does
	}
	return a, b
}

func (c pairing) name() string {
	a, b := c.columns()
	return a + " x " + b
}

// path returns the kind of path that A and B get in the end.
func (c pairing) path() string {
	is := func(x, y kind) bool { return c.a == x && c.b == y || c.a == y && c.b == x }
	switch {
	case c.a == blocked || c.b == blocked:
		// Only TCP is left, and it needs somebody who takes it.
		if c.listen == nil || c.a != public && c.b != public {
			return overlay.PathRelayed
		}
	case c.dual: // filters of IPv6 are port-restricted and translate nothing
	case is(symmetric, symmetric), is(symmetric, restricted):
		return overlay.PathRelayed
	}
	return overlay.PathDirect
}

// pairings are all pairs of kinds, those again that depend on who calls, and
// some with IPv6.
func pairings() []pairing {
	var list []pairing
	kinds := []kind{public, fullCone, restricted, symmetric, blocked, igd}
	for i, a := range kinds {
		for _, b := range kinds[i:] {
			list = append(list, pairing{a: a, b: b})
		}
	}
	listener := []string{"tls://[::]:7443"}
	return append(list,
		pairing{a: public, b: symmetric, swapped: true},
		pairing{a: fullCone, b: symmetric, swapped: true},
		pairing{a: restricted, b: symmetric, swapped: true},
		pairing{a: blocked, b: public, listen: listener},
		pairing{a: blocked, b: public, listen: listener, swapped: true},
		pairing{a: restricted, b: restricted, dual: true},
		pairing{a: symmetric, b: symmetric, dual: true},
		pairing{a: blocked, b: symmetric, dual: true},
	)
}

// brief reports whether it is one of the few for a quick run.
func (c pairing) brief() bool {
	return !c.swapped && !c.dual && c.a == restricted && (c.b == restricted || c.b == symmetric)
}

// TestPairs takes pairs of homes through everything: connected through P; the
// direct way, where there is one; back through P when that is cut.
func TestPairs(t *testing.T) {
	t.Parallel()
	for _, c := range pairings() {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			quick(t, c.brief())
			requireLab(t, c.a, c.b)
			a, b := c.columns()
			newPair(t, c).show(t, a, b, c.path(), paced)
		})
	}
}

// TestFast has a stream that goes as fast as it can: it is slow through P, and
// fast after.
func TestFast(t *testing.T) {
	t.Parallel()
	quick(t, false)
	requireLab(t, fullCone, restricted)
	l := newPair(t, pairing{a: fullCone, b: restricted})
	l.show(t, string(fullCone)+", as fast as it goes", string(restricted), overlay.PathDirect, 0)
}

// TestFastLater has such a stream fill all queues before the way opens. How
// soon it is found then is up to the pauses between attempts.
func TestFastLater(t *testing.T) {
	t.Parallel()
	quick(t, false)
	requireLab(t, restricted)
	l := newPair(t, pairing{a: restricted, b: restricted})
	l.connect(t)
	l.stream(t, 0)
	l.awaitBytes(t, 16e6)
	r := result{a: string(restricted) + ", as fast as it goes, later", b: string(restricted)}
	l.open(t, &r, time.Now().Add(patience), overlay.PathDirect)
	l.fail(t, &r)
	l.finish(t)
	t.Log(r)
	measured.add(r)
}

// TestStatic has a public device, whose peering the other is told when they
// are connected already.
func TestStatic(t *testing.T) {
	t.Parallel()
	quick(t, false)
	requireLab(t)
	c := pairing{a: blocked, b: public, listen: []string{"tls://[::]:7443"}}
	l := newPair(t, c)
	l.a.order(t, order{Op: opPeer, URI: "tls://11.22.33.2:7443"})
	l.show(t, string(blocked), "none, with a listener that A is told", overlay.PathDirect, paced)
}

// quick skips a test that is not for a quick run.
func quick(t *testing.T, brief bool) {
	t.Helper()
	if (testing.Short() || raced) && !brief {
		t.Skip("not in a quick run")
	}
}
