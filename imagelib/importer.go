package imagelib

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer"
)

// ImportProgress is how far an import is.
type ImportProgress struct {
	Total, Done               int // files found, and dealt with
	Added, Duplicates, Failed int
	Brought                   int // of Duplicates: not here before, and here now
	Deleted                   int // passed over, since they were deleted before; see [Library.ImportNew]
	TotalBytes, Bytes         int64
	Current                   string // path of a file being read
}

// ImportResult is what an import did.
type ImportResult struct {
	Added      []Digest  // new in the library, in the order they were found
	Duplicates int       // files whose bytes the library had already
	Brought    int       // of those: photos that were not on this device, and are now
	Deleted    int       // files passed over, since they were deleted from the library before
	Failed     int       // files that were not kept
	Sidecars   int       // files beside photos, XMP or by Google Takeout, that said something of them
	Problems   []Problem // what a person should hear of, in path order
	Known      []Known   // of what a person has chosen: the Duplicates and the Deleted, in path order
}

// Known is a file of an import whose bytes the library had before.
type Known struct {
	Path    string
	Digest  Digest
	Here    bool     // this device kept it
	On      []string // IDs of the devices that had it, this one too
	Twice   bool     // the same import has met it before, under another name
	Deleted bool     // it was deleted from the library, and was passed over
}

// Problem is a file that an import skipped, or kept without its whole picture.
type Problem struct {
	Path string
	Err  error // [ErrNotPhoto], [ErrEmpty], [ErrChanging], [ErrKeptUndrawn], [ErrKeptPartial] or why it could not be read
}

// Kept reports whether the file is in the library all the same.
func (p Problem) Kept() bool {
	return errors.Is(p.Err, ErrKeptUndrawn) || errors.Is(p.Err, ErrKeptPartial)
}

