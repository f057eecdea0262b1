package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestControlSocket(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, dir string }{
		{"short", "home"},
		{"long", strings.Repeat("a-long-name/", 12) + "home"}, // over what a unix socket's name may have
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := places{home: filepath.Join(t.TempDir(), test.dir)}
			if err := os.MkdirAll(p.home, 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, p.socket(), "left by a crash")
			ln, token, forget, err := listenControl(p)
			if err != nil {
				t.Fatal(err)
			}
			if token == "" {
				info, err := os.Stat(p.socket())
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != 0o600 {
					t.Errorf("mode %v, want 0600", info.Mode())
				}
			}
			checkTalk(t, p, ln, token)
			if err := errors.Join(ln.Close(), forget()); err != nil {
				t.Fatal(err)
			}
			if _, _, err := dialControl(t.Context(), p); !errors.Is(err, ErrNotRunning) {
				t.Errorf("dial after the end: %v, want ErrNotRunning", err)
			}
		})
	}
}

// checkTalk checks that what dialControl reaches is ln.
func checkTalk(t *testing.T, p places, ln net.Listener, token string) {
	t.Helper()
	conn, got, err := dialControl(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if got != token {
		t.Errorf("token %q, want %q", got, token)
	}
	other, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(io.LimitReader(other, 1)); err != nil || string(b) != "x" {
		t.Errorf("read %q, %v", b, err)
	}
	_, _ = conn.Close(), other.Close() // the test is over
}

// Where no unix socket can be, the control API is on TCP, and asks for the token.
func TestControlOverTCP(t *testing.T) {
	t.Parallel()
	p := places{home: t.TempDir()}
	ln, token, err := listenTCP(p.tcp())
	if err != nil {
		t.Fatal(err)
	}
	c := &control{token: token}
	h := c.authorised(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, ln, h, nil) }()
	for _, test := range []struct {
		token string
		want  int
	}{{"", http.StatusUnauthorized}, {"wrong", http.StatusUnauthorized}, {token, http.StatusOK}} {
		client := newClient(func(ctx context.Context) (net.Conn, error) {
			conn, _, err := dialControl(ctx, p)
			return conn, err
		})
		client.token = test.token
		resp, err := client.send(t.Context(), http.MethodGet, "/v1/hello", nil)
		if (err == nil) != (test.want == http.StatusOK) {
			t.Errorf("token %q: %v, want status %d", test.token, err, test.want)
		}
		if resp != nil {
			_ = resp.Body.Close()
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFailureCrossesTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range codes {
		f := roundTrip(t, failure(fmt.Errorf("do it: %w", c.err)))
		if !errors.Is(f, c.err) {
			t.Errorf("%s: errors.Is does not know it again", c.name)
		}
		if want := "do it: " + c.err.Error(); f.Error() != want {
			t.Errorf("%s: message %q, want %q", c.name, f.Error(), want)
		}
	}
	f := roundTrip(t, failure(&FileError{Digest: Digest{1}, Name: "a.jpg", Err: ErrLastCopy}))
	if f.Digest != (Digest{1}).String() || !errors.Is(f, ErrLastCopy) {
		t.Errorf("a file's failure became %+v", f)
	}
	if f := roundTrip(t, failure(errors.New("odd"))); f.Code != "failed" || errors.Is(f, ErrNotFound) {
		t.Errorf("another error became %+v", f)
	}
}

func roundTrip(t *testing.T, f *Failure) *Failure {
	t.Helper()
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	got := new(Failure)
	if err := json.Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDeviceJSON(t *testing.T) {
	t.Parallel()
	d := Device{
		ID: "ab", Name: "NAS", Address: "200::1", Platform: "linux", Online: true, Files: 3, Bytes: 9, Only: 2, OnlyBytes: 8,
		OldestProof: time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC), NewestProof: time.Date(2024, 4, 2, 0, 0, 0, 0, time.UTC),
		Path: Path{
			Kind: PathRelayed, Via: "tls://192.0.2.1:1", ViaDevice: "Hub", ViaPublic: true, RTT: 1500 * time.Microsecond, Method: MethodLAN,
			Since: time.Date(2024, 5, 1, 11, 0, 0, 0, time.UTC), RX: 3_100_000, TX: 12,
		},
		LastSeen:  time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		RoleKnown: true, Role: Role{Helps: true, Space: 50}, Trash: 4, DiskFree: 70, DiskSize: 100,
	}
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"ab","name":"NAS","address":"200::1","platform":"linux","self":false,"online":true,` +
		`"path":{"kind":"relayed","via":"tls://192.0.2.1:1","viaDevice":"Hub","viaPublic":true,"rttMs":1.5,"method":"lan",` +
		`"since":"2024-05-01T11:00:00Z","rxRate":3100000,"txRate":12},"lastSeen":"2024-05-01T12:00:00Z","files":3,"bytes":9,` +
		`"only":2,"onlyBytes":8,"oldestProof":"2024-04-01T00:00:00Z","newestProof":"2024-04-02T00:00:00Z",` +
		`"room":{"everything":false,"helps":true,"space":50,"trash":4,"free":70,"disk":100}}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	var back Device
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, d) {
		t.Errorf("came back as %+v", back)
	}
}

func TestASCIIJSON(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"IMG.JPG", "Zürich \"1\".jpg", "日本 😀.png", "\n"} {
		data, err := json.Marshal(Listing{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		ascii := asciiJSON(data)
		for _, b := range ascii {
			if b >= 0x80 || b < ' ' {
				t.Errorf("%q: byte %#x cannot be in a header", name, b)
			}
		}
		var back Listing
		if err := json.Unmarshal(ascii, &back); err != nil || back.Name != name {
			t.Errorf("%q came back as %q, %v", name, back.Name, err)
		}
	}
}
