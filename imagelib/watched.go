package imagelib

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/internal/watch"
)

// errWasDeleted tells that a person has deleted what lies in a watched folder.
var errWasDeleted = errors.New("deleted before, passed over")

// WatchedOptions configures a [WatchedFolder]. The zero value of a field
// selects its default.
type WatchedOptions struct {
	// Path is the folder. Required, absolute.
	Path string

	// Library is set when Path is the library folder itself. Then what the
	// library has there is passed over, and the rest taken in where it lies, not
	// copied.
	Library bool

	// Memory is the file that remembers what was found there. Required.
	Memory string

	// OnChange, if not nil, is called when Status has changed.
	OnChange func()

	quiet, gather time.Duration // tests
}

// WatchedStatus is how a watched folder is doing.
type WatchedStatus struct {
	watch.Status
	Photos    int // files of the folder that the library has
	Deleted   int // that a person has deleted from the library, and which do not come back
	NotPhotos int // that are neither photos nor videos
	Unread    int // that could not be read

	// Stopped is why the last import could not go on: it is tried again after
	// a while. nil when it went well.
	Stopped error
}

// A WatchedFolder is a folder whose photos come into the library by themselves,
// as copies: nothing in the folder is ever changed. What the library has had
// once does not come again, be it deleted everywhere or removed from this
// device. What is not there any more is not taken for deleted.
type WatchedFolder struct {
	l    *Library
	opts WatchedOptions
	tree *watch.Tree
	log  *slog.Logger

	memory *remembered

	mu      sync.Mutex // guards the rest
	round   uint32     // looks at everything
	digests map[Digest]bool
	not     map[look]bool      // files that are no photos
	failed  map[look]time.Time // files that could not be read, and when
	growing []string           // files that changed while they were imported
	stopped error              // see WatchedStatus
	resume  time.Time          // nothing is imported before
}

const (
	failedAgain  = time.Hour        // after which a file that could not be read is tried again
	libraryEvery = time.Hour        // between looks at all of the library folder
	stoppedAgain = 20 * time.Minute // after which an import is, that a full disk has stopped, say
)

// WatchFolder opens a watched folder; see [WatchedFolder.Run].
func (l *Library) WatchFolder(opts WatchedOptions) (*WatchedFolder, error) {
	memory, err := openRemembered(opts.Memory)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", opts.Path, err)
	}
	if opts.gather == 0 {
		opts.gather = 5 * time.Second
	}
	if opts.quiet == 0 {
		opts.quiet = 2 * time.Second
	}
	f := &WatchedFolder{l: l, opts: opts, log: l.log, memory: memory}
	f.reset()
	tree := watch.Options{Root: opts.Path, Skip: unwatched, Quiet: opts.quiet, Gather: opts.gather, OnStatus: opts.OnChange, Log: l.log}
	if opts.Library {
		tree.Every, tree.Poll = libraryEvery, libraryEvery
	}
	f.tree = watch.New(tree)
	return f, nil
}

// reset forgets what lies in the folder, before a look at all of it.
func (f *WatchedFolder) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.round++
	f.digests, f.not = make(map[Digest]bool), make(map[look]bool)
	for key, at := range f.failed {
		if time.Since(at) >= failedAgain {
			delete(f.failed, key)
		}
	}
	if f.failed == nil {
		f.failed = make(map[look]time.Time)
	}
}

// Close releases the memory of the folder. Run must have returned.
func (f *WatchedFolder) Close() error { return f.memory.close() }

// Status returns how the folder is doing now.
func (f *WatchedFolder) Status() WatchedStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := WatchedStatus{Status: f.tree.Status(), NotPhotos: len(f.not), Unread: len(f.failed), Stopped: f.stopped}
	for d := range f.digests {
		switch e, err := f.l.files.Entry(d); {
		case err != nil:
		case e.Deleted != nil:
			s.Deleted++
		default:
			s.Photos++
		}
	}
	return s
}

// A Found is what has come into a watched folder, complete, and is to be
// imported.
type Found struct {
	Files     int // photos and videos
	NotPhotos int // what came beside them and is neither

	folder *WatchedFolder
	files  []source
	beside []source // that may say something of photos, these or older ones
}

// Import adds the files to the library. It is as [Library.Import]; what was
// deleted before is passed over.
func (fd *Found) Import(ctx context.Context, report func(ImportProgress)) (ImportResult, error) {
	im := newImporter(fd.folder.l, report)
	im.folder = fd.folder
	return im.all(ctx, fd.files)
}

// Run watches the folder until ctx ends, and calls take for what has come, one
// after the other. After an error of take nothing is imported for a while. A
// folder that is not there is waited for. Run may be called once, and returns
// nil.
func (f *WatchedFolder) Run(ctx context.Context, take func(context.Context, *Found) error) error {
	return f.tree.Run(ctx, func(ctx context.Context, b watch.Batch) []string { return f.handle(ctx, b, take) })
}

func (f *WatchedFolder) handle(ctx context.Context, b watch.Batch, take func(context.Context, *Found) error) (again []string) {
	ready := f.l.files.Ready
	if f.opts.Library {
		ready = f.l.files.Indexed
	}
	if err := ready(ctx); err != nil { // before, all files would look new
		return nil
	}
	if f.opts.OnChange != nil {
		defer f.opts.OnChange()
	}
	if time.Now().Before(f.resume) {
		return nil // all is looked through again later
	}
	found, again := f.look(ctx, b)
	if len(found.files) > 0 && ctx.Err() == nil {
		f.took(take(ctx, found))
	}
	f.learn(ctx, found)
	return append(again, f.grown()...)
}

