package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// Options says where a store lies. Zero fields mean the defaults named.
type Options struct {
	Library    string       // folder of the originals; required
	StateDir   string       // folder of the index and the fetch cache; required
	CacheBytes int64        // bound of the fetch cache; 0 means 2 GiB
	Log        *slog.Logger // nil discards
	Places     []string     // folders added in place, as AddPlace returned them; what the index knows of others is forgotten

	// OnAside, unless nil, is called before a rotten file is moved to the
	// quarantine: when it fails, the file stays. If it then cannot be moved, it is
	// called again, with why. It must not call the store.
	OnAside func(q Quarantined, failed error) error

	// Now is the clock of the device; nil is time.Now.
	Now func() time.Time
	// Believing takes received bytes for what they are said to be, unread. It is
	// for tests that show what the check of their digest is for.
	Believing bool

	fsys fsys // tests: the file system; nil is the real one
}

const (
	ownDir        = ".paul"
	incomingDir   = ".paul/incoming"
	partialDir    = ".paul/partial"
	trashDir      = ".paul/trash"
	quarantineDir = ".paul/quarantine"
	markerFile    = ".paul/library.json"
)

// A Store keeps blobs in one library folder. Its methods are safe for
// concurrent use. One process at a time may have a store open.
type Store struct {
	library, state string
	id             string // of the library, as in its marker file
	fresh          atomic.Bool
	marked         atomic.Pointer[seenMarker]
	fsys           fsys
	log            *slog.Logger
	now            func() time.Time
	believing      bool // see Options
	onAside        func(Quarantined, error) error
	index          *index
	cache          *cache
	space          space
	temps          atomic.Int64 // numbers the files of incomingDir
	digests        keyLocks     // held while a blob is received

	mu       sync.Mutex                      // guards names in the library, what rows say of them, and the fields below
	half     []*move                         // announced, and neither finished nor taken back
	listed   map[string]*listing             // of the last batch, while all its files have their names; see names
	leases   map[Digest]map[string]time.Time // when the leases of a blob end, by their names
	dropping map[Digest]int                  // how many callers of Dropping are not done
}

// Open opens the store, making what a first start lacks, and puts right what a
// crash has left. It fails with ErrNotMounted when the index knows a library
// whose marker file is not there; nothing is changed then. A library folder
// that cannot be written to opens, for reading.
func Open(opts Options) (*Store, error) {
	s := &Store{
		fsys: opts.fsys, log: opts.Log, now: opts.Now, believing: opts.Believing, onAside: opts.OnAside,
		leases: make(map[Digest]map[string]time.Time), dropping: make(map[Digest]int),
	}
	if s.fsys == nil {
		s.fsys = osFS{}
	}
	if s.onAside == nil {
		s.onAside = func(Quarantined, error) error { return nil }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(opts); err != nil {
		if s.index != nil {
			err = errors.Join(err, s.index.close())
		}
		return nil, fmt.Errorf("open library %s: %w", opts.Library, s.orNotMounted(explain(err)))
	}
	return s, nil
}

func (s *Store) open(opts Options) (err error) {
	if opts.Library == "" || opts.StateDir == "" {
		return errors.New("library and state folder are required")
	}
	if s.library, err = filepath.Abs(opts.Library); err != nil {
		return err
	}
	if s.state, err = filepath.Abs(opts.StateDir); err != nil {
		return err
	}
	if err := durable.MkdirAll(s.state, 0o700); err != nil {
		return err
	}
	if err := s.openIndex(filepath.Join(s.state, "blobs.db")); err != nil {
		return err
	}
	if err := s.mount(); err != nil {
		return err
	}
	if err := s.recover(); err != nil {
		return err
	}
	if err := s.loadLeases(); err != nil {
		return err
	}
	if err := s.setPlaces(opts.Places); err != nil {
		return err
	}
	s.cache, err = openCache(s, filepath.Join(s.state, "cache"), opts.CacheBytes)
	return err
}

// openIndex opens the index at path. A damaged one begins anew, but only while
// the library that it knew is there, lest another be made in its place.
func (s *Store) openIndex(path string) (err error) {
	if s.index, err = tryIndex(path); !isDamaged(err) {
		return err
	}
	if _, missing := s.readMarker(); errors.Is(missing, fs.ErrNotExist) {
		return fmt.Errorf("%w (%w; its index is damaged too, and is made anew once it is there: %w)", ErrNotMounted, missing, err)
	}
	aside, err := putIndexAside(path)
	if err != nil {
		return err
	}
	s.log.Warn("The index was unreadable and begins anew", "putAside", aside)
	s.index, err = tryIndex(path)
	return err
}

// Close releases the index. Batches that are not committed are lost.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.close()
}

