package disktest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A Disk is what a power cut leaves of a folder. It keeps the least that a file
// system has to: the bytes that a file had when it was synced, and the names that
// a folder had when that was, each for itself.
type Disk struct {
	root  string
	files map[inode][]byte
	dirs  map[inode]map[string]entry
}

// inode tells files apart that had the same number one after the other.
type inode struct {
	number uint64
	born   unix.StatxTimestamp
}

type entry struct {
	inode
	dir  bool
	mode os.FileMode
}

// NewDisk returns the disk of the folder root, with all that is in it now.
func NewDisk(root string) (*Disk, error) {
	d := &Disk{root: root, files: make(map[inode][]byte), dirs: make(map[inode]map[string]entry)}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return d.Sync(path)
	})
	return d, err
}

// Sync notes that the file or folder at path has been brought to the disk.
func (d *Disk) Sync(path string) error {
	e, err := look(path)
	if err != nil {
		return err
	}
	if !e.dir {
		d.files[e.inode], err = os.ReadFile(path)
		return err
	}
	d.dirs[e.inode], err = names(path)
	return err
}

func look(path string) (entry, error) {
	var st unix.Statx_t
	const mask = unix.STATX_INO | unix.STATX_BTIME | unix.STATX_TYPE | unix.STATX_MODE
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, mask, &st); err != nil {
		return entry{}, fmt.Errorf("look at %s: %w", path, err)
	}
	return entry{inode{st.Ino, st.Btime}, st.Mode&unix.S_IFMT == unix.S_IFDIR, os.FileMode(st.Mode & 0o777)}, nil
}

func names(dir string) (map[string]entry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	all := make(map[string]entry, len(entries))
	for _, e := range entries {
		if all[e.Name()], err = look(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// A Cut says what becomes of changes that were not synced.
type Cut int

// The cuts.
const (
	Kill  Cut = iota // all are there: only the process has ended
	Lost             // none is there
	Names            // the names are, the bytes are torn: some sectors are there
	Bytes            // the bytes are, the names are not
)

// Cut copies what is left to the new folder to. Below a [Watch], a call that was
// let go before may still be under way: where a name vanishes meanwhile, Cut
// begins anew.
func (d *Disk) Cut(how Cut, to string) error {
	for {
		err := d.try(how, to)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
}

func (d *Disk) try(how Cut, to string) error {
	now := make(map[inode]string) // where the bytes of each file are
	err := filepath.WalkDir(d.root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := look(path)
		now[f.inode] = path
		return err
	})
	if err != nil {
		return err
	}
	root, err := look(d.root)
	if err != nil {
		return err
	}
	return d.cut(how, root, d.root, to, now)
}

func (d *Disk) cut(how Cut, dir entry, from, to string, now map[inode]string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	all := d.dirs[dir.inode]
	if how == Kill || how == Names {
		var err error
		if all, err = names(from); err != nil {
			return err
		}
	}
	for name, e := range all {
		if e.dir {
			if err := d.cut(how, e, filepath.Join(from, name), filepath.Join(to, name), now); err != nil {
				return err
			}
			continue
		}
		data, mtime, err := d.content(how, e, now)
		if err != nil {
			return err
		}
		path := filepath.Join(to, name)
		if err := os.WriteFile(path, data, e.mode|0o200); err != nil {
			return err
		}
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{mtime, mtime}, 0); err != nil {
			return err
		}
		if err := os.Chmod(path, e.mode); err != nil {
			return err
		}
	}
	return nil
}

// content returns the bytes of a file and their time.
func (d *Disk) content(how Cut, e entry, now map[inode]string) (data []byte, mtime unix.Timespec, err error) {
	kept := d.files[e.inode]
	path, ok := now[e.inode]
	if !ok { // its name is back
		return kept, mtime, nil
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return nil, mtime, err
	}
	current, err := os.ReadFile(path)
	switch how {
	case Lost:
		return kept, st.Mtim, err
	case Names:
		return torn(kept, current), st.Mtim, err
	}
	return current, st.Mtim, err
}

// torn mixes sectors of what a file had with those of what it has now, up to a
// length half way between.
func torn(before, now []byte) []byte {
	const sector = 512
	out := make([]byte, (len(before)+len(now)+1)/2)
	copy(out, before)
	for at := 0; at < len(out); at += sector {
		if at/sector%3 == 1 { // not written yet: old, or zeros
			continue
		}
		copy(out[at:min(at+sector, len(out))], now[min(at, len(now)):])
	}
	return out
}
