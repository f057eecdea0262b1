package replicate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// guard is a RoundTripper that protects from a peer that sends without end,
// or neither takes nor sends anything.
type guard struct {
	next   http.RoundTripper
	user   *url.Userinfo // for basic authentication; nil for none
	header http.Header   // of each request
	most   int64         // bytes of an answer
	stall  time.Duration // time without a byte
}

type mostKey struct{}

// allow lets the answer to a request with the context it returns be as long
// as most.
func allow(ctx context.Context, most int64) context.Context {
	return context.WithValue(ctx, mostKey{}, most)
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{stall: g.stall, timer: time.AfterFunc(g.stall, func() { cancel(ErrStalled) })}
	req = req.Clone(ctx)
	for name, values := range g.header {
		req.Header[name] = values
	}
	if g.user != nil {
		password, _ := g.user.Password()
		req.SetBasicAuth(g.user.Username(), password)
	}
	if req.Body != nil {
		req.Body = &watchedBody{req.Body, w}
	}
	if fresh := req.GetBody; fresh != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := fresh()
			return &watchedBody{body, w}, err
		}
	}
	resp, err := g.next.RoundTrip(req)
	w.end()
	if err != nil {
		err = stalled(ctx, err)
		cancel(nil)
		return nil, err
	}
	most, ok := ctx.Value(mostKey{}).(int64)
	if !ok {
		most = g.most
	}
	resp.Body = &guardedBody{body: resp.Body, ctx: ctx, cancel: cancel, timer: w.timer, left: most, stall: g.stall}
	return resp, nil
}

// A watch fires when a request is neither taken on nor answered for a while.
type watch struct {
	stall time.Duration
	mu    sync.Mutex // guards what follows
	timer *time.Timer
	ended bool // the answer has begun
}

// progress puts the firing off.
func (w *watch) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.timer.Reset(w.stall)
	}
}

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
}

// A watchedBody is a request's body: that it is read says that the peer takes it.
type watchedBody struct {
	io.ReadCloser
	watch *watch
}

// Read implements [io.Reader].
func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.progress()
	return b.ReadCloser.Read(p)
}

// stalled returns ErrStalled in place of err if that is what ended ctx.
func stalled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrStalled) {
		return ErrStalled
	}
	return err
}

type guardedBody struct {
	body   io.ReadCloser
	ctx    context.Context // of the request
	cancel context.CancelCauseFunc
	timer  *time.Timer
	left   int64
	stall  time.Duration
}

// Read implements [io.Reader]. Only time spent in it counts as the peer's.
func (b *guardedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	b.timer.Reset(b.stall)
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.timer.Stop()
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = stalled(b.ctx, err)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *guardedBody) Close() error {
	b.timer.Stop()
	err := b.body.Close()
	b.cancel(nil)
	return err
}
