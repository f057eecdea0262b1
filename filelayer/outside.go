package filelayer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/libpaul/paul/internal/watch"
)

// scanSparing is how many times longer than a scan nothing is scanned after
// it, though another program goes on changing the library.
const scanSparing = 10

// tidyLoop looks after the library: at once and from time to time, and when
// another program has changed something there.
func (l *Layer) tidyLoop(ctx context.Context) error {
	tree := watch.New(watch.Options{
		Root: l.blobs.Library(), Skip: func(name string) bool { return strings.HasPrefix(name, ".") },
		Quiet: scanQuiet, Every: scanEvery, Poll: scanBlind, Log: l.log,
	})
	var o outside
	return tree.Run(ctx, func(ctx context.Context, b watch.Batch) (again []string) {
		if !b.All {
			return o.look(ctx, l, b.Paths)
		}
		if err := l.tidy(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Library was not looked through", "error", err)
		}
		return nil
	})
}

// outside follows what other programs do to the library.
type outside struct {
	next time.Time // there is no scan before
}

// look scans the library if one of the paths is not what it should be. What
// Paul itself writes is, and costs no scan. It returns the paths when it is too
// early for another scan.
func (o *outside) look(ctx context.Context, l *Layer, paths []string) (again []string) {
	differs, err := l.blobs.Differs(paths)
	if err == nil && differs {
		start := time.Now()
		if start.Before(o.next) {
			return paths
		}
		_, err = l.scan(ctx)
		o.next = time.Now().Add(scanSparing * time.Since(start))
	}
	if err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "What was changed in the library is looked at later", "error", err)
	}
	return nil
}

// Indexed waits until the library has been looked through, so that each file
// of it is known for what it is.
func (l *Layer) Indexed(ctx context.Context) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	changed, stop := l.changed.Listen()
	defer stop()
	for !l.indexed.Load() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the library: %w", context.Cause(ctx))
		case <-changed:
		}
	}
	return nil
}

// Strays returns those of the files at absolute paths in the library that are
// none of its own: that another program has put there or changed. One that is an
// original which was moved is found out to be that before.
func (l *Layer) Strays(ctx context.Context, paths []string) ([]string, error) {
	if err := l.blobs.Mounted(); err != nil {
		return nil, fmt.Errorf("look for unknown files: %w", err)
	}
	var maybe []string
	differs := false
	for _, p := range paths {
		stray, err := l.blobs.Stray(p)
		if err != nil {
			return nil, err
		}
		differ, err := l.blobs.Differs([]string{p})
		if err != nil {
			return nil, err
		}
		differs = differs || differ
		if stray || differ {
			maybe = append(maybe, p)
		}
	}
	if differs {
		if _, err := l.scan(ctx); err != nil {
			return nil, err
		}
	}
	strays := maybe[:0]
	for _, p := range maybe {
		stray, err := l.blobs.Stray(p)
		if err != nil {
			return nil, err
		}
		if stray {
			strays = append(strays, p)
		}
	}
	return strays, nil
}
