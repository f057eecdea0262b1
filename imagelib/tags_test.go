package imagelib

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestEditTags(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	ctx := t.Context()
	ds := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})).Added
	tags := func(d Digest) string {
		img, _, _ := l.Snapshot().ByDigest(d)
		return fmt.Sprint(img.Tags)
	}
	steps := []struct {
		name        string
		edit        func() error
		first, last string
	}{
		{"give", func() error { return l.EditTags(ctx, ds, []string{" Sea ", "family", "SEA", ""}, nil) }, "[Sea family]", "[Sea family]"},
		{"take one", func() error { return l.EditTags(ctx, ds[:1], nil, []string{"séa"}) }, "[family]", "[Sea family]"},
		{"give and take", func() error { return l.EditTags(ctx, ds, []string{"2024", "x"}, []string{"family", "X"}) }, "[2024]", "[2024 Sea]"},
		{"give again", func() error { return l.EditTags(ctx, ds, []string{"family"}, nil) }, "[2024 family]", "[2024 Sea family]"},
		{"replace, as an earlier version did", func() error { return l.editImages(ctx, ds, fieldTags, []string{"b", "a"}) }, "[b a]", "[b a]"},
		{"give what was given before", func() error { return l.EditTags(ctx, ds, []string{"family"}, []string{"a"}) }, "[b family]", "[b family]"},
		{"give another spelling", func() error { return l.EditTags(ctx, ds, []string{"B"}, nil) }, "[b family]", "[b family]"},
	}
	for _, s := range steps {
		if err := s.edit(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if first, last := tags(ds[0]), tags(ds[1]); first != s.first || last != s.last {
			t.Errorf("%s: %s and %s, want %s and %s", s.name, first, last, s.first, s.last)
		}
	}
	if err := l.EditTags(ctx, []Digest{digestOf(9)}, []string{"a"}, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no image: %v", err)
	}
}

// TestTagsOfFile checks that what a person gives and takes is beside what the file says.
func TestTagsOfFile(t *testing.T) {
	t.Parallel()
	c := &clock{node: "a", now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }}
	body := raw(`{"tags":["Lake","Alps"],"version":1}`)
	for _, d := range []decision{{tagPrefix + "family", fieldTags, "family"}, {tagPrefix + "alps", fieldTags, ""}} {
		var err error
		if body, err = setEdits(body, []decision{d}, c); err != nil {
			t.Fatal(err)
		}
	}
	var doc document
	if !readBody(body, &doc) || fmt.Sprint(doc.tags()) != "[Lake family]" || fmt.Sprint(doc.Tags) != "[Lake Alps]" {
		t.Errorf("%v of %s", doc.tags(), body)
	}
	again, err := setEdits(body, []decision{{tagPrefix + "family", fieldTags, "family"}}, c)
	if err != nil || string(again) != string(body) {
		t.Errorf("decided again: %s, %v", again, err)
	}
}

// TestTagsMerge checks that two devices which tag one photo meanwhile keep both tags,
// and that the later one wins where they differ about one.
func TestTagsMerge(t *testing.T) {
	t.Parallel()
	at := func(node string, ms int64) *clock {
		return &clock{node: node, now: func() time.Time { return time.UnixMilli(ms) }}
	}
	begin := raw(`{"tags":["lake"],"version":1}`)
	edit := func(body raw, c *clock, field, tag string) raw {
		b, err := setEdits(body, []decision{{tagPrefix + field, fieldTags, tag}}, c)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := edit(edit(begin, at("a", 1_700_000_000_000), "sea", "sea"), at("a", 1_700_000_000_001), "lake", "")
	two := edit(edit(begin, at("b", 1_700_000_000_002), "alps", "alps"), at("b", 1_700_000_000_003), "sea", "")
	for _, leaves := range [][]raw{{one, two}, {two, one}} {
		merged, err := Merge(leaves)
		if err != nil {
			t.Fatal(err)
		}
		var doc document
		if !readBody(merged, &doc) || fmt.Sprint(doc.tags()) != "[alps]" {
			t.Errorf("%v of %s", doc.tags(), merged)
		}
	}
}

func TestTagsOfSnapshot(t *testing.T) {
	t.Parallel()
	s := &Snapshot{Images: []*Image{{Tags: []string{"sea", "Łódź"}}, {Tags: []string{"Sea"}}, {}, {Tags: []string{"sea"}}, {Tags: []string{"lodz"}}}}
	if got := fmt.Sprint(s.Tags()); got != "[{lodz 2} {sea 3}]" {
		t.Errorf("tags %s", got)
	}
	if a, b := s.Tags(), countTags(s.Images); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%v, and then %v", a, b)
	}
}
