package imagelib

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/imagelib/meta"
)

// drawLeaf makes a document as devices, old, new and broken, may write it.
func drawLeaf(t *rapid.T) raw {
	stamps := rapid.SampledFrom([]string{
		"018f00000000-0000-a", "018f000000000000-a", "018f000000000000-b", "018f000000010000-a", "018f000000010001-a",
		"ffffffffffff0000-a", "", "later",
	})
	value := rapid.SampledFrom([]string{"true", "false", `"text"`, "3", "null", `["a", "b"]`, `{"b": 1, "a": 1.50}`})
	leaf := map[string]raw{}
	for _, name := range []string{"type", "date", "camera", "unknown", "version", "beside"} {
		if rapid.Bool().Draw(t, "has "+name) {
			leaf[name] = raw(value.Draw(t, name))
		}
	}
	if rapid.Bool().Draw(t, "dated") {
		leaf["dateSource"] = raw(fmt.Sprintf("%q", rapid.SampledFrom([]string{"exif", "mtime", "x"}).Draw(t, "source")))
	}
	if rapid.Bool().Draw(t, "drawn") {
		leaf[memberDHash] = raw(fmt.Sprintf("%q", rapid.SampledFrom([]string{"00000000000000ff", "ff00000000000000", "x"}).Draw(t, "dHash")))
	}
	edits := map[string]raw{}
	for _, field := range []string{"favourite", "caption", "album:x"} {
		if rapid.Bool().Draw(t, "edited "+field) {
			edits[field] = raw(fmt.Sprintf(`{"at": %q, "value": %s}`, stamps.Draw(t, "at"), value.Draw(t, "value")))
		}
	}
	if rapid.Bool().Draw(t, "broken edit") {
		edits["rating"] = raw(value.Draw(t, "edit"))
	}
	if len(edits) > 0 {
		b, err := json.Marshal(edits)
		if err != nil {
			t.Fatal(err)
		}
		leaf["edits"] = b
	}
	b, err := json.Marshal(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustMerge(t *rapid.T, leaves ...raw) raw {
	m, err := Merge(leaves)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMergeLaws checks what lets every device merge for itself: order,
// grouping and repetition do not matter.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawLeaf(t), drawLeaf(t), drawLeaf(t)
		all := string(mustMerge(t, a, b, c))
		for name, got := range map[string]raw{
			"other order":    mustMerge(t, c, a, b),
			"left first":     mustMerge(t, mustMerge(t, a, b), c),
			"right first":    mustMerge(t, a, mustMerge(t, b, c)),
			"twice":          mustMerge(t, a, b, c, b, a),
			"merged again":   mustMerge(t, raw(all)),
			"with a bad one": mustMerge(t, a, raw("[]"), b, raw("{"), c),
		} {
			if string(got) != all {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, all)
			}
		}
	})
}

// TestMergeFacts: who saw what lay beside a file knows more, for what an earlier reader
// has read of the file is read again.
func TestMergeFacts(t *testing.T) {
	t.Parallel()
	plain, beside, later := `{"version":2,"dateSource":"exif","caption":"z"}`, `{"beside":true,"version":2,"dateSource":"takeout"}`, `{"version":3}`
	for _, c := range []struct{ a, b, want string }{
		{plain, beside, beside},
		{beside, later, beside},
		{plain, later, later},
		{`{"dateSource":"sidecar","version":2}`, plain, `{"dateSource":"sidecar","version":2}`},
		{`{"dateSource":"takeout","version":2}`, `{"dateSource":"name","version":2}`, `{"dateSource":"takeout","version":2}`},
	} {
		got, err := Merge([]json.RawMessage{raw(c.a), raw(c.b)})
		if err != nil || string(got) != string(canonical(raw(c.want))) {
			t.Errorf("%s and %s: %s, %v", c.a, c.b, got, err)
		}
	}
}

