package proxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	socks "golang.org/x/net/proxy"

	"github.com/libpaul/paul/overlay"
)

var deviceName = strings.Repeat("ab", 16) + "." + strings.Repeat("cd", 16) + "." + overlay.Domain

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves a proxy in front of an echo, and returns its address and what
// it was asked to dial.
func start(t *testing.T) (addr string, dialled func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	echo := listen(t)
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	opts := Options{User: "paul", Password: "secret", Resolve: func(name string) (string, bool) {
		return deviceName, name == "kitchen"
	}}
	opts.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		asked = append(asked, addr)
		mu.Unlock()
		switch _, port, _ := net.SplitHostPort(addr); port {
		case "1":
			return nil, fmt.Errorf("dial: %w", syscall.ECONNREFUSED)
		case "2":
			return nil, fmt.Errorf("dial: %w", overlay.ErrUnreachable)
		case "3":
			return nil, fmt.Errorf("dial: %w", overlay.ErrNotAdmitted)
		case "4":
			return nil, errors.New("odd")
		}
		var d net.Dialer
		return d.DialContext(ctx, network, echo.Addr().String())
	}
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ln, opts) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func socksDial(proxy, user, password, target string) (net.Conn, error) {
	d, err := socks.SOCKS5("tcp", proxy, &socks.Auth{User: user, Password: password}, socks.Direct)
	if err != nil {
		return nil, err
	}
	return d.Dial("tcp", target)
}

