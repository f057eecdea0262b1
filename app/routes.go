package app

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/libpaul/paul/imagelib"
)

// maxRequest bounds a request of the control API, in bytes.
const maxRequest = 64 << 20

// minPrefix is how many digits of a digest name it.
const minPrefix = 8

// Hello is how a running device presents itself to a command.
type Hello struct {
	Version int   `json:"version"`
	Ready   Ready `json:"ready"`
	PID     int   `json:"pid"`
	Offline bool  `json:"offline,omitempty"` // it has no links: it was opened for a command that needs none

	Removed *RemovedInfo `json:"removed,omitempty"` // as of Status
}

// routes is the control API. Answers are JSON, those of long commands a line
// for each Event; an error is a Failure with a fitting status.
func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	a := c.app
	mux.HandleFunc("GET /v1/hello", c.answer(func(r *http.Request) (any, error) {
		ready, err := a.Ready(r.Context())
		return Hello{apiVersion, ready, os.Getpid(), a.opts.Offline, a.removed()}, err
	}))
	mux.HandleFunc("GET /v1/status", c.answer(func(*http.Request) (any, error) {
		s := a.Status()
		s.Fetching = a.Fetching()
		if err := a.Away(); err != nil {
			s.Away = err.Error()
		}
		return s, nil
	}))
	mux.HandleFunc("GET /v1/diagnosis", c.answer(func(*http.Request) (any, error) { return a.Diagnose(), nil }))
	mux.HandleFunc("GET /v1/devices", c.answer(func(*http.Request) (any, error) { return a.Devices(), nil }))
	mux.HandleFunc("POST /v1/name", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b nameRequest) (any, error) { return nameRequest{a.Settings().Name}, a.Rename(r.Context(), b.Name) })
	}))
	mux.HandleFunc("DELETE /v1/devices/{id}", c.answer(func(r *http.Request) (any, error) {
		return struct{}{}, a.RemoveDevice(r.Context(), r.PathValue("id"))
	}))
	mux.HandleFunc("GET /v1/devices/{id}/loss", c.answer(c.ifLost))
	mux.HandleFunc("GET /v1/peers", c.answer(func(*http.Request) (any, error) { return a.peerInfos(), nil }))
	mux.HandleFunc("POST /v1/peers", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b peerRequest) (any, error) { return b, a.AddPeer(b.URI) })
	}))
	mux.HandleFunc("POST /v1/peers/remove", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b peerRequest) (any, error) { return b, a.RemovePeer(b.URI) })
	}))
	c.placeRoutes(mux)
	mux.HandleFunc("GET /v1/role", c.answer(func(r *http.Request) (any, error) {
		_, err := a.Ready(r.Context())
		return a.roleInfo(a.Role()), err
	}))
	mux.HandleFunc("POST /v1/role/plan", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b Role) (any, error) {
			_, err := a.Ready(r.Context())
			return a.roleInfo(b), err
		})
	}))
	mux.HandleFunc("POST /v1/role", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b Role) (any, error) {
			if _, err := a.Ready(r.Context()); err != nil {
				return nil, err
			}
			dropped, err := a.SetRole(r.Context(), b)
			if err != nil {
				return nil, err
			}
			info := a.roleInfo(b)
			info.Dropped, info.DroppedBytes = dropped.Files, dropped.Bytes
			return info, nil
		})
	}))
	mux.HandleFunc("GET /v1/copies", c.answer(c.copies))
	mux.HandleFunc("POST /v1/copies", c.answer(c.setCopies))
	mux.HandleFunc("GET /v1/limits", c.answer(func(*http.Request) (any, error) { return limitsInfo(a.Limits()), nil }))
	mux.HandleFunc("POST /v1/limits", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b LimitsInfo) (any, error) { return b, a.SetLimits(b.limits()) })
	}))
	mux.HandleFunc("GET /v1/watched", c.answer(func(r *http.Request) (any, error) {
		_, err := a.Ready(r.Context())
		return a.WatchedFolders(), err
	}))
	mux.HandleFunc("POST /v1/watched", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b folderRequest) (any, error) { return b, a.AddWatchedFolder(string(b.Path)) })
	}))
	mux.HandleFunc("POST /v1/watched/remove", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b folderRequest) (any, error) { return b, a.RemoveWatchedFolder(string(b.Path)) })
	}))
	mux.HandleFunc("GET /v1/held", c.answer(func(*http.Request) (any, error) { return a.listings(a.HeldDeletions()), nil }))
	mux.HandleFunc("GET /v1/trash", c.answer(func(*http.Request) (any, error) { return a.trashListings() }))
	mux.HandleFunc("GET /v1/trash/bytes", c.answer(func(r *http.Request) (any, error) {
		if _, err := a.Ready(r.Context()); err != nil {
			return nil, err
		}
		return a.InTrash()
	}))
	mux.HandleFunc("GET /v1/actions", c.answer(c.actions))
	mux.HandleFunc("POST /v1/undo", c.stream(c.undo))
	mux.HandleFunc("POST /v1/dates", c.answer(c.correctDates))
	mux.HandleFunc("GET /v1/clocks", c.answer(c.clockInfos))
	mux.HandleFunc("POST /v1/clocks", c.answer(c.doClock))
	mux.HandleFunc("POST /v1/agree", c.answer(func(r *http.Request) (any, error) {
		n := len(a.HeldDeletions())
		return n, a.AgreeDeletions(r.Context())
	}))
	mux.HandleFunc("POST /v1/open", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b openRequest) (any, error) { return b, a.handOver(plainPaths(b.Args)) })
	}))
	mux.HandleFunc("POST /v1/pair/{id}", c.answer(c.answerGuest))
	mux.HandleFunc("DELETE /v1/pair/{id}", c.answer(c.cancelInvitation))
	mux.HandleFunc("GET /v1/files/{digest}", c.fetch)
	mux.HandleFunc("GET /v1/entries", c.answer(func(*http.Request) (any, error) { return a.Listings(), nil }))
	mux.HandleFunc("GET /v1/found", c.answer(func(r *http.Request) (any, error) { return a.Find(r.FormValue("search")) }))
	mux.HandleFunc("POST /v1/backup", c.answer(c.backup))
	mux.HandleFunc("POST /v1/import", c.stream(c.importPaths))
	mux.HandleFunc("POST /v1/files", c.stream(c.act))
	mux.HandleFunc("POST /v1/edit", c.stream(c.edit))
	mux.HandleFunc("POST /v1/export", c.stream(c.export))
	mux.HandleFunc("POST /v1/check", c.stream(c.check))
	mux.HandleFunc("POST /v1/log", c.stream(c.removals))
	mux.HandleFunc("POST /v1/pair", c.stream(c.pair))
	mux.HandleFunc("POST /v1/join", c.stream(c.join))
	return mux
}

