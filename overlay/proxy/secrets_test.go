package proxy

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
)

// TestLogKeepsCredentials: a client that garbles its request has often said
// its password by then.
func TestLogKeepsCredentials(t *testing.T) {
	t.Parallel()
	const user, password = "paul", "open-sesame"
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	for name, request := range map[string]string{
		"no colon":            "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization Basic " + basic + "\r\n\r\n",
		"in the request line": "CONNECT http://" + user + ":" + password + "@a HTTP\r\n\r\n",
		"in the target":       "CONNECT " + user + ":" + password + "@[::1]:1 HTTP/1.1\r\nProxy-Authorization: Basic " + basic + "\r\n\r\n",
		"wrong user":          "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic " + basic + "x\r\n\r\n",
		"SOCKS":               "\x05\x01\x02\x01\x04" + user + "\x0b" + password + "\x05\x01\x00\x09",
		"SOCKS, another":      "\x05\x01\x02\x01\x05" + user + "x\x0b" + password,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			var group sync.WaitGroup
			group.Go(func() { _, _ = io.Copy(io.Discard, far) })
			group.Go(func() {
				_, _ = io.WriteString(far, request)
				_ = far.Close()
			})
			var log bytes.Buffer
			everything := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			serveClient(t.Context(), Options{User: user, Password: password, Log: everything}, near)
			group.Wait()
			if text := log.String(); strings.Contains(text, basic) || strings.Contains(text, password) {
				t.Errorf("the log says %q", text)
			}
		})
	}
}
