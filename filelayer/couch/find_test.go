package couch

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer/couch/mango"
)

// jsonValue draws values that are near each other in the collation, so that
// selectors meet their bounds.
func jsonValue(depth int) *rapid.Generator[any] {
	plain := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.IntRange(-2, 3).AsAny(),
		rapid.SampledFrom([]float64{0.5, -0.5, 2.25}).AsAny(),
		rapid.SampledFrom([]string{"", "a", "A", "b", "é", "e\u0301", "ab", "a\x00", "_", "字"}).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(plain...)
	}
	inner := jsonValue(depth - 1)
	return rapid.OneOf(append(plain,
		rapid.SliceOfN(inner, 0, 3).AsAny(),
		rapid.MapOfN(rapid.SampledFrom([]string{"x", "y"}), inner, 0, 2).AsAny())...)
}

// findFields draws mostly "a", so that indexes, selectors and sorts meet.
var findFields = rapid.SampledFrom([]string{"a", "a", "a", "a", "b", "b", "a.x", "_id"})

func condition() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		op := rapid.SampledFrom([]string{"", "$eq", "$lt", "$lte", "$gt", "$gte", "$lte", "$gt", "$gte", "$ne", "$exists", "$in", "$nin", "$type", "$not", "$size"}).Draw(t, "op")
		switch op {
		case "":
			return jsonValue(0).Draw(t, "value")
		case "$exists":
			return map[string]any{op: rapid.Bool().Draw(t, "exists")}
		case "$in", "$nin":
			return map[string]any{op: rapid.SliceOfN(jsonValue(1), 0, 3).Draw(t, "values")}
		case "$type":
			return map[string]any{op: rapid.SampledFrom([]string{"number", "string", "null"}).Draw(t, "type")}
		case "$not":
			return map[string]any{op: map[string]any{"$gt": jsonValue(1).Draw(t, "value")}}
		case "$size":
			return map[string]any{op: rapid.IntRange(0, 2).Draw(t, "size")}
		}
		return map[string]any{op: jsonValue(1).Draw(t, "value")}
	})
}

func selectorOf(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		s := rapid.MapOfN(findFields, condition(), 0, 2).Draw(t, "fields")
		out := make(map[string]any)
		for name, cond := range s {
			out[name] = cond
		}
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "combine") == 0 {
			op := rapid.SampledFrom([]string{"$and", "$or", "$nor"}).Draw(t, "op")
			out[op] = rapid.SliceOfN(selectorOf(depth-1), 1, 2).Draw(t, op)
		}
		return out
	})
}

// TestFindIsAFullScan holds what _find answers, with any indexes, against every
// document, kept if the selector matches it and the fields of the sort are
// there, and sorted by the keys of those.
func TestFindIsAFullScan(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		db := fmt.Sprintf("db%d", n)
		must := func(method, path string, body any) string {
			b, _ := json.Marshal(body)
			status, answer := call(t, s, method, "/"+db+path, string(b))
			if status >= http.StatusMultipleChoices && !strings.Contains(answer, "no_usable_index") {
				rt.Fatalf("%s %s: %d %s", path, b, status, answer)
			}
			return answer
		}
		must("PUT", "", nil)
		defer must("DELETE", "", nil)
		ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "A", "b", "é", "Z", "_design/d", "10", "9"}), 2, 8, rapid.ID).Draw(rt, "ids")
		for range 2 { // the second time, rows of indexes are replaced
			writeDocs(rt, must, ids)
			for range rapid.IntRange(0, 2).Draw(rt, "indexes") {
				fields := rapid.SliceOfNDistinct(findFields, 1, 2, rapid.ID).Draw(rt, "fields")
				must("POST", "/_index", map[string]any{"index": map[string]any{"fields": fields}})
			}
			for range 5 {
				checkFind(rt, must)
			}
		}
	})
}

