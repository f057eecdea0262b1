package couch

import (
	"fmt"
	"strings"
	"testing"
)

func TestPurgeLimits(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	ids := make([]string, maxPurgedDocs+1)
	for i := range ids {
		ids[i] = fmt.Sprintf(`"d%d":[]`, i)
	}
	revs := strings.TrimSuffix(strings.Repeat(`"1-a",`, maxPurgedRevs+1), ",")
	for body, want := range map[string]string{
		"{" + strings.Join(ids, ",") + "}": "Exceeded maximum number of documents.",
		`{"x":[` + revs + `]}`:             "Exceeded maximum number of revisions.",
	} {
		if status, answer := call(t, s, "POST", "/db/_purge", body); status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%d %s, want %q", status, answer, want)
		}
	}
}

// What was purged is remembered up to the limit, and the count goes on after
// the database is opened again.
func TestPurgedInfos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openServer(t, dir, Options{})
	openDB(t, s)
	for i := range 4 {
		_, body := call(t, s, "PUT", fmt.Sprintf("/db/d%d", i), "{}")
		rev := decode[struct{ Rev string }](t, body).Rev
		if status, body := call(t, s, "POST", "/db/_purge", fmt.Sprintf(`{"d%d":[%q]}`, i, rev)); status != 201 {
			t.Fatalf("purge: %d %s", status, body)
		}
		if i == 0 {
			call(t, s, "PUT", "/db/_purged_infos_limit", "2")
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openServer(t, dir, Options{})
	_, body := call(t, s, "GET", "/db/_purged_infos", "")
	infos := decode[struct {
		PurgedInfos []purgedInfo `json:"purged_infos"`
	}](t, body).PurgedInfos
	if len(infos) != 2 || infos[0].ID != "d2" || infos[1].ID != "d3" || len(infos[1].Revs) != 1 {
		t.Errorf("remembered: %s", body)
	}
	if _, body := call(t, s, "GET", "/db", ""); decode[struct {
		PurgeSeq string `json:"purge_seq"`
	}](t, body).PurgeSeq != "4" {
		t.Errorf("purge_seq: %s", body)
	}
}

// A purge wakes a feed, which has nothing to say of it.
func TestPurgeInAFeed(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	_, body := call(t, s, "PUT", "/db/x", "{}")
	before := decode[struct {
		Last string `json:"last_seq"`
	}](t, second(call(t, s, "GET", "/db/_changes", ""))).Last
	call(t, s, "POST", "/db/_purge", fmt.Sprintf(`{"x":[%q]}`, decode[struct{ Rev string }](t, body).Rev))
	after := second(call(t, s, "GET", "/db/_changes?since="+before, ""))
	if !strings.Contains(after, "\"results\":[\n\n]") || strings.Contains(after, before) {
		t.Errorf("after %s: %s", before, after)
	}
}

func second(_ int, s string) string { return s }
