//go:build !linux

package cards

import (
	"context"
	"time"
)

// every is how often it is looked which file systems there are, where the system does
// not tell of changes.
const every = 5 * time.Second

// polled looks from time to time.
type polled struct{}

// System is what this system has mounted.
func System() (Source, error) { return polled{}, nil }

// Roots implements [Source].
func (polled) Roots() ([]string, error) { return roots(), nil }

// Wait implements [Source].
func (polled) Wait(ctx context.Context) error {
	t := time.NewTimer(every)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Close implements [Source].
func (polled) Close() error { return nil }
