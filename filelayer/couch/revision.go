package couch

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxGeneration = 1<<31 - 1 // what an int holds on every system
	maxDigest     = 255
)

// A Revision names one version of a document: its generation, counted from
// 1 at the root of the rev tree, and the digest of its content.
type Revision struct {
	Generation int
	Digest     string
}

// String returns the revision as the protocol writes it, "3-b0ca…".
func (r Revision) String() string { return strconv.Itoa(r.Generation) + "-" + r.Digest }

// ParseRevision parses the form that [Revision.String] writes. A digest is
// 1 to 255 characters of printable ASCII without quotes and backslashes; the
// ones made here are 32 hex digits.
func ParseRevision(s string) (Revision, error) {
	gen, digest, ok := strings.Cut(s, "-")
	n, err := strconv.Atoi(gen)
	if !ok || err != nil || n < 1 || n >= maxGeneration || strconv.Itoa(n) != gen || !validDigest(digest) {
		return Revision{}, fmt.Errorf("%w: %.40q", ErrBadRevision, s)
	}
	return Revision{n, digest}, nil
}

func validDigest(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != "" && len(s) <= maxDigest
}

func (r Revision) append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(r.Generation), 10)
	b = append(b, '-')
	return append(b, r.Digest...)
}

func compareRevisions(a, b Revision) int {
	if c := cmp.Compare(a.Generation, b.Generation); c != 0 {
		return c
	}
	return strings.Compare(a.Digest, b.Digest)
}

// A lineage is a revision with its known ancestors, newest first: start is
// the generation of digests[0], and each next digest is one generation older.
type lineage struct {
	start   int
	digests []string
}

func (l lineage) head() Revision { return Revision{l.start, l.digests[0]} }

// valid reports whether every revision of the lineage is one.
func (l lineage) valid() bool {
	if len(l.digests) == 0 || l.start < len(l.digests) || l.start >= maxGeneration {
		return false
	}
	for _, d := range l.digests {
		if !validDigest(d) {
			return false
		}
	}
	return true
}