// learn takes in what has come beside photos that the library had before. What came
// together with them was taken in by their import.
func (f *WatchedFolder) learn(ctx context.Context, found *Found) {
	if len(found.beside) == 0 {
		return
	}
	paths := make([]string, len(found.beside))
	for i, s := range found.beside {
		paths[i] = s.path
	}
	err := f.l.learnFrom(ctx, newBeside(), paths, func(s source) (Digest, bool) {
		d, ok := f.memory.find(s, f.round)
		return d, ok && !d.IsZero()
	})
	if err != nil {
		return // all is looked through again later
	}
	for _, s := range found.beside {
		f.note(s, Digest{}, nil)
	}
}

// took notes how an import has ended.
func (f *WatchedFolder) took(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped = err; err != nil {
		f.resume = time.Now().Add(stoppedAgain)
	}
}

// grown returns the files that changed while they were imported, once.
func (f *WatchedFolder) grown() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.growing
	f.growing = nil
	return out
}

// look finds what is new of a batch. again are files that are still growing.
func (f *WatchedFolder) look(ctx context.Context, b watch.Batch) (found *Found, again []string) {
	found = &Found{folder: f}
	var fresh []watch.File
	if b.All {
		fresh = f.foreign(ctx, f.lookAtAll(ctx))
		fresh, again = watch.Settle(ctx, fresh, f.opts.quiet)
	}
	for _, path := range b.Paths {
		fi, err := os.Lstat(path)
		if file := (watch.File{Path: path, Info: fi}); err == nil && fi.Mode().IsRegular() && f.unknown(file) {
			fresh = append(fresh, file)
		}
	}
	if !b.All {
		fresh = f.foreign(ctx, fresh)
	}
	for _, file := range fresh {
		s := sourceOf(file)
		if meta.IsSidecar(s.path) {
			found.beside = append(found.beside, s)
			continue
		}
		photo, err := sniffFile(file.Path)
		switch {
		case err != nil:
			f.note(s, Digest{}, err)
		case !photo:
			found.NotPhotos++
			f.note(s, Digest{}, ErrNotPhoto)
		default:
			found.files = append(found.files, s)
		}
	}
	found.Files = len(found.files)
	return found, again
}

// foreign returns those of the files that may be new to the library: all, or in
// the library folder those that it does not have there.
func (f *WatchedFolder) foreign(ctx context.Context, files []watch.File) []watch.File {
	if !f.opts.Library || len(files) == 0 {
		return files
	}
	paths := make([]string, len(files))
	for i, file := range files {
		paths[i] = file.Path
	}
	strays, err := f.l.files.Strays(ctx, paths)
	slices.Sort(strays)
	if err != nil && ctx.Err() == nil {
		f.log.WarnContext(ctx, "What was changed in the library is imported later", "err", err)
	}
	return slices.DeleteFunc(files, func(file watch.File) bool {
		_, stray := slices.BinarySearch(strays, file.Path)
		return !stray
	})
}

// lookAtAll goes through the folder, and returns the files that it has not seen
// as they are.
func (f *WatchedFolder) lookAtAll(ctx context.Context) (fresh []watch.File) {
	f.reset()
	n, whole := 0, true
	err := watch.Walk(ctx, f.opts.Path, unwatched, func(file watch.File) error {
		n++
		if f.unknown(file) {
			fresh = append(fresh, file)
		}
		return nil
	}, func(path string, err error) {
		whole = false
		f.log.WarnContext(ctx, "A part of a watched folder cannot be read", "path", path, "err", err)
	})
	if err == nil && whole {
		err = f.memory.prune(f.round, n)
	}
	if err != nil && ctx.Err() == nil {
		f.log.WarnContext(ctx, "A watched folder was not looked through", "path", f.opts.Path, "err", err)
	}
	return fresh
}

func sourceOf(file watch.File) source {
	return source{path: file.Path, size: file.Info.Size(), mtime: file.Info.ModTime()}
}

// unknown reports whether a file has to be looked into. An empty one is not
// there yet.
func (f *WatchedFolder) unknown(file watch.File) bool {
	s := sourceOf(file)
	return s.size > 0 && !f.settled(s)
}

// settled reports whether a file was dealt with as it is, and counts it.
func (f *WatchedFolder) settled(s source) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, failed := f.failed[failKey(s)]; failed {
		return true
	}
	d, ok := f.memory.find(s, f.round)
	if !ok {
		return false
	}
	if d.IsZero() {
		if !meta.IsSidecar(s.path) {
			f.not[keyOf(s.path)] = true
		}
		return true
	}
	if _, err := f.l.files.Entry(d); err != nil {
		return false // the library has forgotten it: it was made anew, say
	}
	f.digests[d] = true
	return true
}

// failKey is what a file is known by, as it is now.
func failKey(s source) look {
	key, as := keyOf(s.path), lookOf(s)
	for i := range key {
		key[i] ^= as[i]
	}
	return key
}

// note remembers what became of a file.
func (f *WatchedFolder) note(s source, d Digest, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case errors.Is(err, ErrChanging), errors.Is(err, ErrEmpty), errors.Is(err, fs.ErrNotExist):
		f.growing = append(f.growing, s.path)
		return
	case errors.Is(err, ErrNotPhoto):
		f.not[keyOf(s.path)] = true
	case err != nil:
		f.failed[failKey(s)] = time.Now()
		return
	case !d.IsZero():
		f.digests[d] = true
	}
	if err := f.memory.put(s, d, f.round); err != nil {
		f.log.Warn("What was found in a watched folder is not remembered", "path", f.opts.Path, "err", err)
	}
}

// sniffFile tells whether a file is a photo or a video, by its first bytes.
func sniffFile(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // opened for reading
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	_, typ := meta.Sniff(head[:n])
	return typ != "", nil
}
