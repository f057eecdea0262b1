package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/internal/nodetest"
	"github.com/libpaul/paul/overlay"
)

func TestParseForward(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // "" is refused
		"5984=127.0.0.1:5984":        "5984 127.0.0.1:5984",
		"1=localhost:65535":          "1 localhost:65535",
		"65535=[::1]:1":              "65535 [::1]:1",
		"80=192.168.1.5:80":          "80 192.168.1.5:80",
		"80=[fe80::1%eth0]:80":       "80 [fe80::1%eth0]:80",
		"":                           "",
		"5984":                       "",
		"=127.0.0.1:1":               "",
		"0=127.0.0.1:1":              "",
		"65536=127.0.0.1:1":          "",
		"+1=127.0.0.1:1":             "",
		"5984=":                      "",
		"5984=5984":                  "",
		"5984=:5984":                 "",
		"5984=127.0.0.1":             "",
		"5984=127.0.0.1:0":           "",
		"5984=127.0.0.1:http":        "",
		"5984=0.0.0.0:5984":          "",
		"5984=[::]:5984":             "",
		"5984=224.0.0.1:5984":        "",
		"5984=[200::1]:5984":         "",
		"5984=nas.local:5984":        "",
		"5984=nas.paul.internal:598": "",
		"5984=127.0.0.1\x00:5984":    "",
	} {
		port, to, err := parseForward(text)
		got := fmt.Sprint(port, " ", to)
		if (err == nil) != (want != "") || err == nil && got != want || err != nil && !errors.Is(err, ErrBadForward) {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}

func TestForwardRefused(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]string{
		"Paul's own port": {fmt.Sprintf("%d=127.0.0.1:1", filelayer.PeerPort)},
		"the pairing":     {fmt.Sprintf("%d=127.0.0.1:1", filelayer.PairPort)},
		"twice":           {"5984=127.0.0.1:1", "5984=127.0.0.1:2"},
		"nonsense":        {"5984"},
	} {
		a, err := Open(t.Context(), Options{Home: t.TempDir(), Offline: true, Forward: list})
		if err == nil {
			_ = a.Close() // the test has failed
		}
		if !errors.Is(err, ErrBadForward) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// externalCouch is a CouchDB-protocol server of this machine, and no part of
// any device.
func externalCouch(t *testing.T) (addr string) {
	t.Helper()
	db, err := couch.Open(t.TempDir(), couch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(couch.Auth(couch.AuthOptions{User: "admin", Password: "couch"}, db))
	t.Cleanup(func() {
		server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.Listener.Addr().String()
}

// TestProxyToForward: any program of one device reaches a program of another,
// through the proxy of the one and a forward of the other.
func TestProxyToForward(t *testing.T) {
	t.Parallel()
	db := externalCouch(t)
	nas := start(t, Options{Name: "The NAS", Listen: []string{"tls://127.0.0.1:0"}, Forward: []string{"5984=" + db, "81=127.0.0.1:1"}})
	laptop := start(t, Options{Name: "Laptop", Peers: nas.node.ListenURIs(), Socks: "127.0.0.1:0"})
	pairs(t, nas, laptop)
	ready, err := laptop.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	password := strings.TrimSpace(readFile(t, filepath.Join(laptop.Home(), "loopback.password")))
	proxy := "paul:" + password + "@" + ready.Socks
	long := overlay.HostName(nas.node.PublicKey())
	t.Run("curl", func(t *testing.T) { checkCurl(t, proxy, long, nas.node.Address().String()) })
	t.Run("PouchDB", func(t *testing.T) { checkPouchDB(t, "http://"+proxy, long) })
	if got := nas.Status().Forwards; len(got) != 2 || got[0].To != db || got[0].Error != "" || got[1].Port != 81 {
		t.Errorf("status tells of %+v", got)
	}
	checkShutOut(t, nas, laptop)
}

func checkCurl(t *testing.T, proxy, name, address string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not tested: there is none here")
	}
	curl := func(args ...string) (string, error) {
		args = append([]string{"-sS", "--noproxy", "", "--fail-with-body", "--max-time", "60"}, args...)
		out, err := exec.CommandContext(t.Context(), "curl", args...).CombinedOutput()
		return string(out), err
	}
	for _, host := range []string{name, "the-nas.paul.internal", "The-NAS.Paul.Internal", "[" + address + "]"} {
		for _, how := range [][]string{{"-x", "socks5h://" + proxy}, {"-x", "http://" + proxy}, {"-p", "-x", "http://" + proxy}} {
			out, err := curl(append(how, "-u", "admin:couch", "http://"+host+":5984/")...)
			if err != nil || !strings.Contains(out, `"couchdb":"Welcome"`) {
				t.Errorf("curl %s: %s, %v", append(how, host), out, err)
			}
		}
	}
	for url, says := range map[string]string{
		"http://" + name + ":5984/":         "401",        // the database asks for a password of its own
		"http://example.org/":               "403",        // the proxy leads to devices only
		"http://127.0.0.1:5984/":            "403",        //
		"http://cellar.paul.internal:5984/": "502",        // no such device
		"http://" + name + ":5983/":         "502",        // nobody listens there
		"http://" + name + ":81/":           "the device", // nothing is behind that forward
	} {
		out, err := curl("-x", "http://"+proxy, url)
		if err == nil || says != "the device" && !strings.Contains(out, says) {
			t.Errorf("curl %s: %s, %v; want %s", url, out, err, says)
		}
	}
	if out, err := curl("-x", "http://paul:wrong@"+strings.SplitN(proxy, "@", 2)[1], "http://"+name+":5984/"); err == nil || !strings.Contains(out, "407") {
		t.Errorf("curl with a wrong password: %s, %v", out, err)
	}
}

func checkPouchDB(t *testing.T, proxy, name string) {
	t.Helper()
	if testing.Short() {
		t.Skip("PouchDB is not asked in short tests")
	}
	modules, err := nodetest.Modules(t.Context(), "../filelayer/replicate/testdata/pouchdb")
	if err != nil {
		t.Skipf("PouchDB is not tested: %v", err)
	}
	for _, mode := range []string{"tunnel", "plain"} {
		const docs = 300
		remote := "http://admin:couch@" + name + ":5984/" + mode
		cmd := exec.CommandContext(t.Context(), "node", "testdata/replicate.js", mode, proxy, remote, fmt.Sprint(docs))
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "NODE_NO_WARNINGS=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		var done struct{ Pushed, Pulled int }
		if err := json.Unmarshal(out, &done); err != nil || done.Pushed != docs || done.Pulled != docs {
			t.Errorf("%s: %s, %v; want %d each", mode, out, err, docs)
		}
	}
}

// checkShutOut checks that neither a guest of a pairing window nor a device
// that was removed reaches a forward of nas.
func checkShutOut(t *testing.T, nas, laptop *App) {
	t.Helper()
	at := func(port int) string { return fmt.Sprintf("%s:%d", overlay.HostName(nas.node.PublicKey()), port) }
	guest := start(t, Options{Name: "Guest", Peers: nas.node.ListenURIs()})
	inv, err := nas.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Cancel()
	guest.node.Admit(nas.node.PublicKey())
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	open, err := guest.node.DialContext(ctx, "tcp", at(filelayer.PairPort))
	if err != nil {
		t.Fatalf("a guest does not reach the pairing port: %v", err)
	}
	defer func() { _ = open.Close() }()
	before := nas.Forwards()[0].Open
	soon, cancel := context.WithTimeout(ctx, 2*time.Second) // nothing will come
	defer cancel()
	if c, err := guest.node.DialContext(soon, "tcp", at(5984)); err == nil {
		_ = c.Close()
		t.Error("a guest reached a forward")
	}
	if got := nas.Forwards()[0].Open; got > before {
		t.Errorf("%d connections are led on, %d before the guest came", got, before)
	}
	c, err := laptop.node.DialContext(ctx, "tcp", at(5984))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET /"); err != nil {
		t.Fatal(err)
	}
	if err := nas.RemoveDevice(ctx, laptop.id()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); err == nil {
		t.Error("the connection of a removed device ended as if all was said")
	}
	transport := &http.Transport{DialContext: laptop.node.DialContext}
	soon, cancel = context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(soon, http.MethodGet, "http://"+at(5984)+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := transport.RoundTrip(r); err == nil {
		_ = response.Body.Close()
		t.Errorf("a removed device is answered %s", response.Status)
	}
}
