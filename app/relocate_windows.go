package app

import (
	"errors"

	"golang.org/x/sys/windows"
)

// crossesDisks tells whether a rename failed because the new name would be on
// another file system.
func crossesDisks(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }
