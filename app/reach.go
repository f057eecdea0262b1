package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	reachWait  = 15 * time.Second       // for a home that another program holds but does not serve yet
	reachEvery = 100 * time.Millisecond // between two tries
)

// Reach returns a client of the device that runs on opts.Home, or else opens
// the device in this process, with opts, for as long as the client is open:
// then Local reports true. Unless opts.Offline, it waits until ctx ends for a
// command that has the home open without links. ErrRunning when another
// program holds the home and does not serve it.
func Reach(ctx context.Context, opts Options) (*Client, error) {
	told := false
	for since := time.Now(); ; {
		c, err := Connect(ctx, opts.Home)
		switch {
		case err == nil && c.hello.Offline && !opts.Offline:
			if !told && opts.Waiting != nil {
				opts.Waiting(fmt.Sprintf("Waiting for process %d, a command that uses this home without links to other devices. Ctrl-C stops.", c.hello.PID))
			}
			told, since, err = true, time.Now(), c.Close()
		case errors.Is(err, ErrNotRunning):
			c, err = runHere(ctx, opts)
			if !errors.Is(err, ErrRunning) {
				return c, err
			}
			if time.Since(since) < reachWait {
				err = nil // it is starting, or stopping
			}
		default:
			return c, err
		}
		if err = errors.Join(err, sleep(ctx, reachEvery)); err != nil {
			return nil, err
		}
	}
}

// runHere opens the device and runs it until the client is closed.
func runHere(ctx context.Context, opts Options) (*Client, error) {
	a, err := open(ctx, opts, true)
	if err != nil {
		return nil, err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx)) // a command that is stopped still stops the device in order
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- a.Run(run)
	}()
	stop := func() error {
		cancel()
		return errors.Join(<-done, a.Close())
	}
	ready, endWait := context.WithCancel(ctx)
	defer endWait()
	defer context.AfterFunc(run, endWait)() // a part that fails ends the wait
	if _, err := a.Ready(ready); err != nil {
		if broken := stop(); broken != nil {
			return nil, broken
		}
		return nil, err
	}
	c, err := a.Client(run)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	c.local = true
	disconnect := c.close
	c.close = func() error {
		err := disconnect()
		a.linger(ctx)
		return errors.Join(err, stop())
	}
	return c, nil
}

// Local tells whether the device runs in this process, for this client.
func (c *Client) Local() bool { return c.local }
