package filelayer

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/replicate"
	"github.com/libpaul/paul/internal/signal"
)

// couchDB is an external server, here another embedded one behind a password.
type couchDB struct {
	t      *testing.T
	server *couch.Server
	http   *httptest.Server
	down   atomic.Bool   // connections are cut
	asked  signal.Signal // raised after each request
}

func newCouchDB(t *testing.T) *couchDB {
	t.Helper()
	server, err := couch.Open(t.TempDir(), couch.Options{})
	must(t, err)
	c := &couchDB{t: t, server: server}
	guarded := couch.Auth(couch.AuthOptions{User: "paul", Password: "secret"}, server)
	c.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.down.Load() {
			panic(http.ErrAbortHandler)
		}
		defer c.asked.Raise()
		guarded.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		c.http.CloseClientConnections()
		must(t, server.Close())
		c.http.Close()
	})
	return c
}

// use makes a device keep its records there too.
func (c *couchDB) use(o *Options) {
	o.DatabaseURL = strings.Replace(c.http.URL, "http://", "http://paul:secret@", 1)
}

// cut takes the server away, or brings it back.
func (c *couchDB) cut(down bool) {
	c.down.Store(down)
	if down {
		c.http.CloseClientConnections()
	}
}

// get returns what a path of the server says.
func (c *couchDB) get(path string) (status int, body string) {
	c.t.Helper()
	return ask(c.t, c.server, http.MethodGet, path)
}