// TestRereadMeetsSidecar: one device reads a file again while another takes in what has
// come beside it. In the end both are known.
func TestRereadMeetsSidecar(t *testing.T) {
	t.Parallel()
	old := raw(`{"version":1,"type":"image/jpeg","width":60,"date":"2024-01-01T00:00:00","dateSource":"exif","caption":"of the file"}`)
	read := document{Version: meta.Version, Type: "image/jpeg", Width: 60, Height: 40, Caption: "of the file", Lens: "50 mm"}
	reread, err := readAgain(old, read)
	if err != nil {
		t.Fatal(err)
	}
	learned, err := withFacts(old, document{Beside: true, Caption: "of the sidecar", Rating: 4})
	if err != nil {
		t.Fatal(err)
	}
	merged, err := Merge([]json.RawMessage{reread, learned})
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if !readBody(merged, &doc) || doc.Caption != "of the sidecar" || doc.Rating != 4 {
		t.Errorf("merged to %s", merged)
	}
	if doc.Version < meta.Version { // as the devices do that have it
		if merged, err = readAgain(merged, read); err != nil {
			t.Fatal(err)
		}
	}
	doc = document{}
	if !readBody(merged, &doc) || doc.Caption != "of the sidecar" || doc.Rating != 4 || doc.Lens != "50 mm" || doc.Height != 40 || doc.Version != meta.Version {
		t.Errorf("in the end %s", merged)
	}
}

// TestMergeKeepsDHash: a device drew a picture while another edited it.
func TestMergeKeepsDHash(t *testing.T) {
	t.Parallel()
	for _, facts := range []string{`"type":"image/jpeg"`, `"camera":"A","type":"image/jpeg"`} {
		m, err := Merge([]json.RawMessage{raw(`{"dhash":"00000000000000ff",` + facts + `}`), raw(`{"edits":{"rating":{"value":3}},` + facts + `}`)})
		var doc document
		if err != nil || !readBody(m, &doc) {
			t.Fatal(err)
		}
		if img := doc.image(Digest{}, newInterner()); img.DHash != 255 || img.Rating != 3 || img.Type != "image/jpeg" {
			t.Errorf("%s", m)
		}
	}
}

func TestMergeEdits(t *testing.T) {
	t.Parallel()
	clockA := &clock{node: "a", now: func() time.Time { return time.UnixMilli(5_000) }}
	clockB := &clock{node: "b", now: func() time.Time { return time.UnixMilli(1_000) }} // slow
	set := func(body raw, field string, v any, c *clock) raw {
		t.Helper()
		body, err := setEdit(body, field, v, c)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	base := set(raw(`{"type":"image/jpeg"}`), fieldCaption, "first", clockA)
	onA := set(base, fieldFavourite, true, clockA)
	onB := set(base, fieldCaption, "second", clockB) // in sight of the first: it wins
	merged, err := Merge([]json.RawMessage{onA, onB})
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(merged, &doc); err != nil {
		t.Fatal(err)
	}
	img := doc.image(Digest{}, newInterner())
	if !img.Favourite || img.Caption != "second" {
		t.Errorf("favourite %v, caption %q", img.Favourite, img.Caption)
	}
	if same := set(onB, fieldCaption, "second", clockB); string(same) != string(onB) {
		t.Error("an edit that changes nothing was written")
	}
	if _, err := Merge([]json.RawMessage{raw("1"), raw("null")}); err == nil {
		t.Error("merged documents that cannot be read")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<40)
		c := &clock{node: "n", now: func() time.Time { return time.UnixMilli(ms.Draw(t, "now")) }}
		last := stamp("")
		for range 20 {
			after := stamp("")
			if rapid.Bool().Draw(t, "in sight of another") {
				after = stamp(fmt.Sprintf("%012x%04x-o", ms.Draw(t, "other"), rapid.Uint16().Draw(t, "counter")))
			}
			s := c.next(after)
			if s <= last || s <= after || s.orZero() != s {
				t.Fatalf("%q after %q, in sight of %q", s, last, after)
			}
			last = s
		}
	})
	for _, s := range []stamp{"", "x", "ffffffffffff0000-a", "018F000000000000-a", "018f000000000000", "018f00000000000-ab"} {
		if s.orZero() != "" {
			t.Errorf("%q is taken for a stamp", s)
		}
	}
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"type":"image/jpeg","edits":{"caption":{"at":"018f000000000000-a","value":"x"}}}`), []byte(`{"edits":null,"version":2}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		one, err := Merge([]json.RawMessage{a, b})
		two, err2 := Merge([]json.RawMessage{b, a})
		if string(one) != string(two) || (err == nil) != (err2 == nil) {
			t.Errorf("%s and %s: %s, %v or %s, %v", a, b, one, err, two, err2)
		}
		if err != nil {
			return
		}
		if again, err := Merge([]json.RawMessage{one}); err != nil || string(again) != string(one) {
			t.Errorf("%s merges to %s, %v", one, again, err)
		}
		var doc document
		if err := json.Unmarshal(one, &doc); err != nil {
			var typ *json.UnmarshalTypeError
			if !errors.As(err, &typ) {
				t.Error(err)
			}
			return
		}
		doc.image(Digest{}, newInterner())
	})
}
