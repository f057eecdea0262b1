package blob

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"
)

// mtimeSlack is how far the time of an untouched file may lie from the one
// noted: FAT keeps even seconds only.
const mtimeSlack = 2 * time.Second

// unchanged reports whether r's file is there with the size and time noted.
// When it is not, the library is known to be mounted.
func (s *Store) unchanged(r row) (bool, error) {
	fi, err := os.Lstat(s.path(r.path))
	if err == nil && matches(r, fi) {
		return true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) {
		return false, explainRead(err)
	}
	return false, s.Mounted()
}

func matches(r row, fi fs.FileInfo) bool {
	return fi.Mode().IsRegular() && fi.Size() == r.size && sameTime(r, fi)
}

func sameTime(r row, fi fs.FileInfo) bool {
	return time.Unix(0, mtimeOf(fi)).Sub(time.Unix(0, r.mtime)).Abs() <= mtimeSlack
}

// mtimeOf returns the time of a file as rows keep it: the nearest that they can,
// the years 1678 to 2262.
func mtimeOf(fi fs.FileInfo) int64 {
	switch t := fi.ModTime(); {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}

// check looks after d's file and notes what it finds: when size or time
// differ from what was noted it reads the bytes. Of an intact file it returns the
// row; else the error is ErrNotFound, ErrMissing (with ErrChanged when other
// bytes are there) or ErrNotMounted.
func (s *Store) check(d Digest) (row, error) {
	r, err := s.index.lookup(d)
	if err != nil {
		return row{}, err
	}
	if same, err := s.unchanged(r); err != nil {
		return row{}, err
	} else if same && !r.missing {
		return r, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkLocked(d)
}

// checkLocked is check for callers that hold mu, so that no rename is in
// progress.
func (s *Store) checkLocked(d Digest) (row, error) {
	if err := s.settleHalf(); err != nil {
		return row{}, err
	}
	r, err := s.index.lookup(d)
	if err != nil {
		return row{}, err
	}
	fi, err := os.Lstat(s.path(r.path))
	switch {
	case err == nil && matches(r, fi) && !r.missing:
		return r, nil
	case err == nil && fi.Mode().IsRegular() && fi.Size() == r.size:
		return s.recheck(r, fi)
	case err == nil:
		return s.noteMissing(r, ErrChanged)
	case errors.Is(err, fs.ErrNotExist), isNotDir(err):
		return s.noteMissing(r, nil)
	}
	return row{}, explainRead(err)
}

// recheck hashes a file of the right size and another time.
func (s *Store) recheck(r row, fi fs.FileInfo) (row, error) {
	sum, err := s.hash(s.path(r.path), nil)
	if err != nil {
		return row{}, err
	}
	if sum != r.digest {
		return s.noteMissing(r, ErrChanged)
	}
	r.mtime, r.verified, r.missing = mtimeOf(fi), s.stamp(), false
	return r, s.index.update(func(tx *tx) error { return tx.put(r) })
}

// noteMissing marks the blob as missing, if the library is mounted.
func (s *Store) noteMissing(r row, why error) (row, error) {
	if err := s.Mounted(); err != nil {
		return row{}, err
	}
	if !r.missing {
		r.missing = true
		if err := s.index.update(func(tx *tx) error { return tx.put(r) }); err != nil {
			return row{}, err
		}
		s.log.Warn("An original is not in its place", "path", r.path, "changed", why != nil)
	}
	if why != nil {
		return row{}, fmt.Errorf("%w: %w: %s", ErrMissing, why, s.path(r.path))
	}
	return row{}, fmt.Errorf("%w: %s", ErrMissing, s.path(r.path))
}

// hash reads the file at path. It stops with the error of stop, asked now and
// then, unless that is nil.
func (s *Store) hash(path string, stop func() error) (Digest, error) {
	f, err := s.fsys.open(path)
	if err != nil {
		return Digest{}, explainRead(err)
	}
	defer func() { _ = f.Close() }() // opened for reading
	h := sha256.New()
	defer dropCache(f) // a look through the whole library is not to take the memory of all else
	if _, err := copyUntil(h, f, stop, nil); err != nil {
		return Digest{}, explainRead(err)
	}
	return Digest(h.Sum(nil)), nil
}

// gatherTime is the longest that copied bytes stay in memory while more come.
const gatherTime = 250 * time.Millisecond

// copyUntil copies src to dst in large pieces, tells progress the bytes copied
// so far, and stops with the error of stop. Both may be nil. What was read before
// src failed is copied.
func copyUntil(dst io.Writer, src io.Reader, stop func() error, progress func(int64)) (done int64, err error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		n, readErr := gather(*buf, src, stop)
		if n > 0 {
			if _, err := dst.Write((*buf)[:n]); err != nil {
				return done, err
			}
			done += int64(n)
			if progress != nil {
				progress(done)
			}
		}
		if errors.Is(readErr, io.EOF) {
			return done, nil
		}
		if readErr != nil {
			return done, readErr
		}
	}
}

// gather reads until most of buf is full or a while has passed: a network gives
// bytes in pieces that would each cost a call.
func gather(buf []byte, src io.Reader, stop func() error) (n int, err error) {
	var begun time.Time
	for {
		if stop != nil {
			if err := stop(); err != nil {
				return n, err
			}
		}
		got, err := src.Read(buf[n:])
		n += got
		if err != nil || n >= len(buf)*3/4 {
			return n, err
		}
		if now := time.Now(); begun.IsZero() {
			begun = now
		} else if now.Sub(begun) >= gatherTime {
			return n, nil
		}
	}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}
