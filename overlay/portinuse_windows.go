package overlay

import (
	"errors"

	"golang.org/x/sys/windows"
)

// portInUse: a port held exclusively by another program is refused with
// WSAEACCES.
func portInUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
