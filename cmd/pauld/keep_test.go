package main

import (
	"path/filepath"
	"strings"
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

// TestKeepTellsWhatIsQueued: what has not come is left to do, be it queued already.
func TestKeepTellsWhatIsQueued(t *testing.T) {
	t.Parallel()
	const nothing = "Nothing is left to do"
	for name, c := range map[string]struct {
		role    app.RoleInfo
		preview bool
		want    []string
		not     string
	}{
		"nothing":  {app.RoleInfo{Everything: true, Paused: true}, false, []string{nothing}, "paused"},
		"queued":   {app.RoleInfo{Everything: true, Queued: 443, QueuedBytes: 2e9}, true, []string{"Still to be fetched: 443 photos, 2.0 GB"}, nothing},
		"paused":   {app.RoleInfo{Queued: 1, QueuedBytes: 2e6, Paused: true}, false, []string{"Still to be fetched: 1 photo, 2.0 MB (paused; to go on: pauld resume)"}, nothing},
		"dropped":  {app.RoleInfo{Dropped: 3, DroppedBytes: 6e6}, false, []string{"No longer fetched: 3 photos, 6.0 MB", nothing}, "Still"},
		"would be": {app.RoleInfo{Dropped: 3, DroppedBytes: 6e6}, true, []string{"It would no longer fetch 3 photos, 6.0 MB"}, "No longer"},
		"held":     {app.RoleInfo{Space: 1e9, Held: 2, HeldBytes: 4e6}, false, []string{"Saved by hand beyond the limit, fetched once they fit: 2 photos, 4.0 MB"}, nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := roleText(c.role, c.preview)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
			if strings.Contains(text, c.not) {
				t.Errorf("%q has %q", text, c.not)
			}
		})
	}
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
