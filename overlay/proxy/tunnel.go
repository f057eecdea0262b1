package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tunnelIdle is how long a tunnel may stay without a byte. Those whose
	// other end has vanished are cut by the keep-alives of TCP long before.
	tunnelIdle = time.Hour
	// halfIdle is the same once one of its two directions has ended.
	halfIdle = 5 * time.Minute
)

// splice copies between a, of which fromA is read, and b until both directions
// have ended; the end of one is passed on. What breaks on one side, idles for
// too long, or is open when ctx ends is reset on both, so that neither takes
// what was cut short for whole. Both are closed then.
func splice(ctx context.Context, a net.Conn, fromA io.Reader, b net.Conn) {
	cut := sync.OnceFunc(func() {
		for _, c := range []net.Conn{a, b} {
			reset(c)
			_ = c.Close() // nothing is left to be told
		}
	})
	stop := context.AfterFunc(ctx, cut)
	defer stop()
	var limit atomic.Int64
	limit.Store(int64(tunnelIdle))
	idle := time.AfterFunc(tunnelIdle, cut)
	defer idle.Stop()
	alive := func() { idle.Reset(time.Duration(limit.Load())) }
	pump := func(to net.Conn, from io.Reader) {
		if _, err := io.Copy(to, watched{from, alive}); err != nil {
			cut()
			return
		}
		closeWrite(to)
		limit.Store(int64(halfIdle))
		alive()
	}
	var group sync.WaitGroup
	group.Go(func() { pump(b, fromA) })
	pump(a, b)
	group.Wait()
	_, _ = a.Close(), b.Close() // all was sent
}

// watched tells of each read that brought something.
type watched struct {
	io.Reader
	alive func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.alive()
	}
	return n, err
}

// closeWrite ends what is sent on c; where c cannot do that, all of c. It fails
// on a connection that is gone, which whoever reads from it notices.
func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.Close()
}

// reset makes the other end of c see an error in place of an end, where c can.
func reset(c net.Conn) {
	switch c := c.(type) {
	case interface{ Abort() }: // of the overlay
		c.Abort()
	case interface{ SetLinger(seconds int) error }:
		_ = c.SetLinger(0) // fails only on what is closed
	}
}
