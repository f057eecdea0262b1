package couch

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
)

// A stored tree is its nodes in order, each as three fields:
//
//	uvarint  generation, less that of the node before it (the first: less 0)
//	uvarint  distance back to the parent (0: a root), twice; plus 1 if deleted
//	digest   byte 0 and 16 bytes, when it is 32 lower-case hex digits;
//	         else its length as a byte, and the digest
//
// Equal trees are stored as equal bytes.

var errBadTree = errors.New("stored rev tree is malformed")

func (t revTree) encode() []byte {
	b := make([]byte, 0, 20*len(t))
	gen := 0
	for i, n := range t {
		b = binary.AppendUvarint(b, uint64(n.rev.Generation-gen))
		gen = n.rev.Generation
		back := uint64(0)
		if n.parent != noParent {
			back = uint64(i-n.parent) << 1
		}
		if n.deleted {
			back |= 1
		}
		b = binary.AppendUvarint(b, back)
		b = appendDigest(b, n.rev.Digest)
	}
	return b
}

func appendDigest(b []byte, digest string) []byte {
	if isHex128(digest) {
		at := len(b) + 1
		b = append(b, make([]byte, 17)...)
		_, _ = hex.Decode(b[at:], []byte(digest)) // checked just above
		return b
	}
	b = append(b, byte(len(digest)))
	return append(b, digest...)
}

func isHex128(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// decodeTree reads a stored tree. It accepts what encode writes of a tree that
// is not empty and nothing else, and keeps no reference to b.
func decodeTree(b []byte) (revTree, error) {
	t := make(revTree, 0, 1+len(b)/24)
	gen := 0
	for len(b) > 0 {
		up, n := uvarint(b)
		b = b[n:]
		back, m := uvarint(b)
		b = b[m:]
		if n == 0 || m == 0 || up > maxGeneration || len(b) == 0 {
			return nil, errBadTree
		}
		gen += int(up)
		digest, rest, ok := takeDigest(b)
		if !ok || gen < 1 || gen >= maxGeneration {
			return nil, errBadTree
		}
		b = rest
		parent := noParent
		if d := back >> 1; d > uint64(len(t)) {
			return nil, errBadTree
		} else if d > 0 {
			parent = len(t) - int(d)
		}
		t = append(t, node{Revision{gen, digest}, parent, back&1 == 1})
		if !t.lastFits() {
			return nil, errBadTree
		}
	}
	if len(t) == 0 {
		return nil, errBadTree
	}
	return t, t.checkDeleted()
}

// lastFits reports whether the last node follows the one before it, and its
// parent is one generation older.
func (t revTree) lastFits() bool {
	i := len(t) - 1
	if i > 0 && compareNodes(t[i-1], t[i]) >= 0 {
		return false
	}
	p := t[i].parent
	return p == noParent || t[p].rev.Generation == t[i].rev.Generation-1
}

func (t revTree) checkDeleted() error {
	for _, n := range t {
		if n.parent != noParent && t[n.parent].deleted {
			return errBadTree
		}
	}
	return nil
}

// uvarint reads a number of the shortest form; n is 0 if there is none.
func uvarint(b []byte) (v uint64, n int) {
	v, n = binary.Uvarint(b)
	if n <= 0 || v > math.MaxInt64 || (n > 1 && b[n-1] == 0) {
		return 0, 0
	}
	return v, n
}

func takeDigest(b []byte) (digest string, rest []byte, ok bool) {
	n := int(b[0])
	b = b[1:]
	if n == 0 {
		if len(b) < 16 {
			return "", nil, false
		}
		var text [32]byte
		hex.Encode(text[:], b[:16])
		return string(text[:]), b[16:], true
	}
	if len(b) < n {
		return "", nil, false
	}
	digest = string(b[:n])
	return digest, b[n:], validDigest(digest) && !isHex128(digest)
}
