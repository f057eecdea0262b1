package filelayer

import (
	"errors"
	"testing"
)

// TestPartsReadEachCopyOnce reads three parts: rot is found in the one that the
// file is in, and by no other.
func TestPartsReadEachCopyOnce(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 12)
	b.lieOne(ds[0], flip)
	read, found := 0, 0
	for n := 1; n <= 3; n++ {
		part := Part{n, 3}
		result, err := b.Check(ctx, CheckOptions{ReadData: true, Part: part}, func(p Problem) {
			switch {
			case p.Digest == ds[0] && errors.Is(p.Err, ErrCorrupt) && part.has(ds[0]) && found == 0:
				found++
			case p.Digest == ds[0] && errors.Is(p.Err, ErrCorrupt) && found == 1: // put aside, and not fetched yet
			default:
				t.Errorf("part %d: %+v", n, p)
			}
		})
		must(t, err)
		if result.Files != len(ds) || result.Read >= len(ds) {
			t.Errorf("part %d: %+v", n, result)
		}
		read += result.Read
	}
	if read != len(ds) || found != 1 {
		t.Errorf("read %d copies of %d, found %d rotten of 1", read, len(ds), found)
	}
}

func TestParsePart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Part{
		"1/10": {1, 10}, "10/10": {10, 10}, "1/1": {1, 1},
		"": {}, "1": {}, "/": {}, "0/10": {}, "11/10": {}, "-1/10": {}, "1/0": {}, "1/10/2": {}, "a/b": {}, "1.5/10": {},
	} {
		got, err := ParsePart(text)
		if got != want || (err == nil) != (want != Part{}) || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("ParsePart(%q) = %v, %v", text, got, err)
		}
	}
}
