package couch

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener for connections in memory, whose deadlines keep to the
// clock of a bubble.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]. A server calls it once.
func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// servePipes serves h until the end of the test, on the connections that dial makes.
func servePipes(t *testing.T, h http.Handler) (dial func() net.Conn) {
	t.Helper()
	ln := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(ln) // until it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return func() net.Conn {
		near, far := net.Pipe()
		ln.accept <- far
		t.Cleanup(func() { _ = near.Close() })
		return near
	}
}

// A client that sends half a body, and one that takes nothing, are let go.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openServer(t, t.TempDir(), Options{})
		fillDB(t, openDB(t, s), 0, 1000)
		answered := make(chan struct{}, 2)
		dial := servePipes(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.ServeHTTP(w, r)
			answered <- struct{}{}
		}))
		send := func(request string) net.Conn {
			conn := dial()
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			return conn
		}
		began := time.Now()
		half := send("PUT /db/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"a\":")
		resp, err := http.ReadResponse(bufio.NewReader(half), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body := text(t, resp); resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(body, `"timeout"`) {
			t.Errorf("half a body: %d %s", resp.StatusCode, body)
		}
		_ = resp.Body.Close()
		<-answered
		if after := time.Since(began); after != time.Minute {
			t.Errorf("half a body was waited for for %v", after)
		}

		began = time.Now()
		idle := send("GET /db/_all_docs?include_docs=true HTTP/1.1\r\nHost: a\r\n\r\n")
		<-answered
		if after := time.Since(began); after != time.Minute {
			t.Errorf("who takes nothing was waited for for %v", after)
		}
		if n, err := io.Copy(io.Discard, idle); n > 0 {
			t.Errorf("%d bytes came after all, %v", n, err)
		}
	})
}

// A feed may wait longer than a client may stall, and so may the connection
// between two requests.
func TestPatienceOfFeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openServer(t, t.TempDir(), Options{})
		openDB(t, s)
		dial := servePipes(t, Auth(AuthOptions{User: "paul", Password: "secret"}, s))
		dials := 0
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			dials++
			return dial(), nil
		}}
		defer transport.CloseIdleConnections()
		for _, tt := range []struct {
			method, target, body, password string
			want                           int
			after                          time.Duration
		}{
			{"POST", "/db/_changes?feed=longpoll&timeout=600000", "{}", "secret", 200, 10 * time.Minute},
			{"GET", "/db/_changes?feed=longpoll&timeout=600000", "", "secret", 200, 10 * time.Minute},
			{"GET", "/db", "", "wrong", 401, 0},
		} {
			<-time.After(10 * time.Minute) // between two requests
			req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://pipe"+tt.target, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth("paul", tt.password)
			began := time.Now()
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if body := text(t, resp); resp.StatusCode != tt.want || time.Since(began) != tt.after {
				t.Errorf("%s %s: %d %s, after %v", tt.method, tt.target, resp.StatusCode, body, time.Since(began))
			}
			_ = resp.Body.Close()
		}
		if dials != 1 {
			t.Errorf("the connection was let go: %d were made", dials)
		}
	})
}
