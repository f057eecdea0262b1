package filelayer

import (
	"context"
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