func httpDial(proxy, user, password, target string) (net.Conn, error) {
	c, err := net.Dial("tcp", proxy)
	if err != nil {
		return nil, err
	}
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	_, err = fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n", target, target, auth)
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 16), &http.Request{Method: http.MethodConnect})
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func TestProxy(t *testing.T) {
	t.Parallel()
	addr, dialled := start(t)
	for _, c := range []struct {
		target, dialled string // dialled "" is refused
		socks, http     string // error texts
	}{
		{deviceName + ":80", deviceName + ":80", "", ""},
		{strings.ToUpper(deviceName) + ".:80", deviceName + ":80", "", ""},
		{"kitchen.paul.internal:5984", deviceName + ":5984", "", ""},
		{"Kitchen.Paul.Internal:5984", deviceName + ":5984", "", ""},
		{"[200::7]:80", "[200::7]:80", "", ""},
		{"[3ff::7]:80", "[3ff::7]:80", "", ""},
		{"cellar.paul.internal:80", "", "host unreachable", "502"},
		{"paul.internal:80", "", "not allowed", "403"},
		{"example.org:80", "", "not allowed", "403"},
		{"127.0.0.1:80", "", "not allowed", "403"},
		{"[::1]:80", "", "not allowed", "403"},
		{"[::ffff:127.0.0.1]:80", "", "not allowed", "403"},
		{"[2001:db8::1]:80", "", "not allowed", "403"},
		{"localhost:80", "", "not allowed", "403"},
		{deviceName[1:] + ":80", "", "not allowed", "403"},
		{deviceName + ":1", deviceName + ":1", "refused", "502"},
		{deviceName + ":2", deviceName + ":2", "host unreachable", "504"},
		{deviceName + ":3", deviceName + ":3", "not allowed", "403"},
		{deviceName + ":4", deviceName + ":4", "general", "502"},
		{".paul.internal:80", "", "host unreachable", "502"},
		{"\u212aitchen.paul.internal:80", "", "not allowed", "400"}, // a Kelvin sign is a k in lower case
	} {
		for _, p := range []struct {
			name, want string
			dial       func(proxy, user, password, target string) (net.Conn, error)
		}{{"socks", c.socks, socksDial}, {"http", c.http, httpDial}} {
			t.Run(p.name+" "+c.target, func(t *testing.T) {
				before := len(dialled())
				conn, err := p.dial(addr, "paul", "secret", c.target)
				if got := strings.Join(dialled()[before:], " "); got != c.dialled {
					t.Errorf("dialled %q, want %q", got, c.dialled)
				}
				if p.want != "" {
					if err == nil || !strings.Contains(err.Error(), p.want) {
						t.Errorf("got %v, want an error with %q", err, p.want)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkEcho(t, conn)
			})
		}
	}
}

// checkEcho sends more than any buffer holds and expects it back, by half
// close.
func checkEcho(t *testing.T, c net.Conn) {
	t.Helper()
	defer func() { _ = c.Close() }()
	sent := bytes.Repeat([]byte("paul"), 1<<18)
	go func() {
		_, _ = c.Write(sent)
		_ = c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("read %d of %d bytes back, %v", len(got), len(sent), err)
	}
}

func TestProxyAsksForCredentials(t *testing.T) {
	t.Parallel()
	addr, dialled := start(t)
	target := deviceName + ":80"
	for _, auth := range [][2]string{{"paul", "wrong"}, {"someone", "secret"}, {"paul", ""}, {"", "secret"}} {
		if c, err := socksDial(addr, auth[0], auth[1], target); err == nil {
			t.Errorf("SOCKS let %q in: %v", auth, c)
		}
		if c, err := httpDial(addr, auth[0], auth[1], target); err == nil || !strings.Contains(err.Error(), "407") {
			t.Errorf("HTTP with %q: %v, %v", auth, c, err)
		}
	}
	d, err := socks.SOCKS5("tcp", addr, nil, socks.Direct)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := d.Dial("tcp", target); err == nil {
		t.Errorf("SOCKS without credentials: %v", c)
	}
	if asked := dialled(); len(asked) != 0 {
		t.Errorf("dialled %v without credentials", asked)
	}
}

func TestProxyRawRequests(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	auth := "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("paul:secret")) + "\r\n"
	logIn := "\x05\x01\x02\x01\x04paul\x06secret"
	for name, c := range map[string]struct{ send, want string }{
		"no credentials":  {"CONNECT a:1 HTTP/1.1\r\n\r\n", "HTTP/1.1 407 "},
		"port 0":          {"CONNECT " + deviceName + ":0 HTTP/1.1\r\n" + auth + "\r\n", "HTTP/1.1 400 "},
		"no scheme":       {"GET / HTTP/1.1\r\nHost: a\r\n" + auth + "\r\n", "HTTP/1.1 400 "},
		"https":           {"GET https://" + deviceName + "/ HTTP/1.1\r\nHost: a\r\n" + auth + "\r\n", "HTTP/1.1 400 "},
		"no port":         {"CONNECT a HTTP/1.1\r\n" + auth + "\r\n", "HTTP/1.1 400 "},
		"rubbish":         {"rubbish\r\n\r\n", "HTTP/1.1 400 "},
		"long":            {"CONNECT a:1 HTTP/1.1\r\nX: " + strings.Repeat("x", 2*maxHead), "HTTP/1.1 431 "},
		"SOCKS bind":      {logIn + "\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x02\x01\x00\x05\x07\x00\x01"},
		"SOCKS UDP":       {logIn + "\x05\x03\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x02\x01\x00\x05\x07\x00\x01"},
		"SOCKS address":   {logIn + "\x05\x01\x00\x09", "\x05\x02\x01\x00\x05\x08\x00\x01"},
		"SOCKS IPv4":      {logIn + "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x02\x01\x00\x05\x02\x00\x01"},
		"SOCKS no method": {"\x05\x01\x00", "\x05\xff"},
		"SOCKS 4":         {"\x04\x01\x00\x50\x7f\x00\x00\x01\x00\r\n\r\n", "HTTP/1.1 400 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(c.want))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != c.want {
				t.Errorf("answered %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestServeEndsTunnels(t *testing.T) {
	t.Parallel()
	far, farEnd := net.Pipe()
	defer func() { _ = farEnd.Close() }()
	ln := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, ln, Options{User: "u", Password: "p", Dial: func(context.Context, string, string) (net.Conn, error) {
			return far, nil
		}})
	}()
	c, err := socksDial(ln.Addr().String(), "u", "p", deviceName+":80")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the tunnel is still open: %v", err)
	}
}

// TestSlowClients: a client that says nothing, or a byte a second, is cut off.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says string
		want time.Duration
	}{
		"silent": {"", negotiationWait},
		"SOCKS":  {"\x05" + strings.Repeat("\xff", 300), negotiationWait},
		"HTTP":   {"CONNECT a:1 HTTP/1.1\r\nX: " + strings.Repeat("x", 300), negotiationWait + time.Second}, // from the first byte
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				far, near := net.Pipe()
				defer func() { _ = far.Close() }()
				var group sync.WaitGroup
				defer group.Wait()
				group.Go(func() { _, _ = io.Copy(io.Discard, far) })
				group.Go(func() {
					tick := time.NewTicker(time.Second)
					defer tick.Stop()
					for i := range len(c.says) {
						<-tick.C
						if _, err := far.Write([]byte(c.says[i : i+1])); err != nil {
							return
						}
					}
				})
				began := time.Now()
				serveClient(t.Context(), Options{User: "u", Password: "p"}, near)
				if took := time.Since(began); took != c.want {
					t.Errorf("cut off after %v, want %v", took, c.want)
				}
			})
		})
	}
}

