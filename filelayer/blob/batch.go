package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// barrierWidth is how many files the barrier syncs at once. Measured on ext4:
// 16 at a time, begun by the kernel while the batch is still being written,
// take a seventh of one at a time, and unlike syncfs wait for no other program.
const barrierWidth = 16

// Meta says what a blob should be called on the disk.
type Meta struct {
	Name string    // file name, kept as far as every system allows it
	Time time.Time // its year and month, in its own zone, choose the folder; zero: "undated"
	Size int64     // expected bytes, so that space is checked beforehand; 0 unknown
	Want *Digest   // when set, other bytes fail with ErrCorrupt, and known ones are not read

	// Lies, if set, is the absolute path of a stray with these bytes; see
	// [Store.Stray]. It becomes the blob where it lies, if it still has them.
	Lies string
}

// A Batch collects files that become durable, and get their names, together.
// Its methods are safe for concurrent use. Until Commit has returned nil,
// nothing in it counts as stored.
type Batch struct {
	s *Store

	mu     sync.Mutex         // guards the fields below
	staged map[Digest]*staged // complete files in incomingDir
	order  []*staged          // the same, in the order they came
	known  map[Digest]bool    // stored before, and relied on by the caller
	closed bool
}

// staged is a complete file that waits for Commit.
type staged struct {
	digest Digest
	rel    string // in incomingDir
	size   int64
	meta   Meta
	unsure bool // the disk failed to take its bytes: what it has of them is unknown
}

// NewBatch begins a batch. End it by Commit or Abort.
func (s *Store) NewBatch() *Batch {
	return &Batch{s: s, staged: make(map[Digest]*staged), known: make(map[Digest]bool)}
}

// Put reads r to its end into a file of the batch. Bytes that are stored
// already, or are in the batch, are not stored again; Info.Known says so. On
// error nothing of r is kept, and the batch can go on.
func (b *Batch) Put(ctx context.Context, r io.Reader, meta Meta) (Info, error) {
	info, err := b.put(ctx, r, meta)
	if err != nil {
		return Info{}, fmt.Errorf("store %s: %w", meta.Name, b.s.orNotMounted(err))
	}
	return info, nil
}

func (b *Batch) put(ctx context.Context, r io.Reader, meta Meta) (Info, error) {
	if meta.Want != nil {
		if info, known, err := b.lookup(*meta.Want); known || err != nil {
			return info, err
		}
	}
	if err := b.s.Mounted(); err != nil {
		return Info{}, err
	}
	written, release, err := b.s.reserve(b.s.path(ownDir), meta.Size)
	if err != nil {
		return Info{}, err
	}
	defer release()
	st := &staged{rel: b.s.tempName(""), meta: meta}
	if err := b.s.fill(ctx, st, r, written); err != nil {
		return Info{}, errors.Join(err, b.s.removeTemp(st.rel))
	}
	if meta.Want != nil && *meta.Want != st.digest {
		return Info{}, errors.Join(ErrCorrupt, b.s.removeTemp(st.rel))
	}
	return b.stage(st)
}

// Content is bytes in memory, which do not change any more, and their digest.
type Content struct {
	data   []byte
	digest Digest
}

// NewContent computes the digest of data.
func NewContent(data []byte) Content { return Content{data, sha256.Sum256(data)} }

// Digest names the bytes.
func (c Content) Digest() Digest { return c.digest }

// Bytes returns the bytes themselves.
func (c Content) Bytes() []byte { return c.data }

// PutContent is Put of bytes that are in memory: they are hashed once. It takes
// meta.Size and meta.Want from them.
func (b *Batch) PutContent(c Content, meta Meta) (Info, error) {
	info, err := b.putContent(c, meta)
	if err != nil {
		return Info{}, fmt.Errorf("store %s: %w", meta.Name, b.s.orNotMounted(err))
	}
	return info, nil
}

func (b *Batch) putContent(c Content, meta Meta) (Info, error) {
	if info, known, err := b.lookup(c.digest); known || err != nil {
		return info, err
	}
	if err := b.s.Mounted(); err != nil {
		return Info{}, err
	}
	st := &staged{digest: c.digest, rel: b.s.tempName(""), size: int64(len(c.data)), meta: meta}
	written, release, err := b.s.reserve(b.s.path(ownDir), st.size)
	if err != nil {
		return Info{}, err
	}
	defer release()
	if err := b.s.write(b.s.fsys.create, b.s.path(st.rel), c.data, written); err != nil {
		return Info{}, errors.Join(err, b.s.removeTemp(st.rel))
	}
	return b.take(st)
}

// lookup returns the Info of bytes that need not be stored again.
func (b *Batch) lookup(d Digest) (Info, bool, error) {
	b.mu.Lock()
	st, closed := b.staged[d], b.closed
	b.mu.Unlock()
	switch {
	case closed:
		return Info{}, false, ErrClosed
	case st != nil:
		return st.info(true), true, nil
	}
	r, err := b.s.check(d)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.known[d] = true
		info := b.s.info(r)
		info.Known = true
		return info, true, nil
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrMissing) {
		return Info{}, false, nil
	}
	return Info{}, false, err
}

