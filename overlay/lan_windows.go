package overlay

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// shareAddress lets two programs of a machine hear the same beacons.
func shareAddress(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_REUSEADDR, 1)
	}); e != nil {
		return e
	}
	return err
}
