package replicate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// guard is a RoundTripper that protects from a peer that sends without end,
// or nothing at all.
type guard struct {
	next  http.RoundTripper
	user  *url.Userinfo // for basic authentication; nil for none
	most  int64         // bytes of an answer
	stall time.Duration // time without a byte
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(g.stall, func() { cancel(ErrStalled) })
	req = req.Clone(ctx)
	if g.user != nil {
		password, _ := g.user.Password()
		req.SetBasicAuth(g.user.Username(), password)
	}
	resp, err := g.next.RoundTrip(req)
	timer.Stop()
	if err != nil {
		err = stalled(ctx, err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &guardedBody{body: resp.Body, ctx: ctx, cancel: cancel, timer: timer, left: g.most, stall: g.stall}
	return resp, nil
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
