package blob

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/libpaul/paul/internal/durable"
)

// fsys is what the store asks of the file system when it writes or judges
// bytes: the calls whose failure loses photos if it is not handled, so that
// tests can make each of them fail.
type fsys interface {
	create(path string) (file, error) // new, and only so
	resume(path string) (file, error) // read and write, made if need be
	open(path string) (file, error)   // for reading, from the disk where the system can be told so

	// finish brings the bytes to the disk and makes the file read-only. Those of a
	// large one do not stay in memory.
	finish(path string, size int64) error
	rename(from, to string) error // fails with fs.ErrExist rather than replace
	remove(path string) error
	mkdir(path string) error
	syncDir(path string) error
	sync(path string) error          // bytes of another program's file to the disk, and nothing else
	free(dir string) (uint64, error) // bytes that this user may still write
}

type file interface {
	io.ReadWriteSeeker
	io.Closer
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Fd() uintptr
}

// osFS is the file system itself.
type osFS struct{}

func (osFS) create(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}

func (osFS) resume(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	dropCache(f)
	return f, nil
}

func (osFS) open(path string) (file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	dropCache(f)
	return f, nil
}

func (osFS) finish(path string, size int64) error { return finish(path, size > SmallFile) }
func (osFS) rename(from, to string) error         { return renameNew(from, to) }
func (osFS) remove(path string) error             { return os.Remove(path) }
func (osFS) mkdir(path string) error              { return os.Mkdir(path, 0o755) }
func (osFS) syncDir(path string) error            { return durable.SyncDir(path) }
func (osFS) sync(path string) error               { return syncFile(path) }
func (osFS) free(dir string) (uint64, error)      { return freeBytes(dir) }

// Forget lets the system drop from memory what was read of f, a file of size bytes,
// unless that is little: it was read for another device, and gives way to what is
// wanted here.
func Forget(f *os.File, size int64) {
	if size > SmallFile {
		dropCache(f)
	}
}

// makeDirs makes the folder rel (slashes) below root, and returns the absolute
// folders that have it or one above it as an entry, which are to be synced: also
// one that is there may have been made by a call that failed after that. It never
// makes root, which may be the mount point of an absent disk.
func makeDirs(fsys fsys, root, rel string) (parents []string, err error) {
	dir := root
	for name := range filepathElems(rel) {
		parents = append(parents, dir)
		dir = filepath.Join(dir, name)
		if err := fsys.mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return parents, err
		}
	}
	return parents, nil
}

// renameByLink is a rename that does not replace, for systems without one: by
// a hard link where the disk has them, else by a look beforehand.
func renameByLink(from, to string) error {
	switch err := os.Link(from, to); {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}
