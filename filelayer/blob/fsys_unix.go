//go:build !windows

package blob

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// finish brings the file's bytes to the disk and makes it read-only. It forgets
// them, if so asked, so that a long import does not push what other programs need
// out of memory, nor wait for memory itself.
func finish(path string, forget bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // opened for reading
	if err := f.Chmod(0o444); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err // a disk without permissions may refuse, and keeps the photo all the same
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if forget {
		dropCache(f)
	}
	return nil
}

func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, pathError("statfs", dir, err)
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil //nolint:unconvert // signed on FreeBSD
}

// diskBytes is the size of the disk that dir is on, without what only the system
// may use, so that what is free is never more.
func diskBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, pathError("statfs", dir, err)
	}
	return (uint64(st.Blocks) - uint64(st.Bfree) + uint64(st.Bavail)) * uint64(st.Bsize), nil //nolint:unconvert // signed on FreeBSD
}

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}

// classify returns the sentinel for what the system reports, or nil.
func classify(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return ErrNoSpace
	case errors.Is(err, unix.EROFS), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ErrReadOnly
	case errors.Is(err, unix.EFBIG):
		return ErrTooLarge
	case errors.Is(err, unix.EIO), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return ErrIO
	}
	return nil
}

// isNotDir reports that a part of the path is a file.
func isNotDir(err error) bool { return errors.Is(err, unix.ENOTDIR) }
