//go:build !windows

package overlay

import (
	"errors"
	"syscall"
)

func portInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
