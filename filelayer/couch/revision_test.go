package couch

import (
	"errors"
	"strings"
	"testing"
)

var revisions = []struct {
	in   string
	want error
}{
	{"1-967a", nil},
	{"12-b0ca00000000000000000000000000ff", nil},
	{"1-x-y", nil},
	{"1-" + strings.Repeat("a", maxDigest), nil},
	{"", ErrBadRevision},
	{"1", ErrBadRevision},
	{"1-", ErrBadRevision},
	{"0-967a", ErrBadRevision},
	{"01-967a", ErrBadRevision},
	{"+1-967a", ErrBadRevision},
	{"-1-967a", ErrBadRevision},
	{"x-967a", ErrBadRevision},
	{"9007199254740992-a", ErrBadRevision},
	{"99999999999999999999-a", ErrBadRevision},
	{"1-a b", ErrBadRevision},
	{"1-a\"b", ErrBadRevision},
	{"1-a\\b", ErrBadRevision},
	{"1-é", ErrBadRevision},
	{"1-" + strings.Repeat("a", maxDigest+1), ErrBadRevision},
}

func TestParseRevision(t *testing.T) {
	t.Parallel()
	for _, tt := range revisions {
		got, err := ParseRevision(tt.in)
		if !errors.Is(err, tt.want) {
			t.Errorf("%q: err = %v, want %v", tt.in, err, tt.want)
		}
		if err == nil && got.String() != tt.in {
			t.Errorf("%q came back as %q", tt.in, got)
		}
	}
}

// Whatever parses must print as it was written.
func FuzzParseRevision(f *testing.F) {
	for _, tt := range revisions {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if r, err := ParseRevision(in); err == nil && r.String() != in {
			t.Errorf("%q came back as %q", in, r)
		}
	})
}
