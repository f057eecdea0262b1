package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/internal/sample"
)

// longest bounds every wait of these tests.
const longest = time.Minute

// start runs a device in this process until the end of the test.
func start(tb testing.TB, opts Options) *App {
	tb.Helper()
	opts.Home = tb.TempDir()
	a, stop := startAt(tb, opts)
	tb.Cleanup(stop)
	return a
}

// startAt runs a device on opts.Home until stop is called.
func startAt(tb testing.TB, opts Options) (a *App, stop func()) {
	tb.Helper()
	opts.NoLAN, opts.NoPublicPeers = true, true
	a, err := Open(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			tb.Errorf("%s: %v", opts.Name, err)
		}
	}
	wait, end := context.WithTimeout(tb.Context(), longest)
	defer end()
	if _, err := a.Ready(wait); err != nil {
		tb.Fatal(err)
	}
	return a, stop
}

// until waits until ok is true, looking again whenever the device changes.
func until(tb testing.TB, a *App, what string, ok func() bool) {
	tb.Helper()
	woken, stop := a.Changed().Listen()
	defer stop()
	late := time.After(longest)
	for !ok() {
		select {
		case <-woken:
		case <-late:
			tb.Fatalf("%s: this did not come to pass: %s", a.Self().Name, what)
		}
	}
}

