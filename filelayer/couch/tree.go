package couch

import (
	"slices"
)

// noParent marks a root: a first revision, or one whose ancestors are not known.
const noParent = -1

// A node is one revision of a tree. Deleted is kept for leaves only.
type node struct {
	rev     Revision
	parent  int // index into the tree, or noParent
	deleted bool
}

// A revTree is all that is known of a document's revisions, in ascending order
// of generation and digest, so that equal trees are equal slices. A revision
// stands in it once. It may have several roots.
type revTree []node

func (t revTree) find(r Revision) int {
	i, ok := slices.BinarySearchFunc(t, r, func(n node, r Revision) int { return compareRevisions(n.rev, r) })
	if !ok {
		return noParent
	}
	return i
}

// merge adds the revisions of l to t, and with them what l says of who
// descends from whom: roots join when their ancestors become known. A revision
// keeps the parent it has; a lineage that contradicts it counts up to that
// point only. It returns the new tree, whether it differs from t, and whether
// l's head is a new leaf. The order in which lineages of one history are
// merged makes no difference, as long as nothing is stemmed between.
func (t revTree) merge(l lineage, deleted bool) (merged revTree, changed, newLeaf bool) {
	known := t
	merged = slices.Clone(t)
	child := noParent
	for k, digest := range l.digests {
		r := Revision{l.start - k, digest}
		i := known.find(r)
		if child != noParent && merged[child].parent != noParent && merged[child].parent != i {
			break
		}
		if i == noParent {
			merged = append(merged, node{rev: r, parent: noParent, deleted: k == 0 && deleted})
			i = len(merged) - 1
			changed = true
			newLeaf = newLeaf || k == 0
		}
		if child != noParent && merged[child].parent == noParent {
			merged[child].parent = i
			merged[i].deleted = false
			changed = true
		}
		child = i
	}
	if !changed {
		return t, false, false
	}
	merged.sort()
	return merged, true, newLeaf
}

// sort restores the order of t after nodes were appended.
func (t revTree) sort() {
	if slices.IsSortedFunc(t, compareNodes) {
		return
	}
	was := slices.Clone(t)
	slices.SortFunc(t, compareNodes)
	for i := range t {
		if p := t[i].parent; p != noParent {
			t[i].parent = t.find(was[p].rev)
		}
	}
}

func compareNodes(a, b node) int { return compareRevisions(a.rev, b.rev) }

// leaves returns the indices of the leaves, the winning revision first: live
// before deleted, then the higher generation, then the greater digest.
func (t revTree) leaves() []int {
	if len(t) == 1 {
		return []int{0}
	}
	inner := make([]bool, len(t))
	for _, n := range t {
		if n.parent != noParent {
			inner[n.parent] = true
		}
	}
	var live, deleted []int
	for i := len(t) - 1; i >= 0; i-- { // t ascends, so the greatest come first
		switch {
		case inner[i]:
		case t[i].deleted:
			deleted = append(deleted, i)
		default:
			live = append(live, i)
		}
	}
	return append(live, deleted...)
}

// winner returns the index of the winning revision of a tree that is not empty.
func (t revTree) winner() int { return t.leaves()[0] }

// lineage returns the revision i and its ancestors.
func (t revTree) lineage(i int) lineage {
	l := lineage{start: t[i].rev.Generation}
	for ; i != noParent; i = t[i].parent {
		l.digests = append(l.digests, t[i].rev.Digest)
	}
	return l
}

// heirs returns the leaves that descend from revision i, the best first; i
// itself when it is a leaf.
func (t revTree) heirs(i int) []int {
	var heirs []int
	for _, leaf := range t.leaves() {
		for j := leaf; j >= i; j = t[j].parent { // ancestors have lower indices
			if j == i {
				heirs = append(heirs, leaf)
				break
			}
		}
	}
	return heirs
}

// stem returns the tree with at most limit revisions on each leaf's branch.
func (t revTree) stem(limit int) revTree {
	if len(t) <= limit {
		return t
	}
	keep := make([]bool, len(t))
	for _, leaf := range t.leaves() {
		for i, n := leaf, 0; i != noParent && n < limit; i, n = t[i].parent, n+1 {
			keep[i] = true
		}
	}
	return t.only(keep)
}

// without returns the tree less the leaves that are among revs, each with its
// branch up to where another one begins, and the leaves that were.
func (t revTree) without(revs []Revision) (rest revTree, gone []Revision) {
	keep := make([]bool, len(t))
	for _, leaf := range t.leaves() {
		if slices.Contains(revs, t[leaf].rev) {
			gone = append(gone, t[leaf].rev)
			continue
		}
		for i := leaf; i != noParent && !keep[i]; i = t[i].parent {
			keep[i] = true
		}
	}
	return t.only(keep), gone
}

// only returns the tree of the nodes to keep; one whose parent is not kept
// becomes a root.
func (t revTree) only(keep []bool) revTree {
	moved := make([]int, len(t))
	kept := make(revTree, 0, len(t))
	for i, n := range t {
		moved[i] = noParent
		if !keep[i] {
			continue
		}
		if n.parent != noParent {
			n.parent = moved[n.parent]
		}
		moved[i] = len(kept)
		kept = append(kept, n)
	}
	return kept
}
