package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Whoever has a home open holds its lock: a device that runs, or a command
// that opened the home itself. A device also holds the device lock, from
// before it takes the home until it has given it back. So whoever finds the
// home locked can tell a device, which stays, from a command, which ends; and
// while a device waits for a command, no other command comes first. The system
// gives locks back when their holder dies, however it dies: what the files say
// is for people only, and the files stay, since removing one would let two
// processes lock two files of one name.

// lockEvery is how often a lock that is held is tried again.
const lockEvery = 50 * time.Millisecond

// errLocked is what tryLock returns when another holds the lock.
var errLocked = errors.New("locked")

// lockMode is how a lock is held.
type lockMode int

const (
	exclusive lockMode = iota
	shared             // by commands, and only to look whether anybody holds it exclusively
)

// homeLock is what a process holds of a home.
type homeLock struct {
	home   *os.File
	device *os.File // nil for a command
}

// lockForDevice takes the home for a device that is to run. It waits, until
// ctx ends, for a command that has the home, having called waiting; but it
// fails at once with ErrRunning when another device has the home or waits for it.
func lockForDevice(ctx context.Context, p places, waiting func(text string)) (*homeLock, error) {
	device, err := lockDevice(ctx, p)
	if err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		home, err := hold(p.lock(), exclusive)
		if err == nil {
			return &homeLock{home, device}, nil
		}
		if errors.Is(err, errLocked) {
			if !told {
				waiting(fmt.Sprintf("%s is in use%s, a command that ends by itself. Waiting for that; Ctrl-C stops.", p.home, holderOf(p.lock())))
			}
			err = sleep(ctx, lockEvery)
		}
		if err != nil {
			_ = device.Close() // nothing was written that matters
			return nil, notLocked(p, err)
		}
	}
}

// lockDevice takes the device lock.
func lockDevice(ctx context.Context, p places) (*os.File, error) {
	for {
		f, err := hold(p.deviceLock(), exclusive)
		if err == nil {
			return f, nil
		}
		if errors.Is(err, errLocked) {
			if err = lookForDevice(p); err == nil { // a command was looking
				err = sleep(ctx, lockEvery)
			}
		}
		if err != nil {
			return nil, notLocked(p, err)
		}
	}
}

// lockForCommand takes the home for a command, or returns ErrRunning with who
// has it and what to do.
func lockForCommand(p places) (*homeLock, error) {
	look, err := hold(p.deviceLock(), shared) // as long as it is held no device begins
	if errors.Is(err, errLocked) {
		return nil, inUse(p, p.deviceLock())
	}
	if err != nil {
		return nil, notLocked(p, err)
	}
	defer func() { _ = look.Close() }() // nothing was written
	home, err := hold(p.lock(), exclusive)
	if errors.Is(err, errLocked) {
		return nil, inUse(p, p.lock())
	}
	if err != nil {
		return nil, notLocked(p, err)
	}
	return &homeLock{home: home}, nil
}

// lookForDevice returns ErrRunning when a device has the home, or waits for it.
func lookForDevice(p places) error {
	f, err := hold(p.deviceLock(), shared)
	if errors.Is(err, errLocked) {
		return inUse(p, p.deviceLock())
	}
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return err
}

// notLocked is the error of a lock that could not be taken, nor be waited for.
func notLocked(p places, err error) error {
	if errors.Is(err, ErrRunning) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return badHome(p.home, err)
}

func inUse(p places, lock string) error {
	return fmt.Errorf("%w: %s is in use%s; stop that one first, or choose another --home", ErrRunning, p.home, holderOf(lock))
}

// hold opens and locks the file at path without waiting; errLocked when
// another holds it. Who holds it exclusively is written into it.
func hold(path string, mode lockMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = tryLock(f, mode)
	if err == nil && mode == exclusive {
		err = f.Truncate(0)
		if err == nil {
			_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
		}
	}
	if err != nil {
		_ = f.Close() // nothing was written that matters
		return nil, err
	}
	return f, nil
}

// holderOf says which process wrote its number into a lock, "" when it cannot
// be read.
func holderOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // opened for reading
	b, err := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return ""
	}
	return " by process " + pid
}

// release gives back what is held, the home first: who then finds the device
// lock held is told of a device, not of a command.
func (l *homeLock) release() error {
	err := l.home.Close()
	if l.device != nil {
		err = errors.Join(err, l.device.Close())
	}
	return err
}

// sleep waits for d, or returns why ctx has ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
