package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDoorsOfTheSettings: what is set listens after the next start; an address that is
// taken is refused, and at a start told, without stopping it.
func TestDoorsOfTheSettings(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }() // nobody connected
	opts := Options{Name: "Desktop", Home: t.TempDir()}
	a, stop := startAt(t, opts)
	for name, spoil := range map[string]func(*Settings){
		"listener that is none":  func(s *Settings) { s.Listen = []string{"nonsense"} },
		"listener that is taken": func(s *Settings) { s.Listen = []string{"tls://" + taken.Addr().String()} },
		"proxy for all":          func(s *Settings) { s.Socks = "0.0.0.0:1080" },
		"proxy that is taken":    func(s *Settings) { s.Socks = taken.Addr().String() },
		"database that is none":  func(s *Settings) { s.Database = "localhost:5984" },
	} {
		s := a.Settings()
		spoil(&s)
		if err := a.UpdateSettings(t.Context(), s); !errors.Is(err, ErrBadSetting) {
			t.Errorf("%s: %v, want ErrBadSetting", name, err)
		}
	}
	if got := a.RestartNeeded(); len(got) > 0 {
		t.Errorf("a restart is said to be needed for %v", got)
	}
	s := a.Settings()
	s.Listen, s.Socks, s.PortMap, s.Notify = []string{"tls://127.0.0.1:0"}, "127.0.0.1:0", false, false
	if err := a.UpdateSettings(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := a.RestartNeeded(); !slices.Equal(got, []string{"port of the router", "listeners", "proxy"}) {
		t.Errorf("a restart is said to be needed for %v", got)
	}
	stop()

	a, stop = startAt(t, opts)
	if at, byOption := a.Proxy(); at == "" || byOption || len(a.node.ListenURIs()) != 1 || a.Settings().Notify || a.Settings().PortMap {
		t.Errorf("proxy at %q, listeners %v, settings %+v", at, a.node.ListenURIs(), a.Settings())
	}
	user, password, err := a.ProxyLogin()
	if err != nil || user != "paul" || password != strings.TrimSpace(readFile(t, filepath.Join(a.Home(), "loopback.password"))) {
		t.Errorf("programs sign in as %q with %q, %v", user, password, err)
	}
	own := a.Settings() // the same ports in other words are no other program's
	own.Listen = []string{strings.Replace(a.node.ListenURIs()[0], "tls://127.0.0.1", "tcp://0.0.0.0", 1)}
	at, _ := a.Proxy()
	own.Socks = strings.Replace(at, "127.0.0.1", "localhost", 1)
	if err := a.UpdateSettings(t.Context(), own); err != nil {
		t.Errorf("its own ports are refused: %v", err)
	}
	own.Socks = strings.Replace(at, "127.0.0.1", "0.0.0.0", 1)
	if err := a.UpdateSettings(t.Context(), own); !errors.Is(err, ErrNotLoopback) {
		t.Errorf("a proxy for all: %v", err)
	}
	err = a.config.update(func(c *config) error { // as if the ports had been taken since
		c.Listen, c.Socks = []string{"tls://" + taken.Addr().String()}, taken.Addr().String()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	stop()

	a, stop = startAt(t, opts)
	defer stop()
	if n := strings.Join(a.Notices(), " "); !strings.Contains(n, "does not listen on tls://"+taken.Addr().String()) || !strings.Contains(n, "proxy") {
		t.Errorf("told: %q", n)
	}
	if at, _ := a.Proxy(); at != "" {
		t.Errorf("the proxy listens at %s", at)
	}
}

// TestListenerThatCannot: a listener of the settings that cannot listen does not stop a
// start, is told, and its password is not.
func TestListenerThatCannot(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()                                   // nobody connected
	for _, at := range []string{taken.Addr().String(), "192.0.2.1:9001"} { // of RFC 5737: no machine has it
		home := t.TempDir()
		settings := fmt.Sprintf(`{"listen": ["tls://%s?password=mellon"]}`, at)
		if err := os.WriteFile(filepath.Join(home, "config.json"), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		var logged strings.Builder
		a, stop := startAt(t, Options{Name: "Desktop", Home: home, Log: slog.New(slog.NewTextHandler(&logged, nil))})
		stop()
		if n := strings.Join(a.Notices(), " "); !strings.Contains(n, "does not listen on tls://"+at) || strings.Contains(n+logged.String(), "mellon") {
			t.Errorf("told: %q, logged: %s", n, logged.String())
		}
	}
}

// TestNameGivenElsewhere: a name that another device gives holds after a restart.
func TestNameGivenElsewhere(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	home := t.TempDir()
	b, stop := startAt(t, Options{Name: "Laptop", Home: home, Peers: a.node.ListenURIs()})
	pairs(t, a, b)
	if err := a.RenameDevice(t.Context(), b.id(), " Attic "); err != nil {
		t.Fatal(err)
	}
	until(t, b, "it keeps the name", func() bool { return b.Settings().Name == "Attic" })
	if err := a.RenameDevice(t.Context(), b.id(), " \n"); !errors.Is(err, ErrBadSetting) {
		t.Errorf("no name at all: %v", err)
	}
	if err := a.RenameDevice(t.Context(), a.id(), "Study"); err != nil || a.Settings().Name != "Study" {
		t.Errorf("its own name: %v, %q", err, a.Settings().Name)
	}
	stop()
	b, stop = startAt(t, Options{Home: home, Peers: a.node.ListenURIs()})
	defer stop()
	if got := b.Self().Name; got != "Attic" {
		t.Errorf("after a restart it is called %q", got)
	}
}

// TestReportTellsNoSecret: what a person sends to others holds what is wrong, and no password.
func TestReportTellsNoSecret(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Peers: []string{"tls://127.0.0.1:1?password=letmein"}, Listen: []string{"tls://127.0.0.1:0?password=mellon"}})
	a.LookAgain()
	report, err := a.Diagnose().Report()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report, "No other device is paired") || !strings.Contains(report, "tls://127.0.0.1:1") {
		t.Errorf("the report says nothing:\n%s", report)
	}
	for _, secret := range []string{"letmein", "mellon"} {
		if strings.Contains(report, secret) {
			t.Errorf("the report tells %q", secret)
		}
	}
}
