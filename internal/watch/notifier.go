package watch

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// notifier tells what happens directly in folders.
type notifier interface {
	Add(dir string) error
	Remove(dir string) error
	Notices() <-chan fsnotify.Event
	Failures() <-chan error
	Close() error
}

type systemNotifier struct{ *fsnotify.Watcher }

func (n systemNotifier) Notices() <-chan fsnotify.Event { return n.Events }
func (n systemNotifier) Failures() <-chan error         { return n.Errors }

func openNotifier() (notifier, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return systemNotifier{w}, nil
}

// errTooMany is why a folder is only scanned where the system needs an open
// file for each file that it tells of.
var errTooMany = fmt.Errorf("it holds more than %d files, for each of which this system would keep a file open", entriesMax)

// explain says what to do when the system refuses to watch.
func explain(err error) error {
	if runtime.GOOS != "linux" {
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: the limit of watched folders is reached; raise it with: sudo sysctl fs.inotify.max_user_watches=1048576", errLimit)
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: too many programs watch folders; raise the limit with: sudo sysctl fs.inotify.max_user_instances=1024", errLimit)
	}
	return err
}

var errLimit = errors.New("this system tells of no more changes")
