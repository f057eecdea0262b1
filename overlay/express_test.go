package overlay

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// answerer is what a connection to its port sends back, after the name of its far end.
func answerer(c net.Conn) {
	defer func() { _ = c.Close() }() // the other end sees what is missing
	if _, err := io.WriteString(c, c.RemoteAddr().(*Addr).String()+"\n"); err == nil {
		_, _ = io.Copy(c, c)
	}
}

// expressTo dials and tells whether it got an express connection.
func expressTo(tb testing.TB, from, to *Node, port uint16) (c net.Conn, express bool) {
	tb.Helper()
	c, err := from.DialExpress(tb.Context(), "tcp", at(to, port))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	_, express = c.(*expressConn)
	return c, express
}

// TestExpress moves bytes beside a link, called for by either end of it.
func TestExpress(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	for name, end := range map[string]struct{ from, to *Node }{"who dialled the link": {b, a}, "who accepted it": {a, b}} {
		t.Run(name, func(t *testing.T) {
			serve(t, end.to, 700, answerer)
			c, express := expressTo(t, end.from, end.to, 700)
			if !express {
				t.Fatal("the connection leads over the overlay")
			}
			if got := c.RemoteAddr().String(); got != at(end.to, 700) {
				t.Errorf("leads to %s", got)
			}
			sent := make([]byte, 3<<20)
			_, _ = rand.Read(sent)
			go func() {
				_, _ = c.Write(sent)
				_ = c.(*expressConn).CloseWrite()
			}()
			got, err := io.ReadAll(c)
			line, rest, _ := bytes.Cut(got, []byte("\n"))
			if err != nil || !bytes.Equal(rest, sent) {
				t.Errorf("%d of %d bytes came back, %v", len(rest), len(sent), err)
			}
			if want := at(end.from, 0); string(line) != want {
				t.Errorf("the other end sees %s, want %s", line, want)
			}
		})
	}
	if _, err := b.DialExpress(t.Context(), "tcp", at(a, 701)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a port that nobody listens on: %v", err)
	}
}

// TestNoExpress dials where there is no link to go beside, or the other end knows
// nothing of express connections: that goes over the overlay.
func TestNoExpress(t *testing.T) {
	t.Parallel()
	t.Run("through another", func(t *testing.T) {
		t.Parallel()
		hub := start(t, listening(t))
		opts := calling(t, hub)
		opts.NoDirect = true
		a, b := start(t, opts), start(t, func() Options { o := calling(t, hub); o.NoDirect = true; return o }())
		pair(a, b)
		awaitOnline(t, a, b.PublicKey())
		serve(t, b, 700, answerer)
		if _, express := expressTo(t, a, b, 700); express {
			t.Error("an express connection leads to a device without a link")
		}
	})
	t.Run("not known there", func(t *testing.T) {
		t.Parallel()
		a := startWith(t, listening(t), func(n *Node) { n.links.tls.GetConfigForClient = nil })
		b := start(t, calling(t, a))
		pair(a, b)
		awaitOnline(t, b, a.PublicKey())
		serve(t, a, 700, answerer)
		if _, express := expressTo(t, b, a, 700); express {
			t.Error("an express connection was made of a link")
		}
		if b.links.beside(a.PublicKey(), time.Now()) != nil {
			t.Error("the link would be tried again at once")
		}
	})
	t.Run("not called back", func(t *testing.T) {
		t.Parallel()
		a, b := pairOf(t)
		_ = b.express.calls.Close() // as a device of another version
		serve(t, b, 700, answerer)
		if _, express := expressTo(t, a, b, 700); express {
			t.Error("who called?")
		}
	})
}

