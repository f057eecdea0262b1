package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestListSearch lists what a search finds, with all files of a shot, of a device
// that runs and of one that does not; what is no search is refused.
func TestListSearch(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	in := filepath.Join(h.cwd, "in")
	drawPhotos(t, in, 2, 33)
	if err := os.Rename(filepath.Join(in, "IMG_0000.JPG"), filepath.Join(in, "IMG_20240501_123005.JPG")); err != nil {
		t.Fatal(err)
	}
	dng := []byte("II*\x00\x08\x00\x00\x00" + "\x01\x00" + "\x12\xc6\x01\x00\x04\x00\x00\x00\x01\x04\x00\x00" + "\x00\x00\x00\x00")
	if err := os.WriteFile(filepath.Join(in, "IMG_20240501_123005.DNG"), dng, 0o600); err != nil {
		t.Fatal(err)
	}
	h.want(t, exitDone, "import", "in")
	check := func() {
		t.Helper()
		for search, want := range map[string][]string{
			"type:raw from:2024 before:2025": {"IMG_20240501_123005.DNG", "IMG_20240501_123005.JPG"},
			"name:img_0001":                  {"IMG_0001.JPG"},
			"before:2024":                    nil,
			"camera:canon from:2024":         nil,
			"img":                            {"IMG_0001.JPG", "IMG_20240501_123005.DNG", "IMG_20240501_123005.JPG"},
		} {
			var names []string
			for _, l := range lines[app.Listing](t, h.want(t, exitDone, "list", "--json", search).out) {
				names = append(names, l.Name)
			}
			if slices.Sort(names); !slices.Equal(names, want) {
				t.Errorf("list %q: %q, want %q", search, names, want)
			}
		}
		h.fails(t, exitUsage, []string{"colour:red", "camera", "from"}, "list", "img colour:red")
		h.fails(t, exitUsage, []string{"from:summer", "2019-05"}, "list", "from:summer")
		h.fails(t, exitUsage, []string{"a quote is not closed"}, "list", `place:"new`, "york")
	}
	check()
	h.start(t)
	check()
	h.says(t, "IMG_0001.JPG", "list", "name:img_0001", "type:jpeg")
}
