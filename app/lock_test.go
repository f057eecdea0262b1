package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

// mustNotWait is a waiting func that must not be called.
func mustNotWait(t *testing.T) func(string) {
	t.Helper()
	return func(text string) { t.Errorf("it waits: %s", text) }
}

// lockOf takes the home in one way or the other.
func lockOf(t *testing.T, p places, device bool) (*homeLock, error) {
	t.Helper()
	if device {
		return lockForDevice(t.Context(), p, mustNotWait(t))
	}
	return lockForCommand(p)
}

func TestHomeIsHeldOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		first, second bool // a device, or a command
	}{
		{"two devices", true, true},
		{"a command while a device runs", true, false},
		{"two commands", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := places{home: t.TempDir()}
			first, err := lockOf(t, p, test.first)
			if err != nil {
				t.Fatal(err)
			}
			_, err = lockOf(t, p, test.second)
			if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), "stop that one first") {
				t.Errorf("second lock: %v, want ErrRunning and what to do", err)
			}
			if err := first.release(); err != nil {
				t.Fatal(err)
			}
			again, err := lockOf(t, p, test.second)
			if err != nil {
				t.Fatalf("after the release: %v", err)
			}
			if err := again.release(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A device waits for a command that has the home. Meanwhile no other command
// and no other device comes first; then the device has it.
func TestDeviceWaitsForCommand(t *testing.T) {
	t.Parallel()
	p := places{home: t.TempDir()}
	command, err := lockForCommand(p)
	if err != nil {
		t.Fatal(err)
	}
	waits, device, failed := make(chan string, 1), make(chan *homeLock, 1), make(chan error, 1)
	go func() {
		l, err := lockForDevice(t.Context(), p, func(text string) { waits <- text })
		device <- l
		failed <- err
	}()
	if text := <-waits; !strings.Contains(text, p.home) || !strings.Contains(text, "process") {
		t.Errorf("it says %q while it waits", text)
	}
	for _, other := range []bool{true, false} {
		if _, err := lockOf(t, p, other); !errors.Is(err, ErrRunning) {
			t.Errorf("another, device: %v, comes in between: %v", other, err)
		}
	}
	if err := command.release(); err != nil {
		t.Fatal(err)
	}
	l, err := <-device, <-failed
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockForCommand(p); !errors.Is(err, ErrRunning) {
		t.Errorf("a command while the device runs: %v", err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
}

func TestWaitForCommandIsStopped(t *testing.T) {
	t.Parallel()
	p := places{home: t.TempDir()}
	command, err := lockForCommand(p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := lockForDevice(ctx, p, func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
	if err := command.release(); err != nil {
		t.Fatal(err)
	}
	l, err := lockOf(t, p, true) // nothing of it is left
	if err != nil {
		t.Fatal(err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
}

// What a crash left in the files, or what they say, holds nobody up.
func TestStaleLockFiles(t *testing.T) {
	t.Parallel()
	p := places{home: t.TempDir()}
	for _, path := range []string{p.lock(), p.deviceLock()} {
		if err := os.WriteFile(path, []byte("1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, device := range []bool{false, true} {
		l, err := lockOf(t, p, device)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.release(); err != nil {
			t.Fatal(err)
		}
	}
}

// A command that only looks does not keep a device from starting.
func TestLookingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := places{home: t.TempDir()}
	look, err := hold(p.deviceLock(), shared)
	if err != nil {
		t.Fatal(err)
	}
	device, failed := make(chan *homeLock, 1), make(chan error, 1)
	go func() {
		l, err := lockForDevice(t.Context(), p, mustNotWait(t))
		device <- l
		failed <- err
	}()
	if err := look.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := <-device, <-failed
	if err != nil {
		t.Fatal(err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
}
