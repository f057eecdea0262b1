package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Source opens the bytes of a blob from offset on. It may be called twice by
// one transfer: when bytes left by an earlier one turn out wrong, everything is
// asked for anew.
type Source func(ctx context.Context, offset int64) (io.ReadCloser, error)

// Receive stores the blob d of size bytes, which it reads from src, going on
// where an earlier transfer broke off, even by a crash. The bytes so far stay
// when src fails. They are dropped, with ErrCorrupt, when all of them came from
// src and do not match d. progress, unless nil, is told the bytes present so far.
func (s *Store) Receive(ctx context.Context, d Digest, size int64, meta Meta, src Source, progress func(done int64)) (Info, error) {
	b := s.NewBatch()
	info, err := b.Receive(ctx, d, size, meta, src, progress)
	if err != nil || info.Known {
		b.Abort()
		return info, err
	}
	if err := b.Commit(ctx); err != nil {
		return Info{}, fmt.Errorf("receive %s: %w", meta.Name, err)
	}
	return s.Info(d)
}

// Receive is [Store.Receive], with a name and durability given by Commit.
func (b *Batch) Receive(ctx context.Context, d Digest, size int64, meta Meta, src Source, progress func(done int64)) (Info, error) {
	info, err := b.receive(ctx, d, size, meta, src, progress)
	if err != nil {
		return Info{}, fmt.Errorf("receive %s: %w", meta.Name, b.s.orNotMounted(err))
	}
	return info, nil
}

func (b *Batch) receive(ctx context.Context, d Digest, size int64, meta Meta, src Source, progress func(int64)) (Info, error) {
	unlock, err := b.s.digests.lock(ctx, d)
	if err != nil {
		return Info{}, err
	}
	defer unlock()
	if info, known, err := b.lookup(d); known || err != nil {
		return info, err
	}
	if err := b.s.Mounted(); err != nil {
		return Info{}, err
	}
	partial := b.s.path(partialName(d))
	st := &staged{digest: d, rel: b.s.tempName(d.String() + "."), size: size, meta: meta}
	t := transfer{d, size, src, progress}
	if _, err := os.Lstat(partial); size > 0 && size <= SmallFile && errors.Is(err, fs.ErrNotExist) {
		if err := b.s.fetchSmall(ctx, partial, b.s.path(st.rel), t); err != nil {
			return Info{}, err
		}
		return b.take(st)
	}
	if err := b.s.fetch(ctx, partial, t); err != nil {
		return Info{}, err
	}
	if err := b.s.fsys.rename(partial, b.s.path(st.rel)); err != nil {
		return Info{}, explain(err)
	}
	return b.take(st)
}

// SmallFile is the size, in bytes, up to which a file is received in memory: it
// is written once, when its digest is right.
const SmallFile = 256 << 10

var smallFiles = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// fetchSmall writes the bytes of t, of which nothing is here yet, to a new file
// at path. What came of them when the source fails is left at partial.
func (s *Store) fetchSmall(ctx context.Context, partial, path string, t transfer) error {
	written, release, err := s.reserve(filepath.Dir(filepath.Dir(path)), t.size)
	if err != nil {
		return err
	}
	defer release()
	body, err := t.src(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // what was read counts
	data := smallFiles.Get().(*bytes.Buffer)
	defer smallFiles.Put(data)
	data.Reset()
	n, err := copyUntil(data, io.LimitReader(body, t.size), ctx.Err, t.progress)
	if err == nil && n < t.size {
		err = tooShort(n, t.size)
	}
	if err != nil && n > 0 {
		return errors.Join(err, s.write(s.fsys.resume, partial, data.Bytes(), written))
	}
	if err != nil {
		return err
	}
	if sha256.Sum256(data.Bytes()) != t.digest && !s.believing {
		return ErrCorrupt
	}
	if err := s.write(s.fsys.create, path, data.Bytes(), written); err != nil {
		return errors.Join(err, s.dropFile(path))
	}
	return nil
}

// writeAtOnce is how many bytes a write gives the disk before it tells of them.
const writeAtOnce = 4 << 20

// write writes data to a file that open makes, and calls written for its pieces.
func (s *Store) write(open func(string) (file, error), path string, data []byte, written func(int64)) (err error) {
	f, err := open(path)
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, explain(f.Close())) }()
	for piece := range slices.Chunk(data, writeAtOnce) {
		n, err := f.Write(piece)
		written(int64(n))
		if err != nil {
			return explain(err)
		}
	}
	startWriteback(f)
	return nil
}

