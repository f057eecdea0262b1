package disktest

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// trapped, set in the environment, makes TestWatch the process that is watched.
const trapped = "PAUL_DISKTEST"

// TestWatch lets another process replace a file in the wrong way and in the
// right one, and looks what a power cut leaves of each.
func TestWatch(t *testing.T) {
	if root := os.Getenv(trapped); root != "" {
		if err := Trap(); err != nil {
			t.Fatal(err)
		}
		replace(t, root)
		return
	}
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "old"), "old")
	disk, err := NewDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWatch$")
	cmd.Env = append(os.Environ(), trapped+"="+root)
	cmd.Stderr = os.Stderr
	var calls []string
	var cuts []map[string]string
	torn := false
	err = Watch(cmd, root, func(c Call) error {
		calls = append(calls, strings.TrimSpace(string(c.Op)+" "+filepath.Base(c.Path)))
		if c.Op == Mkdir {
			return unix.ENOSPC
		}
		if filepath.Base(c.Path) == "torn" && c.Op == Write {
			if torn = !torn; torn {
				return ErrTorn
			}
			return unix.ENOSPC
		}
		if c.Op != Sync {
			return nil
		}
		cuts = append(cuts, left(t, disk, Lost), left(t, disk, Names), left(t, disk, Bytes), left(t, disk, Kill))
		return disk.Sync(c.Path)
	})
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"create new", "write new", "rename new", "sync old", "remove old", "sync root", "mkdir full", "create torn", "write torn", "write torn"}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	for i, want := range []map[string]string{
		{"old": "old"}, {"old": "ne"}, {"old": "old"}, {"old": "new"}, // before the file was synced
		{"old": "old"}, {}, {"old": "old"}, {}, // before its removal was
	} {
		if !maps.Equal(cuts[i], want) {
			t.Errorf("cut %d leaves %q, want %q", i, cuts[i], want)
		}
	}
	if got := left(t, disk, Kill); got["torn"] != "to" {
		t.Errorf("a torn write leaves %q", got)
	}
	if got := left(t, disk, Lost); len(got) != 0 {
		t.Errorf("a removal that was synced is undone: %q", got)
	}
}

// replace is what the other process does.
func replace(t *testing.T, root string) {
	t.Helper()
	from, to := filepath.Join(root, "new"), filepath.Join(root, "old")
	write(t, from, "new")
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{to, root} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if path == to {
			if err := os.Remove(to); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(root, "full"), 0o700); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("mkdir: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "torn"), []byte("torn"), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("write: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// left returns the files that a cut leaves.
func left(t *testing.T, disk *Disk, how Cut) map[string]string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "cut")
	if err := disk.Cut(how, to); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(to)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(to, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(data)
	}
	return found
}
