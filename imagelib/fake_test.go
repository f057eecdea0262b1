package imagelib

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/thumb"
	"github.com/libpaul/paul/internal/signal"
)

// fakeFiles is a file layer in memory, with bytes in a folder.
type fakeFiles struct {
	dir     string
	self    string
	changed signal.Signal
	asked   func() // called by Entries, if not nil
	ready   func() // called by Ready, if not nil

	mu        sync.Mutex // guards all below
	entries   map[Digest]filelayer.Entry
	peers     map[string]http.Handler // online devices
	editors   map[string]filelayer.Editor
	edits     [][]filelayer.Edit // that were noted, as done
	commitErr error
	room      int // files until the disk is full; 0: no end
	commits   int
	created   int    // files that went through batches
	committed func() // called once a batch is committed, if not nil
}

func newFakeFiles(tb testing.TB) *fakeFiles {
	tb.Helper()
	return &fakeFiles{dir: tb.TempDir(), self: "device", entries: map[Digest]filelayer.Entry{}, peers: map[string]http.Handler{}}
}

func (f *fakeFiles) Ready(ctx context.Context) error {
	if f.ready != nil {
		f.ready()
	}
	return ctx.Err()
}

func (f *fakeFiles) Indexed(ctx context.Context) error { return f.Ready(ctx) }

func (f *fakeFiles) Strays(_ context.Context, paths []string) ([]string, error) { return paths, nil }

func (f *fakeFiles) Changed() *signal.Signal { return &f.changed }