type (
	peerRequest struct{ URI string }
	openRequest struct{ Args []rawPath } // paths, if not told otherwise
	pairAnswer  struct{ Accept bool }

	folderRequest struct{ Path rawPath } // absolute
	joinRequest   struct{ Code string }
	pathsRequest  struct{ Paths []rawPath }
	filesRequest  struct {
		Do      string // "save", "unsave", "unsaveWhenSafe", "delete", "restore", "purge"
		Digests []string
		Force   bool
	}
	logRequest  struct{ Since time.Time }
	undoRequest struct{ ID string }

	backupRequest struct {
		Path    string // absolute
		Restore bool
	}
)

// answer makes a handler of a func with one result.
func (c *control) answer(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			refuse(w, err)
			return
		}
		body, err := json.Marshal(v)
		if err != nil {
			refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
	}
}

func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(statusOf(err))
	_ = json.NewEncoder(w).Encode(failure(err)) // as above
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDeleted):
		return http.StatusNotFound
	case errors.Is(err, ErrLastCopy), errors.Is(err, ErrUnverified), errors.Is(err, ErrLeased), errors.Is(err, ErrKeeper):
		return http.StatusConflict
	case errors.Is(err, ErrNoHolder):
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnprocessableEntity
	}
}

// withBody calls f with the request's JSON.
func withBody[T any](r *http.Request, f func(T) (any, error)) (any, error) {
	var body T
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	return f(body)
}

func readBody(r *http.Request, dst any) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return nil
}

// stream makes a handler of a func that says what happens as it happens. Its
// error becomes the last event but one; the last is always End.
func (c *control) stream(f func(*http.Request, func(Event)) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		enc, rc := json.NewEncoder(w), http.NewResponseController(w)
		var mu sync.Mutex // one event at a time
		send := func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			if enc.Encode(e) == nil { // a client that has gone ends the request's context
				_ = rc.Flush()
			}
		}
		if err := f(r, send); err != nil {
			send(Event{Failure: failure(err)})
		}
		send(Event{End: true})
	}
}

func (a *App) peerInfos() []PeerInfo {
	out := []PeerInfo{}
	for _, p := range a.Peers() {
		out = append(out, peerInfo(p))
	}
	return out
}

// Listings lists all files as commands show them, the oldest photo first.
func (a *App) Listings() []Listing { return a.listings(a.Entries()) }

