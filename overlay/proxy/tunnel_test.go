package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestIdleTunnels: a tunnel lives as long as something passes, and not for ever
// after.
func TestIdleTunnels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words int // each after the longest pause that is allowed, or nearly
		half  bool
		want  time.Duration
	}{
		"silent":      {0, false, tunnelIdle},
		"alive":       {5, false, 5*(tunnelIdle-time.Second) + tunnelIdle},
		"half closed": {0, true, halfIdle},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, a := net.Pipe()
				b, device := net.Pipe()
				var group sync.WaitGroup
				defer group.Wait()
				group.Go(func() { _, _ = io.Copy(io.Discard, client) })
				group.Go(func() {
					for range c.words {
						<-time.After(tunnelIdle - time.Second)
						_, _ = device.Write([]byte("x"))
					}
				})
				from := io.Reader(a)
				if c.half {
					from = io.LimitReader(a, 0)
				}
				began := time.Now()
				splice(t.Context(), a, from, &halfPipe{Conn: b})
				if took := time.Since(began); took != c.want {
					t.Errorf("cut after %v, want %v", took, c.want)
				}
			})
		})
	}
}

// halfPipe notes what splice does to it.
type halfPipe struct {
	net.Conn
	ended, aborted atomic.Bool
}

func (p *halfPipe) CloseWrite() error { p.ended.Store(true); return nil }
func (p *halfPipe) Abort()            { p.aborted.Store(true) }

// TestBrokenTunnels: what breaks on one side, or is open at the end, is reset
// on the other; what ends, ends.
func TestBrokenTunnels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		read           error // of the one side
		stop           bool
		ended, aborted bool // the other
	}{
		"an end":  {read: io.EOF, ended: true},
		"a break": {read: syscall.ECONNRESET, aborted: true},
		"a stop":  {read: nil, stop: true, aborted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			client, a := net.Pipe()
			b, device := net.Pipe()
			other := &halfPipe{Conn: b}
			from := readerFunc(func([]byte) (int, error) { return 0, c.read })
			if c.stop {
				from = a.Read
				cancel()
			} else {
				_ = device.Close() // ends the other direction
			}
			defer func() { _ = client.Close() }()
			splice(ctx, a, from, other)
			if other.aborted.Load() != c.aborted || other.ended.Load() != c.ended {
				t.Errorf("aborted %v, ended %v", other.aborted.Load(), other.ended.Load())
			}
			if _, err := client.Read(make([]byte, 1)); err == nil {
				t.Error("the client is still connected")
			}
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestTooManyClients: one more than there may be is turned away, and those that
// are there stay.
func TestTooManyClients(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	var first net.Conn
	for i := range maxClients {
		c, err := socksDial(addr, "paul", "secret", deviceName+":80")
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		defer func() { _ = c.Close() }()
		if i == 0 {
			first = c
		}
	}
	if c, err := socksDial(addr, "paul", "secret", deviceName+":80"); err == nil {
		_ = c.Close()
		t.Error("one more was let in")
	}
	checkEcho(t, first)
	for { // the place of the one that has gone is free, or will be in a moment
		c, err := socksDial(addr, "paul", "secret", deviceName+":80")
		if err == nil {
			_ = c.Close()
			return
		}
	}
}

// TestOddNames: no byte makes a name lead elsewhere, or to a device by another
// name than its own.
func TestOddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{deviceName, "kitchen.paul.internal", "200::7"} {
		for at := range len(name) + 1 {
			for b := range 256 {
				for _, host := range []string{name[:at] + string([]byte{byte(b)}) + name[at:], name[:at] + string([]byte{byte(b)}) + name[min(at+1, len(name)):]} {
					checkTarget(t, host, "80")
				}
			}
		}
	}
}

func TestForward(t *testing.T) {
	t.Parallel()
	local := listen(t)
	go func() {
		for {
			c, err := local.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	f := &Forward{To: local.Addr().String()}
	ln := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Serve(ctx, ln) }()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	checkEcho(t, dial())
	open := dial()
	defer func() { _ = open.Close() }()
	ping(t, open)
	if s := f.State(); s.Open == 0 || s.LastErr != nil {
		t.Errorf("state %+v", s)
	}
	_ = local.Close()
	refused, err := net.Dial("tcp", ln.Addr().String())
	if err == nil { // else the reset was faster
		defer func() { _ = refused.Close() }()
		_, err = io.ReadAll(refused)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("nobody is there, and the connection ends with %v", err)
	}
	if s := f.State(); !errors.Is(s.LastErr, syscall.ECONNREFUSED) {
		t.Errorf("state %+v", s)
	}
	ping(t, open) // was led on before
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := io.ReadAll(open); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("cut with %v", err)
	}
	if s := f.State(); s.Open != 0 {
		t.Errorf("state %+v", s)
	}
}

func ping(t *testing.T, c net.Conn) {
	t.Helper()
	b := []byte{7}
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
}
