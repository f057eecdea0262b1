package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"os"
	"time"
)

var errSkel = errors.New("not written yet")

// Options says where a store lies. Zero fields mean the defaults named.
type Options struct {
	Library    string       // folder of the originals; required
	StateDir   string       // folder of the index and the fetch cache; required
	CacheBytes int64        // bound of the fetch cache; 0 means 2 GiB
	Log        *slog.Logger // nil discards
}

// A Store keeps blobs in one library folder. Its methods are safe for
// concurrent use.
type Store struct{}

// Meta says what a blob should be called on the disk.
type Meta struct {
	Name string    // file name, kept as far as every system allows it
	Time time.Time // its year and month, in its own zone, choose the folder; zero: "undated"
	Size int64     // expected bytes, so that space is checked beforehand; 0 unknown
	Want *Digest   // when set, other bytes fail with ErrCorrupt, and known ones are not read
}

// Info tells where a blob lies and what is known of it.
type Info struct {
	Digest   Digest
	Path     string    // absolute; empty until a batch is committed
	Size     int64     // bytes
	ModTime  time.Time // of the file
	Verified time.Time // when its bytes last matched its digest
	Missing  bool      // the file is gone or was changed
	Known    bool      // set by Put and Receive: the bytes were stored before
}

// Source opens the bytes of a blob from offset on.
type Source func(ctx context.Context, offset int64) (io.ReadCloser, error)

// Trashed is a removed blob that can be restored until it is purged.
type Trashed struct {
	Digest Digest
	Name   string    // file name in the library before
	Path   string    // absolute path of the bytes in the trash
	Reason string    // as given to Trash
	At     time.Time // when it was removed
	Size   int64
}

// Quarantined is a rotten file that was put aside.
type Quarantined struct {
	Digest Digest // what its bytes should have been
	Name   string
	Path   string
	At     time.Time
	Size   int64
}

// Batch collects files that become durable, and get their names, together.
type Batch struct{}

func Open(Options) (*Store, error) { return nil, errSkel }
func (*Store) Close() error        { return errSkel }

// Library returns the library folder.
func (*Store) Library() string { return "" }

// Fresh reports that the index is younger than the library (it was lost, or
// the library came from elsewhere): call Reindex.
func (*Store) Fresh() bool { return false }

// Mounted returns nil, or ErrNotMounted when the marker is not there now.
func (*Store) Mounted() error { return errSkel }

func (*Store) NewBatch() *Batch { return nil }

// Put is safe for concurrent use within one batch.
func (*Batch) Put(context.Context, io.Reader, Meta) (Info, error) { return Info{}, errSkel }

// Receive stages a transfer, resumed where an earlier one broke off.
func (*Batch) Receive(ctx context.Context, d Digest, size int64, m Meta, src Source, progress func(done int64)) (Info, error) {
	return Info{}, errSkel
}
func (*Batch) Commit(context.Context) error { return errSkel }
func (*Batch) Abort()                       {}

// Receive is a batch of one.
func (*Store) Receive(ctx context.Context, d Digest, size int64, m Meta, src Source, progress func(done int64)) (Info, error) {
	return Info{}, errSkel
}

// DropPartial forgets an unfinished transfer.
func (*Store) DropPartial(Digest) error { return errSkel }

// Open: ErrNotFound, ErrMissing, ErrCorrupt, ErrNotMounted.
func (*Store) Open(Digest) (*os.File, Info, error) { return nil, Info{}, errSkel }

// Has reports whether an intact-looking copy is here (row and file there).
func (*Store) Has(Digest) bool { return false }

// Info of a known blob; Missing says whether its file is gone.
func (*Store) Info(Digest) (Info, error)    { return Info{}, errSkel }
func (*Store) All() iter.Seq2[Info, error] { return nil }

// Verify re-reads the bytes.
func (*Store) Verify(context.Context, Digest) (Info, error) { return Info{}, errSkel }

// Scan stats every file and returns the blobs whose state has changed since
// (missing, changed or back again); it reads bytes only where size or time differ.
func (*Store) Scan(context.Context) ([]Info, error) { return nil, errSkel }

// Reindex hashes files of the folder that the index does not know.
func (*Store) Reindex(ctx context.Context, report func(done int)) (added int, err error) {
	return 0, errSkel
}

func (*Store) Trash(d Digest, reason string) error             { return errSkel }
func (*Store) TrashAll(ds []Digest, reason string) []error     { return nil }
func (*Store) Untrash(Digest) (Info, error)                    { return Info{}, errSkel }
func (*Store) Trashed() ([]Trashed, error)                     { return nil, errSkel }
func (*Store) InTrash(Digest) bool                             { return false }
func (*Store) PurgeTrash(olderThan time.Duration) (int, error) { return 0, errSkel }
func (*Store) Quarantined() ([]Quarantined, error)             { return nil, errSkel }

// GrantLease promises to keep the blob until then.
func (*Store) GrantLease(d Digest, to string, until time.Time) (verified time.Time, err error) {
	return time.Time{}, errSkel
}
func (*Store) Leased(Digest) bool { return false }

// Dropping makes GrantLease refuse d (ErrDropping) until release is called;
// ErrLeased when a lease runs.
func (*Store) Dropping(Digest) (release func(), err error) { return nil, errSkel }

// Cached opens a temporary copy; ErrNotFound when there is none.
func (*Store) Cached(Digest) (*os.File, error) { return nil, errSkel }

// Cache fetches a temporary copy, or opens the one there is.
func (*Store) Cache(ctx context.Context, d Digest, size int64, src Source, progress func(done int64)) (*os.File, error) {
	return nil, errSkel
}
func (*Store) ClearCache() error { return errSkel }