func ask(t *testing.T, h http.Handler, method, path string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(testContext(t), method, path, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	must(t, err)
	return w.Code, string(b)
}

// until waits for a condition on what the server holds.
func (c *couchDB) until(what string, cond func() bool) {
	c.t.Helper()
	woken, stop := c.asked.Listen()
	defer stop()
	for !cond() {
		select {
		case <-woken:
		case <-testContext(c.t).Done():
			c.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (c *couchDB) has(path string) func() bool {
	return func() bool { status, _ := c.get(path); return status == http.StatusOK }
}

// TestExternalDatabase keeps the records in a CouchDB too, and pairs with a
// device that does not.
func TestExternalDatabase(t *testing.T) {
	t.Parallel()
	c, o := newCouchDB(t), newOverlay()
	a := newDevice(t, o, "a", c.use)
	b := newDevice(t, o, "b")
	d := a.create("photo", 3000)
	pair(t, a, b)
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	_, err := b.Save(testContext(t), d)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	must(t, a.Unsave(testContext(t), d))
	c.until("the record is there, as b wrote it", func() bool {
		_, body := c.get("/files/" + d.String())
		return strings.Contains(body, `"photo.jpg"`) && strings.Contains(body, b.id)
	})
	until(t, "both are the same", func() bool { s, _ := a.External(); return s.Synced }, a)
	if s, ok := a.External(); !ok || !s.Online || s.Err != nil || s.URL != c.http.URL+"/" {
		t.Errorf("External() = %+v", s)
	}
	if _, ok := b.External(); ok {
		t.Error("b has an external database")
	}
	if status, body := ask(t, a.CouchHandler(), http.MethodGet, "/files/"+d.String()); status != http.StatusOK || !strings.Contains(body, `"photo.jpg"`) {
		t.Errorf("CouchHandler = %d %s", status, body)
	}
}

// TestExternalDatabaseAway loses the server: the library is whole without it,
// also after a restart, takes changes, and both sides catch up.
func TestExternalDatabaseAway(t *testing.T) {
	t.Parallel()
	c, o := newCouchDB(t), newOverlay()
	a, b := newDevice(t, o, "a", c.use), newDevice(t, o, "b", c.use)
	o.part(a, b, true) // they have the server alone in common
	first := a.create("first", 3000)
	until(t, "b sees it", func() bool { return b.sees(first) }, b)

	c.cut(true)
	a.restart()
	until(t, "the records are there without the server", func() bool { return a.sees(first) && a.entry(first).Here() }, a)
	until(t, "a says that it is away", func() bool { s, _ := a.External(); return s.Err != nil }, a)
	if s, _ := a.External(); s.Online || strings.Contains(s.Err.Error(), "secret") {
		t.Errorf("External() = %+v", s)
	}
	second, third := a.create("second", 3000), b.create("third", 3000)

	c.cut(false)
	o.raise()
	until(t, "both have caught up", func() bool { return a.sees(third) && b.sees(second) }, a, b)
	until(t, "a says that it is back", func() bool { s, _ := a.External(); return s.Synced }, a)
}

// TestExternalDatabaseDeleted makes a database again that somebody has deleted
// from the server, and fills it.
func TestExternalDatabaseDeleted(t *testing.T) {
	t.Parallel()
	c := newCouchDB(t)
	a := newDevice(t, newOverlay(), "a", c.use)
	d := a.create("photo", 3000)
	record := "/files/" + d.String()
	c.until("the record is there", c.has(record))
	if status, body := ask(t, c.server, http.MethodDelete, "/files"); status != http.StatusOK {
		t.Fatal(status, body)
	}
	a.create("other", 3000) // whatever is written next
	c.until("the record is there again", c.has(record))
	if !a.sees(d) || !a.entry(d).Here() {
		t.Error("the photo is not here any more")
	}
}

// TestExternalDatabaseLeft neither reads nor writes it on a device that was
// removed from the library.
func TestExternalDatabaseLeft(t *testing.T) {
	t.Parallel()
	c, o := newCouchDB(t), newOverlay()
	a, b := newDevice(t, o, "a", c.use), newDevice(t, o, "b", c.use)
	until(t, "they know each other by it", func() bool { return a.mirror.paired(b.id) && b.mirror.paired(a.id) }, a, b)
	must(t, a.RemoveDevice(testContext(t), b.id))
	until(t, "b has left", b.left, b)
	d, e := b.create("alone", 3000), a.create("together", 3000)
	c.until("the record of a is there", c.has("/files/"+e.String()))
	until(t, "a has caught up", func() bool { s, _ := a.External(); return s.Synced }, a)
	if status, _ := c.get("/files/" + d.String()); status != http.StatusNotFound || a.sees(d) || b.sees(e) {
		t.Errorf("the record of b: %d; a sees it: %t; b sees that of a: %t", status, a.sees(d), b.sees(e))
	}
}

func TestExternalURL(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"localhost:5984", "ftp://x/", "http://", "http://paul:secret@[x/", "http://paul:secret@h:port/"} {
		_, err := openExternal(Options{DatabaseURL: text}, new(signal.Signal))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
	e, err := openExternal(Options{DatabaseURL: "https://paul:p%40ss@couch.example/base?x#y"}, new(signal.Signal))
	must(t, err)
	if want := "https://paul:p%40ss@couch.example/base/"; e.base.String() != want {
		t.Errorf("base = %s, want %s", e.base, want)
	}
	if s := e.status(2); s.URL != "https://couch.example/base/" || s.Online || s.Synced || s.Err != nil {
		t.Errorf("before the start: %+v", s)
	}
}

// A server that is away for days is told of once, not at each try.
func TestExternalDatabaseIsToldOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e, err := openExternal(Options{DatabaseURL: "http://127.0.0.1:5/", Log: slog.New(slog.NewTextHandler(&log, nil))}, new(signal.Signal))
	must(t, err)
	runs, fails := replicate.Status{Online: true}, replicate.Status{LastErr: errors.New("refused")}
	for i, st := range []struct {
		status replicate.Status
		levels []string // logged for both directions
	}{
		{runs, nil},
		{fails, []string{"WARN"}},
		{fails, nil},
		{runs, []string{"INFO"}},
		{runs, nil},
		{fails, []string{"WARN"}},
	} {
		log.Reset()
		for _, out := range []bool{false, true} {
			e.note(way{"files", out}, st.status)
		}
		var levels []string
		for line := range strings.Lines(log.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			levels = append(levels, rest[:4])
		}
		if !slices.Equal(levels, st.levels) {
			t.Errorf("step %d logs %q, want %q", i, levels, st.levels)
		}
	}
}
