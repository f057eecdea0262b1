package couch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// path is a lineage as text: revisions, newest first; "!" marks the head as deleted.
func path(text string) (l lineage, deleted bool) {
	text, deleted = strings.CutPrefix(text, "!")
	for i, rev := range strings.Fields(text) {
		r, err := ParseRevision(rev)
		if err != nil {
			panic(err)
		}
		if i == 0 {
			l.start = r.Generation
		}
		l.digests = append(l.digests, r.Digest)
	}
	return l, deleted
}

func treeOf(paths ...string) revTree {
	var t revTree
	for _, p := range paths {
		l, deleted := path(p)
		t, _, _ = t.merge(l, deleted)
	}
	return t
}

func (t revTree) text() string {
	var revs []string
	for _, r := range t.leafRevisions() {
		revs = append(revs, r.String())
	}
	return strings.Join(revs, " ")
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		paths  []string
		leaves string // the winner first
	}{
		{"one", []string{"1-a"}, "1-a"},
		{"a chain", []string{"1-a", "2-b 1-a", "3-c 2-b"}, "3-c"},
		{"a chain at once", []string{"3-c 2-b 1-a"}, "3-c"},
		{"backwards", []string{"3-c 2-b 1-a", "2-b 1-a", "1-a"}, "3-c"},
		{"greater hash wins", []string{"2-b 1-a", "2-c 1-a"}, "2-c 2-b"},
		{"higher generation wins", []string{"2-z 1-a", "3-c 2-b 1-a"}, "3-c 2-z"},
		{"ten is higher than nine", []string{"9-z", "10-a"}, "10-a 9-z"},
		{"live beats deleted", []string{"2-b 1-a", "!3-c 2-z 1-a"}, "2-b 3-c"},
		{"both deleted", []string{"!2-b 1-a", "!3-c 2-z 1-a"}, "3-c 2-b"},
		{"revived", []string{"!2-b 1-a", "3-c 2-b"}, "3-c"},
		{"two roots", []string{"1-a", "1-b"}, "1-b 1-a"},
		{"roots join", []string{"1-a", "4-d 3-c", "3-c 2-b 1-a"}, "4-d"},
		{"a stemmed branch joins a branch", []string{"2-b 1-a", "4-d", "3-x 2-b 1-a", "4-d 3-c 2-b 1-a"}, "4-d 3-x"},
		{"a leaf turns out an ancestor", []string{"3-c", "2-b 1-a", "3-c 2-b"}, "3-c"},
		{"a contradiction is left out", []string{"3-c 2-b 1-a", "3-c 2-x 1-y"}, "3-c"},
		{"a contradiction below", []string{"3-c 2-b 1-a", "4-d 3-c 2-x"}, "4-d"},
	} {
		if got := treeOf(tt.paths...).text(); got != tt.leaves {
			t.Errorf("%s: leaves %s, want %s", tt.name, got, tt.leaves)
		}
	}
}

