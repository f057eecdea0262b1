package blob

import (
	"errors"

	"golang.org/x/sys/unix"
)

// renameNew renames from to a name that nothing has yet.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not on this file system or kernel
		return renameByLink(from, to)
	}
	return pathError("rename", to, err)
}

// dropCache asks the kernel to read f from the disk, when it is read again. Bytes
// that it could not write, or that have changed on the disk since, may still be in
// memory, as if they were there. Those that are not written yet stay.
func dropCache(f file) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) // only a hint
}

// startWriteback asks the kernel to begin writing f's bytes, so that the
// barrier at the end of a batch finds little left to wait for.
func startWriteback(f file) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE) // only a hint
}
