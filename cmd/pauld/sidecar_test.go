package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImportTakeout imports a folder as Google Takeout leaves it: photos get the
// dates and names of what lies beside them, which is no photo and no trouble.
func TestImportTakeout(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	in := filepath.Join(h.cwd, "in")
	names := slices.Sorted(maps.Keys(drawPhotos(t, in, 2, 9)))
	for i, path := range names {
		name := filepath.Base(path)
		names[i] = name
		text := `{"title":"` + name + `","photoTakenTime":{"timestamp":"` + []string{"1714559405", "1000000000"}[i] + `"}}`
		if err := os.WriteFile(filepath.Join(in, name+".supplemental-metadata.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := h.want(t, exitDone, "import", "in", "--json"); !strings.Contains(r.err, `"sidecars":2`) {
		t.Errorf("import does not count what lies beside photos: %q", r.err)
	}
	dates := map[string]string{}
	for _, l := range h.list(t) {
		dates[l.Name] = l.Date
	}
	want := map[string]string{names[0]: "2024-05-01T10:30:05+00:00", names[1]: "2001-09-09T01:46:40+00:00"}
	if !maps.Equal(dates, want) {
		t.Errorf("dates %v, want %v", dates, want)
	}
	h.says(t, "2 in the library already; 2 sidecars read", "import", "in")
}