// pairs lets b join a.
func pairs(tb testing.TB, a, b *App) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), longest)
	defer cancel()
	inv, err := a.Invite(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	defer inv.Cancel()
	var shown [4]string
	joined := make(chan error, 1)
	go func() {
		_, err := b.Join(ctx, inv.Code(), func(words [4]string) { shown = words })
		joined <- err
	}()
	guest, err := inv.Wait(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := inv.Accept(ctx); err != nil {
		tb.Fatal(err)
	}
	if err := <-joined; err != nil {
		tb.Fatal(err)
	}
	if shown != guest.Words || shown[0] == "" {
		tb.Errorf("one device shows %q, the other %q", shown, guest.Words)
	}
	until(tb, a, "both devices are online", func() bool { return a.Devices()[0].Self && pathTo(a, b).Kind != PathOffline })
	until(tb, b, "both devices are online", func() bool { return b.Devices()[0].Self && pathTo(b, a).Kind != PathOffline })
}

// pathTo is how a reaches b.
func pathTo(a, b *App) Path {
	for _, d := range a.Devices() {
		if d.ID == b.id() {
			return d.Path
		}
	}
	return Path{Kind: PathOffline}
}

func TestTwoDevices(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	b := start(t, Options{Name: "Laptop", Peers: a.node.ListenURIs()})
	dir := t.TempDir()
	paths, err := sample.Write(dir, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	result, err := a.Import(ctx, []string{dir})
	if err != nil || len(result.Added) != len(paths) {
		t.Fatalf("import: %+v, %v", result, err)
	}
	pairs(t, a, b)
	until(t, b, "all photos show on the other device", func() bool { return len(b.Images().Snapshot().Images) == len(paths) })
	for _, img := range b.Images().Snapshot().Images {
		if img.Here || img.Width == 0 || img.Date.Wall.Year() != 2024 {
			t.Errorf("the other device shows %+v", img)
		}
		if _, err := b.Images().Thumbnail(ctx, img.Digest, 256); err != nil {
			t.Errorf("thumbnail from the other device: %v", err)
		}
	}
	d := result.Added[0]
	if err := b.Save(ctx, d); err != nil {
		t.Fatal(err)
	}
	sameBytes(t, a, b, d)
	if act := b.Activities()[0]; act.Kind != KindSave || act.Running() || act.Files != 1 || act.Bytes == 0 {
		t.Errorf("the activity of the save: %+v", act)
	}
	if err := a.Unsave(ctx, d); err != nil {
		t.Fatal(err)
	}
	until(t, b, "the other copy is known to be gone", func() bool { e, _ := b.Entry(d); return len(e.HolderIDs()) == 1 })
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrLastCopy) && !errors.Is(err, ErrLeased) {
		t.Errorf("unsave of the last copy: %v", err)
	}
	sameBytes(t, b, a, d) // a fetches it
	if s := a.Status(); s.Files != len(paths) || s.Local != len(paths)-1 || s.AtRisk != len(paths) || s.Peers == 0 {
		t.Errorf("status %+v", s)
	}
	if self := a.Self(); self.Files != len(paths)-1 || self.Bytes == 0 || self.Name != "Desktop" {
		t.Errorf("self %+v", self)
	}
	deleteAndRestore(ctx, t, a, b, result.Added)
}

func deleteAndRestore(ctx context.Context, t *testing.T, a, b *App, ds []Digest) {
	t.Helper()
	if err := b.Delete(ctx, ds...); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*App{a, b} {
		until(t, x, "all are in the trash", func() bool {
			return len(x.Entries()) == 0 && len(x.Trash()) == len(ds) && len(x.Images().Snapshot().Images) == 0
		})
	}
	if err := a.Restore(ctx, ds...); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*App{a, b} {
		until(t, x, "all are back", func() bool { return len(x.Entries()) == len(ds) && len(x.Trash()) == 0 })
	}
	until(t, a, "the copies are back", func() bool { return a.Status().Local >= len(ds)-1 })
	if err := b.Save(ctx, Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("save of an unknown file: %v", err)
	}
}

// sameBytes checks that both devices give the same bytes for d.
func sameBytes(t *testing.T, a, b *App, d Digest) {
	t.Helper()
	var got [2][]byte
	for i, x := range []*App{a, b} {
		f, err := x.Fetch(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		got[i], err = io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(got[0]) == 0 || !bytes.Equal(got[0], got[1]) {
		t.Errorf("%d bytes here, %d there, and not the same", len(got[0]), len(got[1]))
	}
}

func TestLoopbackServices(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Couch: "127.0.0.1:0", Socks: "127.0.0.1:0"})
	ready, err := a.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	password := strings.TrimSpace(readFile(t, filepath.Join(a.Home(), "loopback.password")))
	for _, test := range []struct {
		user, password string
		want           int
	}{{"", "", http.StatusUnauthorized}, {"paul", "wrong", http.StatusUnauthorized}, {"paul", password, http.StatusOK}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ready.Couch+"/files", nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.user != "" {
			req.SetBasicAuth(test.user, test.password)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != test.want {
			t.Errorf("%q asks the database: %s, want %d", test.user, resp.Status, test.want)
		}
	}
	if ready.Socks == "" {
		t.Error("the proxy does not say where it listens")
	}
}

// One device keeps its records in the database of another program, here that
// of another device.
func TestExternalDatabase(t *testing.T) {
	t.Parallel()
	couch := start(t, Options{Couch: "127.0.0.1:0"})
	ready, err := couch.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	password := strings.TrimSpace(readFile(t, filepath.Join(couch.Home(), "loopback.password")))
	url := "http://paul:" + password + "@" + ready.Couch + "/"
	a := start(t, Options{Database: url})
	dir := t.TempDir()
	if _, err := sample.Write(dir, 1, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Import(t.Context(), []string{dir}); err != nil {
		t.Fatal(err)
	}
	until(t, couch, "the record is in the other program's database", func() bool { return len(couch.Entries()) == 1 })
	if got := a.config.get().Database; got != url {
		t.Errorf("%q is kept for the next start", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop"})
	s := a.Settings()
	if s.Name != "Desktop" || s.Library != filepath.Join(a.Home(), "library") || s.Copies != 1 || !s.LAN || !s.PublicPeers {
		t.Errorf("settings of a new home: %+v", s)
	}
	s.Name, s.Peers, s.Theme, s.Copies = " Study ", []string{"tls://127.0.0.1:1"}, "dark", 2
	s.Accent, s.Density, s.ReduceMotion = "teal", "compact", "on"
	if err := a.UpdateSettings(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := a.Self().Name; got != "Study" {
		t.Errorf("name %q", got)
	}
	if len(a.Peers()) != 1 {
		t.Errorf("peers %+v", a.Peers())
	}
	if got := a.Settings(); got.Accent != "teal" || got.Density != "compact" || got.ReduceMotion != "on" {
		t.Errorf("kept %+v", got)
	}
	if got := a.RestartNeeded(); len(got) != 1 || got[0] != "copies" {
		t.Errorf("a restart is said to be needed for %v", got)
	}
	for name, spoil := range map[string]func(*Settings){
		"peer":    func(s *Settings) { s.Peers = []string{"tls://127.0.0.1:2", "nonsense"} },
		"name":    func(s *Settings) { s.Name = "  " },
		"copies":  func(s *Settings) { s.Copies = 0 },
		"library": func(s *Settings) { s.Library = filepath.Join(a.Home(), "config.json") },
	} {
		before := a.Settings()
		bad := before
		spoil(&bad)
		if err := a.UpdateSettings(t.Context(), bad); !errors.Is(err, ErrBadSetting) {
			t.Errorf("%s: %v, want ErrBadSetting", name, err)
		}
		if got := a.Settings(); got.Name != before.Name || got.Copies != before.Copies || len(a.Peers()) != 1 {
			t.Errorf("%s: something was changed: %+v, %+v", name, got, a.Peers())
		}
	}
	s.Peers = nil
	if err := a.UpdateSettings(t.Context(), s); err != nil || len(a.Peers()) != 0 {
		t.Errorf("peers removed: %v, left %+v", err, a.Peers())
	}
}

func TestSecondStartHandsOver(t *testing.T) {
	t.Parallel()
	a := start(t, Options{})
	if _, err := Open(t.Context(), Options{Home: a.Home()}); !errors.Is(err, ErrRunning) {
		t.Errorf("second Open: %v", err)
	}
	if there, err := HandOver(t.Context(), a.Home(), nil); !there || !errors.Is(err, ErrNoWindow) {
		t.Errorf("hand-over to a device without a window: %v, %v", there, err)
	}
	opened := a.Opened()
	if there, err := HandOver(t.Context(), a.Home(), []string{"paul:X", "/a b.jpg"}); !there || err != nil {
		t.Errorf("hand-over: %v, %v", there, err)
	}
	if got := <-opened; len(got) != 2 || got[0] != "paul:X" || got[1] != "/a b.jpg" {
		t.Errorf("handed over %q", got)
	}
	if there, err := HandOver(t.Context(), t.TempDir(), nil); there || err != nil {
		t.Errorf("hand-over to nobody: %v, %v", there, err)
	}
}

func TestReachOpensTheHomeItself(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for range 2 {
		c, err := Reach(t.Context(), Options{Home: home, Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Local() || c.Hello().PID != os.Getpid() {
			t.Errorf("local %v, %+v", c.Local(), c.Hello())
		}
		other, err := Connect(t.Context(), home) // it is there for others too
		if err != nil {
			t.Fatal(err)
		}
		if other.Local() || other.Hello().Ready.ID != c.Hello().Ready.ID {
			t.Errorf("the other client reached %+v", other.Hello())
		}
		if err := errors.Join(other.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Connect(t.Context(), home); !errors.Is(err, ErrNotRunning) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	a := start(t, Options{})
	for _, s := range []string{"0123456", strings.Repeat("0", 8), strings.Repeat("f", 63)} {
		if _, err := a.resolve(s); err == nil {
			t.Errorf("%q names a file of an empty library", s)
		}
	}
	dir := t.TempDir()
	if _, err := sample.Write(dir, 1, 9); err != nil {
		t.Fatal(err)
	}
	result, err := a.Import(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	full := result.Added[0].String()
	for _, s := range []string{full, full[:8], strings.ToUpper(full[:20])} {
		if d, err := a.resolve(s); err != nil || d != result.Added[0] {
			t.Errorf("%q names %v, %v", s, d, err)
		}
	}
}

// A device that was off while another imported learns all of it when it is on
// again, and shows it with what the photos say of themselves.
func TestRestartCatchesUp(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	opts := Options{Home: t.TempDir(), Name: "Laptop", Peers: a.node.ListenURIs()}
	dir := t.TempDir()
	paths, err := sample.Write(dir, 2, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range paths {
		b, stop := startAt(t, opts)
		if i == 0 {
			pairs(t, a, b)
		}
		until(t, b, "what was imported before shows", func() bool { return described(b) == i })
		stop()
		if _, err := a.Import(t.Context(), []string{path}); err != nil {
			t.Fatal(err)
		}
	}
	b, stop := startAt(t, opts)
	defer stop()
	until(t, b, "what was imported while it was off shows", func() bool { return described(b) == len(paths) })
}

// described counts the images whose own record is there.
func described(a *App) (n int) {
	for _, img := range a.Images().Snapshot().Images {
		if img.Width > 0 {
			n++
		}
	}
	return n
}
