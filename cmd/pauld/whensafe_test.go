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
	a.says(t, " (", "unsave", "--when-safe") // why, or that nobody was asked since the start
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

// What has not come yet is no longer fetched, by digests or all of it; nothing is
// said to be removed, and no other device is asked.
func TestUnsaveOfWhatHasNotCome(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(a.cwd, "in"), 3, 5)))
	a.want(t, exitDone, "import", "in")
	runA, readyA := a.start(t, "--name", "Desktop", "--listen", "tls://127.0.0.1:0")
	_, readyB := b.start(t, "--name", "Laptop", "--peer", readyA.Listen[0])
	pairDevices(t, a, b, readyB.ID)
	eventually(t, "all photos", func() bool { return len(b.list(t)) == 3 })
	b.want(t, exitDone, "pause")
	b.want(t, exitDone, "keep", "everything")
	eventually(t, "all are queued", func() bool {
		return !slices.ContainsFunc(b.list(t), func(e app.Listing) bool { return !e.Queued })
	})
	b.says(t, "Still to be fetched: 3 photos", "keep", "everything", "--preview")
	b.refused(t, []string{"keeps every photo"}, "unsave", "--queued")
	b.says(t, "No longer fetched: 3 photos", "keep", "chosen")
	runA.stop(t)
	b.want(t, exitNoHolder, append([]string{"save"}, digests...)...)
	one := b.want(t, exitDone, "unsave", digests[0])
	if !strings.Contains(one.out, "is no longer to be fetched") || strings.Contains(one.out, "Removed") {
		t.Errorf("unsave says %s", one.out)
	}
	if got := lines[app.Listing](t, b.want(t, exitDone, "unsave", "--queued", "--json").out); len(got) != 2 || !got[0].Queued {
		t.Errorf("unsave --queued: %+v", got)
	}
	b.want(t, exitUsage, "unsave", "--queued", digests[0])
	if r := b.want(t, exitDone, "unsave", "--queued"); !strings.Contains(r.err, "No photo is still to be fetched") {
		t.Errorf("with an empty queue: %s%s", r.out, r.err)
	}
	if f := statusOf(t, b).Fetching; f != nil || len(logOf(t, b)) > 0 {
		t.Errorf("still to come: %+v; removed: %+v", f, logOf(t, b))
	}
}
