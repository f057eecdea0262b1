package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// session watches one folder as long as it is there and the same.
type session struct {
	*Tree
	root     root
	pending  *pending
	notifier notifier        // nil while there are no notices
	dirs     map[string]bool // that it watches, by their real paths
	entries  int             // files and folders that it was given with them
	rescan   time.Time       // when all is looked through
}

func newSession(t *Tree, r root) *session {
	return &session{Tree: t, root: r, pending: newPending(t.opts.Quiet, t.opts.Gather)}
}

// run tells handle what changes, until ctx ends or the folder is gone.
func (s *session) run(ctx context.Context, handle func(context.Context, Batch) []string) {
	s.open(ctx)
	defer s.close()
	s.pending.noteAll(time.Now(), 0)
	check := time.NewTicker(rootEvery)
	defer check.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		timer.Reset(time.Until(s.next()))
		notices, failures := s.channels()
		select {
		case <-ctx.Done():
		case e, ok := <-notices:
			if !ok || !s.take(ctx, e) {
				return
			}
		case err := <-failures:
			s.failed(ctx, err)
		case <-check.C:
			if !s.same() {
				return
			}
		case <-timer.C:
			if !s.tell(ctx, handle) {
				return
			}
		}
	}
}

// channels are those of the notifier; nil without one.
func (s *session) channels() (<-chan fsnotify.Event, <-chan error) {
	if s.notifier == nil {
		return nil, nil
	}
	return s.notifier.Notices(), s.notifier.Failures()
}

// next is when there is something to do.
func (s *session) next() time.Time {
	at := s.pending.next()
	if at.IsZero() || !s.rescan.IsZero() && s.rescan.Before(at) {
		return s.rescan
	}
	return at
}

// tell hands over what is due; ok is false when the folder is not the same any
// more.
func (s *session) tell(ctx context.Context, handle func(context.Context, Batch) []string) (ok bool) {
	now := time.Now()
	if !s.rescan.IsZero() && !now.Before(s.rescan) {
		s.pending.noteAll(now, 0)
	}
	b, due := s.pending.take(now)
	if !due {
		return true
	}
	if !s.same() {
		return false
	}
	if b.All && s.notifier == nil {
		s.open(ctx) // the limits may have been raised
	}
	for _, path := range handle(ctx, b) {
		s.look(path, false)
	}
	if b.All {
		s.plan(time.Since(now))
	}
	return true
}

// plan sets when all is looked through again, after a look that took so long.
func (s *session) plan(took time.Duration) {
	every := s.opts.Every
	if s.Status().State != Watching {
		every = s.opts.Poll
	}
	s.rescan = time.Now().Add(max(every, min(sparing*took, stretchMax)))
}

// same reports whether the folder is still there, and no other is in its place.
func (s *session) same() bool {
	now, err := s.Tree.root()
	return err == nil && now.real == s.root.real && os.SameFile(now.info, s.root.info)
}

// open begins to watch, as far as the system lets it.
func (s *session) open(ctx context.Context) {
	s.close()
	n, err := s.opts.open()
	if err == nil {
		s.notifier = n
		err = s.addAll()
	}
	switch {
	case err != nil:
		s.close()
		err = explain(err)
		s.opts.Log.WarnContext(ctx, "A folder is scanned, since it cannot be watched", "folder", s.opts.Root, "err", err)
		s.set(Scanned, err)
	case s.opts.remote(s.root.real):
		s.set(Scanned, ErrRemote)
	default:
		s.set(Watching, nil)
	}
}

// addAll watches the whole folder.
func (s *session) addAll() error {
	s.dirs, s.entries = make(map[string]bool), 0
	return s.add(s.root.real, false)
}

func (s *session) close() {
	if s.notifier != nil {
		_ = s.notifier.Close() // it holds nothing that could be lost
	}
	s.notifier, s.dirs = nil, nil
}

// failed takes in that notices were lost.
func (s *session) failed(ctx context.Context, err error) {
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		s.opts.Log.WarnContext(ctx, "Notices of a folder may be lost", "folder", s.opts.Root, "err", err)
	}
	if err := s.addAll(); err != nil { // folders may have come
		s.open(ctx)
	}
	s.pending.noteAll(time.Now(), s.opts.Quiet)
}

// add watches a folder and all below it, each before it is read, so that what
// comes meanwhile is told of. found says that its files are new too.
func (s *session) add(dir string, found bool) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return s.unlessBelow(p, err)
		}
		if p != s.root.real && s.opts.Skip(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if s.entries++; s.entries > entriesMax {
			return errTooMany
		}
		if d.IsDir() {
			s.dirs[p] = true
			return s.unlessBelow(p, s.notifier.Add(p))
		}
		if found && d.Type().IsRegular() {
			s.look(s.outer(p), true)
		}
		return nil
	})
}

// unlessBelow drops the error of a folder below the root that is gone, or closed
// to this person: the others are watched.
func (s *session) unlessBelow(p string, err error) error {
	if p != s.root.real && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil
	}
	return err
}

// take takes in a notice; ok is false when it says that the folder itself is
// gone.
func (s *session) take(ctx context.Context, e fsnotify.Event) (ok bool) {
	if e.Name == s.root.real {
		return s.same()
	}
	if e.Op == fsnotify.Chmod || s.opts.Skip(filepath.Base(e.Name)) {
		return true
	}
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		s.forget(e.Name)
	}
	fi, err := os.Lstat(e.Name)
	if err == nil && fi.IsDir() {
		if e.Has(fsnotify.Create) {
			s.come(ctx, e.Name)
		}
		return true
	}
	s.look(s.outer(e.Name), e.Has(fsnotify.Create))
	return true
}

// come takes in a folder that is new, or has a new name.
func (s *session) come(ctx context.Context, dir string) {
	s.forget(dir)
	if err := s.add(dir, true); err != nil {
		s.open(ctx)
		s.pending.noteAll(time.Now(), s.opts.Quiet)
	}
}

// forget stops watching a folder that is gone, and all that was below it: by
// another name they are other folders.
func (s *session) forget(dir string) {
	if !s.dirs[dir] {
		return
	}
	below := dir + string(filepath.Separator)
	for p := range s.dirs {
		if p == dir || strings.HasPrefix(p, below) {
			_ = s.notifier.Remove(p) // the system may have done so
			delete(s.dirs, p)
		}
	}
}

// look notes that the file at a path below Root has changed.
func (s *session) look(path string, created bool) {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		fi = nil
	}
	s.pending.note(path, fi, created && fi != nil && fi.Size() > 0, time.Now())
}

// outer is the path of what was found at p, as it is below Root.
func (s *session) outer(p string) string {
	return filepath.Join(s.opts.Root, strings.TrimPrefix(p, s.root.real))
}
