package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// errStalled is why a transfer ends whose sender has fallen silent.
var errStalled = errors.New("the device stopped sending")

// errWrongSize is why a transfer does not begin.
var errWrongSize = errors.New("the device has a file of another size")

// remote reads a file from another device.
func (l *Layer) remote(id string, d Digest, size int64) blob.Source {
	return func(ctx context.Context, offset int64) (io.ReadCloser, error) {
		return l.remoteRange(ctx, id, d, offset, size, size)
	}
}

// remoteRange reads the bytes from offset to end of a file of size bytes.
func (l *Layer) remoteRange(ctx context.Context, id string, d Digest, offset, end, size int64) (io.ReadCloser, error) {
	return l.guard(ctx, func(ctx context.Context) (io.ReadCloser, error) { return l.openRemote(ctx, id, d, offset, end, size) })
}

// guard opens a body that must not fall silent, neither before nor after it begins.
func (l *Layer) guard(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	guard := time.AfterFunc(l.stall, func() { cancel(errStalled) })
	body, err := open(ctx)
	if err != nil {
		guard.Stop()
		cause := context.Cause(ctx)
		cancel(nil)
		if errors.Is(cause, errStalled) {
			err = cause
		}
		return nil, err
	}
	return &guarded{ctx: ctx, cancel: cancel, guard: guard, stall: l.stall, body: body, limit: &l.flow.down}, nil
}

func (l *Layer) openRemote(ctx context.Context, id string, d Digest, offset, end, size int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, peerURL(id, "/blob/"+d.String()), nil)
	if err != nil {
		return nil, err
	}
	want, span := http.StatusOK, ""
	if offset > 0 || end < size {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, end-1))
		want, span = http.StatusPartialContent, fmt.Sprintf("bytes %d-%d/%d", offset, end-1, size)
	}
	resp, err := l.ask(l.bulk, req)
	if err != nil {
		return nil, err
	}
	got := resp.Header.Get("Content-Range")
	if resp.StatusCode != want || resp.ContentLength != end-offset || got != span {
		_ = resp.Body.Close() // not read
		if resp.StatusCode == want {
			return nil, fmt.Errorf("%w: %d bytes for %d, %q", errWrongSize, resp.ContentLength, end-offset, got)
		}
		return nil, refusal(resp)
	}
	return resp.Body, nil
}

// refusal is the error of a device that answers, but not with bytes.
func refusal(resp *http.Response) error {
	if resp.Header.Get(pausedHeader) != "" {
		return errPausedThere
	}
	return fmt.Errorf("the device answers %q", resp.Status)
}

// guarded is a body that must not fall silent, read no faster than the limit.
// Its ctx is that of the request.
type guarded struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	guard  *time.Timer
	stall  time.Duration
	body   io.ReadCloser
	limit  *gauge
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.body.Read(p[:g.limit.piece(len(p))])
	g.guard.Stop() // the wait that follows is none for the device
	if waited := g.limit.wait(g.ctx, n); err == nil {
		err = waited
	}
	g.guard.Reset(g.stall)
	if err != nil && errors.Is(context.Cause(g.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

func (g *guarded) Close() error {
	g.guard.Stop()
	g.cancel(nil)
	return g.body.Close()
}

// cached reads a file from the temporary copy here.
func (l *Layer) cached(d Digest) blob.Source {
	return fromFile(func() (*os.File, error) { return l.blobs.Cached(d) })
}

// fromFile is the source of a file on this device.
func fromFile(open func() (*os.File, error)) blob.Source {
	return func(_ context.Context, offset int64) (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, err
		}
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}