// Library returns the absolute path of the library folder.
func (s *Store) Library() string { return s.library }

// Fresh reports that the index is younger than the library, because it was
// lost or the library came from elsewhere, and was not completed by Reindex
// yet. Until then the store may not know what the folder holds.
func (s *Store) Fresh() bool { return s.fresh.Load() }

// path returns the absolute path of rel, which has slashes.
func (s *Store) path(rel string) string { return filepath.Join(s.library, filepath.FromSlash(rel)) }

// rel is the reverse of path.
func (s *Store) rel(path string) (string, error) {
	rel, err := filepath.Rel(s.library, path)
	return filepath.ToSlash(rel), err
}

func (s *Store) syncDirs(dirs []string) error {
	seen := make(map[string]bool, len(dirs))
	for _, dir := range dirs {
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if err := s.fsys.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// Info tells where a blob lies and what is known of it.
type Info struct {
	Digest   Digest
	Path     string    // absolute; empty until a batch is committed
	Size     int64     // bytes
	ModTime  time.Time // of the file
	Verified time.Time // when its bytes last matched its digest
	Missing  bool      // the file is gone, or was changed by another program
	Changed  bool      // set by Scan and Info: it is Missing, and bytes that no blob has lie at Path
	Known    bool      // set by Put and Receive: the bytes were stored before
}

func (s *Store) info(r row) Info {
	return Info{
		Digest: r.digest, Path: s.path(r.path), Size: r.size,
		ModTime: time.Unix(0, r.mtime), Verified: time.Unix(0, r.verified), Missing: r.missing,
	}
}

// Info returns what is known of d, with a look whether its file is there; it
// reads no bytes. ErrNotFound: d is not known here. ErrNotMounted: it is known,
// and its file cannot be looked for.
func (s *Store) Info(d Digest) (Info, error) {
	r, err := s.index.lookup(d)
	if err != nil {
		return Info{}, err
	}
	same, err := s.unchanged(r)
	if err != nil {
		return Info{}, err
	}
	if same && r.missing { // it is back, unless the file there is known as another blob's
		same, err = s.index.free(r.path)
	}
	if err != nil || same {
		r.missing = !same
		return s.info(r), err
	}
	return s.absent(r)
}

// absent is info of a blob whose file is gone or was changed, though the index
// may not say so yet.
func (s *Store) absent(r row) (Info, error) {
	noted := r.missing
	r.missing = true
	info := s.info(r)
	_, err := os.Lstat(info.Path)
	if errors.Is(err, fs.ErrNotExist) || isNotDir(err) {
		return info, nil
	}
	if err != nil {
		return info, explainRead(err)
	}
	info.Changed = true
	if noted { // another blob may have the place by now
		info.Changed, err = s.index.free(r.path)
	}
	return info, err
}

// Has reports whether an intact copy of d is here, as far as can be told
// without reading it.
func (s *Store) Has(d Digest) bool {
	info, err := s.Info(d)
	return err == nil && !info.Missing
}

// All yields every blob that the index knows, in the order of digests, as it
// was when last looked at (see Scan). The store may be used meanwhile.
func (s *Store) All() iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for r, err := range s.rows() {
			if !yield(s.info(r), err) || err != nil {
				return
			}
		}
	}
}

// rows yields all rows, some hundred a query, so that no query stays open
// while the caller works. Once all were yielded, the sieve knows them.
func (s *Store) rows() iter.Seq2[row, error] {
	const page = 500
	return func(yield func(row, error) bool) {
		var last Digest
		for first := true; ; first = false {
			rows, err := s.index.after(last, first, page)
			if err != nil {
				yield(row{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if len(rows) < page {
				s.index.sieve.complete.Store(true)
				return
			}
			last = rows[len(rows)-1].digest
		}
	}
}
