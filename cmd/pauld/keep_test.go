package main

import (
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestKeep: a role is told, tried out, set, and there after another start.
func TestKeep(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "in"), 2, 12)
	h.want(t, exitDone, "import", "in")
	h.says(t, "keeps the photos that are saved here", "keep")
	h.fails(t, exitUsage, []string{"usage"}, "keep", "nothing")
	h.fails(t, exitUsage, []string{"60GB"}, "keep", "--space", "much")
	h.says(t, "would keep every photo", "keep", "everything", "--preview")
	h.says(t, "2 photos", "keep", "--space", "1kB", "--preview") // of which no other device has a copy
	if r := lines[app.RoleInfo](t, h.want(t, exitDone, "keep", "--json").out); len(r) != 1 || r[0] != (app.RoleInfo{}) {
		t.Errorf("after previews: %+v", r)
	}
	h.says(t, "keeps every photo of the library, the newest up to 60.0 GB", "keep", "everything", "--space", "60GB")
	h.says(t, "keeps every photo of the library, the newest up to 60.0 GB", "keep")
	h.refused(t, []string{"keeps every photo"}, "unsave", h.list(t)[0].Digest)
	h.says(t, "keeps the photos that are saved here, the newest up to 60.0 GB", "keep", "chosen")
	h.says(t, "keeps the photos that are saved here.", "keep", "--space", "none")
	h.want(t, exitProtected, "unsave", h.list(t)[0].Digest)
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1": 1, "500MB": 500e6, "60GB": 60e9, "60 gb": 60e9, "1.5T": 1.5e12, "2k": 2000, "none": 0, "7B": 7,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "B", "GB", "-1", "0", "1e30", "NaN", "Inf", "1PB", "60GiB", "0.5", "1,5GB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("parseSize(%q) = %d", text, got)
		}
	}
}