// plain drops the path that errors of the file system repeat, and what was done
// when a file turned out to be changing.
func plain(err error) error {
	if errors.Is(err, ErrChanging) {
		return ErrChanging
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// A batch is committed when it holds that much, or has waited that long: the
// price of making it safe on disk is paid once for all its files.
const (
	batchFiles = 128
	batchBytes = 256 << 20
	batchAge   = 2 * time.Second
)

// Import adds the photos and videos at paths, files or folders with all below
// them, and returns when they are on disk and recorded. One bad file never
// ends an import. When ctx ends, or the disk is full, what is committed stays,
// and Import returns what it did with the error; the same import again adds
// only the rest. report, which may be nil, is called from one goroutine at a
// time, a few times a second and once at the end.
func (l *Library) Import(ctx context.Context, paths []string, report func(ImportProgress)) (ImportResult, error) {
	return l.importPaths(ctx, paths, false, report)
}

// ImportNew is [Library.Import] that passes over what was deleted from the library
// before, and tells of it.
func (l *Library) ImportNew(ctx context.Context, paths []string, report func(ImportProgress)) (ImportResult, error) {
	return l.importPaths(ctx, paths, true, report)
}

func (l *Library) importPaths(ctx context.Context, paths []string, spare bool, report func(ImportProgress)) (ImportResult, error) {
	if report == nil {
		report = func(ImportProgress) {}
	}
	if err := l.files.Ready(ctx); err != nil { // before, all files would look new
		return ImportResult{}, fmt.Errorf("import: %w", err)
	}
	im := newImporter(l, report)
	im.spare = spare
	w, err := walk(ctx, paths)
	im.problems, im.chosen = w.problems, w.sidecars
	im.progress.Failed = len(w.problems)
	if err != nil {
		return im.result(), fmt.Errorf("import: %w", err)
	}
	return im.all(ctx, w.found)
}

func newImporter(l *Library, report func(ImportProgress)) *importer {
	return &importer{l: l, report: report, noted: l.files.newImport(), beside: newBeside(), taken: map[Digest]bool{}, added: map[Digest]int{}}
}

// all imports what was found, beside the problems there were in finding it.
func (im *importer) all(ctx context.Context, found []source) (ImportResult, error) {
	im.progress.Total = len(found) + len(im.problems)
	im.progress.Done = len(im.problems)
	for _, s := range found {
		im.progress.TotalBytes += s.size
	}
	err := im.run(ctx, func(ctx context.Context, jobs chan<- job) error {
		for i, s := range found {
			if err := send(ctx, jobs, job{s, i}); err != nil {
				return err
			}
		}
		return nil
	})
	return im.end(ctx, err)
}

// end is what an import that has ended returns.
func (im *importer) end(ctx context.Context, err error) (ImportResult, error) {
	im.noted.End(ctx)
	im.l.join() // files that were kept and not recorded are taken up in the background
	if err == nil {
		for _, path := range im.beside.unused(im.chosen) {
			im.problem(path, ErrNotPhoto)
			im.step(func(p *ImportProgress) { p.Total++; p.Done++; p.Failed++ })
		}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report(im.progress)
	if err != nil {
		return im.result(), fmt.Errorf("import stopped; what is added so far is safe: %w", err)
	}
	return im.result(), nil
}

// importer is one import under way.
type importer struct {
	l      *Library
	report func(ImportProgress)
	folder *WatchedFolder         // that the files lie in; nil: a person has chosen them
	noted  importing              // as an action that can be undone
	spare  bool                   // what was deleted before is passed over, as in a folder
	place  placeLook              // of a folder in place, whose files stay where they are; nil: they are copied
	beside *beside                // what files beside the photos say
	chosen []string               // such files that a person has chosen by themselves
	placed []filelayer.PlacedFile // such files that have come into a folder in place, or changed there

	mu       sync.Mutex // guards all below, and calls of report
	progress ImportProgress
	reported time.Time
	problems []Problem
	known    []Known
	taken    map[Digest]bool // files of this import, committed or about to be
	added    map[Digest]int  // committed: where they were found
}

// job is a source and its place in the order.
type job struct {
	source
	at int
}

func send(ctx context.Context, jobs chan<- job, j job) error {
	select {
	case jobs <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run deals with all files that feed sends, in as many workers as there are
// processors.
func (im *importer) run(ctx context.Context, feed func(context.Context, chan<- job) error) error {
	g, running := errgroup.WithContext(ctx)
	jobs := make(chan job)
	g.Go(func() error {
		defer close(jobs)
		return feed(running, jobs)
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			w := importWorker{importer: im, batch: im.noted.newBatch()}
			defer w.abort()
			for j := range jobs {
				if err := w.take(running, j); err != nil {
					return w.stop(ctx, running, err)
				}
			}
			return w.stop(ctx, running, nil)
		})
	}
	return g.Wait()
}

// stop commits what is left, also when another file has found no room: what is
// staged has it. Else err, of this worker, or that of another has ended all.
func (w *importWorker) stop(ctx, running context.Context, err error) error {
	full := errors.Is(err, filelayer.ErrNoSpace) || errors.Is(context.Cause(running), filelayer.ErrNoSpace)
	ended := running.Err()
	if full || err == nil && ended == nil {
		ended = w.commit(ctx)
	}
	if err == nil {
		err = ended
	}
	return err
}

func (im *importer) result() ImportResult {
	r := ImportResult{Duplicates: im.progress.Duplicates, Brought: im.progress.Brought, Deleted: im.progress.Deleted, Failed: im.progress.Failed, Sidecars: im.beside.count(), Problems: im.problems, Known: im.known}
	for d := range im.added {
		r.Added = append(r.Added, d)
	}
	slices.SortFunc(r.Added, func(a, b Digest) int { return im.added[a] - im.added[b] })
	slices.SortFunc(r.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(r.Known, func(a, b Known) int { return strings.Compare(a.Path, b.Path) })
	return r
}

// step changes how far the import is and tells, not too often.
func (im *importer) step(change func(p *ImportProgress)) {
	im.mu.Lock()
	defer im.mu.Unlock()
	change(&im.progress)
	if now := time.Now(); now.Sub(im.reported) >= im.l.pauses.report {
		im.reported = now
		im.report(im.progress)
	}
}

func (im *importer) problem(path string, err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.problems = append(im.problems, Problem{path, plain(err)})
}

// met tells of a file of which the library had the bytes as e says, if a person has
// chosen it.
func (im *importer) met(path string, e filelayer.Entry, twice bool) {
	if im.folder != nil || im.place != nil {
		return
	}
	k := Known{Path: path, Digest: e.Digest, Here: e.Kept(), On: e.HolderIDs(), Twice: twice, Deleted: e.Deleted != nil}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.known = append(im.known, k)
}

// first reports whether no other file of this import has these bytes.
func (im *importer) first(d Digest) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.taken[d] {
		return false
	}
	im.taken[d] = true
	return true
}

// forget undoes first, for a file that was not kept.
func (im *importer) forget(d Digest) {
	im.mu.Lock()
	defer im.mu.Unlock()
	delete(im.taken, d)
}

// fatal reports whether err would meet every other file too.
func fatal(err error) bool {
	for _, e := range []error{
		context.Canceled, context.DeadlineExceeded,
		filelayer.ErrNoSpace, filelayer.ErrReadOnly, filelayer.ErrNotMounted, filelayer.ErrClosed,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
