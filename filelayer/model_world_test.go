package filelayer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/internal/signal"
)

// The model runs real Layers, with their real files and databases, one step at a
// time: what their goroutines do in the background (pull, follow, settle, fetch,
// scan) are steps as well, so that a seed decides in which order all of it
// happens. The network and the clocks are the world's.

// world is some devices of one library, and what has happened to them.
type world struct {
	ctx     context.Context
	dir     string
	off     switches
	began   time.Time
	elapsed time.Duration
	units   []*unit
	photos  [][]byte
	digests []Digest
	lives   map[Digest]map[stamp]bool // lifecycles that a person began
	deleted map[Digest]bool           // by a person, at least once
	frail   map[Digest]bool           // a copy has rotted unseen: another may be in a trash
	purged  map[Digest]bool           // from every trash
	stored  map[Digest]bool           // it was in a library: one in a folder in place is a person's to lose
	edits   map[Digest]bool           // what other programs wrote
	broken  error                     // the law that was broken
	cuts    map[[2]string]bool
	meeting bool     // all meet until nothing is left to do
	asker   *unit    // waits for an answer of another device
	steps   []step   // carried out
	log     []string // of the steps, with those amid them

	mu    sync.Mutex // guards the rest
	fault fault
	amid  []step // done amid the step that runs, after its first question to another device
}

// switches are safeguards that are off, so that the model shows what they are
// for.
type switches struct {
	proof    bool // who drops its copy asks nobody: the records will do
	promise  bool // leases are granted and bind nobody
	digest   bool // received bytes are taken for what they should be
	removal  bool // a device's latest word beats its removal
	deletion bool // a change of holders beats a deletion
	limit    bool // a limit of space frees what the records say that others have, and asks nobody
	hold     bool // what is beyond a limit is fetched
}

// fault is what goes wrong with the next request whose URL has a fragment.
type fault struct {
	fragment string
	kind     int
}

const (
	lostRequest = iota + 1
	lostAnswer
	flipped
)

// unit is one device: a Layer that the steps drive.
type unit struct {
	*Layer
	w        *world
	n        int
	id       string
	dir      string
	up       bool
	removed  bool          // a person has removed it, and perhaps not everybody knows
	skew     time.Duration // of its clock
	role     Role          // what a person lets it keep by itself
	freeing  bool          // it frees copies by itself, for a limit of space
	expelled bool          // it has removed another, which nobody may know but it
	service  http.Handler
	changed  signal.Signal

	admitted map[string]bool
	feeds    [8]*feed          // of records and of conflicts, in files, devices, copies and the journal
	merged   string            // position up to which conflicts are merged
	pulled   map[string]string // position up to which all is pulled, of each device
	heard    map[string]string // position of its journal up to which that is
	dead     map[Digest]stamp  // latest lifecycle that it knew to be deleted
	gone     map[string]bool   // devices that it knew to be removed
	moved    map[string]bool   // paths, of what a person moved
	rotten   map[string]bool   // paths, of what nobody knows to be rotten
	edited   map[string]Digest // what other programs wrote, by path
	plot     plot              // a folder that was added in place
	dirty    bool              // its folder may have changed since it was looked at
	library  map[string]Digest
	trash    map[string]Digest
	own      own
}

// modelDir returns a new folder, in memory where the system has that: every
// step syncs files.
func modelDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "paul-model-") //nolint:usetesting // TempDir is on a disk, as a rule
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (w *world) unit(id string) *unit {
	for _, u := range w.units {
		if u.id == id {
			return u
		}
	}
	return nil
}

// fail notes the first law that is broken.
func (w *world) fail(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}

// clock is the device's. A process never sees its own go backwards: skew
// changes between two runs.
func (u *unit) clock() time.Time { return u.w.began.Add(u.w.elapsed + u.skew) }

// open starts the device up to where its goroutines would begin.
func (u *unit) open() error {
	w := u.w
	var err error
	var places []string
	if u.plot.added {
		places = []string{u.plot.path}
	}
	u.Layer, err = Open(Options{
		Dir: filepath.Join(u.dir, "state"), Library: filepath.Join(u.dir, "library"),
		DeviceID: u.id, Platform: "test", Address: "200::1", Network: u, Transport: u, Role: u.role, Places: places,
		now: u.clock, believing: w.off.digest,
	})
	if err != nil {
		return err
	}
	u.asks, u.proofs = 1, 1 // one after the other
	u.free = func() (int64, error) { return 1 << 40, nil }
	if ask := u.Layer.lease; w.off.proof || w.off.limit {
		u.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
			switch {
			case !w.off.proof && !u.freeing:
				return ask(ctx, id, removal, e)
			case !e.Holders.Of(id).Holds():
				return proof{}, ErrNotFound
			}
			return proof{verified: e.Holders.Of(id).Verified, until: u.now()}, nil
		}
	}
	u.switchJoins()
	u.admitted = make(map[string]bool)
	u.own.restarted()
	u.pulled, u.heard, u.merged = make(map[string]string), make(map[string]string), ""
	for i, db := range []*Database{u.files, u.roster, u.copies, u.actions} {
		u.feeds[i], u.feeds[4+i] = &feed{db: db, normal: true}, &feed{db: db, normal: true, leaves: true}
	}
	u.db.seal()
	read := make(chan struct{})
	begun := make(chan error, 1)
	go func() { begun <- u.begin(w.ctx, read) }()
	err = u.files.await(w.ctx)
	if err == nil {
		err = errors.Join(u.roster.await(w.ctx), u.copies.await(w.ctx), u.actions.await(w.ctx), u.read())
	}
	close(read)
	if err = errors.Join(err, <-begun); err != nil {
		return errors.Join(err, u.Close())
	}
	u.service = u.peerService(newLimiter(peerRequests))
	u.up, u.dirty = true, true
	u.indexed.Store(true)
	u.stirred.add(u.mirror.unsettled()...)
	u.noteCutOff(w.ctx, u.cut)
	return u.look()
}

