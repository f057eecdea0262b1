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
}

// A Batch collects files that become durable, and get their names, together.
// Its methods are safe for concurrent use. Until Commit has returned nil,
// nothing in it counts as stored.
type Batch struct {
	s *Store

	mu     sync.Mutex         // guards the fields below
	staged map[Digest]*staged // complete files in incomingDir
	order  []*staged          // the same, in the order they came
	closed bool
}

// staged is a complete file that waits for Commit.
type staged struct {
	digest Digest
	rel    string // in incomingDir
	size   int64
	meta   Meta
}

// NewBatch begins a batch. End it by Commit or Abort.
func (s *Store) NewBatch() *Batch {
	return &Batch{s: s, staged: make(map[Digest]*staged)}
}

// Put reads r to its end into a file of the batch. Bytes that are stored
// already, or are in the batch, are not stored again; Info.Known says so. On
// error nothing of r is kept, and the batch can go on.
func (b *Batch) Put(ctx context.Context, r io.Reader, meta Meta) (Info, error) {
	info, err := b.put(ctx, r, meta)
	if err != nil {
		return Info{}, fmt.Errorf("store %s: %w", meta.Name, err)
	}
	return info, nil
}

func (b *Batch) put(ctx context.Context, r io.Reader, meta Meta) (Info, error) {
	if meta.Want != nil {
		if info, known, err := b.known(*meta.Want); known || err != nil {
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

// known returns the Info of bytes that need not be stored again.
func (b *Batch) known(d Digest) (Info, bool, error) {
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
	info, known, err := b.known(st.digest)
	if known || err != nil {
		return info, errors.Join(err, b.s.removeTemp(st.rel))
	}
	b.mu.Lock()
	other, closed := b.staged[st.digest], b.closed
	if other == nil && !closed {
		b.staged[st.digest] = st
		b.order = append(b.order, st)
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
// records them. When it returns nil, all are stored for good; else none is, and
// the batch is over either way. Files that were received are kept for a later
// Receive.
func (b *Batch) Commit(ctx context.Context) error {
	order, err := b.close()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if len(order) == 0 {
		return nil
	}
	if err := b.s.barrier(ctx, order); err != nil {
		return fmt.Errorf("commit %d files: %w", len(order), errors.Join(err, b.s.discardAll(order)))
	}
	if err := b.s.name(order); err != nil {
		return fmt.Errorf("commit %d files: %w", len(order), errors.Join(err, b.s.discardAll(order)))
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
			p := s.path(st.rel)
			if t := st.meta.Time; !t.IsZero() {
				if err := os.Chtimes(p, time.Time{}, t); err != nil { // not every disk takes any time
					s.log.Debug("A file keeps the time of its import", "err", err)
				}
			}
			return explain(s.fsys.finish(p))
		})
	}
	return g.Wait()
}

// name gives the files their names, except those that another batch has
// stored meanwhile.
func (s *Store) name(order []*staged) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := newNames(s)
	at := now()
	var moves []*move
	var spare []string
	for _, st := range order {
		switch _, err := s.checkLocked(st.digest); {
		case err == nil:
			spare = append(spare, st.rel)
			continue
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrMissing):
			return err
		}
		dst, same, err := names.choose(folderFor(st.meta.Time), legalName(st.meta.Name), st.digest, st.size)
		if err != nil {
			return err
		}
		if same { // the folder has these very bytes already, and the index has lost them
			if err := s.adopt(st.digest, dst); err != nil {
				return err
			}
			spare = append(spare, st.rel)
			continue
		}
		moves = append(moves, &move{
			kind: moveIn, digest: st.digest, src: st.rel, dst: dst, size: st.size, verified: at, at: at,
		})
	}
	if err := s.perform(moves); err != nil {
		return err
	}
	for _, rel := range spare {
		if err := s.removeTemp(rel); err != nil {
			s.log.Warn("A temporary file is left, to be swept later", "path", rel, "err", err)
		}
	}
	return nil
}

// adopt records a file that was found under its name, with bytes just hashed.
func (s *Store) adopt(d Digest, rel string) error {
	fi, err := os.Lstat(s.path(rel))
	if err != nil {
		return explain(err)
	}
	r := row{digest: d, path: rel, size: fi.Size(), mtime: fi.ModTime().UnixNano(), verified: now()}
	return s.index.update(func(tx *tx) error { return tx.put(r) })
}

func (s *Store) discardAll(order []*staged) error {
	var errs []error
	for _, st := range order {
		if err := s.discard(st.rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, explain(err))
		}
	}
	return errors.Join(errs...)
}
