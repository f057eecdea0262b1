package filelayer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
)

// TestMergeThatIsRefused merges conflicts of which one makes a document that
// the database does not take: it stays as it is, with all its leaves, and does
// not stop the others.
func TestMergeThatIsRefused(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	var leaves []any
	var rows []row
	for _, id := range []string{"first", "long", "odd", "second"} {
		for _, digest := range []string{"a", "b"} {
			leaves = append(leaves, json.RawMessage(fmt.Sprintf(`{"_id":%q,"_rev":"1-%s","of":%q}`, id, strings.Repeat(digest, 32), id)))
		}
		rows = append(rows, row{doc: Doc{ID: id}, revs: []string{"a", "b"}})
	}
	_, err := a.files.kv.BulkDocs(ctx, leaves, kivik.Param("new_edits", false))
	must(t, err)
	db := *a.files
	db.merge = func(leaves []json.RawMessage) (json.RawMessage, error) {
		switch {
		case strings.Contains(string(leaves[0]), "long"):
			return json.RawMessage(`{"of":"` + strings.Repeat("x", 9<<20) + `"}`), nil
		case strings.Contains(string(leaves[0]), "odd"):
			return json.RawMessage(`{"_odd":true}`), nil
		}
		return json.RawMessage(`{"merged":true}`), nil
	}
	must(t, db.merges(ctx, rows))
	for id, want := range map[string]int{"first": 1, "long": 2, "odd": 2, "second": 1} {
		if revs := a.revs(&db, id); len(revs) != want {
			t.Errorf("%s has the leaves %v", id, revs)
		}
	}
}