// writeDocs writes documents of those IDs anew, and deletes some.
func writeDocs(rt *rapid.T, must func(method, path string, body any) string, ids []string) {
	old := decode[struct {
		Rows []struct{ Value struct{ Rev string } }
	}](rt, must("POST", "/_all_docs", map[string]any{"keys": ids}))
	docs := []any{}
	for i, id := range ids {
		doc := make(map[string]any)
		for name, v := range rapid.MapOfN(rapid.SampledFrom([]string{"a", "a", "b"}), jsonValue(1), 0, 3).Draw(rt, "doc") {
			doc[name] = v
		}
		doc["_id"] = id
		if rev := old.Rows[i].Value.Rev; rev != "" {
			doc["_rev"] = rev
			doc["_deleted"] = rapid.IntRange(0, 3).Draw(rt, "delete") == 0
		}
		docs = append(docs, doc)
	}
	must("POST", "/_bulk_docs", map[string]any{"docs": docs})
}

type found struct {
	Docs     []json.RawMessage
	Bookmark string
	Error    string
}

func checkFind(rt *rapid.T, must func(method, path string, body any) string) {
	q := map[string]any{"selector": selectorOf(1).Draw(rt, "selector"), "limit": 100}
	var sort []string
	if rapid.Bool().Draw(rt, "sorted") {
		sort = rapid.SliceOfNDistinct(findFields, 1, 2, rapid.ID).Draw(rt, "sort")
	}
	descending := rapid.Bool().Draw(rt, "descending")
	specs := []map[string]string{}
	for _, name := range sort {
		specs = append(specs, map[string]string{name: map[bool]string{false: "asc", true: "desc"}[descending]})
	}
	q["sort"] = specs
	answer := decode[found](rt, must("POST", "/_find", q))
	if answer.Error != "" {
		return // no index sorts so
	}
	want := fullScan(rt, must, q["selector"], sort)
	got := idsOf(rt, answer.Docs)
	var keys []string
	for _, id := range got {
		keys = append(keys, want[id])
	}
	inOrder := slices.IsSorted(keys)
	if slices.Reverse(keys); descending && len(sort) > 0 {
		inOrder = slices.IsSorted(keys)
	}
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(maps.Keys(want))) || len(sort) > 0 && !inOrder {
		rt.Fatalf("%v\n got %q\nwant %q\nplan %s", q, got, want, must("POST", "/_explain", q))
	}
	if paged := pages(rt, must, q); !slices.Equal(paged, got) {
		rt.Fatalf("%v: %q, in pages %q", q, got, paged)
	}
}

// pages returns the IDs of q's answer, asked for one by one.
func pages(rt *rapid.T, must func(method, path string, body any) string, q map[string]any) (ids []string) {
	q["limit"] = 1
	for {
		page := decode[found](rt, must("POST", "/_find", q))
		if len(page.Docs) == 0 {
			return ids
		}
		ids = append(ids, idsOf(rt, page.Docs)...)
		q["bookmark"] = page.Bookmark
	}
}

// fullScan returns the IDs that a query must find, with the keys of what they
// are sorted by.
func fullScan(rt *rapid.T, must func(method, path string, body any) string, selector any, sort []string) map[string]string {
	text, _ := json.Marshal(selector)
	sel, err := mango.ParseSelector(text)
	if err != nil {
		rt.Fatal(err)
	}
	if len(sort) == 0 {
		sort = []string{"_id"}
	}
	fields, _ := json.Marshal(map[string]any{"fields": sort})
	ix, err := mango.ParseIndex(fields)
	if err != nil {
		rt.Fatal(err)
	}
	all := decode[struct {
		Rows []struct{ Doc json.RawMessage }
	}](rt, must("GET", "/_all_docs?include_docs=true", nil))
	rows := make(map[string]string)
	for _, r := range all.Rows {
		id := idsOf(rt, []json.RawMessage{r.Doc})[0]
		if key, ok := ix.AppendKey(nil, r.Doc); ok && sel.Match(r.Doc) && !strings.HasPrefix(id, designPrefix) {
			rows[id] = string(key)
		}
	}
	return rows
}

func idsOf(tb failer, docs []json.RawMessage) []string {
	var ids []string
	for _, doc := range docs {
		var d struct {
			ID string `json:"_id"`
		}
		if err := json.Unmarshal(doc, &d); err != nil {
			tb.Fatalf("%s: %v", doc, err)
		}
		ids = append(ids, d.ID)
	}
	return ids
}
