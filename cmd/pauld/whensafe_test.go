package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// What cannot be removed safely waits, is shown, can be taken back, and goes as
// soon as another device has it.
func TestUnsaveWhenSafe(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(a.cwd, "in"), 2, 5)))
	goes, stays := digests[0], digests[1]
	a.want(t, exitDone, "import", "in")
	waiting := func() (out []string) {
		for _, e := range lines[app.Listing](t, a.want(t, exitDone, "unsave", "--when-safe", "--json").out) {
			out = append(out, e.Digest)
			if e.WhenSafe == nil || e.WhenSafe.Asked.IsZero() {
				t.Errorf("it waits: %+v", e)
			}
		}
		slices.Sort(out)
		return out
	}
	a.want(t, exitUsage, "unsave", "--when-safe", "--force", goes)
	a.want(t, exitProtected, "unsave", goes)
	a.says(t, "(copies proved on other devices: 0 of 1), and is removed", "unsave", "--when-safe", goes, stays) // no device runs
	_, readyA := a.start(t, "--name", "Desktop", "--listen", "tls://127.0.0.1:0")
	if got := waiting(); !slices.Equal(got, digests) || statusOf(t, a).WhenSafe != 2 {
		t.Fatalf("after a restart wait %v", got)
	}
	a.says(t, "2 to be removed from this device as soon as", "status")
	if r := a.want(t, exitDone, "list"); !strings.Contains(r.err, "pauld unsave --when-safe") {
		t.Errorf("list says nothing of it: %s", r.err)
	}
	a.says(t, "stays for now", "unsave", "--when-safe")
	a.want(t, exitDone, "save", stays)
	if got := waiting(); !slices.Equal(got, digests[:1]) {
		t.Fatalf("after one was saved wait %v", got)
	}
	_, readyB := b.start(t, "--name", "Laptop", "--peer", readyA.Listen[0])
	pairDevices(t, a, b, readyB.ID)
	b.want(t, exitDone, "save", goes, stays)
	eventually(t, "one is removed", func() bool { return len(waiting()) == 0 })
	for _, e := range a.list(t) {
		if (e.Path == "") != (e.Digest == goes) {
			t.Errorf("in the end: %+v", e)
		}
	}
	if got := logOf(t, a); len(got) != 1 || got[0].What != "when-safe" || got[0].Leases[0].Device != readyB.ID {
		t.Errorf("the log has %+v", got)
	}
}
