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
	return append(list,
		pairing{a: public, b: symmetric, swapped: true},
		pairing{a: fullCone, b: symmetric, swapped: true},
		pairing{a: restricted, b: symmetric, swapped: true},
		pairing{a: blocked, b: public, listen: []string{"tls://[::]:7443"}},
		pairing{a: restricted, b: restricted, dual: true},
		pairing{a: symmetric, b: symmetric, dual: true},
		pairing{a: blocked, b: symmetric, dual: true},
	)
}

// brief reports whether it is one of the few for a quick run.
func (c pairing) brief() bool {
	return !c.swapped && !c.dual && c.a == restricted && (c.b == restricted || c.b == symmetric)
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
	for _, c := range pairings() {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			quick(t, c.brief())
			requireLab(t, c.a, c.b)
			results.add(newPair(t, c).show(t, c.name(), c.path(), paced))
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
	t.Log(l.show(t, "as fast as it goes", overlay.PathDirect, 0))
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
	t.Log(l.show(t, c.name()+", static peering", overlay.PathDirect, paced))
}

// quick skips a test that is not for a quick run.
func quick(t *testing.T, brief bool) {
	t.Helper()
	if (testing.Short() || raced) && !brief {
		t.Skip("not in a quick run")
	}
}
