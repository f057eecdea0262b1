package natlab

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/libpaul/paul/overlay"
)

// pairing says what stands before A and B.
type pairing struct {
	a, b    kind
	dual    bool     // IPv6 too
	swapped bool     // B has the smaller key
	listen  []string // peering listeners of both
	brief   bool     // one of the few for a quick run
}

func (c pairing) name() string {
	name := string(c.a) + " x " + string(c.b)
	if c.dual {
		name += ", IPv6"
	}
	if c.listen != nil {
		name += ", listener"
	}
	if c.swapped {
		name += ", swapped"
	}
	return name
}

// relayed reports whether there is no direct way between A and B.
func (c pairing) relayed() bool {
	is := func(x, y kind) bool { return c.a == x && c.b == y || c.a == y && c.b == x }
	switch {
	case c.a == blocked || c.b == blocked:
		// Only TCP is left, and somebody who takes it.
		return c.listen == nil || c.a != public && c.b != public
	case c.dual:
		return false // filters of IPv6 are port-restricted and translate nothing
	}
	return is(symmetric, symmetric) || is(symmetric, restricted)
}

// run takes a lab through what its pair of homes allows, and returns what it
// has shown.
func (c pairing) run(t *testing.T) result {
	t.Helper()
	l := newPair(t, c)
	r := result{name: c.name(), path: overlay.PathRelayed}
	l.connect(t)
	l.stream(t, paced)
	if c.relayed() {
		l.stay(t, &r)
	} else {
		r.path = overlay.PathDirect
		l.open(t, &r, overlay.PathDirect)
		l.fail(t, &r)
		l.fail(t, &r)
	}
	l.finish(t)
	return r
}

// table collects the results of labs that run in parallel.
type table struct {
	mu   sync.Mutex
	rows []result
}

func (s *table) add(r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, r)
}

func (s *table) log(t *testing.T) {
	t.Helper()
	slices.SortFunc(s.rows, func(a, b result) int { return strings.Compare(a.name, b.name) })
	var text strings.Builder
	for _, r := range s.rows {
		text.WriteString(r.String() + "\n")
	}
	t.Logf("as measured:\n%s\n%s", resultHead, text.String())
}

// TestPairs takes pairs of homes through everything: connected through P; the
// direct way, where there is one; back through P when that is cut. It logs a
// table of what it has measured.
func TestPairs(t *testing.T) {
	t.Parallel()
	var results table
	t.Cleanup(func() { results.log(t) })
	for _, c := range []pairing{
		{a: symmetric, b: restricted, brief: true},
		{a: symmetric, b: restricted, swapped: true},
		{a: symmetric, b: symmetric},
		{a: blocked, b: restricted},
		{a: blocked, b: blocked, dual: true},
	} {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			if (testing.Short() || raced) && !c.brief {
				t.Skip("not in a quick run")
			}
			requireLab(t, c.a, c.b)
			results.add(c.run(t))
		})
	}
}

// TestStatic has a public device, whose peering the other is told when they
// are connected already.
func TestStatic(t *testing.T) {
	t.Parallel()
	requireLab(t)
	c := pairing{a: restricted, b: public, listen: []string{"tls://[::]:7333"}}
	l := newPair(t, c)
	r := result{name: c.name() + ", static peering", path: overlay.PathDirect}
	l.connect(t)
	l.stream(t, paced)
	l.a.order(t, order{Op: opPeer, URI: "tls://11.22.33.2:7333"})
	l.open(t, &r, overlay.PathDirect)
	l.finish(t)
	t.Log(r)
}