// switchJoins replaces the rules by which records are merged.
func (u *unit) switchJoins() {
	if u.w.off.removal {
		u.mirror.join.devices = func(a, b deviceRecord) deviceRecord {
			out := joinDevices(a, b)
			if c := compareNames(a, b); c < 0 && b.Removed == nil || c > 0 && a.Removed == nil {
				out.Removed = nil
			}
			return out
		}
		u.roster.merge = func(leaves []json.RawMessage) (json.RawMessage, error) {
			return mergeLeaves(leaves, u.mirror.join.devices, func(deviceRecord) bool { return true })
		}
	}
	if u.w.off.deletion {
		u.mirror.join.files = func(a, b fileRecord) fileRecord {
			out := joinFiles(a, b)
			if a.Added == b.Added && (a.Deleted == nil || b.Deleted == nil) {
				out.Deleted = nil
			}
			return out
		}
		u.files.merge = func(leaves []json.RawMessage) (json.RawMessage, error) {
			return mergeLeaves(leaves, u.mirror.join.files, func(fileRecord) bool { return true })
		}
	}
}

// crash ends the device's process between two writes.
func (u *unit) crash() {
	u.up, u.dirty = false, true
	if err := u.Close(); err != nil {
		u.w.fail("close: %w", err)
	}
}

// Network of the device.

func (u *unit) Admit(id string) error                    { u.admitted[id] = true; return nil }
func (u *unit) Expel(id string, _ []byte)                { delete(u.admitted, id) }
func (u *unit) OpenWindow() func()                       { return func() {} }
func (u *unit) Hints() []string                          { return nil }
func (u *unit) AddPeer(string) (func(bool) error, error) { return nil, errUnreachable }
func (u *unit) Changed() *signal.Signal                  { return &u.changed }

func (u *unit) Online(id string) bool {
	v := u.w.unit(id)
	return v != nil && u.up && v.up && u.admitted[id] && v.admitted[u.id] && !u.w.cuts[pairKey(u.id, id)]
}

// RoundTrip asks another device.
func (u *unit) RoundTrip(req *http.Request) (*http.Response, error) {
	w := u.w
	u.own.asked.Add(1)
	id := peerID(req.URL.Host)
	if !u.Online(id) {
		return nil, errUnreachable
	}
	kind, amid := w.fate(req.URL.Path)
	if kind == lostRequest {
		return nil, errUnreachable
	}
	resp := w.unit(id).answer(u.id, req)
	for _, s := range amid {
		w.do(s)
	}
	switch {
	case kind == lostAnswer, !u.Online(id): // cut meanwhile
		return nil, errUnreachable
	case kind == flipped:
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		if len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		resp.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return resp, nil
}

// fate says what happens to a request, and what else happens amid it.
func (w *world) fate(path string) (kind int, amid []step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault.kind != 0 && strings.Contains(path, w.fault.fragment) {
		kind, w.fault = w.fault.kind, fault{}
	}
	if strings.HasPrefix(path, "/lease/") || strings.HasPrefix(path, "/blob") {
		amid, w.amid = w.amid, nil
	}
	return kind, amid
}

// answer serves a request of another device.
func (u *unit) answer(from string, req *http.Request) *http.Response {
	r := req.Clone(req.Context())
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), peerHost(from)+":40000"
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil { // as a server has it
		r.URL = u
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	u.dirty = true
	rec := httptest.NewRecorder()
	if d, ok := strings.CutPrefix(r.URL.Path, "/lease/"); ok && u.w.off.promise {
		u.promiseNothing(rec, r, d)
	} else {
		u.service.ServeHTTP(rec, r)
	}
	return rec.Result()
}

// promiseNothing grants a lease for a copy that is here, and forgets it.
func (u *unit) promiseNothing(w http.ResponseWriter, r *http.Request, name string) {
	d, err := ParseDigest(name)
	if err != nil || r.Method != http.MethodPost || !u.blobs.Has(d) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	now := toMillis(u.now())
	_, _ = fmt.Fprintf(w, `{"verified":%d,"until":%d}`, now, now+1)
}

// survey looks at what is really in the device's folders.
func (u *unit) survey() error {
	if !u.dirty {
		return nil
	}
	u.dirty = false
	u.library, u.trash = make(map[string]Digest), make(map[string]Digest)
	root := filepath.Join(u.dir, "library")
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		var into map[string]Digest
		switch dir := filepath.ToSlash(rel); {
		case strings.HasPrefix(dir, ".paul/trash/"):
			into = u.trash
		case strings.HasPrefix(dir, ".paul/"):
			return nil
		default:
			into = u.library
		}
		data, err := os.ReadFile(path)
		into[path] = sha256.Sum256(data)
		return err
	})
}

// has says whether right bytes are in a folder, as last surveyed.
func has(folder map[string]Digest, d Digest) bool {
	for _, got := range folder {
		if got == d {
			return true
		}
	}
	return false
}