// stage takes a complete file into the batch, or removes it when it is known.
func (b *Batch) stage(st *staged) (Info, error) {
	info, known, err := b.lookup(st.digest)
	if known || err != nil {
		return info, errors.Join(err, b.s.removeTemp(st.rel))
	}
	return b.take(st)
}

// take is stage of a file of which lookup has said, before it came, that it is
// not known; Commit looks again.
func (b *Batch) take(st *staged) (Info, error) {
	b.mu.Lock()
	other, closed := b.staged[st.digest], b.closed
	if other == nil && !closed {
		b.staged[st.digest] = st
		b.order = append(b.order, st)
		delete(b.known, st.digest) // it was, and is gone since
	}
	b.mu.Unlock()
	switch {
	case closed:
		return Info{}, errors.Join(ErrClosed, b.s.removeTemp(st.rel))
	case other != nil: // a concurrent Put of the same bytes was faster
		return other.info(true), b.s.removeTemp(st.rel)
	}
	return st.info(false), nil
}

func (st *staged) info(known bool) Info {
	return Info{Digest: st.digest, Size: st.size, ModTime: st.meta.Time, Known: known}
}

// tempName returns a new name in incomingDir.
func (s *Store) tempName(prefix string) string {
	return path.Join(incomingDir, prefix+strconv.FormatInt(s.temps.Add(1), 10))
}

func (s *Store) removeTemp(rel string) error {
	if err := s.fsys.remove(s.path(rel)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	return nil
}

// fill writes r to the temporary file of st while hashing it.
func (s *Store) fill(ctx context.Context, st *staged, r io.Reader, written func(int64)) (err error) {
	f, err := s.fsys.create(s.path(st.rel))
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, explain(f.Close())) }()
	h := sha256.New()
	last := int64(0)
	st.size, err = copyUntil(io.MultiWriter(diskWriter{f}, h), r, ctx.Err, func(done int64) { written(done - last); last = done })
	if err != nil {
		return err
	}
	h.Sum(st.digest[:0])
	startWriteback(f)
	return nil
}

// Commit makes the files of the batch durable, then gives them their names and
// records them. When it returns nil, all are stored for good, also those that
// were known before: one that went to the trash since comes back. Else none of
// the new ones is stored. The batch is over either way. Files that were received
// are kept for a later Receive, but for one whose bytes the disk failed to take.
func (b *Batch) Commit(ctx context.Context) error {
	order, err := b.close()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err = b.s.barrier(ctx, order); err == nil {
		err = b.s.name(order, b.known)
	}
	if err != nil {
		return fmt.Errorf("commit %d files: %w", len(order), errors.Join(b.s.orNotMounted(err), b.s.discardAll(order)))
	}
	return nil
}

// Abort drops the batch. After Commit it does nothing.
func (b *Batch) Abort() {
	order, err := b.close()
	if err == nil {
		err = b.s.discardAll(order)
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		b.s.log.Warn("An aborted batch left files behind, to be swept later", "err", err)
	}
}

func (b *Batch) close() ([]*staged, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	b.closed = true
	return b.order, nil
}

// barrier returns once the bytes of all files are on the disk.
func (s *Store) barrier(ctx context.Context, order []*staged) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(barrierWidth)
	for _, st := range order {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.secure(ctx, st)
			p := s.path(st.rel)
			if t := st.meta.Time; !t.IsZero() {
				if err := os.Chtimes(p, time.Time{}, t); err != nil { // not every disk takes any time
					s.log.DebugContext(ctx, "A file keeps the time of its import", "err", err)
				}
			}
			err := s.fsys.finish(p, st.size)
			st.unsure = err != nil
			return explain(err)
		})
	}
	return g.Wait()
}

// secure brings the stray that a file may be, and its folders, to the disk. One
// that cannot be is left to lie, and copied.
func (s *Store) secure(ctx context.Context, st *staged) {
	if st.meta.Lies == "" {
		return
	}
	rel, err := s.rel(st.meta.Lies)
	if err == nil {
		err = s.fsys.sync(s.path(rel))
	}
	for dir := path.Dir(rel); err == nil; dir = path.Dir(dir) {
		if err = s.fsys.syncDir(s.path(dir)); dir == "." {
			break
		}
	}
	if err != nil {
		s.log.DebugContext(ctx, "A file of the library is copied, since it cannot be kept where it lies", "path", st.meta.Lies, "err", err)
		st.meta.Lies = ""
	}
}

// syncFile brings the bytes of another program's file to the disk, and changes
// nothing about it.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // not every system syncs what is open for reading
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(path)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (s *Store) discardAll(order []*staged) error {
	var errs []error
	for _, st := range order {
		drop := s.discard
		if st.unsure { // it reads well from memory, and a second sync would not fail
			drop = s.removeTemp
		}
		if err := drop(st.rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, explain(err))
		}
	}
	return errors.Join(errs...)
}
