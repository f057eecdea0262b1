package replicate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A link passes requests on, at a rate and after a round trip, both ways.
type link struct {
	next http.RoundTripper
	rate int // bytes a second, each way
	rtt  time.Duration

	mu       sync.Mutex // guards what follows
	up, down time.Time  // when each way is free again
	bytes    int        // that have passed
	cutAt    time.Time  // when it drops; zero for never
}

var errDropped = errors.New("the link is down")

// pass waits until n bytes have passed one way.
func (l *link) pass(ctx context.Context, free *time.Time, n int) error {
	l.mu.Lock()
	now := time.Now()
	if free.Before(now) {
		*free = now
	}
	*free = free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
	l.bytes += n
	wait, dropped := free.Sub(now), !l.cutAt.IsZero() && free.After(l.cutAt)
	l.mu.Unlock()
	if !sleep(ctx, wait, nil) {
		return ctx.Err()
	}
	if dropped {
		return errDropped
	}
	return nil
}

// RoundTrip implements [http.RoundTripper].
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	const head = 300
	ctx := r.Context()
	if !sleep(ctx, l.rtt, nil) {
		return nil, ctx.Err()
	}
	if err := l.pass(ctx, &l.up, head); err != nil {
		return nil, err
	}
	if r.Body != nil {
		r = r.Clone(ctx)
		r.Body = &paced{r.Body, l, &l.up, ctx}
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := l.pass(ctx, &l.down, head); err != nil {
		_ = resp.Body.Close() // given up
		return nil, err
	}
	resp.Body = &paced{resp.Body, l, &l.down, ctx}
	return resp, nil
}

type paced struct {
	io.ReadCloser
	link *link
	free *time.Time
	ctx  context.Context // of the request
}

// Read implements [io.Reader].
func (p *paced) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b[:min(len(b), 1400)])
	if passErr := p.link.pass(p.ctx, p.free, n); passErr != nil {
		return 0, passErr
	}
	return n, err
}

// On a link of 50 kB/s with a round trip of 300 ms, most of the time is spent
// sending what has to be sent; and when it drops every 20 s, little is sent
// again.
func TestSlowLink(t *testing.T) {
	t.Parallel()
	const docs = 3000
	for _, push := range []bool{false, true} {
		name := map[bool]string{false: "pull", true: "push"}[push]
		copyOver := func(t *testing.T, every time.Duration) (took time.Duration, bytes int) {
			t.Helper()
			a, b := newPeer(t), newPeer(t)
			fill(t, a.db, 0, docs)
			opts := options(a, b)
			far := &opts.Source
			if push {
				far = &opts.Target
			}
			l := &link{next: far.Client.Transport, rate: 50_000, rtt: 300 * time.Millisecond}
			far.Client = &http.Client{Transport: l}
			r := newReplicator(t, opts)
			began := time.Now()
			for tries := 0; ; tries++ {
				if every > 0 {
					l.cutAt = time.Now().Add(every)
				}
				err := r.Once(t.Context())
				if err == nil {
					break
				}
				if !errors.Is(err, errDropped) || tries > 20 {
					t.Fatal(err)
				}
			}
			if got := len(contents(t, b.db)); got != docs {
				t.Errorf("%d documents came", got)
			}
			return time.Since(began), l.bytes
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took, bytes := copyOver(t, 0)
				ideal := time.Duration(bytes) * time.Second / 50_000
				_, more := copyOver(t, 20*time.Second)
				t.Logf("%v, %v to send %d bytes; %d bytes with drops", took, ideal, bytes, more)
				if took > ideal*3/2 {
					t.Errorf("took %v, and %v would do", took, ideal)
				}
				if more > bytes*3/2 {
					t.Errorf("sent %d bytes, and %d would do without drops", more, bytes)
				}
			})
		})
	}
}
