package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestCopies: a number of copies is tried out, set, told after another start, and
// taken back.
func TestCopies(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "in"), 2, 14)
	h.want(t, exitDone, "import", "in")
	h.says(t, "No number of copies", "copies")
	h.says(t, "2 photos, ", "copies", "2", "--plan")
	h.says(t, "no device takes copies", "copies", "2", "--plan")
	if r := lines[app.CopiesInfo](t, h.want(t, exitDone, "copies", "--json").out); len(r) != 1 || len(r[0].Rules) != 0 || r[0].Files != 0 {
		t.Errorf("after previews: %+v", r)
	}
	h.says(t, "Every photo: on at least 2 devices", "copies", "2")
	h.says(t, "and those of which too few devices have a copy", "keep", "helping")
	r := lines[app.CopiesInfo](t, h.want(t, exitDone, "copies", "--json").out)
	if len(r) != 1 || len(r[0].Rules) != 1 || r[0].Rules[0].Copies != 2 || r[0].Below != 2 || r[0].Few != 2 || r[0].Willing != 1 {
		t.Errorf("after copies 2: %+v", r)
	}
	h.says(t, "2 of 2 photos are on fewer devices", "copies")
	h.says(t, "only 1 device takes copies", "copies")
	h.says(t, "keeps the photos that are saved here.", "keep", "chosen")
	h.fails(t, exitUsage, []string{"number of devices"}, "copies", "many")
	h.fails(t, exitUsage, []string{"number of devices"}, "copies", "0")
	h.fails(t, exitUsage, []string{"usage"}, "copies", "--album", "Trip")
	h.fails(t, exitNotFound, []string{"Trip", "no album"}, "copies", "2", "--album", "Trip")
	h.fails(t, exitNotFound, []string{"nowhere"}, "copies", "--on", "nowhere")
	h.says(t, "No number of copies", "copies", "none")
}

func TestShortTextTellsWhoTakesCopies(t *testing.T) {
	t.Parallel()
	for willing, want := range []string{
		"cannot be: no device takes copies by itself. Let one: ",
		"cannot be: only 1 device takes copies by itself. Let another one: ",
		"cannot be: only 2 devices take copies by themselves. Let another one: ",
	} {
		lines := shortText(app.CopiesInfo{Few: 7, Willing: willing})
		if len(lines) != 1 || !strings.Contains(lines[0], want) {
			t.Errorf("%d willing: %q, want %q in it", willing, lines, want)
		}
	}
}
