package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// errLocked is what tryLock returns when another process holds the lock.
var errLocked = errors.New("locked")

// homeLock is the lock on a home; the system gives it back when its holder
// dies, however it dies.
type homeLock struct{ file *os.File }

// lockHome takes the lock, or returns ErrRunning with who holds it and what to do.
func lockHome(p places) (*homeLock, error) {
	f, err := os.OpenFile(p.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of %s: %w", p.home, err)
	}
	err = tryLock(f)
	if err == nil {
		note := fmt.Sprintf("%d\n", os.Getpid())
		if err := errors.Join(f.Truncate(0), writeAt(f, note)); err != nil {
			_ = f.Close() // nothing was written that matters
			return nil, fmt.Errorf("write the lock of %s: %w", p.home, err)
		}
		return &homeLock{f}, nil
	}
	holder := readHolder(f)
	_ = f.Close() // opened only to look
	if !errors.Is(err, errLocked) {
		return nil, fmt.Errorf("lock %s: %w", p.home, err)
	}
	return nil, fmt.Errorf("%w: %s is in use%s; stop that one first, or choose another --home", ErrRunning, p.home, holder)
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// readHolder says which process wrote its number into the lock, "" when it
// cannot be read (Windows locks the bytes too).
func readHolder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return ""
	}
	return " by process " + pid
}

// release gives the lock back. The file stays: removing it would let two
// processes lock two files of one name.
func (l *homeLock) release() error { return l.file.Close() }
