package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
)

// PlaceInfo is a folder that was added in place: its photos are those of this
// device, and stay where they lie.
type PlaceInfo struct {
	Path    string `json:"path"`  // absolute
	Files   int    `json:"files"` // photos there
	Bytes   int64  `json:"bytes"`
	Deleted int    `json:"deleted"` // of them: deleted in Paul, and still lying there
	Only    int    `json:"only"`    // of them: with no other copy that is known of
	Missing int    `json:"missing"` // photos that were there before
	Rotten  int    `json:"rotten"`  // photos whose bytes have changed though nobody has touched them
	Busy    bool   `json:"busy"`    // it is being looked through
	Away    string `json:"away,omitempty"`
}

// Remarks says, in words for a person, what is to be known of the folder.
func (p PlaceInfo) Remarks() []string {
	var out []string
	for _, r := range []struct {
		n         int
		one, many string
	}{
		{p.Deleted, "1 deleted photo still lies there", "%d deleted photos still lie there"},
		{p.Missing, "1 photo is gone from there", "%d photos are gone from there"},
		{p.Rotten, "1 photo has rotted there", "%d photos have rotted there"},
	} {
		switch {
		case r.n == 1:
			out = append(out, r.one)
		case r.n > 1:
			out = append(out, fmt.Sprintf(r.many, r.n))
		}
	}
	if p.Busy {
		out = append(out, "it is being looked through")
	}
	if p.Away != "" {
		out = append(out, p.Away)
	}
	return out
}

// Places lists the folders that were added in place, by path.
func (a *App) Places() ([]PlaceInfo, error) {
	all, err := a.files.Places()
	out := make([]PlaceInfo, len(all))
	for i, p := range all {
		out[i] = PlaceInfo{
			Path: p.Path, Files: p.Files, Bytes: p.Bytes, Deleted: p.Deleted, Only: p.Only,
			Missing: p.Missing, Rotten: p.Rotten, Busy: a.inPlace.busy(p.Path),
		}
		if p.Away != nil {
			out[i].Away = p.Away.Error()
		}
	}
	return out, err
}

// AddPlace adds the folder at an absolute path in place, and returns once it was
// looked through; it is kept for later starts before. When ctx ends it stays
// added, and is looked through later. One that was added before is looked through
// again. Nothing in the folder is ever changed. ErrBadPlace, with nothing changed,
// for one that cannot be added.
func (a *App) AddPlace(ctx context.Context, path string) (ImportResult, error) {
	return a.addPlace(ctx, path, func(imagelib.ImportProgress) {})
}

func (a *App) addPlace(ctx context.Context, path string, report func(imagelib.ImportProgress)) (ImportResult, error) {
	if _, err := a.Ready(ctx); err != nil {
		return ImportResult{}, err
	}
	for _, watched := range a.config.get().Watched {
		if related(path, watched) {
			return ImportResult{}, fmt.Errorf("%w: the watched folder %s is there, whose photos are copied into the library", ErrBadPlace, watched)
		}
	}
	real, err := a.files.AddPlace(ctx, path)
	if err != nil {
		return ImportResult{}, err
	}
	err = a.config.update(func(c *config) error { c.Places = join(c.Places, []string{real}); return nil })
	if err != nil {
		return ImportResult{}, errors.Join(err, a.files.RemovePlace(ctx, real, true))
	}
	return a.inPlace.look(ctx, real, report, a.inPlace.wake.Raise)
}

// RemovePlace takes a folder that was added in place out of the library. Its files
// stay where they are. Unless forced it fails with ErrLastCopy when some of its
// photos have no other copy, and ErrNotFound for a folder that was not added.
func (a *App) RemovePlace(ctx context.Context, path string, force bool) error {
	if _, err := a.Ready(ctx); err != nil {
		return err
	}
	path = filepath.Clean(path)
	if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(a.config.get().Places, path) {
		path = real
	}
	if err := a.files.RemovePlace(ctx, path, force); err != nil {
		return err
	}
	err := a.config.update(func(c *config) error { c.Places = without(c.Places, path); return nil })
	a.inPlace.wake.Raise()
	a.changed.Raise()
	return err
}

// inPlace looks after the folders in place of the settings.
type inPlace struct {
	app  *App
	wake signal.Signal // raised when the settings have changed

	mu    sync.Mutex // guards looks
	looks map[string]*placeLook
}

// placeLook is what is being done about one folder.
type placeLook struct {
	one  sync.Mutex // held by who looks through it
	busy bool       // guarded by inPlace.mu
}

func (i *inPlace) of(path string) *placeLook {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.looks == nil {
		i.looks = make(map[string]*placeLook)
	}
	if i.looks[path] == nil {
		i.looks[path] = new(placeLook)
	}
	return i.looks[path]
}