// serveClient serves one client to its end.
func serveClient(ctx context.Context, opts Options, c net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{opts}
	s.client(ctx, c, s.newHTTP(ctx))
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, overlay.ErrUnreachable }
	open, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ln   net.Listener
		opts Options
		want error
	}{
		"an open listener": {open, Options{Dial: dial, User: "u", Password: "p"}, ErrNotLoopback},
		"no password":      {listen(t), Options{Dial: dial, User: "u"}, ErrOptions},
		"no user":          {listen(t), Options{Dial: dial, Password: "p"}, ErrOptions},
		"no dial":          {listen(t), Options{User: "u", Password: "p"}, ErrOptions},
	} {
		if err := Serve(t.Context(), c.ln, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := c.ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: the listener was left open", name)
		}
	}
}

func FuzzSOCKS(f *testing.F) {
	for _, s := range []string{
		"\x05\x01\x02\x01\x00\x00\x05\x01\x00\x03\x0d.paul.INTERNAL\x00\x50", "\x05\x01\x02\x01\x00\x00\x05\x01\x00\x03\x09a\x00b@[:]%/\x00\x50",
		"", "\x05", "\x05\x01\x02", "\x05\x01\x02\x01\x04paul\x06secret\x05\x01\x00\x03\x09localhost\x00\x50",
		"\x05\x01\x02\x01\x00\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50",
		"\x05\x01\x02\x01\x00\x00\x05\x01\x00\x04\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		if _, err := readSOCKSMethods(r); err != nil {
			return
		}
		if _, _, err := readSOCKSPassword(r); err != nil {
			return
		}
		host, port, err := readSOCKSRequest(r)
		if err != nil {
			return
		}
		checkTarget(t, host, port)
	})
}

// checkTarget asserts that whatever was parsed leads to a device or nowhere.
func checkTarget(t *testing.T, host, port string) {
	t.Helper()
	s := &server{Options{Resolve: func(name string) (string, bool) {
		if name == "" || strings.ContainsFunc(name, notInHost) || name != strings.ToLower(name) {
			t.Errorf("asked for the device %q", name)
		}
		return deviceName, true
	}}}
	name, err := s.target(host)
	if err != nil {
		if code := replyCode(err); code != replyForbidden && code != replyUnreachable {
			t.Errorf("%v became reply %d", err, code)
		}
		return
	}
	checkDialled(t, net.JoinHostPort(name, port))
}

func checkDialled(t *testing.T, addr string) {
	t.Helper()
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatalf("dialled %q", addr)
	}
	if a, err := netip.ParseAddr(host); err == nil && overlay.Range.Contains(a) && a.Zone() == "" {
		return
	}
	if _, err := overlay.ParseHostName(host); err != nil || strings.ContainsFunc(host, notInHost) {
		t.Errorf("dialled %q", addr)
	}
}
