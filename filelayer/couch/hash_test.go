package couch

import (
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

func edit(t *testing.T, raw string) *document {
	t.Helper()
	if !rawjson.Valid([]byte(raw)) {
		t.Fatalf("no JSON: %s", raw)
	}
	d, err := parseDocument([]byte(raw), 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The same edit is the same revision, however a client writes it down.
func TestRevisionOfTheSameEdit(t *testing.T) {
	t.Parallel()
	parent := Revision{3, "abc"}
	want := nextRevision(&parent, edit(t, `{"a":1,"b":[true,{"x":"é","y":null}]}`))
	if want.Generation != 4 || !isHex128(want.Digest) {
		t.Fatalf("revision %v", want)
	}
	for _, raw := range []string{
		`{"b":[true,{"x":"é","y":null}],"a":1}`,
		` { "b" : [ true , { "y" : null , "x" : "\u00e9" } ] , "\u0061" : 1 } `,
		`{"_id":"some","_rev":"3-abc","a":1,"b":[true,{"x":"é","y":null}],"_conflicts":["1-a"]}`,
	} {
		if got := nextRevision(&parent, edit(t, raw)); got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
	other := Revision{3, "abd"}
	seen := map[Revision]string{want: "the first"}
	for name, r := range map[string]Revision{
		"parent":     nextRevision(&other, edit(t, `{"a":1,"b":[true,{"x":"é","y":null}]}`)),
		"no parent":  nextRevision(nil, edit(t, `{"a":1,"b":[true,{"x":"é","y":null}]}`)),
		"value":      nextRevision(&parent, edit(t, `{"a":2,"b":[true,{"x":"é","y":null}]}`)),
		"order":      nextRevision(&parent, edit(t, `{"a":1,"b":[{"x":"é","y":null},true]}`)),
		"deleted":    nextRevision(&parent, edit(t, `{"_deleted":true,"a":1,"b":[true,{"x":"é","y":null}]}`)),
		"text":       nextRevision(&parent, edit(t, `{"a":"1","b":[true,{"x":"é","y":null}]}`)),
		"nesting":    nextRevision(&parent, edit(t, `{"a":1,"b":[true,[{"x":"é","y":null}]]}`)),
		"attachment": nextRevision(&parent, edit(t, `{"a":1,"b":[true,{"x":"é","y":null}],"_attachments":{"f":{"data":"YQ=="}}}`)),
	} {
		if was, ok := seen[r]; ok {
			t.Errorf("another %s is the same revision as %s", name, was)
		}
		seen[r] = name
	}
}

// A body that is nested as deep as JSON may be is hashed in one pass: a pass
// for each level would take minutes.
func TestRevisionOfADeepBody(t *testing.T) {
	t.Parallel()
	const depth = 9990
	for name, raw := range map[string]string{
		"arrays":  strings.Repeat("[", depth) + `"` + strings.Repeat("x", 4<<20) + `"` + strings.Repeat("]", depth),
		"objects": strings.Repeat(`{"b":1,"a":`, depth) + `"` + strings.Repeat("x", 4<<20) + `"` + strings.Repeat("}", depth),
	} {
		d, began := edit(t, `{"deep":`+raw+`}`), time.Now()
		nextRevision(nil, d)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}
