package app

import (
	"context"
	"errors"
)

// maxOpened bounds the requests to open something that wait for the window.
const maxOpened = 16

// Opened delivers what other starts of the program were asked to open: paths
// of photos and folders, and paul: links. An empty list only raises the
// window. A device whose Opened was never called has no window.
func (a *App) Opened() <-chan []string {
	ch := make(chan []string, maxOpened)
	if a.opened.CompareAndSwap(nil, &ch) {
		return ch
	}
	return *a.opened.Load()
}

// handOver passes on what another start was asked to open; ErrNoWindow when
// nobody listens.
func (a *App) handOver(args []string) error {
	ch := a.opened.Load()
	if ch == nil {
		return ErrNoWindow
	}
	select {
	case *ch <- args:
		return nil
	default:
		return errBusy
	}
}

// HandOver gives args to the window of the device that runs on home ("" = the
// default home), which is raised. It reports false when no device runs there.
// args that are paths must be absolute.
func HandOver(ctx context.Context, home string, args []string) (bool, error) {
	c, err := Connect(ctx, home)
	if err != nil {
		return false, ignoreNotRunning(err)
	}
	return true, errors.Join(c.Open(ctx, args), c.Close())
}
