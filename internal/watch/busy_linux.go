package watch

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// busy reports whether a program has the file open for writing, as far as can
// be told: the kernel grants a read lease only while none has (fcntl(2),
// "Leases"). Of other people's files, and on some file systems, it grants none.
func busy(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // opened for reading
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) // closing f ends it too
	}
	return errors.Is(err, unix.EAGAIN)
}
