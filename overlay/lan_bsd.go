//go:build !linux && !windows

package overlay

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// shareAddress lets two programs of a machine hear the same beacons. The BSDs
// and macOS want both options for that.
func shareAddress(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	}); e != nil {
		return e
	}
	return err
}
