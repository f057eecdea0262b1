package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/libpaul/paul/internal/durable"
)

// Paul's own folder in a library folder, and the file in it by which the file
// layer knows the library again.
const (
	libraryState  = ".paul"
	libraryMarker = "library.json"
)

// settleLibrary makes c.Library the folder that this start uses: it moves the
// originals there when they lie elsewhere. If they cannot be moved they stay
// in use where they are, and notice says why; when the folder was asked for by
// this very start, that is an error.
func settleLibrary(c *config, asked bool) (notice string, err error) {
	if c.InUse == "" || c.InUse == c.Library {
		return "", nil
	}
	err = moveLibrary(c.InUse, c.Library)
	if err != nil && !asked {
		notice, err = err.Error(), nil
		c.Library = c.InUse
	}
	return notice, err
}

// moveLibrary moves the originals and Paul's state with them from the folder
// from to the folder to of the same disk. After a crash in the midst of it the
// same call goes on. When to holds a library already, that is the one to use:
// a person has moved it.
func moveLibrary(from, to string) error {
	if err := checkMove(from, to); err != nil || hasMarker(to) {
		return err
	}
	if err := durable.MkdirAll(to, 0o755); err != nil {
		return stays(from, err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return stays(from, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Name() != libraryState {
			names = append(names, e.Name())
		}
	}
	if err := renameAll(from, to, append(names, libraryState)); err != nil { // the state last: it tells where the library is
		return stays(from, otherDisk(err, to))
	}
	_ = os.Remove(from) // unless something else is in it
	return errors.Join(durable.SyncDir(to), ignoreNotExist(durable.SyncDir(filepath.Dir(from))))
}

// renameAll moves what is called names from one folder to another, in this
// order, or else moves back what it has moved.
func renameAll(from, to string, names []string) error {
	for i, name := range names {
		err := os.Rename(filepath.Join(from, name), filepath.Join(to, name))
		if err == nil {
			continue
		}
		for _, moved := range slices.Backward(names[:i]) {
			err = errors.Join(err, os.Rename(filepath.Join(to, moved), filepath.Join(from, moved)))
		}
		return err
	}
	return nil
}

// checkMove reports why the library cannot be moved, as far as can be told
// without trying.
func checkMove(from, to string) error {
	here, err := marker(from)
	if there, err := marker(to); err == nil {
		if here != "" && here != there {
			return stays(from, fmt.Errorf("%s holds another library; choose an empty folder", to))
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("the library cannot be moved to %s: its folder %s is not there: is its disk connected?", to, from)
	}
	if rel, err := filepath.Rel(from, to); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return stays(from, fmt.Errorf("%s lies inside it", to))
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return stays(from, err)
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(to, e.Name())); !errors.Is(err, fs.ErrNotExist) {
			return stays(from, fmt.Errorf("%s has something called %s already; choose an empty folder", to, e.Name()))
		}
	}
	return nil
}

// marker reads what a library is known by.
func marker(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, libraryState, libraryMarker))
	return string(data), err
}

func hasMarker(dir string) bool {
	_, err := marker(dir)
	return err == nil
}

func stays(from string, err error) error {
	return fmt.Errorf("the library stays in %s: %w", from, err)
}

// otherDisk says what to do when a rename fails because it would cross disks.
func otherDisk(err error, to string) error {
	if !crossesDisks(err) {
		return err
	}
	return fmt.Errorf("%s is on another disk; stop Paul, copy the whole folder with its hidden folder %s there, and choose %s again: %w",
		to, libraryState, to, err)
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
