//go:build !windows

package app

import (
	"errors"
	"syscall"
)

// crossesDisks tells whether a rename failed because the new name would be on
// another file system.
func crossesDisks(err error) bool { return errors.Is(err, syscall.EXDEV) }
