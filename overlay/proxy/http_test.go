package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

// web is a web server of a device, and a client that reaches it by a proxy.
type web struct {
	client  *http.Client
	mu      sync.Mutex
	dialled []string
}

func newWeb(t *testing.T, handle http.HandlerFunc) *web {
	t.Helper()
	far := httptest.NewServer(handle)
	t.Cleanup(far.Close)
	w := &web{}
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, ln, Options{
			User: "paul", Password: "secret",
			Resolve: func(name string) (string, bool) { return deviceName, name == "kitchen" },
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				w.mu.Lock()
				w.dialled = append(w.dialled, addr)
				w.mu.Unlock()
				if strings.HasSuffix(addr, ":2") {
					return nil, fmt.Errorf("dial: %w", overlay.ErrUnreachable)
				}
				var d net.Dialer
				return d.DialContext(ctx, network, far.Listener.Addr().String())
			},
		})
	}()
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("paul", "secret"), Host: ln.Addr().String()})}
	w.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return w
}

func (w *web) do(t *testing.T, method, target string, body io.Reader) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", "of the device")
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// TestPlainRequests: a request for an http URL reaches the device as it was,
// without what is between the client and its proxy.
func TestPlainRequests(t *testing.T) {
	t.Parallel()
	w := newWeb(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for name := range r.Header {
			if strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "X-Forwarded") {
				t.Errorf("the device is told %s: %q", name, r.Header[name])
			}
		}
		user, _, _ := r.BasicAuth()
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, "%s %s %s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("Via"), user, body)
	})
	for range 3 {
		response, text := w.do(t, http.MethodPut, "http://kitchen.paul.internal:5984/db/_design%2Fa%20b?x=1;y=%zz&k=\"a\"", strings.NewReader("body"))
		want := "PUT kitchen.paul.internal:5984 /db/_design%2Fa%20b?x=1;y=%zz&k=\"a\" 1.1 paul admin body"
		if text != want || response.StatusCode != http.StatusAccepted || response.Header.Get("Via") != "1.1 paul" {
			t.Errorf("%s %v: %q, want %q", response.Status, response.Header, text, want)
		}
	}
	if want := deviceName + ":5984"; len(w.dialled) != 1 || w.dialled[0] != want {
		t.Errorf("dialled %q for three requests, want %q once", w.dialled, want)
	}
	if _, text := w.do(t, http.MethodGet, "http://"+strings.ToUpper(deviceName)+"/", nil); !strings.HasPrefix(text, "GET ") || w.dialled[1] != deviceName+":80" {
		t.Errorf("dialled %q without a port: %q", w.dialled, text)
	}
	for target, want := range map[string]int{
		"http://example.org/": http.StatusForbidden, "http://127.0.0.1:5984/": http.StatusForbidden, "http://[::1]/": http.StatusForbidden,
		"http://cellar.paul.internal/": http.StatusBadGateway, "http://.paul.internal/": http.StatusBadGateway,
		"http://kitchen.paul.internal:2/": http.StatusGatewayTimeout, "http://kitchen.paul.internal:0/": http.StatusBadRequest,
		"http://kitchen.paul.internal:99999/": http.StatusBadRequest, "http://kitchen%00.paul.internal/": 0, "http://[200::1]/": http.StatusAccepted,
	} {
		if want == 0 {
			if _, err := url.Parse(target); err == nil {
				t.Errorf("%s is a URL", target)
			}
			continue
		}
		if response, text := w.do(t, http.MethodGet, target, nil); response.StatusCode != want {
			t.Errorf("GET %s: %s %q, want %d", target, response.Status, text, want)
		}
	}
}

// TestFeedComesAsItIsSent: what a device sends bit by bit is not held back,
// and is cut off when either end goes.
func TestFeedComesAsItIsSent(t *testing.T) {
	t.Parallel()
	next, gone := make(chan string), make(chan struct{})
	w := newWeb(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		for {
			select {
			case <-r.Context().Done():
				return
			case text := <-next:
				_, _ = io.WriteString(w, text)
				_ = http.NewResponseController(w).Flush()
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kitchen.paul.internal/db/_changes?feed=continuous", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { next <- "1\n" }()
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(response.Body)
	for i := range 3 {
		if i > 0 {
			next <- fmt.Sprintln(i + 1)
		}
		if !lines.Scan() || lines.Text() != fmt.Sprint(i+1) {
			t.Fatalf("line %d: %q, %v", i+1, lines.Text(), lines.Err())
		}
	}
	_ = response.Body.Close()
	select {
	case <-gone:
	case <-ctx.Done():
		t.Error("the device was not told that the client has gone")
	}
}

// TestCutAnswer: an answer that breaks off is no shorter one.
func TestCutAnswer(t *testing.T) {
	t.Parallel()
	w := newWeb(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 100_000))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kitchen.paul.internal/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if n, err := io.Copy(io.Discard, response.Body); err == nil {
		t.Errorf("%d bytes were taken for all", n)
	}
}

func TestPlainAsksForCredentials(t *testing.T) {
	t.Parallel()
	addr, dialled := start(t)
	for name, u := range map[string]*url.URL{
		"none": {Scheme: "http", Host: addr}, "wrong": {Scheme: "http", Host: addr, User: url.UserPassword("paul", "wrong")},
	} {
		transport := &http.Transport{Proxy: http.ProxyURL(u)}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+deviceName+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("paul", "secret") // for the device, not for the proxy
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusProxyAuthRequired || response.Header.Get("Proxy-Authenticate") == "" {
			t.Errorf("%s: %s %v", name, response.Status, response.Header)
		}
	}
	if asked := dialled(); len(asked) != 0 {
		t.Errorf("dialled %v without credentials", asked)
	}
}

var errFuzz = errors.New("nothing is there")

func FuzzHTTP(f *testing.F) {
	const auth = "Proxy-Authorization: Basic dTpw\r\n\r\n"
	for _, s := range []string{
		"", "CONNECT a:1 HTTP/1.1\r\n" + auth,
		"CONNECT [200::1]:80 HTTP/1.1\r\nHost: x\r\n" + auth,
		"CONNECT " + deviceName + ":080 HTTP/1.1\r\n" + auth,
		"GET http://a/ HTTP/1.0\r\n" + auth,
		"GET http://a.paul.internal:1/%2f?;\"\\ HTTP/1.1\r\nHost: x\r\n" + auth,
		"POST http://" + deviceName + ":65535 HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\nConnection: host, upgrade\r\nUpgrade: x\r\n" + auth + "1\r\nx\r\n0\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n" + auth,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &server{Options{User: "u", Password: "p", Log: slog.New(slog.DiscardHandler)}}
		s.Resolve = func(string) (string, bool) { return deviceName, true }
		s.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			checkDialled(t, addr)
			return nil, errFuzz
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return // net/http answers
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := httptest.NewRecorder()
		s.newHTTP(ctx).Handler.ServeHTTP(w, r.WithContext(ctx))
		if w.Code < 400 {
			t.Errorf("%q was answered %d", data, w.Code)
		}
	})
}
