package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/internal/watch"
)

// States of a watched folder.
const (
	WatchStarting = "starting" // nobody has looked yet
	WatchWatching = "watching" // new photos are noticed within seconds
	WatchScanned  = "scanned"  // they are noticed when all is looked through, from time to time
	WatchMissing  = "missing"  // the folder is not there, and is waited for
	WatchOff      = "off"      // it is not looked at
)

// WatchedFolder is a folder whose photos come into the library by themselves.
type WatchedFolder struct {
	Path   string `json:"path"`             // absolute
	State  string `json:"state"`            // WatchWatching …
	Reason string `json:"reason,omitempty"` // why it is not WatchWatching, or what stops imports, in words for a person

	Photos    int `json:"photos"`    // files there that the library has
	Deleted   int `json:"deleted"`   // files there that were deleted from the library, and do not come back
	NotPhotos int `json:"notPhotos"` // files there that are neither photos nor videos
	Unread    int `json:"unread"`    // files there that could not be read
}

// WatchedFolders lists the watched folders, in the order in which they were
// added.
func (a *App) WatchedFolders() []WatchedFolder {
	out := []WatchedFolder{}
	for _, path := range a.config.get().Watched {
		out = append(out, a.watching.status(path))
	}
	return out
}

// AddWatchedFolder imports the photos of the folder at an absolute path, and
// those that come there from then on, also after later starts. The folder is
// only read. ErrBadSetting, with nothing changed, for one that cannot be
// watched; one that is watched stays so.
func (a *App) AddWatchedFolder(path string) error {
	path = filepath.Clean(path)
	err := a.config.update(func(c *config) error {
		if slices.Contains(c.Watched, path) {
			return nil
		}
		if err := a.watchable(path, *c); err != nil {
			return fmt.Errorf("%w: %w; nothing was changed", ErrBadSetting, err)
		}
		c.Watched = join(c.Watched, []string{path})
		return nil
	})
	a.watching.wake.Raise()
	a.changed.Raise()
	return err
}

// RemoveWatchedFolder undoes AddWatchedFolder. What was imported stays.
// ErrNotFound when the folder is not watched.
func (a *App) RemoveWatchedFolder(path string) error {
	path = filepath.Clean(path)
	err := a.config.update(func(c *config) error {
		if !slices.Contains(c.Watched, path) {
			return fmt.Errorf("%s: %w: it is none of those that pauld watch list tells", path, ErrNotFound)
		}
		c.Watched = without(c.Watched, path)
		return nil
	})
	a.watching.wake.Raise()
	a.changed.Raise()
	return err
}

// watchable reports why a folder cannot be watched beside those of c.
func (a *App) watchable(path string, c config) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%q is not an absolute path", path)
	}
	if st, err := os.Stat(path); err != nil {
		return fmt.Errorf("%s cannot be watched: %w", path, causeOf(err))
	} else if !st.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	if err := a.apart(path, c.Library); err != nil {
		return err
	}
	for _, place := range c.Places {
		if related(path, place) {
			return fmt.Errorf("%s and %s, which was added in place, lie in each other; its photos are in Paul already", path, place)
		}
	}
	for _, other := range c.Watched {
		if related(path, other) {
			return fmt.Errorf("%s and the watched folder %s lie in each other; what is below a watched folder is watched too", path, other)
		}
	}
	return nil
}

// apart reports that a folder has to do with those of this device itself.
func (a *App) apart(path, library string) error {
	if related(path, library) || related(path, a.started.Library) {
		return fmt.Errorf("%s and the library folder %s lie in each other; what is in the library needs no import", path, library)
	}
	if within(path, a.places.home) {
		return fmt.Errorf("%s is in Paul's own folder", path)
	}
	return nil
}

// related reports whether one of two folders is the other, or lies in it.
func related(a, b string) bool { return within(a, b) || within(b, a) }

