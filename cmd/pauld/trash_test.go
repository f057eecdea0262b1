package main

import (
	"maps"
	"path/filepath"
	"slices"
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

func TestEmptyTrash(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if r := h.want(t, exitDone, "trash", "--empty"); !strings.Contains(r.err, "is empty") {
		t.Errorf("an empty trash is told as %q", r.err)
	}
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 4, 5)))
	h.want(t, exitDone, "import", "in")
	h.want(t, exitDone, append([]string{"delete"}, digests[:3]...)...)
	h.want(t, exitDone, "unsave", "--force", digests[3])

	lost := "3 deleted photos are, as far as is known here, in no other trash and on no other device"
	h.refused(t, []string{lost, "nothing was removed"}, "trash", "--empty") // nobody answers
	h.fails(t, exitUsage, []string{"only with --empty"}, "trash", digests[0])
	h.fails(t, exitUsage, []string{"only with --empty"}, "trash", "--yes")
	if n := len(trashOf(t, h)); n != 4 {
		t.Fatalf("%d photos in the trash", n)
	}
	if r := h.want(t, exitDone, "trash", "--empty", "--yes", digests[0][:12]); !strings.Contains(r.out, "for good") || !strings.Contains(r.err, "1 deleted photo is, as far") {
		t.Errorf("one photo is removed: %s%s", r.out, r.err)
	}
	if n := len(trashOf(t, h)); n != 3 {
		t.Errorf("%d photos in the trash, without the one removed", n)
	}
	r := h.want(t, exitProtected, "trash", "--empty", "--yes")
	if strings.Count(r.out, "for good") != 2 || !strings.Contains(r.err, "stays here") {
		t.Errorf("the trash is emptied: %s%s", r.out, r.err)
	}
	if left := trashOf(t, h); len(left) != 1 || left[0].Digest != digests[3] || !left[0].Unsaved {
		t.Errorf("in the trash is %+v", left)
	}
	h.fails(t, exitNotFound, []string{"not in the trash"}, "trash", "--empty", "--yes", digests[0])
	h.says(t, "emptied", "log")
}

// What no device has the bytes of is not said to be restored.
func TestRestoreOfNothing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 2, 6)))
	h.want(t, exitDone, "import", "in")
	h.want(t, exitDone, append([]string{"delete"}, digests...)...)
	h.want(t, exitDone, "trash", "--empty", "--yes", digests[0])
	if r := h.want(t, exitFailed, append([]string{"restore"}, digests...)...); !strings.Contains(r.err, "no device is known to have its bytes any more") ||
		strings.Count(r.out, "Restored ") != 1 || !strings.Contains(r.out, ": its bytes are here") {
		t.Errorf("restore says %q, %q", r.out, r.err)
	}
	if left := h.list(t); len(left) != 1 || left[0].Digest != digests[1] {
		t.Errorf("listed after the restore: %+v", left)
	}
}

func TestTrashOfOthersIsTold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	later := now.Add(28*24*time.Hour + time.Minute)
	nas, phone := app.RemnantInfo{Name: "NAS", Online: true, Until: &later}, app.RemnantInfo{Name: "Phone"}
	unsure := app.RemnantInfo{Name: "Old", Online: true, Perhaps: true}
	for i, tt := range []struct{ got, want string }{
		{until(app.TrashListing{}, now), "-"},
		{until(app.TrashListing{Until: &later, Elsewhere: []app.RemnantInfo{nas}}, now), later.Local().Format("2006-01-02")},
		{until(app.TrashListing{Elsewhere: []app.RemnantInfo{nas}}, now), "in the trash of NAS, 29 days left"},
		{until(app.TrashListing{Elsewhere: []app.RemnantInfo{phone, nas}}, now), "still on Phone, and 1 more"},
		{until(app.TrashListing{Elsewhere: []app.RemnantInfo{unsure}}, now), "perhaps in the trash of Old"},
		{fromText([]app.RemnantInfo{unsure}), ": its bytes may be in the trash of Old, where it then comes back; no device is known to have them"},
		{fromText(nil), ""},
		{fromText([]app.RemnantInfo{{Self: true}, nas}), ": its bytes are here"},
		{fromText([]app.RemnantInfo{phone, nas}), ": its bytes are on NAS, where it comes back"},
		{fromText([]app.RemnantInfo{phone}), ": its bytes are on Phone, offline now, where it comes back when that is online"},
	} {
		if tt.got != tt.want {
			t.Errorf("%d: %q, want %q", i, tt.got, tt.want)
		}
	}
}