func (f *fakeFiles) Entries() []filelayer.Entry {
	if f.asked != nil {
		f.asked()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []filelayer.Entry
	for _, e := range f.entries {
		if e.Deleted == nil {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b filelayer.Entry) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	return list
}

func (f *fakeFiles) Entry(d Digest) (filelayer.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.entries[d]
	if !ok {
		return e, filelayer.ErrNotFound
	}
	return e, nil
}

func (f *fakeFiles) Fetch(_ context.Context, d Digest) (*os.File, error) {
	e, err := f.Entry(d)
	if err != nil {
		return nil, err
	}
	if !e.Here() {
		return nil, filelayer.ErrNoHolder
	}
	return os.Open(e.Path)
}

func (f *fakeFiles) Online(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.peers[id] != nil
}

func (f *fakeFiles) PeerGet(ctx context.Context, id, path string) (*http.Response, error) {
	f.mu.Lock()
	h := f.peers[id]
	f.mu.Unlock()
	if h == nil {
		return nil, filelayer.ErrNotPaired
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
	return w.Result(), nil
}

// put sets an entry and tells.
func (f *fakeFiles) put(e filelayer.Entry) {
	f.mu.Lock()
	f.entries[e.Digest] = e
	f.mu.Unlock()
	f.changed.Raise()
}

func (f *fakeFiles) SetEditor(kind string, e filelayer.Editor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.editors == nil {
		f.editors = make(map[string]filelayer.Editor)
	}
	f.editors[kind] = e
}

func (f *fakeFiles) Edit(ctx context.Context, kind string, edits []filelayer.Edit) (string, []error) {
	f.mu.Lock()
	editor := f.editors[kind]
	f.mu.Unlock()
	errs := editor.Apply(ctx, edits)
	var done []filelayer.Edit
	for i, err := range errs {
		if err == nil {
			done = append(done, edits[i])
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.edits = append(f.edits, done)
	return strconv.Itoa(len(f.edits)), errs
}

func (f *fakeFiles) newImport() importing { return fakeImport{f} }

type fakeImport struct{ f *fakeFiles }

func (i fakeImport) newBatch() batch { return &fakeBatch{f: i.f} }

func (fakeImport) End(context.Context) {}

type fakeBatch struct {
	f      *fakeFiles
	staged []filelayer.Entry
}

func (b *fakeBatch) Create(ctx context.Context, r io.Reader, md filelayer.Metadata) (filelayer.Entry, error) {
	data, err := io.ReadAll(r)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return filelayer.Entry{}, err
	}
	return b.CreateContent(filelayer.NewContent(data), md)
}

func (b *fakeBatch) CreateContent(c filelayer.Content, md filelayer.Metadata) (filelayer.Entry, error) {
	b.f.mu.Lock()
	full := b.f.room == 1
	if b.f.room > 1 {
		b.f.room--
	}
	b.f.mu.Unlock()
	if full {
		return filelayer.Entry{}, filelayer.ErrNoSpace
	}
	d, data := c.Digest(), c.Bytes()
	path := filepath.Join(b.f.dir, d.String())
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return filelayer.Entry{}, err
	}
	e := filelayer.Entry{
		Digest: d, Name: md.Name, Size: int64(len(data)), Type: md.Type, Time: md.Time, Path: path,
		Holders: filelayer.ByDevice(map[string]filelayer.Holder{b.f.self: {Saved: true, N: 1, Verified: time.Unix(1, 0)}}),
	}
	b.staged = append(b.staged, e)
	return e, nil
}

func (b *fakeBatch) Commit(ctx context.Context) error {
	b.f.mu.Lock()
	if err := errors.Join(ctx.Err(), b.f.commitErr); err != nil {
		b.f.mu.Unlock()
		return err
	}
	b.f.commits++
	b.f.created += len(b.staged)
	for _, e := range b.staged {
		if old, ok := b.f.entries[e.Digest]; !ok || old.Deleted != nil || !old.Here() {
			b.f.entries[e.Digest] = e
		}
	}
	committed := b.f.committed
	b.f.mu.Unlock()
	b.f.changed.Raise()
	if committed != nil {
		committed()
	}
	return nil
}

func (b *fakeBatch) Abort() { b.staged = nil }

// fakeDB is a database in memory.
type fakeDB struct {
	mu      sync.Mutex // guards all below
	docs    map[string]filelayer.Doc
	log     []string // IDs in the order of changes
	changed signal.Signal
	failing error
	// before and after, if not nil, are called once, before a write is looked at
	// and after it is done.
	before, after func()
	// delivered, if not nil, is called once a feed has taken changes.
	delivered func()
}

func newFakeDB() *fakeDB { return &fakeDB{docs: map[string]filelayer.Doc{}} }

func (db *fakeDB) Get(_ context.Context, id string, dst any) (string, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	d, ok := db.docs[id]
	if !ok {
		return "", filelayer.ErrNotFound
	}
	return d.Rev, json.Unmarshal(d.Body, dst)
}

func (db *fakeDB) Bulk(ctx context.Context, docs []filelayer.Doc) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	if before := db.before; before != nil {
		db.before = nil
		db.mu.Unlock()
		before()
		db.mu.Lock()
	}
	if db.failing != nil {
		defer db.mu.Unlock()
		return nil, db.failing
	}
	errs := make([]error, len(docs))
	for i := range docs {
		errs[i] = db.write(&docs[i])
	}
	after := db.after
	db.after = nil
	db.mu.Unlock()
	db.changed.Raise()
	if after != nil {
		after()
	}
	return errs, nil
}

// write writes one document. The caller holds mu.
func (db *fakeDB) write(d *filelayer.Doc) error {
	if db.docs[d.ID].Rev != d.Rev {
		return filelayer.ErrConflict
	}
	n, _ := strconv.Atoi(d.Rev) // "" counts as 0
	d.Rev = strconv.Itoa(n + 1)
	db.docs[d.ID] = *d
	db.log = append(db.log, d.ID)
	return nil
}

func (db *fakeDB) Update(_ context.Context, id string, change func(raw) (raw, error)) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	d := db.docs[id]
	body, err := change(d.Body)
	if err != nil {
		return err
	}
	defer db.changed.Raise()
	return db.write(&filelayer.Doc{ID: id, Rev: d.Rev, Body: body})
}

func (db *fakeDB) Follow(ctx context.Context, since string, fn func([]filelayer.Doc, string) error) error {
	woken, stop := db.changed.Listen()
	defer stop()
	at, _ := strconv.Atoi(since) // "" is the start
	for {
		db.mu.Lock()
		var docs []filelayer.Doc
		for _, id := range db.log[min(at, len(db.log)):] {
			docs = append(docs, db.docs[id])
		}
		at = len(db.log)
		delivered := db.delivered
		db.mu.Unlock()
		if len(docs) > 0 {
			if err := fn(docs, strconv.Itoa(at)); err != nil {
				return err
			}
			if delivered != nil {
				delivered()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// testLibrary is a library on fakes.
type testLibrary struct {
	*Library
	files *fakeFiles
	db    *fakeDB
}

func newTestLibrary(tb testing.TB) *testLibrary {
	tb.Helper()
	return openTestLibrary(tb, tb.TempDir(), newFakeFiles(tb), newFakeDB())
}

func openTestLibrary(tb testing.TB, dir string, files *fakeFiles, db *fakeDB) *testLibrary {
	tb.Helper()
	l, err := open(files, db, "device", Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.renderer.Close(); l.instants.Close() })
	l.desktop = thumb.Desktop{}
	l.pauses = pauses{save: time.Hour, missing: time.Millisecond, retry: time.Millisecond, trim: time.Hour, reread: time.Hour}
	return &testLibrary{l, files, db}
}

// run runs the library until the test ends.
func (l *testLibrary) run(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
}

// wait blocks until ok holds, looking again whenever the library changes.
func (l *testLibrary) wait(tb testing.TB, what string, ok func(*Snapshot) bool) {
	tb.Helper()
	woken, stop := l.Changed().Listen()
	defer stop()
	limit := time.After(20 * time.Second)
	for !ok(l.Snapshot()) {
		select {
		case <-woken:
		case <-limit:
			tb.Fatalf("waited in vain for %s", what)
		}
	}
}

// writeFiles writes files below a new folder.
func writeFiles(tb testing.TB, files map[string][]byte) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func (f *fakeFiles) LookAgain() *signal.Signal { return &f.changed }

func (f *fakeFiles) lookThrough(context.Context, string) (placeLook, error) {
	return nil, filelayer.ErrNotFound
}
