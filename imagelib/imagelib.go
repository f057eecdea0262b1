package imagelib

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/thumb"
	"github.com/libpaul/paul/internal/signal"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrNotFound is returned when no image or album has the given ID.
	ErrNotFound = errors.New("no such photo or album")

	// ErrSmartAlbum is returned when images are put into a smart album, or taken
	// out of it: its query decides which it has.
	ErrSmartAlbum = errors.New("a smart album chooses its photos itself")

	// ErrBadDate is returned when dates cannot be corrected as asked. Nothing was changed.
	ErrBadDate = errors.New("the date cannot be corrected so")

	// ErrBadQuery is returned by [CheckText] for a text that is no search.
	ErrBadQuery = errors.New("the search cannot be understood")

	// ErrBadGeometry is returned for a geometry that no picture can be drawn with;
	// nothing was changed.
	ErrBadGeometry = errors.New("no picture can be turned or cut like this")

	// ErrNoThumbnail is returned when a file cannot be drawn: its kind is not
	// decoded, or its bytes are damaged. The file itself is kept.
	ErrNoThumbnail = errors.New("no picture can be drawn of this file")

	// ErrNotHere is returned when a file's bytes are not on this device and no
	// device that has them is online.
	ErrNotHere = errors.New("no device with this photo is online")

	// ErrNotPhoto is the problem of a file that an import skips: it is neither
	// a photo nor a video by its bytes.
	ErrNotPhoto = errors.New("not a photo, skipped")

	// ErrEmpty is the problem of a file of no bytes, which an import skips.
	ErrEmpty = errors.New("empty file, skipped")

	// ErrChanging is the problem of a file that an import skips, since another
	// program wrote to it meanwhile.
	ErrChanging = errors.New("still being written, skipped; import it again when it is complete")

	// ErrKeptUndrawn is the problem of a file that an import keeps although no
	// picture could be drawn of it.
	ErrKeptUndrawn = errors.New("kept, but no picture could be drawn")

	// ErrKeptPartial is the problem of a photo that an import keeps although
	// its file ends early: part of the picture is missing.
	ErrKeptPartial = errors.New("kept, but the file ends early and part of its picture is missing")
)

// ServeIfChild decodes pictures for another process, and does not return, when
// this one was started by a [Library] for that. Programs call it first of all
// in main; without it HEIC, AVIF, WebP and JPEG XL are kept and not drawn.
func ServeIfChild() { codec.ServeIfChild() }

// Options configures a [Library]. The zero value of a field selects its default.
type Options struct {
	// Files keeps the bytes and the records. Required.
	Files *filelayer.Layer

	// Dir holds the library's own state, which can be rebuilt. Required.
	Dir string

	// CacheDir holds thumbnails. If empty, "thumbnails" in Dir.
	CacheDir string

	// CacheBytes bounds what thumbnails take on disk. If 0, 4 GiB.
	CacheBytes int64

	// Log receives the library's records. If nil, they are discarded.
	Log *slog.Logger
}

// pauses are the times a library keeps to.
type pauses struct {
	report  time.Duration // between reports of an import
	join    time.Duration // between looks at the file layer
	missing time.Duration // before a document that may be on its way is made here
	retry   time.Duration // before a document that could not be made is tried again
	save    time.Duration // between writes of the index, when it changed
	trim    time.Duration // after the start, before the first look at the cache
	reread  time.Duration // before each look for documents that an earlier version has made
	perFile time.Duration // before each file that is read again for that
}

var usualPauses = pauses{
	report: 100 * time.Millisecond, join: 100 * time.Millisecond, missing: 3 * time.Second, retry: time.Minute, save: time.Minute,
	trim: time.Minute, reread: 2 * time.Minute, perFile: 50 * time.Millisecond,
}

// Library is the images of all devices. Its methods may be called from any
// goroutine once Run has been started.
type Library struct {
	files    files
	db       database
	dir      string
	log      *slog.Logger
	pauses   pauses
	clock    *clock
	index    *index
	joining  sync.Mutex   // held from asking for entries until the index has them: an older list never follows a newer
	turning  sync.Mutex   // held while pictures are turned or cut
	writing  sync.RWMutex // held for reading from writing documents until the index has them, and for writing while it takes in a feed's: an older revision never follows a newer
	renderer *thumb.Renderer
	instants *thumb.Renderer // of what is shown until thumbnails are there
	desktop  thumb.Desktop
	poison   *poison
	cache    *thumb.Cache
	flights  flights[thumb.Set]
	local    *gate // drawing here
	remote   *gate // asking other devices
	changed  signal.Signal
	missing  signal.Signal // raised when the index knows of files without a document
}

