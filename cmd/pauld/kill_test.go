package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

// A device that is killed while it imports, ten times at random moments, loses
// nothing: the same import again leaves every file there once, and no record
// that points at nothing.
func TestKilledWhileImporting(t *testing.T) {
	t.Parallel()
	const rounds, photosEach = 10, 40
	h := newHome(t)
	var folders []string
	digests := make(map[string]bool)
	for i := range rounds + 1 {
		folder := fmt.Sprintf("in%d", i)
		folders = append(folders, folder)
		for _, d := range drawPhotos(t, filepath.Join(h.cwd, folder), photosEach, uint64(100+i)) {
			digests[d] = true
		}
	}
	begun := time.Now()
	h.want(t, exitDone, "import", folders[rounds])
	whole := time.Since(begun) // how long an import takes here, from start to stop
	seed := uint64(begun.UnixNano())
	t.Logf("an import takes %v; seed %d", whole, seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range rounds {
		after := time.Duration(rng.Int64N(int64(whole)))
		if i%2 == 0 {
			killImport(t, h, after, folders[i])
		} else {
			killDevice(t, h, after, folders[i])
		}
	}

	h.want(t, exitDone, append([]string{"import"}, folders...)...)
	checkWhole(t, h, digests)
	h.start(t) // and it still runs
}

// killImport kills an import that opened the home itself.
func killImport(t *testing.T, h *home, after time.Duration, folder string) {
	t.Helper()
	r := h.begin(t, nil, "import", folder)
	select {
	case <-time.After(after):
	case <-r.done: // it was faster this time
	}
	_ = r.cmd.Process.Kill() // it may have ended
	r.end(t)
}

// killDevice kills the running device that an import was given to.
func killDevice(t *testing.T, h *home, after time.Duration, folder string) {
	t.Helper()
	device, _ := h.start(t)
	r := h.begin(t, nil, "import", folder)
	select {
	case <-time.After(after / 2): // it is open already
	case <-r.done:
	}
	_ = device.cmd.Process.Kill() // it runs
	device.end(t)
	if code := r.end(t); code != exitDone && code != exitFailed {
		t.Errorf("the import ended with %d when its device was killed\n%s", code, r.errs)
	}
}

// checkWhole checks that each of the digests is in the library of h once, as a
// record and as a file, and nothing else.
func checkWhole(t *testing.T, h *home, digests map[string]bool) {
	t.Helper()
	paths := make(map[string]string)
	seen := make(map[string]bool)
	for _, e := range h.list(t) {
		if !digests[e.Digest] || seen[e.Digest] {
			t.Errorf("listed twice or never imported: %+v", e)
		}
		seen[e.Digest] = true
		paths[e.Path] = e.Digest
		checkFile(t, e.Path, e.Digest)
	}
	if len(seen) != len(digests) {
		t.Errorf("%d photos are listed, want %d", len(seen), len(digests))
	}
	for path := range filesIn(t, filepath.Join(h.dir, "library")) {
		if paths[path] == "" {
			t.Errorf("%s lies in the library and is not listed", path)
		}
	}
	sums := lines[app.CheckSummary](t, h.want(t, exitDone, "check", "--read-data", "--json").out)
	if len(sums) != 1 || sums[0].Files != len(digests) || sums[0].Problems != 0 {
		t.Errorf("check says %+v", sums)
	}
}

// filesIn returns the files of a library folder, without Paul's own.
func filesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files := make(map[string]bool)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".paul") {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			files[path] = true
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}
