package couch

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A feed whose client has gone reads no further, though it sends nothing by
// which it would notice.
func TestFeedOfAClientThatHasGone(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, target := range []string{"/db/_changes?filter=_selector", "/db/_changes?filter=_selector&descending=true", "/db/_changes?filter=_doc_ids"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(`{"selector":{"none":1},"doc_ids":["a","b"]}`))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Body.Len() > 0 {
			t.Errorf("%s: all was read: %s", target, w.Body)
		}
	}
}

// A filter by IDs is answered alike whether there are more IDs or more
// changes.
func TestManyDocIDs(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 30)
	all := decode[struct{ Results []struct{ ID string } }](t, second(call(t, s, "GET", "/db/_changes", ""))).Results
	few := []string{all[20].ID, all[3].ID, "none", all[3].ID}
	many := slices.Clone(few)
	for i := range 100 {
		many = append(many, fmt.Sprintf("other%d", i))
	}
	for _, query := range []string{"", "&descending=true", "&limit=1", "&style=all_docs&include_docs=true", "&feed=longpoll"} {
		var answers []string
		for _, ids := range [][]string{few, many} {
			body := `{"doc_ids":["` + strings.Join(ids, `","`) + `"]}`
			answers = append(answers, second(call(t, s, "POST", "/db/_changes?filter=_doc_ids"+query, body)))
		}
		rows := decode[struct{ Results []any }](t, answers[0]).Results
		if want := map[bool]int{true: 1, false: 2}[query == "&limit=1"]; len(rows) != want {
			t.Errorf("%s: %s", query, answers[0])
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: with few IDs %s, with many %s", query, answers[0], answers[1])
		}
	}
}
