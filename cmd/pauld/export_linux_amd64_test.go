package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/libpaul/paul/internal/disktest"
)

// A pauld of these tests whose environment has this lets its calls be watched.
const watched = "PAULD_TEST_WATCHED"

var _ = trapIfWatched()

// trapIfWatched runs before main, which TestMain is.
func trapIfWatched() bool {
	if os.Getenv(watched) == "" {
		return false
	}
	if err := disktest.Trap(); err != nil {
		panic(err)
	}
	return true
}

// TestExportToFullDisk fills the disk before each write of an export in turn: it says
// so, and leaves nothing that is not whole.
func TestExportToFullDisk(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	d := h.photos(t, 1)[0]
	h.want(t, exitDone, "edit", "--rotate", "90", d)
	filling := []disktest.Op{disktest.Write, disktest.Create, disktest.Link, disktest.Rename}
	for fail := 1; ; fail++ {
		out := filepath.Join(h.cwd, fmt.Sprint("out", fail))
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := h.command(t.Context(), "export", "--edited", "-o", out, d)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		cmd.Env = append(cmd.Env, watched+"=1")
		calls := 0
		err := disktest.Watch(cmd, out, func(c disktest.Call) error {
			if !slices.Contains(filling, c.Op) || !strings.HasPrefix(c.Path, out+"/") {
				return nil
			}
			if calls++; calls >= fail {
				return unix.ENOSPC
			}
			return nil
		})
		if errors.Is(err, disktest.ErrUnsupported) {
			t.Skip(err)
		}
		if calls < fail { // all of it went well
			if err != nil {
				t.Fatalf("%v: %s", err, &errs)
			}
			if fail < 6 {
				t.Errorf("only %d calls were watched", fail)
			}
			checkExported(t, out, d, 3)
			return
		}
		if err == nil || cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(errs.String(), "space") {
			t.Errorf("at call %d: %v, it says %s", fail, err, &errs)
		}
		checkExported(t, out, d, -1)
	}
}

// checkExported checks that all files in a folder are whole, and that they are so
// many; with -1 any number.
func checkExported(t *testing.T, dir, digest string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want >= 0 && len(entries) != want {
		t.Errorf("%d files, want %d", len(entries), want)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch e.Name() {
		case "IMG_0000.JPG":
			checkFile(t, path, digest)
		case "IMG_0000.JPG.xmp":
			if !bytes.HasSuffix(data, []byte("<?xpacket end=\"w\"?>\n")) {
				t.Errorf("half a sidecar: %s", data)
			}
		case "IMG_0000-edited.jpg":
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				t.Errorf("half an edited copy: %v", err)
			}
		default:
			t.Errorf("%s was left", e.Name())
		}
	}
}
