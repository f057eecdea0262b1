package filelayer

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// spreadFile is the size from which a file is fetched from several devices at once.
const spreadFile = 16 << 20

// errMixed is why what several devices gave together is not asked for from them anew.
var errMixed = errors.New("the bytes of several devices together were wrong")

// beginSpread says whether a file is to be fetched from several of the devices at
// once. Then fromSeveral has to follow.
func (l *Layer) beginSpread(j *job, ids []string) bool {
	if j.alone || j.size < l.spreadFrom || len(ids) < 2 {
		return false
	}
	select {
	case l.spreading <- struct{}{}:
		return true
	default: // enough memory is in use, and enough devices are busy
		return false
	}
}

// fromSeveral reads a file from several devices at once. When their bytes together
// are wrong nobody can be blamed: the job asks each of them alone from then on.
func (l *Layer) fromSeveral(ctx context.Context, ids []string, j *job, receive func(blob.Source, func(int64)) error) error {
	defer func() { <-l.spreading }()
	kept := int64(-1) // bytes on the disk; -1: nobody was asked
	src := func(ctx context.Context, offset int64) (io.ReadCloser, error) {
		if kept >= 0 {
			kept = 0
			return nil, errMixed
		}
		kept = offset
		l.queue.begin(j, ids, offset, time.Now())
		return openSpread(ctx, ids, offset, j.size, spreadHooks{
			open: func(ctx context.Context, id string, offset, end int64) (io.ReadCloser, error) {
				return l.remoteRange(ctx, id, j.digest, offset, end, j.size)
			},
			tell:  func(from []string, done int64) { l.progress(j, from, done) },
			blame: func(id string, err error) error { return l.blame(ctx, id, j.digest, err) },
		}), nil
	}
	err := receive(src, func(done int64) { kept = done })
	if err != nil && kept >= 0 {
		l.progress(j, ids, kept) // what was only in memory is gone
	}
	if errors.Is(err, errMixed) || errors.Is(err, ErrCorrupt) {
		j.alone = true
		l.log.WarnContext(ctx, "Several devices together sent wrong bytes; each is asked alone", "devices", ids, "digest", j.digest)
	}
	return err
}
