package main

import (
	"bytes"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// photos imports n photos, and returns their digests in the order of their names.
func (h *home) photos(t *testing.T, n int) (digests []string) {
	t.Helper()
	in := filepath.Join(h.cwd, "in")
	byPath := drawPhotos(t, in, n, 7)
	h.want(t, exitDone, "import", "in")
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		digests = append(digests, byPath[path])
	}
	return digests
}

// TestEdit turns and cuts photos by command: each edit adds to the one before, the
// file stays, and --reset shows it again.
func TestEdit(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ds := h.photos(t, 2)
	crop := app.Crop{X: 0.1, Y: 0.2, W: 0.5, H: 0.5}
	for _, c := range []struct {
		args, says string
		want       app.Geometry
	}{
		{"--rotate 90", "rotated by 90°", app.Geometry{Turns: 1}},
		{"--rotate=-180", "rotated by 270°", app.Geometry{Turns: 3}},
		{"--rotate 90 --mirror", "mirrored", app.Geometry{Mirror: true}},
		{"--straighten -2.5", "straightened by -2.5°", app.Geometry{Mirror: true, Angle: -2.5}},
		{"--straighten 1 --crop 0.1,0.2,0.5,0.5", "cropped to 0.1,0.2,0.5,0.5", app.Geometry{Mirror: true, Angle: 1, Crop: crop}},
		{"--reset --crop 0.1,0.2,0.5,0.5", "cropped", app.Geometry{Crop: crop}},
		{"--crop none", "as the file is", app.Geometry{}},
		{"--mirror", "mirrored", app.Geometry{Mirror: true}},
	} {
		args := slices.Concat([]string{"edit", ds[0][:8]}, strings.Fields(c.args))
		h.says(t, "IMG_0000.JPG: ", args...)
		for _, l := range h.list(t) {
			want := &c.want
			if l.Digest != ds[0] || c.want == (app.Geometry{}) {
				want = nil
			}
			if (l.Geometry == nil) != (want == nil) || want != nil && *l.Geometry != *want {
				t.Errorf("after %s %s is %+v", c.args, l.Name, l.Geometry)
			}
			checkFile(t, l.Path, l.Digest)
		}
	}
	h.says(t, "mirrored, rotated by 90°", "edit", ds[0], "--rotate", "90")
	out := h.want(t, exitDone, slices.Concat([]string{"edit", "--reset", "--json"}, ds)...).out
	if all := lines[app.Listing](t, out); len(all) != 2 || all[0].Geometry != nil || all[1].Geometry != nil {
		t.Errorf("reset: %s", out)
	}
}

func TestEditMistakes(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	d := h.photos(t, 1)[0]
	for _, c := range []struct{ args, says string }{
		{"--rotate 45 " + d, "90, 180 or 270"},
		{"--straighten 46 " + d, "-45 to 45"},
		{"--straighten NaN " + d, "-45 to 45"},
		{"--crop 0.5,0,0.6,1 " + d, "X,Y,W,H"},
		{"--crop 1,2,3 " + d, "X,Y,W,H"},
		{"--crop 0,0,0,0 " + d, "X,Y,W,H"},
		{d, "say what to do"},
		{"--mirror photo.jpg", "not a digest"},
	} {
		h.fails(t, exitUsage, []string{c.says}, slices.Concat([]string{"edit"}, strings.Fields(c.args))...)
	}
	h.fails(t, exitNotFound, []string{"no photo of this library"}, "edit", "--mirror", strings.Repeat("0", 64))
	h.want(t, exitDone, "delete", d)
	h.want(t, exitNotFound, "edit", "--mirror", d)
}

// TestExport writes originals byte for byte, and beside them only what they do not
// say themselves; nothing that is there is replaced.
func TestExport(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ds := h.photos(t, 2)
	h.want(t, exitDone, "edit", "--rotate", "90", ds[0])
	out := filepath.Join(h.cwd, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(out, "IMG_0000.JPG.xmp") // of a photo that was here once
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	type exported struct {
		app.Listing
		app.Exported
	}
	for i, c := range []struct {
		args []string
		want []string // names of what is written anew
	}{
		{nil, []string{"IMG_0000 2.JPG", "IMG_0000 2.JPG.xmp", "IMG_0001.JPG"}},
		{[]string{"--edited"}, []string{"IMG_0000 3.JPG", "IMG_0000 3.JPG.xmp", "IMG_0000-edited.jpg", "IMG_0001 2.JPG"}},
		{[]string{"--edited"}, []string{"IMG_0000 4.JPG", "IMG_0000 4.JPG.xmp", "IMG_0000-edited 2.jpg", "IMG_0001 3.JPG"}},
	} {
		r := h.want(t, exitDone, slices.Concat([]string{"export", "-o", "out", "--json"}, c.args, ds)...)
		var got []string
		for _, e := range lines[exported](t, r.out) {
			checkFile(t, e.File, e.Digest)
			for _, path := range []string{e.File, e.Sidecar, e.Edited} {
				if path != "" {
					got = append(got, filepath.Base(path))
				}
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("export %d wrote %q, want %q", i, got, c.want)
		}
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "old" {
		t.Errorf("the sidecar that was there holds %q, %v", data, err)
	}
	if data, err := os.ReadFile(filepath.Join(out, "IMG_0000 2.JPG.xmp")); err != nil || !bytes.Contains(data, []byte("<tiff:Orientation>6<")) {
		t.Errorf("the sidecar: %s, %v", data, err)
	}
	data, err := os.ReadFile(filepath.Join(out, "IMG_0000-edited.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if m, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil || m.Width != 120 || m.Height != 160 {
		t.Errorf("the edited copy is %d x %d, %v", m.Width, m.Height, err)
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 12 {
		t.Errorf("%d files in the folder, %v", len(entries), err)
	}
	h.says(t, "IMG_0001.JPG", "export", ds[1]) // into the current folder
	checkFile(t, filepath.Join(h.cwd, "IMG_0001.JPG"), ds[1])
	h.fails(t, exitUsage, []string{"nothing was exported", "there is no"}, "export", "-o", "nowhere", ds[0])
	h.fails(t, exitNotFound, []string{"no photo of this library"}, "export", strings.Repeat("0", 64))
}

// TestUndoOfEdits: an edit of several photos is one action, which "undo" lists and
// takes back; what was edited again since stays.
func TestUndoOfEdits(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ds := h.photos(t, 2)
	h.want(t, exitDone, "edit", "--rotate", "90", ds[0], ds[1])
	h.want(t, exitDone, "edit", "--mirror", ds[1])
	actions := lines[app.ActionInfo](t, h.want(t, exitDone, "undo", "--json").out)
	if len(actions) != 3 || actions[0].Kind != app.KindGeometry || actions[0].Files != 1 || actions[1].Kind != app.KindGeometry || actions[1].Files != 2 {
		t.Fatalf("actions %+v", actions)
	}
	h.fails(t, exitFailed, []string{"changed it again"}, "undo", actions[1].ID)
	h.says(t, "Undid the geometry of 1 photo: 1 photo is as before", "undo", actions[0].ID)
	h.says(t, "Undid the geometry of 2 photos", "undo", actions[1].ID)
	for i, l := range h.list(t) {
		if l.Geometry != nil {
			t.Errorf("photo %d is shown as %v", i, *l.Geometry)
		}
	}
}