func (i *inPlace) busy(path string) bool {
	look := i.of(path)
	i.mu.Lock()
	defer i.mu.Unlock()
	return look.busy
}

func (i *inPlace) setBusy(look *placeLook, busy bool) {
	i.mu.Lock()
	look.busy = busy
	i.mu.Unlock()
	i.app.changed.Raise()
}

// look goes through one folder, while nobody else does, as an activity if there is
// anything to be read. It calls begun, if not nil, once others have to wait.
func (i *inPlace) look(ctx context.Context, path string, report func(imagelib.ImportProgress), begun func()) (ImportResult, error) {
	look := i.of(path)
	look.one.Lock()
	defer look.one.Unlock()
	if begun != nil {
		begun()
	}
	i.setBusy(look, true)
	defer i.setBusy(look, false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var act *activity
	name := filepath.Base(path)
	result, err := i.app.images.IndexPlace(ctx, path, func(p imagelib.ImportProgress) {
		if act == nil && p.Total > 0 {
			var cancelled context.Context
			cancelled, act = i.app.activities.start(ctx, KindPlace, name, 0)
			context.AfterFunc(cancelled, cancel)
		}
		if act != nil {
			act.update(func(s *Activity) {
				s.Title, s.Files, s.TotalFiles = name+": "+photos(p.Total), p.Done, p.Total
				s.Bytes, s.TotalBytes = p.Bytes, p.TotalBytes
			})
		}
		report(p)
	})
	if act != nil {
		err = act.finish(err)
	}
	return result, err
}

// run looks after the folders until ctx ends.
func (i *inPlace) run(ctx context.Context) error {
	if i.app.files.Ready(ctx) != nil {
		return nil // ctx has ended
	}
	woken, stop := i.wake.Listen()
	defer stop()
	running := make(map[string]func())
	defer func() {
		for _, end := range running {
			end()
		}
	}()
	for {
		now := i.app.config.get().Places
		for path, end := range running {
			if !slices.Contains(now, path) {
				end()
				delete(running, path)
			}
		}
		for _, path := range now {
			if running[path] == nil {
				running[path] = i.start(ctx, path)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// start looks after one folder until end is called, which waits for that.
func (i *inPlace) start(ctx context.Context, path string) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := i.app.images.WatchPlace(ctx, path, i.app.changed.Raise, func(ctx context.Context) {
			_, err := i.look(ctx, path, func(imagelib.ImportProgress) {}, nil)
			if err != nil && ctx.Err() == nil {
				i.app.log.WarnContext(ctx, "A folder in place was not looked through", "folder", path, "err", err)
			}
		})
		if err != nil {
			i.app.log.WarnContext(ctx, "A folder in place is not looked after", "folder", path, "err", err)
		}
	}()
	return func() { cancel(); <-done }
}

type placeRequest struct {
	Path  rawPath // absolute
	Force bool    `json:",omitempty"`
}

// placeRoutes are those of folders in place.
func (c *control) placeRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/places", c.answer(func(r *http.Request) (any, error) {
		if _, err := c.app.Ready(r.Context()); err != nil {
			return nil, err
		}
		return c.app.Places()
	}))
	mux.HandleFunc("POST /v1/places", c.stream(func(r *http.Request, send func(Event)) error {
		var req placeRequest
		if err := readBody(r, &req); err != nil {
			return err
		}
		return c.importing(send, func(report func(imagelib.ImportProgress)) (ImportResult, error) {
			return c.app.addPlace(r.Context(), string(req.Path), report)
		})
	}))
	mux.HandleFunc("POST /v1/places/remove", c.answer(func(r *http.Request) (any, error) {
		return withBody(r, func(b placeRequest) (any, error) { return b, c.app.RemovePlace(r.Context(), string(b.Path), b.Force) })
	}))
}

// Places lists the folders that were added in place.
func (c *Client) Places(ctx context.Context) (list []PlaceInfo, err error) {
	return list, c.call(ctx, http.MethodGet, "/v1/places", nil, &list)
}

// AddPlace adds the folder at an absolute path in place, and calls each with what
// happens, as Import does.
func (c *Client) AddPlace(ctx context.Context, path string, each func(Event)) error {
	return c.stream(ctx, "/v1/places", placeRequest{Path: rawPath(path)}, each)
}

// RemovePlace takes a folder that was added in place out of the library.
func (c *Client) RemovePlace(ctx context.Context, path string, force bool) error {
	return c.call(ctx, http.MethodPost, "/v1/places/remove", placeRequest{rawPath(path), force}, nil)
}