func tooShort(n, size int64) error {
	return fmt.Errorf("got %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
}

// DropPartial forgets an unfinished transfer of d, if there is one.
func (s *Store) DropPartial(d Digest) error {
	if err := s.removeTemp(partialName(d)); err != nil {
		return fmt.Errorf("drop partial transfer: %w", err)
	}
	return nil
}

// transfer is what is wanted, and from where.
type transfer struct {
	digest   Digest
	size     int64
	src      Source
	progress func(int64)
}

// fetch completes the file at path to the bytes of t.
func (s *Store) fetch(ctx context.Context, path string, t transfer) (err error) {
	if t.size < 0 {
		return fmt.Errorf("%w: a size of %d bytes", ErrCorrupt, t.size)
	}
	f, err := s.fsys.resume(path)
	if err != nil {
		return explain(err)
	}
	defer func() {
		err = errors.Join(err, explain(f.Close()))
		if errors.Is(err, ErrCorrupt) {
			err = errors.Join(err, s.dropFile(path))
		}
	}()
	h := sha256.New()
	offset, err := reread(ctx, f, h, t.size)
	if err != nil {
		return err
	}
	for {
		if err := s.pump(ctx, path, f, h, offset, t); err != nil {
			return err
		}
		if Digest(h.Sum(nil)) == t.digest || s.believing {
			startWriteback(f)
			return nil
		}
		if offset == 0 {
			return ErrCorrupt
		}
		offset = 0 // whose bytes were wrong cannot be told: have all from this source
		h.Reset()
		if err := f.Truncate(0); err != nil {
			return explain(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return explain(err)
		}
	}
}

// reread feeds what an earlier transfer has left to h, and returns its length.
// More than size bytes, which no transfer leaves, are thrown away.
func reread(ctx context.Context, f file, h hash.Hash, size int64) (int64, error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, explain(err)
	}
	if fi.Size() > size {
		return 0, explain(f.Truncate(0))
	}
	n, err := copyUntil(h, f, ctx.Err, nil)
	return n, explain(err)
}

// pump copies the bytes from offset on to f, which is the file at path, and h.
func (s *Store) pump(ctx context.Context, path string, f file, h hash.Hash, offset int64, t transfer) error {
	if offset == t.size {
		return nil
	}
	written, release, err := s.reserve(filepath.Dir(filepath.Dir(path)), t.size-offset)
	if err != nil {
		return err
	}
	defer release()
	body, err := t.src(ctx, offset)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // what was read counts
	last := int64(0)
	n, err := copyUntil(io.MultiWriter(diskWriter{f}, h), io.LimitReader(body, t.size-offset), ctx.Err, func(n int64) {
		written(n - last)
		last = n
		if t.progress != nil {
			t.progress(offset + n)
		}
	})
	if err == nil && offset+n < t.size {
		err = tooShort(offset+n, t.size)
	}
	return err
}

// diskWriter explains the errors of the disk, so that those of the source
// (which may be a connection that was refused) keep their own meaning.
type diskWriter struct{ w io.Writer }

func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	return n, explain(err)
}

func (s *Store) dropFile(path string) error {
	if err := s.fsys.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	return nil
}

// keyLocks is a lock for each digest in use.
type keyLocks struct {
	mu   sync.Mutex // guards held
	held map[Digest]chan struct{}
}

// lock waits until nobody else holds d.
func (k *keyLocks) lock(ctx context.Context, d Digest) (unlock func(), err error) {
	for {
		k.mu.Lock()
		busy, ok := k.held[d]
		if !ok {
			break
		}
		k.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer k.mu.Unlock()
	if k.held == nil {
		k.held = make(map[Digest]chan struct{})
	}
	done := make(chan struct{})
	k.held[d] = done
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.held, d)
		close(done)
	}, nil
}
