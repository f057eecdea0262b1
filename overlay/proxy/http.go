package proxy

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/overlay"
)

const (
	maxHead     = 16 << 10        // of a request; net/http adds 4 KiB
	keepAlive   = 2 * time.Minute // for the next request of a client
	maxIdle     = 8               // connections kept to one device for the next request
	via         = "1.1 paul"      // RFC 9110, 7.6.3
	established = "HTTP/1.1 200 Connection established\r\n\r\n"
)

var errBadHTTP = errors.New("malformed HTTP request")

// newHTTP returns what serves the HTTP clients of s until ctx ends.
func (s *server) newHTTP(ctx context.Context) *http.Server {
	transport := &http.Transport{
		DialContext:           s.Dial,
		DisableCompression:    true, // what a client did not ask for
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       keepAlive,
		ExpectContinueTimeout: time.Second,
	}
	context.AfterFunc(ctx, transport.CloseIdleConnections)
	errorLog := slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)
	relay := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.RawQuery = r.In.URL.RawQuery // also what net/url cannot parse
			r.Out.Header.Add("Via", via)
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Add("Via", via)
			return nil
		},
		FlushInterval: -1, // a changes feed comes as it is sent
		ErrorHandler:  s.refuse,
		ErrorLog:      errorLog,
	}
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, relay) }),
		BaseContext: func(net.Listener) context.Context {
			return ctx
		},
		ReadHeaderTimeout: negotiationWait,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          errorLog,
	}
}

// answer carries out one request: CONNECT, or one for an absolute http URL,
// which relay passes on.
func (s *server) answer(w http.ResponseWriter, r *http.Request, relay http.Handler) {
	user, password := basicAuth(r.Header.Get("Proxy-Authorization"))
	switch {
	case !s.authentic(user, password):
		s.refuse(w, r, errCredentials)
	case r.Method == http.MethodConnect:
		s.tunnel(w, r)
	case r.URL.Scheme != "http":
		s.refuse(w, r, fmt.Errorf("%w: a proxy is asked to CONNECT, or for a URL that begins with http://", errBadHTTP))
	default:
		at, err := s.authority(r.URL.Hostname(), r.URL.Port(), "80")
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		r.URL.Host = at // Host still says what the client calls it
		relay.ServeHTTP(w, r)
	}
}

// authority returns where a client's host and port lead.
func (s *server) authority(host, port, portIfNone string) (string, error) {
	if port == "" {
		port = portIfNone
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%w: its target should have a port from 1 to 65535", errBadHTTP)
	}
	name, err := s.target(host)
	return net.JoinHostPort(name, port), err
}

// tunnel connects the client to what it names.
func (s *server) tunnel(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		s.refuse(w, r, fmt.Errorf("%w: its target should be a host and a port", errBadHTTP))
		return
	}
	at, err := s.authority(host, port, "")
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	remote, err := s.Dial(r.Context(), "tcp", at)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer func() { _ = remote.Close() }() // both directions have ended
	c, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer func() { _ = c.Close() }() // as above
	if _, err := io.WriteString(c, established); err != nil {
		return // it has gone
	}
	early := io.LimitReader(buffered, int64(buffered.Reader.Buffered()))
	splice(r.Context(), c, io.MultiReader(early, c), remote)
}

// basicAuth parses the credentials of RFC 7617; both are "" if there are none.
func basicAuth(header string) (user, password string) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", ""
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return "", ""
	}
	return user, password
}

// refuse tells the client why it does not get what it asked for.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, cause error) {
	if r.Context().Err() != nil {
		return // it has gone
	}
	s.Log.InfoContext(r.Context(), "Proxy client refused", slog.Any("err", cause))
	status := statusOf(cause)
	if status == http.StatusProxyAuthRequired {
		w.Header().Set("Proxy-Authenticate", `Basic realm="Paul", charset="UTF-8"`)
	}
	http.Error(w, cause.Error(), status)
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errCredentials):
		return http.StatusProxyAuthRequired
	case errors.Is(err, errBadHTTP):
		return http.StatusBadRequest
	case errors.Is(err, errForbidden), errors.Is(err, overlay.ErrNotAdmitted), errors.Is(err, overlay.ErrBadName):
		return http.StatusForbidden
	case errors.Is(err, overlay.ErrUnreachable):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// httpConn is a client's connection after a look at its first byte, and a
// listener that accepts it and nothing else.
type httpConn struct {
	net.Conn
	r        *bufio.Reader
	accepted bool // used by Accept alone
	once     sync.Once
	closed   chan struct{}
}

func newHTTPConn(c net.Conn, r *bufio.Reader) *httpConn {
	return &httpConn{Conn: c, r: r, closed: make(chan struct{})}
}

func (c *httpConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// CloseWrite and Abort are for splice.
func (c *httpConn) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}

func (c *httpConn) Abort() { reset(c.Conn) }

func (c *httpConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// oneClient makes a listener of c.
type oneClient struct{ *httpConn }

// Accept returns the connection, and later waits for its end.
func (l oneClient) Accept() (net.Conn, error) {
	if !l.accepted {
		l.accepted = true
		return l.httpConn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l oneClient) Addr() net.Addr { return l.LocalAddr() }

// Close does nothing: the connection ends by itself.
func (l oneClient) Close() error { return nil }
