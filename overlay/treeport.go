package overlay

import (
	"crypto/ed25519"
	"slices"
	"sync"

	"github.com/yggdrasil-network/yggdrasil-go/src/core"
)

const (
	maxTreePorts = 256 // nodes whose numbers are remembered
	// refreshes is how often what a node announces is made anew when a number has
	// changed: the first may still use the answer that had the old one.
	refreshes = 2
)

// treePorts remembers by which number ("port") each neighbour knows this node.
// Where a node is, in the tree of the network, is told by such numbers, from the
// root on. A neighbour gives the lowest that is free: when links end and come
// back at once, two nodes may have changed theirs, and ironwood, which has seen
// no change of parent, announces the old one for up to four minutes. What is
// sent to a node meanwhile goes to the other.
type treePorts struct {
	mu    sync.Mutex
	known map[string]*treePort // by key
}

type treePort struct {
	port uint64
	left int // refreshes to come
}

// told notes a number, and reports whether it is time for a refresh. A number
// holds as long as a link: only the first on each is news.
func (t *treePorts) told(by ed25519.PublicKey, port uint64, first bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.known[string(by)]
	if p == nil {
		t.add(by, port)
		return false
	}
	if first && p.port != port {
		p.port, p.left = port, refreshes
	}
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// add remembers a neighbour, in the place of any other if there are too many.
// The caller holds mu.
func (t *treePorts) add(by ed25519.PublicKey, port uint64) {
	if t.known == nil {
		t.known = map[string]*treePort{}
	}
	for key := range t.known {
		if len(t.known) < maxTreePorts {
			break
		}
		delete(t.known, key)
	}
	t.known[string(by)] = &treePort{port: port}
}

// numbered is called with each signature of a neighbour. Only the number that the
// parent gives is announced. To refresh for another would let it make this node
// announce anew as often as it likes, and before the parent has answered: then
// ironwood leaves the tree.
func (ls *links) numbered(by ed25519.PublicKey, port uint64, first bool) {
	if ls.ports.told(by, port, first) && ls.isParent(by) {
		refreshTree(ls.core)
	}
}

// isParent reports whether this node is announced as a child of that neighbour.
func (ls *links) isParent(key ed25519.PublicKey) bool {
	own := ls.private.Public().(ed25519.PublicKey)
	return slices.ContainsFunc(ls.core.GetTree(), func(e core.TreeEntryInfo) bool {
		return own.Equal(e.Key) && key.Equal(e.Parent)
	})
}
