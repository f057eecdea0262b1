package overlay

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	gvisorlog "gvisor.dev/gvisor/pkg/log"
)

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestLogsKeepSecrets logs all there is while links with passwords come, fail
// and go.
func TestLogsKeepSecrets(t *testing.T) {
	t.Parallel()
	const password, wrong = "open-sesame", "open-barley"
	var book logBook
	log := slog.New(slog.NewJSONHandler(&book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts := local(t)
	opts.Log = log
	opts.Listen = []string{"tls://127.0.0.1:0?password=" + password}
	a := start(t, opts)
	at := a.ListenURIs()[0]
	opts = local(t)
	opts.Log = log
	opts.Peers = []string{at + "?password=" + password}
	b := start(t, opts)
	opts = local(t)
	opts.Log = log
	opts.Peers = []string{at + "?password=" + wrong, "ws" + strings.TrimPrefix(at, "tls") + "?password=" + wrong}
	c := start(t, opts)
	awaitLink(t, a, b.PublicKey())
	failed := func() bool { return c.Peers()[0].LastErr != "" && c.Peers()[1].LastErr != "" }
	await(t, c, "links that fail", failed)
	said := fmt.Sprint(c.Peers()[0].LastErr, c.Peers()[1].LastErr)
	for _, n := range []*Node{c, b, a} {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(book.String(), hex.EncodeToString(n.private.Seed())) {
			t.Error("a key was logged")
		}
	}
	for _, secret := range []string{password, wrong} {
		if strings.Contains(book.String(), secret) || strings.Contains(said, secret) {
			t.Errorf("the password %s was logged: %s", secret, &book)
		}
	}
	if !strings.Contains(book.String(), "Link up") {
		t.Errorf("the log says %s", &book)
	}
}

// TestErrorsKeepPasswords: what is wrong with a URI is told without what it
// keeps secret, since errors are logged.
// TestStackLogsNothing: what gVisor says goes nowhere, once there is a node.
func TestStackLogsNothing(t *testing.T) {
	t.Parallel()
	unrun(t)
	if target := gvisorlog.Log().Emitter; target != (hushed{}) {
		t.Errorf("gVisor logs to %T", target)
	}
}

func TestErrorsKeepPasswords(t *testing.T) {
	t.Parallel()
	n := unrun(t)
	const secret = "open-sesame"
	for _, text := range []string{
		"tls://192.0.2.1?password=" + secret, "nonsense://192.0.2.1:1?password=" + secret,
		"tls://192.0.2.1:1/x?password=" + secret, "tls://192.0.2.1:1?key=1&password=" + secret,
		"tls://192.0.2.1:x?password=" + secret, "tls://192.0.2.1:1\x01?password=" + secret,
		"tls://paul:" + secret + "@192.0.2.1", "tls://paul:" + secret + "@192.0.2.1:1:1",
		"tls://192.0.2.1:1?password=" + strings.Repeat(secret, 9),
	} {
		err := n.AddPeer(text)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("add %s: %v", url.QueryEscape(text), err)
		}
	}
	if err := n.RemovePeer("tls://192.0.2.1:1?password=" + secret); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("remove: %v", err)
	}
}

func TestHidePassword(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"tls://192.0.2.1:7330?password=secret":            "tls://192.0.2.1:7330?password=...",
		"tls://192.0.2.1:7330?key=aa&password=secret%26x": "tls://192.0.2.1:7330?key=aa&password=...",
		"tls://192.0.2.1:7330?key=aa":                     "tls://192.0.2.1:7330?key=aa",
		"public peers":                                    "public peers",
		"tls://%zz?password=":                             "tls://%zz?password=",
	} {
		if got := HidePassword(uri); got != want {
			t.Errorf("%s is shown as %s", uri, got)
		}
	}
}