// Open opens the library, before the file layer runs: it takes database
// "images" and serves "/thumb/" to other devices. What the last run knew is
// there at once. It starts no goroutine; see [Library.Run].
func Open(opts Options) (*Library, error) {
	if opts.Files == nil || opts.Dir == "" {
		return nil, errors.New("imagelib: Options.Files and Options.Dir are required")
	}
	db, err := opts.Files.Database("images", Merge)
	if err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	node := "local"
	for _, d := range opts.Files.Devices() {
		if d.Self {
			node = d.ID
		}
	}
	l, err := open(layerFiles{opts.Files}, db, node, opts)
	if err != nil {
		return nil, err
	}
	opts.Files.HandlePeer(thumbPath, l.thumbHandler())
	return l, nil
}

func open(f files, db database, node string, opts Options) (*Library, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.CacheDir == "" {
		opts.CacheDir = filepath.Join(opts.Dir, "thumbnails")
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	l := &Library{
		files: f, db: db, dir: opts.Dir, log: opts.Log, pauses: usualPauses,
		clock:    &clock{node: node, now: time.Now},
		index:    newIndex(),
		renderer: thumb.NewRenderer(0),
		instants: thumb.NewRenderer(instantMemory),
		desktop:  thumb.DesktopOf(),
		poison:   openPoison(filepath.Join(opts.Dir, poisonName)),
		cache:    thumb.NewCache(opts.CacheDir, opts.CacheBytes),
		local:    newGate(runtime.GOMAXPROCS(0)),
		remote:   newGate(6),
	}
	l.loadIndex()
	f.SetEditor(filelayer.ActionDate, l.dateEditor())
	f.SetEditor(filelayer.ActionGeometry, l.geometryEditor())
	return l, nil
}

// Run keeps the library in step with the file layer until ctx ends, and then
// returns nil.
func (l *Library) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.follow(ctx) })
	g.Go(func() error { return l.watchFiles(ctx) })
	g.Go(func() error { return l.makeMissing(ctx) })
	g.Go(func() error { return l.rereadOld(ctx) })
	g.Go(func() error { return l.saveOften(ctx) })
	g.Go(func() error { return l.trimCache(ctx) })
	err := g.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close writes what a later Open starts from. The library is not used again.
func (l *Library) Close() error {
	l.renderer.Close()
	l.instants.Close()
	return l.saveIndex()
}

// Changed is raised when a later [Library.Snapshot] or [Library.Albums] differs.
func (l *Library) Changed() *signal.Signal { return &l.changed }

// follow takes in what changes in the database.
func (l *Library) follow(ctx context.Context) error {
	since := l.index.sequence()
	if !l.sameDatabase(ctx) {
		since = ""
		if l.index.forget() {
			l.join()
		}
		l.changed.Raise()
	}
	return l.db.Follow(ctx, since, func(docs []filelayer.Doc, seq string) error {
		l.writing.Lock()
		defer l.writing.Unlock()
		if l.index.apply(docs, seq) {
			l.changed.Raise()
		}
		return nil
	})
}

// sameDatabase checks by a few documents that the database is the one the saved
// index was made from: a sequence means nothing in another.
func (l *Library) sameDatabase(ctx context.Context) bool {
	for _, id := range l.index.sample(3) {
		var body raw
		if _, err := l.db.Get(ctx, id, &body); errors.Is(err, filelayer.ErrNotFound) {
			l.log.InfoContext(ctx, "Image database is another one, reading all of it")
			return false
		}
	}
	return true
}

// watchFiles takes in which files there are, and where.
func (l *Library) watchFiles(ctx context.Context) error {
	woken, stop := l.files.Changed().Listen()
	defer stop()
	if err := l.files.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("read files: %w", err)
	}
	for {
		start := time.Now()
		l.join()
		select { // the larger the library, the longer: looking takes a tenth of one processor at most
		case <-ctx.Done():
			return nil
		case <-time.After(max(l.pauses.join, 10*time.Since(start))):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// join brings the index in step with the file layer's entries.
func (l *Library) join() {
	l.joining.Lock()
	defer l.joining.Unlock()
	changed, missing := l.index.join(l.files.Entries())
	if changed {
		l.changed.Raise()
	}
	if missing {
		l.missing.Raise()
	}
}

// saveOften writes the index from time to time, so that a start after a crash
// has little to catch up with.
func (l *Library) saveOften(ctx context.Context) error {
	tick := time.NewTicker(l.pauses.save)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := l.saveIndex(); err != nil {
				l.log.WarnContext(ctx, "Could not save the image index", "err", err)
			}
		}
	}
}

// trimCache keeps the thumbnails on disk within their bound.
func (l *Library) trimCache(ctx context.Context) error {
	grown, stop := l.cache.Grown().Listen()
	defer stop()
	next := time.After(l.pauses.trim) // a start has more urgent things to read
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		case <-grown:
		}
		if err := l.cache.Trim(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Could not trim the thumbnails", "err", err)
		}
	}
}
