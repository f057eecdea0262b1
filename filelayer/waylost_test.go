package filelayer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// breaking is a way to other devices that breaks off after some bytes of an answer,
// the first times.
type breaking struct {
	http.Transport
	after int64

	mu    sync.Mutex // guards the rest
	times int
	asked []string // ranges
}

var errWayLost = errors.New("the connection was reset")

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.Transport.RoundTrip(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, r.Header.Get("Range"))
	if err == nil && b.times > 0 {
		b.times--
		resp.Body = &brokenBody{resp.Body, b.after}
	}
	return resp, err
}

type brokenBody struct {
	io.ReadCloser
	left int64
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errWayLost
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// TestWayLostInTheMiddle: who waits for a file gets it though the way to its only
// holder breaks off, and no byte comes twice; but not from one that breaks off always.
func TestWayLostInTheMiddle(t *testing.T) {
	t.Parallel()
	const size, after = 3 << 20, 700_000
	for _, tt := range []struct {
		name  string
		times int
		asked []string
		fails bool
	}{
		{"once", 1, []string{"", "bytes=700000-3145727"}, false},
		{"too often", 100, []string{"", "bytes=700000-3145727", "bytes=1400000-3145727", "bytes=2100000-3145727"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newDevice(t, newOverlay(), "a")
			var b *device
			way := &breaking{after: after, times: tt.times}
			way.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				return b.node.dial(ctx, network, addr)
			}
			t.Cleanup(way.CloseIdleConnections)
			b = newDevice(t, a.net, "b", func(o *Options) { o.Bulk = way })
			pair(t, a, b)
			d := a.show(b, "large", size)
			_, err := b.Save(testContext(t), d)
			if failed := err != nil; failed != tt.fails {
				t.Errorf("Save = %v", err)
			}
			way.mu.Lock()
			defer way.mu.Unlock()
			if len(way.asked) < len(tt.asked) {
				t.Fatalf("asked for %q", way.asked)
			}
			for i, want := range tt.asked {
				if way.asked[i] != want {
					t.Errorf("request %d is for %q, want %q", i, way.asked[i], want)
				}
			}
			if !tt.fails {
				b.wantBytes(d, photo("large", size))
			}
		})
	}
}
