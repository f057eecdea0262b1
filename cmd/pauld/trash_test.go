package main

import (
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

// trashOf lists the trash of a device.
func trashOf(t *testing.T, h *home) []app.TrashListing {
	t.Helper()
	return lines[app.TrashListing](t, h.want(t, exitDone, "trash", "--json").out)
}

// checkUnsaved checks that h's trash has the copy that was unsaved there, and
// nothing else.
func checkUnsaved(t *testing.T, h *home, digest, id string) {
	t.Helper()
	got := trashOf(t, h)
	if len(got) != 1 || got[0].Digest != digest || got[0].By != id || !got[0].Unsaved || got[0].Until == nil {
		t.Errorf("after unsave the trash has %+v", got)
	}
	h.says(t, "(unsave)", "trash")
}

// checkTrash checks that h's trash has the files that the device by has
// deleted, and until when those stay whose bytes are here.
func checkTrash(t *testing.T, h *home, digests []string, by string, here map[string]bool) {
	t.Helper()
	got := trashOf(t, h)
	if len(got) != len(digests) {
		t.Errorf("%d files are in the trash, want %d", len(got), len(digests))
	}
	for _, f := range got {
		if f.By != by || f.Unsaved || f.Name == "" || time.Since(f.Removed).Abs() > time.Hour {
			t.Errorf("in the trash is %+v", f)
		}
		stays := f.Until != nil || f.Path != "" // that one is leased
		if stays != here[f.Digest] || f.Until != nil && time.Until(*f.Until).Round(time.Hour) != 30*24*time.Hour {
			t.Errorf("%s stays until %v; here: %v", f.Name, f.Until, here[f.Digest])
		}
	}
	h.says(t, "Desktop", "trash")
	if r := h.want(t, exitDone, "trash"); strings.Count(r.out, "\n") != len(digests)+1 || !strings.Contains(r.err, "12 photos") {
		t.Errorf("the trash is shown as %s%s", r.out, r.err)
	}
}
