package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// The life of a library on two devices, by the command line alone.
func TestTwoDevices(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	photos := drawPhotos(t, filepath.Join(a.cwd, "holiday"), 12, 1)
	_, readyA := a.start(t, "--name", "Desktop", "--listen", "tls://127.0.0.1:0")
	_, readyB := b.start(t, "--name", "Laptop", "--peer", readyA.Listen[0])

	added := lines[app.Listing](t, a.want(t, exitDone, "import", "holiday", "--json").out)
	if len(added) != len(photos) {
		t.Fatalf("import added %d photos, want %d", len(added), len(photos))
	}
	again := a.want(t, exitDone, "import", "holiday", "--json")
	if again.out != "" {
		t.Errorf("the same import again added %s", again.out)
	}
	pairDevices(t, a, b, readyB.ID)

	for _, e := range b.list(t) {
		if !slices.Contains(slices.Collect(maps.Values(photos)), e.Digest) || e.Path != "" || !slices.Equal(e.Devices, []string{readyA.ID}) || e.Date == "" {
			t.Errorf("the other device lists %+v", e)
		}
	}

	digests := slices.Sorted(maps.Values(photos))
	checkIfLost(t, b, readyA.ID, readyB.ID, digests)
	keep(t, a, b, digests[0])
	moveAway(t, a, b, digests[0], readyB.ID)
	checkUnsaved(t, a, digests[0], readyA.ID)
	checkLog(t, a, digests[0], readyB.ID)
	fetchBoth(t, a, b, digests[0], digests[1])
	trash(t, a, b, digests, readyA.ID)
	for _, h := range []*home{a, b} {
		h.want(t, exitDone, "check", "--read-data", "--json")
	}
	forget(t, a, b, readyB.ID)
}

// pairDevices pairs b with a.
func pairDevices(t *testing.T, a, b *home, idB string) {
	t.Helper()
	inviting := a.begin(t, nil, "pair", "--yes", "--json")
	var code struct{ Code string }
	if err := json.Unmarshal([]byte(inviting.line(t)), &code); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(strings.ToLower(code.Code), "paul:") {
		t.Errorf("code %q", code.Code)
	}
	joined := lines[app.Device](t, b.want(t, exitDone, "join", code.Code, "--json").out)
	if len(joined) != 1 || joined[0].Name != "Desktop" {
		t.Errorf("join printed %+v", joined)
	}
	if here, there := len(b.list(t)), len(a.list(t)); here != there {
		t.Errorf("%d photos show right after join, want all %d", here, there)
	}
	var paired struct{ Paired app.Device }
	if err := json.Unmarshal([]byte(inviting.line(t)), &paired); err != nil {
		t.Fatal(err)
	}
	if paired.Paired.ID != idB || paired.Paired.Name != "Laptop" {
		t.Errorf("pair printed %+v", paired)
	}
	if exit := inviting.end(t); exit != exitDone {
		t.Errorf("pair ended with %d", exit)
	}
	for _, h := range []*home{a, b} {
		eventually(t, "both devices are online", func() bool {
			all := lines[app.Device](t, h.want(t, exitDone, "devices", "--json").out)
			return len(all) == 2 && all[0].Self && all[1].Online
		})
	}
	b.refused(t, []string{"used"}, "join", code.Code)
}

// keep saves a file of a on b too.
func keep(t *testing.T, a, b *home, digest string) {
	t.Helper()
	saved := lines[app.Listing](t, b.want(t, exitDone, "save", digest[:12], "--json").out)
	if len(saved) != 1 || saved[0].Path == "" {
		t.Fatalf("save printed %+v", saved)
	}
	checkFile(t, saved[0].Path, digest)
	eventually(t, "the first device learns of the copy", func() bool { return len(entryOf(t, a, digest).Devices) == 2 })
}

// moveAway drops a's copy, and tries to drop b's, which is the last.
func moveAway(t *testing.T, a, b *home, digest, idB string) {
	t.Helper()
	a.says(t, ".JPG from this device", "unsave", digest)
	if e := entryOf(t, a, digest); e.Path != "" || !slices.Equal(e.Devices, []string{idB}) {
		t.Errorf("after unsave: %+v", e)
	}
	a.says(t, "is not on this device", "unsave", digest)
	eventually(t, "the other device learns that it has the only copy", func() bool { return len(entryOf(t, b, digest).Devices) == 1 })
	r := b.want(t, exitProtected, "unsave", digest, "--json")
	var line errorLine
	if err := json.Unmarshal([]byte(r.err), &line); err != nil || line.Exit != exitProtected || line.Digest != digest {
		t.Errorf("refused with %q, %v", r.err, err)
	}
	checkFile(t, entryOf(t, b, digest).Path, digest)
}