// TestExpressEnds cuts what an express connection depends on.
func TestExpressEnds(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(a, b *Node){
		"link":    func(a, b *Node) { b.links.to(a.PublicKey()).cut() },
		"expel":   func(a, b *Node) { a.Expel(b.PublicKey()) },
		"expel 2": func(a, b *Node) { b.Expel(a.PublicKey()) },
		"close":   func(a, _ *Node) { _ = a.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pairOf(t)
			accepted := make(chan net.Conn, 1)
			over := make(chan struct{})
			defer close(over)
			serve(t, a, 700, func(c net.Conn) {
				accepted <- c
				<-over
			})
			c, express := expressTo(t, b, a, 700)
			if !express {
				t.Fatal("the connection leads over the overlay")
			}
			other := <-accepted
			cut(a, b)
			for end, c := range map[string]net.Conn{"who dialled": c, "who accepted": other} {
				_ = c.SetDeadline(time.Now().Add(patience))
				if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) || isTimeout(err) {
					t.Errorf("%s reads: %v; want an error", end, err)
				}
			}
			for _, n := range []*Node{a, b} {
				if d, ok := n.devices.admittedAt(AddressOf(b.PublicKey())); ok {
					await(t, n, "untracked", func() bool { n.devices.mu.RLock(); defer n.devices.mu.RUnlock(); return len(d.conns) == 0 })
				}
			}
		})
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// TestExpressOnlyForDevices lets others ask for express connections, also while a
// pairing window is open.
func TestExpressOnlyForDevices(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	serve(t, a, 700, answerer)
	defer a.OpenWindow(700)()
	address := b.links.to(a.PublicKey()).remote.String()
	stranger, unlinked := unrun(t), unrun(t)
	a.Admit(unlinked.PublicKey())
	called := append([]byte{expressCalled}, make([]byte, 16)...)
	asks := []byte{expressAsks, 700 >> 8, 700 & 0xff}
	for _, tt := range []struct {
		name string
		as   *Node // nil: without a certificate
		send []byte
		want byte // that comes back; 0: nothing does
	}{
		{"a device", b, asks, expressOpen},
		{"a device, of another port", b, []byte{expressAsks, 0, 1}, 0},
		{"a device that was not asked to call", b, called, 0},
		{"a device that speaks otherwise", b, append([]byte{9}, called[1:]...), 0},
		{"a device without a link", unlinked, asks, 0},
		{"a stranger", stranger, asks, 0},
		{"nobody", nil, asks, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config := &tls.Config{NextProtos: []string{expressProtocol}, InsecureSkipVerify: true}
			if tt.as != nil {
				config = tt.as.express.config(func(ed25519.PublicKey) bool { return true })
			}
			c, err := tls.Dial("tcp", address, config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = c.Write(tt.send) // who is refused may be so already
			var got [1]byte
			if _, err := io.ReadFull(c, got[:]); isTimeout(err) {
				t.Error("no answer")
			}
			if got[0] != tt.want {
				t.Errorf("answered %d, want %d", got[0], tt.want)
			}
		})
	}
}

// TestCallOfAnother lets a device come with the token that another was given.
func TestCallOfAnother(t *testing.T) {
	t.Parallel()
	x, token := unrun(t).express, expressToken{1}
	want := awaitedCall{unrun(t).PublicKey(), make(chan *tls.Conn, 1)}
	x.awaited[token] = want
	c := tls.Client(nil, nil)
	if x.arrived(token, unrun(t).PublicKey(), c) == nil {
		t.Error("another device took the place of the one that was asked")
	}
	if x.arrived(expressToken{2}, want.key, c) == nil {
		t.Error("another token was good enough")
	}
	if err := x.arrived(token, want.key, c); err != nil || len(want.got) != 1 {
		t.Errorf("the device that was asked: %v", err)
	}
	if x.arrived(token, want.key, c) == nil {
		t.Error("a token was good twice")
	}
}

// TestExpressAnswerLost lets the other end go before it is answered: nothing is left
// that would count as a connection of it.
func TestExpressAnswerLost(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	serve(t, a, 700, answerer)
	k := a.links.to(b.PublicKey())
	anyKey := func(ed25519.PublicKey) bool { return true }
	near, far := net.Pipe()
	server, client := tls.Server(near, a.express.config(anyKey)), tls.Client(far, b.express.config(anyKey))
	shaken := make(chan error, 1)
	go func() { shaken <- server.HandshakeContext(t.Context()) }()
	if err := errors.Join(client.HandshakeContext(t.Context()), <-shaken); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = client.Write([]byte{700 >> 8, 700 & 0xff})
		_ = far.Close() // and reads no answer
	}()
	if err := a.express.serve(t.Context(), server, k); err == nil {
		t.Error("served though the answer was lost")
	}
	a.devices.mu.RLock()
	defer a.devices.mu.RUnlock()
	for c := range a.devices.table[b.Address()].conns {
		if _, ok := c.(*expressConn); ok {
			t.Error("a connection that has ended is still counted")
		}
	}
}