// Find lists as Listings does the files of what a search finds, those that are
// shown together with others too. The search is as [imagelib.Query] has it in its
// Text; [ErrBadQuery] says what in it cannot be understood.
func (a *App) Find(search string) ([]Listing, error) {
	if err := imagelib.CheckText(search); err != nil {
		return nil, err
	}
	s := a.images.Snapshot()
	found := make(map[Digest]bool)
	for _, i := range s.Filter(imagelib.Query{Text: search}) {
		for _, f := range s.Images[i].Files() {
			found[f.Digest] = true
		}
	}
	var entries []Entry
	for _, e := range a.Entries() {
		if found[e.Digest] {
			entries = append(entries, e)
		}
	}
	return a.listings(entries), nil
}

func (a *App) listings(entries []Entry) []Listing {
	out := make([]Listing, len(entries))
	for i, e := range entries {
		out[i] = a.listing(e)
	}
	a.tellShots(entries, out)
	slices.SortFunc(out, func(x, y Listing) int {
		return cmp.Or(strings.Compare(x.Date, y.Date), strings.Compare(x.Digest, y.Digest))
	})
	return out
}

// tellShots names in the listings of entries the other files of the same shot.
func (a *App) tellShots(entries []Entry, listings []Listing) {
	at := make(map[Digest]int, len(entries))
	for i := range entries {
		at[entries[i].Digest] = i
	}
	for _, shot := range a.images.Shots(entries) {
		for _, e := range shot {
			for _, o := range shot {
				if l := &listings[at[e.Digest]]; o.Digest != e.Digest {
					l.With = append(l.With, o.Digest.String())
				}
			}
		}
	}
}

// othersOfShots returns for files that go the others of the same shot, which do not.
func (a *App) othersOfShots(ds []Digest) map[Digest][]Digest {
	goes := make(map[Digest]bool, len(ds))
	for _, d := range ds {
		goes[d] = true
	}
	others := make(map[Digest][]Digest)
	s := a.images.Snapshot()
	for _, d := range ds {
		img, _, ok := s.ByDigest(d)
		if !ok {
			continue
		}
		for _, f := range img.Files() {
			if !goes[f.Digest] {
				others[d] = append(others[d], f.Digest)
			}
		}
	}
	return others
}

// staying returns the names of those files that an action of a kind could have had
// as well.
func (a *App) staying(ds []Digest, kind string) (names []string) {
	for _, d := range ds {
		if e, ok := a.Entry(d); ok && e.Deleted == nil && (kind == KindDelete || e.Here()) {
			names = append(names, e.Name)
		}
	}
	return names
}

// resolve finds the file that s names: a digest, or the beginning of one.
func (a *App) resolve(s string) (Digest, error) {
	var found Digest
	s = strings.ToLower(s)
	if len(s) == hex.EncodedLen(len(found)) {
		err := found.UnmarshalText([]byte(s))
		if _, ok := a.Entry(found); err == nil && !ok {
			err = unknown(s)
		}
		return found, err
	}
	if len(s) < minPrefix {
		return found, fmt.Errorf("%q: %w: give at least %d digits", s, ErrAmbiguous, minPrefix)
	}
	for _, list := range [][]Entry{a.Entries(), a.Trash()} {
		for _, e := range list {
			if !strings.HasPrefix(e.Digest.String(), s) || e.Digest == found {
				continue
			}
			if !found.IsZero() {
				return found, fmt.Errorf("%s: %w: give more digits", s, ErrAmbiguous)
			}
			found = e.Digest
		}
	}
	if found.IsZero() {
		return found, unknown(s)
	}
	return found, nil
}

func unknown(digest string) error {
	return fmt.Errorf("%s: %w: no photo of this library has that digest; see: pauld list, and for what was deleted: pauld trash", digest, ErrNotFound)
}

// fetch sends a file's bytes.
func (c *control) fetch(w http.ResponseWriter, r *http.Request) {
	d, err := c.app.resolve(r.PathValue("digest"))
	if err != nil {
		refuse(w, err)
		return
	}
	f, err := c.app.Fetch(r.Context(), d)
	if err != nil {
		refuse(w, err)
		return
	}
	defer func() { _ = f.Close() }() // opened for reading
	e, _ := c.app.Entry(d)
	meta, err := json.Marshal(c.app.listing(e))
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Paul-Entry", string(asciiJSON(meta)))
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// asciiJSON escapes what a header cannot hold.
func asciiJSON(data []byte) []byte {
	var out []byte
	for _, r := range string(data) {
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return out
}
