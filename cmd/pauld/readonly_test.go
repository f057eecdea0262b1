//go:build !windows

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadOnlyLibrary(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.prefix = plainUser(t)
	photos := drawPhotos(t, filepath.Join(h.cwd, "in"), 2, 3)
	h.want(t, exitDone, "list") // makes the library folder
	library := filepath.Join(h.dir, "library")
	setFolders(t, library, 0o500)
	t.Cleanup(func() { setFolders(t, library, 0o700) }) // so that it can be removed
	r := h.want(t, exitFailed, "import", "in")
	if !strings.Contains(r.err, "read-only") && !strings.Contains(r.err, "permission") {
		t.Errorf("import into a read-only folder says %q", r.err)
	}
	once(t, r.err, "store ")
	if got := h.list(t); len(got) != 0 {
		t.Errorf("%d photos listed of none that were kept", len(got))
	}
	setFolders(t, library, 0o700)
	h.want(t, exitDone, "import", "in")
	if got := h.list(t); len(got) != len(photos) {
		t.Errorf("%d photos listed after the folder is writable again, want %d", len(got), len(photos))
	}
	h.want(t, exitDone, "check", "--read-data")
	setFolders(t, library, 0o500)
	once(t, h.try(t, "delete", h.list(t)[0].Digest).err, "to the trash: ")
}

// once reports a line of text that says part more than once.
func once(t *testing.T, text, part string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Count(line, part) > 1 {
			t.Errorf("it says %q twice: %q", part, line)
		}
	}
}

// plainUser returns what to put before a command so that permissions count for
// it: nothing, or for root setpriv, which takes that privilege away.
func plainUser(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	path, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("root may write in a read-only folder, and there is no setpriv to prevent it")
	}
	return []string{path, "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", "--"}
}

// setFolders sets the mode of dir and all folders in it.
func setFolders(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, mode)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A library folder that is away while the device runs is told of first, and no save
// vouches for what may be in it.
func TestLibraryAway(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "in"), 1, 7)
	h.start(t)
	h.want(t, exitDone, "import", "in")
	digest := h.list(t)[0].Digest
	h.says(t, "is on this device already", "save", digest)
	library := filepath.Join(h.dir, "library")
	if err := os.Rename(library, library+".away"); err != nil {
		t.Fatal(err)
	}
	if r := h.want(t, exitDone, "status"); !strings.HasPrefix(r.out, "Library folder is not there: is its disk connected?") {
		t.Errorf("status says %q", r.out)
	}
	h.fails(t, exitFailed, []string{"library folder is not there"}, "save", digest)
	if err := os.Rename(library+".away", library); err != nil {
		t.Fatal(err)
	}
	h.says(t, "is on this device already", "save", digest)
	if s := statusOf(t, h); s.Away != "" || s.Local != 1 {
		t.Errorf("status with the folder back: %+v", s)
	}
}
