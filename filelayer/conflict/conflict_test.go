package conflict

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"

	"github.com/libpaul/paul/filelayer/couch"
)

var errUnread = errors.New("no leaf can be read")

// greatest is a rule that keeps the leaf with the greatest n, and passes over
// what has none.
func greatest(leaves []json.RawMessage) (json.RawMessage, error) {
	best, merged := 0, json.RawMessage(nil)
	for _, leaf := range leaves {
		var v struct{ N int }
		if json.Unmarshal(leaf, &v) == nil && v.N > best {
			best, merged = v.N, leaf
		}
	}
	if merged == nil {
		return nil, errUnread
	}
	return merged, nil
}

// A conflict of any number of leaves is merged in bounded parts, to what
// merging them at once gives.
func TestResolutionInParts(t *testing.T) {
	t.Parallel()
	server, err := couch.Open(t.TempDir(), couch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := server.Create(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	client, err := kivik.New("couch", "http://memory/", couchdb.OptionHTTPClient(&http.Client{Transport: server.Transport()}), couchdb.OptionNoRequestCompression())
	if err != nil {
		t.Fatal(err)
	}
	db, pad := client.DB("db"), strings.Repeat("x", 3<<19)
	for name, tt := range map[string]struct {
		leaves []int // n of each; 0 for one that cannot be read
		want   int   // n of the merged document; 0 if there is none
	}{
		"the first":      {[]int{9, 1, 2, 3, 4, 5}, 9},
		"the last":       {[]int{1, 2, 3, 4, 5, 9}, 9},
		"a bad part":     {[]int{1, 2, 3, 0, 0, 0, 0}, 3},
		"bad at first":   {[]int{0, 0, 0, 0, 0, 3}, 3},
		"nothing at all": {[]int{0, 0, 0, 0, 0, 0}, 0},
	} {
		for i, n := range tt.leaves {
			doc := map[string]any{"_id": name, "_rev": fmt.Sprintf("1-%032d", 100-i), "pad": pad, "n": n}
			if _, err := db.BulkDocs(t.Context(), []any{doc}, kivik.Param("new_edits", false)); err != nil {
				t.Fatal(err)
			}
		}
		most := 0
		writes, err := Resolution(t.Context(), db, name, func(leaves []json.RawMessage) (json.RawMessage, error) {
			size := 0
			for _, leaf := range leaves {
				size += len(leaf)
			}
			most = max(most, size)
			return greatest(leaves)
		})
		if most > mergeAtOnce+2<<20 {
			t.Errorf("%s: %d bytes at once", name, most)
		}
		if tt.want == 0 {
			if !errors.Is(err, ErrUnmergeable) || !errors.Is(err, errUnread) {
				t.Errorf("%s: err = %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		deleted, kept := 0, tt.leaves[0]
		for _, write := range writes {
			var doc struct {
				Deleted bool `json:"_deleted"`
				N       int
			}
			if err := json.Unmarshal(write, &doc); err != nil {
				t.Fatal(err)
			}
			if doc.Deleted {
				deleted++
			} else {
				kept = doc.N
			}
		}
		if deleted != len(tt.leaves)-1 || kept != tt.want {
			t.Errorf("%s: %d tombstones, and n = %d, want %d", name, deleted, kept, tt.want)
		}
	}
}