// within reports whether inner is outer or lies in it, by whatever links.
func within(inner, outer string) bool {
	there, err := os.Stat(outer)
	if real, err := filepath.EvalSymlinks(inner); err == nil {
		inner = real
	}
	for at := filepath.Clean(inner); ; at = filepath.Dir(at) {
		if at == filepath.Clean(outer) {
			return true
		}
		if here, statErr := os.Stat(at); err == nil && statErr == nil && os.SameFile(here, there) {
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// watching runs the watched folders of the settings.
type watching struct {
	app  *App
	wake signal.Signal // raised when the settings have changed

	mu      sync.Mutex // guards folders and failed
	folders map[string]*imagelib.WatchedFolder
	failed  map[string]error // why folders are not watched
}

// run watches the folders until ctx ends.
func (w *watching) run(ctx context.Context) error {
	woken, stop := w.wake.Listen()
	defer stop()
	running := make(map[string]func())
	defer w.start(ctx, w.app.started.Library)()
	defer func() {
		for _, end := range running {
			end()
		}
	}()
	for {
		now := w.app.config.get().Watched
		for path, end := range running {
			if !slices.Contains(now, path) {
				end()
				delete(running, path)
				w.forget(ctx, path)
			}
		}
		for _, path := range now {
			if running[path] == nil {
				running[path] = w.start(ctx, path)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// start watches one folder until end is called, which waits for that.
func (w *watching) start(ctx context.Context, path string) (end func()) {
	folder, err := w.open(path)
	w.mu.Lock()
	if w.folders == nil {
		w.folders, w.failed = make(map[string]*imagelib.WatchedFolder), make(map[string]error)
	}
	w.folders[path], w.failed[path] = folder, err
	w.mu.Unlock()
	w.app.changed.Raise()
	if err != nil {
		w.app.log.WarnContext(ctx, "A folder is not watched", "folder", path, "err", err)
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := folder.Run(ctx, func(ctx context.Context, found *imagelib.Found) error { return w.take(ctx, path, found) })
		if err = errors.Join(err, folder.Close()); err != nil {
			w.app.log.WarnContext(ctx, "A watched folder has ended", "folder", path, "err", err)
		}
	}()
	return func() { cancel(); <-done }
}

func (w *watching) open(path string) (*imagelib.WatchedFolder, error) {
	library := path == w.app.started.Library
	if err := w.app.apart(path, w.app.started.Library); err != nil && !library {
		return nil, err
	}
	return w.app.images.WatchFolder(imagelib.WatchedOptions{
		Path: path, Library: library, Memory: w.memory(path), OnChange: w.app.changed.Raise,
	})
}

// forget drops what was remembered of a folder that is not watched any more.
func (w *watching) forget(ctx context.Context, path string) {
	w.mu.Lock()
	delete(w.folders, path)
	delete(w.failed, path)
	w.mu.Unlock()
	if err := os.Remove(w.memory(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.app.log.WarnContext(ctx, "What was found in a watched folder is not forgotten", "folder", path, "err", err)
	}
}

// memory is the file that remembers what was found in a folder.
func (w *watching) memory(path string) string {
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(w.app.places.watched(), hex.EncodeToString(sum[:8]))
}

// take imports what has come into a folder.
func (w *watching) take(ctx context.Context, path string, found *imagelib.Found) error {
	a, kind, name := w.app, KindWatch, filepath.Base(path)+": "
	if path == a.started.Library {
		kind, name = KindOutside, ""
	}
	ctx, act := a.activities.start(ctx, kind, name+photos(found.Files), found.Files)
	result, err := found.Import(ctx, func(p imagelib.ImportProgress) {
		act.update(func(s *Activity) { s.Files, s.Bytes, s.TotalBytes = p.Done, p.Bytes, p.TotalBytes })
	})
	for _, p := range result.Problems {
		a.log.WarnContext(ctx, "A file of a watched folder", "path", p.Path, "kept", p.Kept(), "err", p.Err)
	}
	act.update(func(s *Activity) {
		s.noteImport(result)
		s.Title = name + watchedText(result, found.NotPhotos)
	})
	return act.finish(err)
}

// watchedText is what an import from a watched folder did, in words for a
// person.
func watchedText(r ImportResult, notPhotos int) string {
	text := []string{photos(len(r.Added)) + " imported"}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{r.Duplicates, "1 known already", "%d known already"},
		{r.Deleted, "1 stays deleted", "%d stay deleted"},
		{r.Failed, "1 file could not be read", "%d files could not be read"},
		{notPhotos, "1 file is not a photo", "%d files are not photos"},
	} {
		switch {
		case part.n == 1:
			text = append(text, part.one)
		case part.n > 1:
			text = append(text, fmt.Sprintf(part.many, part.n))
		}
	}
	return strings.Join(text, ", ")
}

// status tells how a folder is doing.
func (w *watching) status(path string) WatchedFolder {
	w.mu.Lock()
	folder, failed := w.folders[path], w.failed[path]
	w.mu.Unlock()
	out := WatchedFolder{Path: path, State: WatchOff}
	switch {
	case failed != nil:
		out.Reason = failed.Error()
		return out
	case folder == nil && w.app.command:
		out.Reason = "no device runs"
		return out
	case folder == nil: // it is about to be
		out.State = WatchStarting
		return out
	}
	s := folder.Status()
	out.Photos, out.Deleted, out.NotPhotos, out.Unread = s.Photos, s.Deleted, s.NotPhotos, s.Unread
	switch s.State {
	case watch.Starting:
		out.State = WatchStarting
	case watch.Watching:
		out.State = WatchWatching
	case watch.Scanned:
		out.State, out.Reason = WatchScanned, s.Err.Error()
	case watch.Away:
		out.State, out.Reason = WatchMissing, awayText(s.Err)
	}
	if s.Stopped != nil {
		out.Reason = strings.TrimPrefix(out.Reason+"; ", "; ") + "the last import did not end, and is tried again: " + cause(s.Stopped)
	}
	return out
}

// awayText says what becomes of a folder that is not there.
func awayText(err error) string {
	const kept = "its photos stay in the library, and it is waited for"
	if errors.Is(err, fs.ErrNotExist) {
		return kept
	}
	return fmt.Sprintf("%v; %s", causeOf(err), kept)
}