// fetchBoth fetches a file that only b has to a, and one that only a has to b.
func fetchBoth(t *testing.T, a, b *home, onB, onA string) {
	t.Helper()
	for _, test := range []struct {
		at     *home
		digest string
	}{{a, onB}, {b, onA}, {a, onA}} {
		test.at.want(t, exitDone, "fetch", test.digest, "-o", "copy.jpg")
		checkFile(t, filepath.Join(test.at.cwd, "copy.jpg"), test.digest)
	}
	named := strings.TrimSpace(b.want(t, exitDone, "fetch", onA).out)
	second := strings.TrimSpace(b.want(t, exitDone, "fetch", onA).out)
	a.want(t, exitDone, "fetch", onA, "-o", a.cwd) // into a folder
	if named == second || named != entryOf(t, b, onA).Name {
		t.Errorf("fetched twice to %q and %q", named, second)
	}
	checkFile(t, filepath.Join(b.cwd, named), onA)
	checkFile(t, filepath.Join(b.cwd, second), onA)
	if entryOf(t, b, onA).Path != "" {
		t.Error("a fetched file is kept in the library")
	}
	a.want(t, exitNotFound, "fetch", strings.Repeat("0", 64))
}

// trash deletes all files and restores them.
func trash(t *testing.T, a, b *home, digests []string, idA string) {
	t.Helper()
	a.want(t, exitDone, append([]string{"delete"}, digests...)...)
	for _, h := range []*home{a, b} {
		eventually(t, "nothing is listed after delete", func() bool { return len(h.list(t)) == 0 })
	}
	onA := make(map[string]bool) // the first was unsaved there, and is in its trash too
	for _, d := range digests {
		onA[d] = true
	}
	checkTrash(t, a, digests, idA, onA)
	checkTrash(t, b, digests, idA, map[string]bool{digests[0]: true})
	b.want(t, exitNotFound, "save", digests[0])
	b.want(t, exitDone, append([]string{"restore"}, digests...)...)
	for _, h := range []*home{a, b} {
		eventually(t, "all are listed after restore", func() bool { return len(h.list(t)) == len(digests) })
		if got := trashOf(t, h); len(got) > 1 { // what was unsaved stays there
			t.Errorf("after restore the trash has %+v", got)
		}
	}
	for i, digest := range digests {
		holder := map[bool]*home{true: b, false: a}[i == 0]
		eventually(t, "the copies are back", func() bool { return entryOf(t, holder, digest).Path != "" })
		checkFile(t, entryOf(t, holder, digest).Path, digest)
	}
}

// forget removes b, which alone has a photo, from the library.
func forget(t *testing.T, a, b *home, idB string) {
	t.Helper()
	a.fails(t, exitProtected, []string{"it alone has 1 photo", "--force"}, "device", "remove", idB[:16])
	a.want(t, exitDone, "device", "remove", "--force", idB[:16])
	eventually(t, "the other device hears that it was removed", func() bool { return statusOf(t, b).Removed != nil })
	told := "was removed from the library by Desktop"
	for _, command := range []string{"status", "devices", "list", "log"} {
		if r := b.want(t, exitDone, command); strings.Count(r.out+r.err, told) != 1 {
			t.Errorf("%s of the removed device says %s%s", command, r.out, r.err)
		}
	}
	if r := b.want(t, exitDone, "list", "--json"); !strings.HasPrefix(r.err, `{"removed":{"by":"Desktop"`) {
		t.Errorf("with --json a removed device says %s", r.err)
	}
	if r := b.want(t, exitFailed, "doctor"); !strings.HasPrefix(r.out, "! This device "+told) {
		t.Errorf("doctor of the removed device says %s", r.out)
	}
	b.fails(t, exitFailed, []string{told, "join again first"}, "pair", "--yes")
	b.fails(t, exitFailed, []string{told, "join again first"}, "copies", "2")
	if all := lines[app.Device](t, a.want(t, exitDone, "devices", "--json").out); len(all) != 1 {
		t.Errorf("devices after the removal: %+v", all)
	}
	a.want(t, exitNotFound, "device", "remove", strings.Repeat("ab", 32))
	a.want(t, exitUsage, "device", "rename", "two\nlines")
	a.says(t, "is called Tower now, and was Desktop", "device", "rename", "Tower")
	if all := lines[app.Device](t, a.want(t, exitDone, "devices", "--json").out); len(all) != 1 || all[0].Name != "Tower" {
		t.Errorf("devices after the new name: %+v", all)
	}
}

func entryOf(t *testing.T, h *home, digest string) app.Listing {
	t.Helper()
	for _, e := range h.list(t) {
		if e.Digest == digest {
			return e
		}
	}
	return app.Listing{}
}
