package blob

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// renameNew renames from to a name that nothing has yet: MoveFileEx without
// MOVEFILE_REPLACE_EXISTING, returning once the move is on the disk.
func renameNew(from, to string) error {
	f, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	t, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(f, t, windows.MOVEFILE_WRITE_THROUGH); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

func startWriteback(file) {} // no such call here

func dropCache(file) {} // no such call here

// finish brings the file's bytes to the disk and makes it read-only.
func finish(path string, _ bool) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // FlushFileBuffers wants a handle for writing
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Chmod(path, 0o444)
}

func freeBytes(dir string) (uint64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return free, nil
}

// diskBytes is the size of the disk that dir is on, as far as this user may use it.
func diskBytes(dir string) (uint64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var total uint64
	if err := windows.GetDiskFreeSpaceEx(p, nil, &total, nil); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return total, nil
}

// classify returns the sentinel for what the system reports, or nil.
func classify(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_DISK_FULL), errors.Is(err, windows.ERROR_HANDLE_DISK_FULL),
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED):
		return ErrNoSpace
	case errors.Is(err, windows.ERROR_WRITE_PROTECT), errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return ErrReadOnly
	case errors.Is(err, windows.ERROR_FILE_TOO_LARGE):
		return ErrTooLarge
	case errors.Is(err, windows.ERROR_CRC), errors.Is(err, windows.ERROR_IO_DEVICE),
		errors.Is(err, windows.ERROR_NOT_READY), errors.Is(err, windows.ERROR_DEV_NOT_EXIST):
		return ErrIO
	}
	return nil
}

// isNotDir reports that a part of the path is a file.
func isNotDir(err error) bool { return errors.Is(err, windows.ERROR_PATH_NOT_FOUND) }
