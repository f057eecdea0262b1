package app

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks f without waiting.
func tryLock(f *os.File, mode lockMode) error {
	const far = 1 << 30 // beyond what is written, so that the holder's number stays readable
	at := &windows.Overlapped{Offset: far}
	how := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if mode == exclusive {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}
