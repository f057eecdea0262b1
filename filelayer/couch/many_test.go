package couch

import (
	"fmt"
	"strings"
	"testing"
)

// What is asked for by the hundred is answered one by one, in the order of the
// request, also when the documents are too long to be read at once.
func TestBulkGetInOrder(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	const docs = 250
	var bodies, wants []string
	for i := range docs {
		size := 10
		if i%2 == 0 {
			size = 60 << 10
		}
		bodies = append(bodies, fmt.Sprintf(`{"_id":"doc%03d","text":%q}`, i, strings.Repeat("x", size)))
		wants = append(wants, fmt.Sprintf(`{"id":"doc%03d"}`, (i*101)%docs), fmt.Sprintf(`{"id":"no%d"}`, i), fmt.Sprintf(`{"id":"doc%03d"}`, (i*3)%docs))
	}
	if status, text := call(t, s, "POST", "/db/_bulk_docs", `{"docs":[`+strings.Join(bodies, ",")+`]}`); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	status, text := call(t, s, "POST", "/db/_bulk_get", `{"docs":[`+strings.Join(wants, ",")+`]}`)
	if status != 200 {
		t.Fatalf("%d %.500s", status, text)
	}
	type result struct {
		ID   string
		Docs []struct {
			OK *struct {
				ID   string `json:"_id"`
				Text string
			}
			Error map[string]string
		}
	}
	results := decode[struct{ Results []result }](t, text).Results
	if len(results) != len(wants) {
		t.Fatalf("%d results for %d requests", len(results), len(wants))
	}
	for i, r := range results {
		if want := fmt.Sprintf(`{"id":%q}`, r.ID); want != wants[i] || len(r.Docs) != 1 {
			t.Fatalf("result %d is of %s with %d entries, want one of %s", i, want, len(r.Docs), wants[i])
		}
		got := r.Docs[0]
		if there := strings.HasPrefix(r.ID, "doc"); there != (got.OK != nil) || there == (got.Error != nil) || there && got.OK.ID != r.ID {
			t.Fatalf("%s: %+v", r.ID, got)
		}
	}
}

// A document may come several times in one request: each time it follows the
// one before.
func TestBulkDocsTwice(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	const a, b, c = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccccccccc"
	docs := []string{
		fmt.Sprintf(`{"_id":"x","_rev":"1-%s","v":1}`, a),
		fmt.Sprintf(`{"_id":"x","_rev":"2-%s","_revisions":{"start":2,"ids":[%q,%q]},"v":2}`, b, b, a),
		fmt.Sprintf(`{"_id":"x","_rev":"2-%s","_revisions":{"start":2,"ids":[%q,%q]},"v":3}`, c, c, a),
	}
	if status, text := call(t, s, "POST", "/db/_bulk_docs", `{"new_edits":false,"docs":[`+strings.Join(docs, ",")+`]}`); status != 201 || strings.TrimSpace(text) != "[]" {
		t.Fatalf("%d %s", status, text)
	}
	if _, text := call(t, s, "GET", "/db/x?conflicts=true", ""); !strings.Contains(text, `"2-`+c) || !strings.Contains(text, `"_conflicts":["2-`+b) {
		t.Error(text)
	}
	_, text := call(t, s, "POST", "/db/_bulk_docs", `{"docs":[{"_id":"y"},{"_id":"y"}]}`)
	if got := decode[[]struct{ Error string }](t, text); got[0].Error != "" || got[1].Error != "conflict" {
		t.Error(text)
	}
	if _, text = call(t, s, "GET", "/db", ""); !strings.Contains(text, `"doc_count":2`) {
		t.Error(text)
	}
}