func TestMergeSaysWhatChanged(t *testing.T) {
	t.Parallel()
	tree := treeOf("3-c 2-b", "3-d 2-b")
	for _, tt := range []struct {
		path             string
		changed, newLeaf bool
	}{
		{"3-c 2-b", false, false},
		{"!3-c 2-b", false, false},
		{"2-b", false, false},
		{"3-c", false, false},
		{"3-c 2-b 1-a", true, false},
		{"4-e 3-c", true, true},
		{"3-e 2-b", true, true},
		{"1-z", true, true},
		{"3-c 2-x", false, false},
	} {
		l, deleted := path(tt.path)
		before := slices.Clone(tree)
		_, changed, newLeaf := tree.merge(l, deleted)
		if changed != tt.changed || newLeaf != tt.newLeaf {
			t.Errorf("%s: changed %v, new leaf %v", tt.path, changed, newLeaf)
		}
		if !slices.Equal(before, tree) {
			t.Fatalf("%s: merge changed its receiver", tt.path)
		}
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	var chain []string
	for g := 20; g > 0; g-- {
		chain = append(chain, fmt.Sprintf("%d-a", g))
	}
	tree := treeOf(strings.Join(chain, " "), "12-b 11-a").stem(5)
	if got := tree.text(); got != "20-a 12-b" {
		t.Errorf("leaves %s", got)
	}
	for i, want := range map[int]string{0: "20-a 19-a 18-a 17-a 16-a", 1: "12-b 11-a 10-a 9-a 8-a"} {
		l := tree.lineage(tree.leaves()[i])
		wanted, _ := path(want)
		if !slices.Equal(l.digests, wanted.digests) || l.start != wanted.start {
			t.Errorf("branch %d: %v", i, l)
		}
	}
	if len(tree) != 10 {
		t.Errorf("%d revisions left", len(tree))
	}
}

func TestHeirs(t *testing.T) {
	t.Parallel()
	tree := treeOf("4-d 3-c 2-b 1-a", "3-x 2-b", "!5-y 4-y 3-x", "2-q 1-a")
	for rev, want := range map[string]string{"1-a": "4-d 2-q 5-y", "2-b": "4-d 5-y", "3-x": "5-y", "2-q": "2-q"} {
		r, _ := ParseRevision(rev)
		var got []string
		for _, i := range tree.heirs(tree.find(r)) {
			got = append(got, tree[i].rev.String())
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("heirs of %s: %s, want %s", rev, text, want)
		}
	}
}

// A history is a document's revisions as they came to be, on any device: each
// has one parent, and may be known by any stretch of its ancestors.
type history []struct {
	rev     Revision
	parent  int
	deleted bool
}

func drawHistory(t *rapid.T) history {
	h := make(history, rapid.IntRange(1, 30).Draw(t, "revisions"))
	for i := range h {
		h[i].parent = rapid.IntRange(-1, i-1).Draw(t, "parent")
		gen := 1
		if h[i].parent >= 0 {
			gen = h[h[i].parent].rev.Generation + 1
		}
		h[i].rev = Revision{gen, fmt.Sprintf("%032x", rapid.Uint64().Draw(t, "hash")>>8<<8|uint64(i))}
		h[i].deleted = rapid.IntRange(0, 3).Draw(t, "deleted") == 0
	}
	return h
}

// lineage returns revision i of h with n of its ancestors, or as many as it has.
func (h history) lineage(i, n int) lineage {
	l := lineage{start: h[i].rev.Generation}
	for ; i >= 0 && n >= 0; i, n = h[i].parent, n-1 {
		l.digests = append(l.digests, h[i].rev.Digest)
	}
	return l
}

// In whatever order and by whatever stretches replicas learn of a history,
// they end with the same tree, and so with the same winner.
func TestMergeOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		type known struct {
			l       lineage
			deleted bool
		}
		var all []known
		for i := range h {
			all = append(all, known{h.lineage(i, rapid.IntRange(0, 3).Draw(t, "ancestors")), h[i].deleted})
		}
		for range rapid.IntRange(0, 10).Draw(t, "more") {
			i := rapid.IntRange(0, len(h)-1).Draw(t, "which")
			all = append(all, known{h.lineage(i, 30), h[i].deleted})
		}
		seed := rapid.Uint64().Draw(t, "order")
		var first revTree
		for n := range uint64(5) {
			random := rand.New(rand.NewPCG(seed, n))
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			var tree revTree
			for _, k := range all {
				var changed bool
				before := tree
				tree, changed, _ = tree.merge(k.l, k.deleted)
				if changed == slices.Equal(before, tree) {
					t.Fatalf("merge says changed: %v", changed)
				}
			}
			checkTree(t, tree, h)
			if n == 0 {
				first = tree
			} else if !bytes.Equal(tree.encode(), first.encode()) {
				t.Fatalf("orders differ:\n%v\n%v", tree, first)
			}
		}
	})
}

// checkTree checks what holds of every tree.
func checkTree(t *rapid.T, tree revTree, h history) {
	decoded, err := decodeTree(tree.encode())
	if err != nil || !slices.Equal(decoded, tree) {
		t.Fatalf("stored tree came back as %v: %v", decoded, err)
	}
	for i, n := range tree {
		if n.parent >= i || n.parent != noParent && tree[n.parent].rev.Generation+1 != n.rev.Generation {
			t.Fatalf("revision %d: %+v", i, n)
		}
	}
	leaves := tree.leaves()
	for k, i := range leaves[1:] {
		a, b := tree[leaves[k]], tree[i]
		if a.deleted && !b.deleted || a.deleted == b.deleted && compareNodes(a, b) <= 0 {
			t.Fatalf("leaf %v stands before %v", a, b)
		}
	}
	deleted := make(map[Revision]bool)
	for _, r := range h {
		deleted[r.rev] = r.deleted
	}
	for _, i := range leaves {
		if tree[i].deleted != deleted[tree[i].rev] {
			t.Fatalf("leaf %v: deleted is %v", tree[i].rev, tree[i].deleted)
		}
	}
}

func TestStemKeepsLeaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		var tree revTree
		for i := range h {
			tree, _, _ = tree.merge(h.lineage(i, 30), h[i].deleted)
		}
		stemmed := tree.stem(rapid.IntRange(1, 5).Draw(t, "limit"))
		checkTree(t, stemmed, h)
		if stemmed.text() != tree.text() {
			t.Fatalf("leaves %s became %s", tree.text(), stemmed.text())
		}
	})
}

// Whatever decodes is a tree, and is stored as the same bytes.
func FuzzDecodeTree(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(treeOf("1-a").encode())
	f.Add(treeOf("3-c 2-b 1-a", "!3-d 2-b").encode())
	f.Add(treeOf("2-0123456789abcdef0123456789abcdef 1-0123456789abcdef0123456789abcde0").encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		tree, err := decodeTree(b)
		if err != nil || len(tree) == 0 {
			return
		}
		if got := tree.encode(); !bytes.Equal(got, b) {
			t.Errorf("%x came back as %x", b, got)
		}
		for _, i := range tree.leaves() {
			tree.lineage(i)
			tree.heirs(i)
		}
		tree.stem(2)
	})
}
