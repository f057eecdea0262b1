package overlay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/Arceliar/phony"
)

// TestPortTakenOver lets a device lose its link to another and come back at once,
// with another number in the tree. One that comes then for the first time has
// the number that was the first one's.
func TestPortTakenOver(t *testing.T) {
	t.Parallel()
	nodes := make([]*Node, 4)
	for i := range nodes {
		opts := local(t)
		opts.NoDirect = true
		nodes[i] = start(t, opts)
	}
	// The one with the least key is the root of the tree.
	slices.SortFunc(nodes, func(a, b *Node) int { return bytes.Compare(a.PublicKey(), b.PublicKey()) })
	root, leaves, back, comes := nodes[0], nodes[1], nodes[2], nodes[3]
	up := func(n *Node) (cut func()) {
		cut = linkUp(t, root, n, newShapedLink(0, 25e6))
		awaitLink(t, root, n.PublicKey())
		pair(root, n)
		awaitOnline(t, root, n.PublicKey())
		return cut
	}
	cutLeaves, cutBack := up(leaves), up(back)
	cutLeaves()
	cutBack()
	up(back)  // number 1, that leaves had
	up(comes) // number 2, that back had
}

// TestNumberOfParentAlone lets both neighbours of a device give it another number:
// it announces itself anew for its parent, and for no other.
func TestNumberOfParentAlone(t *testing.T) {
	t.Parallel()
	x, y := linkedDirectly(t, 0)
	nodes := []*Node{x, y}
	slices.SortFunc(nodes, func(a, b *Node) int { return bytes.Compare(a.PublicKey(), b.PublicKey()) })
	root, child := nodes[0], nodes[1]
	for _, tt := range []struct {
		name   string
		of, by *Node
		want   bool
	}{
		{"of the child", root, child, false},
		{"of the parent", child, root, true},
	} {
		before := sequence(tt.of)
		tt.of.links.numbered(tt.by.PublicKey(), 77, true) // known by another number
		inbox, _ := fieldOf[phony.Inbox](tt.of.core.PacketConn, "PacketConn", "core", "router", "Inbox")
		refresh, _ := fieldOf[bool](tt.of.core.PacketConn, "PacketConn", "core", "router", "refresh")
		var got bool
		phony.Block(inbox, func() { got = *refresh })
		if got = got || sequence(tt.of) != before; got != tt.want {
			t.Errorf("%s: announces itself anew: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestNumbered reads responses of a neighbour: the first on a link is told from
// those after it, and one that is damaged tells nothing.
func TestNumbered(t *testing.T) {
	t.Parallel()
	response := func(numbers ...uint64) []byte {
		f := []byte{frameSignatureResponse}
		for _, n := range numbers {
			f = binary.AppendUvarint(f, n)
		}
		if len(numbers) == 3 {
			f = append(f, make([]byte, ed25519.SignatureSize)...)
		}
		return append(binary.AppendUvarint(nil, uint64(len(f))), f...)
	}
	const most = math.MaxUint64
	stream := slices.Concat(response(300, most), response(300, most, 7), response(most, 1, 7), response(1, 2, most))
	type number struct {
		port  uint64
		first bool
	}
	var got []number
	m := newMeter(readConn{r: bytes.NewReader(stream)}, &link{}, nil, watcher{
		numbered: func(_ ed25519.PublicKey, port uint64, first bool) { got = append(got, number{port, first}) },
	})
	if _, err := io.Copy(io.Discard, m); err != nil {
		t.Fatal(err)
	}
	if want := []number{{7, true}, {7, false}, {most, false}}; !slices.Equal(got, want) {
		t.Errorf("numbers %v, want %v", got, want)
	}
}

// sequence returns the number of what a node announces of itself.
func sequence(n *Node) uint64 {
	for _, e := range n.core.GetTree() {
		if n.PublicKey().Equal(e.Key) {
			return e.Sequence
		}
	}
	return 0
}

func TestTreePorts(t *testing.T) {
	t.Parallel()
	a, b := bytes.Repeat([]byte{1}, ed25519.PublicKeySize), bytes.Repeat([]byte{2}, ed25519.PublicKeySize)
	var ports treePorts
	for i, step := range []struct {
		by    []byte
		port  uint64
		first bool
		want  bool
	}{
		{a, 5, true, false},  // there was none before
		{a, 5, false, false}, // as it was
		{a, 7, false, false}, // a lie: a number holds as long as a link
		{b, 5, true, false},
		{a, 6, true, true}, // on a new link
		{b, 5, false, false},
		{a, 6, false, true}, // an answer to what the first refresh has asked
		{a, 6, false, false},
		{a, 6, true, false}, // on one more link, still the same
	} {
		if got := ports.told(step.by, step.port, step.first); got != step.want {
			t.Errorf("step %d: told(%x, %d, %v) = %v", i, step.by[0], step.port, step.first, got)
		}
	}
	for i := range 2 * maxTreePorts {
		ports.told([]byte{byte(i), byte(i >> 8)}, 1, true)
	}
	if len(ports.known) != maxTreePorts {
		t.Errorf("%d neighbours are remembered, at most %d", len(ports.known), maxTreePorts)
	}
}
