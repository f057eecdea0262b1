package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"
)

// Open opens the file of d for reading. A file whose size or time differ from
// what was noted is read through first. Errors: ErrNotFound; ErrMissing, with
// ErrChanged when another program wrote other bytes there; ErrNotMounted.
func (s *Store) Open(d Digest) (*os.File, Info, error) {
	for again := true; ; again = false {
		r, err := s.check(d)
		if err != nil {
			return nil, Info{}, fmt.Errorf("open %v: %w", d, err)
		}
		f, err := os.Open(s.path(r.path))
		if err == nil {
			return f, s.info(r), nil
		}
		if !again || !errors.Is(err, fs.ErrNotExist) { // it may have moved just now
			return nil, Info{}, fmt.Errorf("open %v: %w", d, explainRead(err))
		}
	}
}

// Verify re-reads the bytes of d and notes the time when they match. When they
// do not, and nobody has touched the file, it has rotted: it is moved to the
// quarantine, d is not stored any more, and the error is ErrCorrupt. Else errors are as
// of Open, and ErrIO when the disk cannot read it, which changes nothing.
func (s *Store) Verify(ctx context.Context, d Digest) (Info, error) {
	r, err := s.check(d)
	if err != nil {
		return Info{}, fmt.Errorf("verify %v: %w", d, err)
	}
	sum, err := s.hash(s.path(r.path), ctx.Err)
	if err != nil {
		return Info{}, fmt.Errorf("verify %s: %w", r.path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current, err := s.checkLocked(d)
	if err != nil {
		return Info{}, fmt.Errorf("verify %v: %w", d, err)
	}
	switch {
	case sum == d && current.path == r.path:
		current.verified = s.stamp()
		return s.info(current), s.index.update(func(tx *tx) error { return tx.put(current) })
	case sum == d || current.path != r.path || current.mtime != r.mtime: // moved or rewritten meanwhile
		return s.info(current), nil
	}
	if err := s.putAside(r.digest, r.path, r.path, r.size, r.mtime); err != nil {
		return Info{}, fmt.Errorf("put rotten %s aside: %w", r.path, err)
	}
	return Info{}, fmt.Errorf("verify %s: %w: it was moved to the quarantine", r.path, ErrCorrupt)
}

// putAside moves a rotten file to the quarantine. The caller holds mu.
func (s *Store) putAside(d Digest, rel, origin string, size, mtime int64) error {
	dst, err := s.freeIn(quarantineDir, d.String()+path.Ext(origin), d)
	if err != nil {
		return err
	}
	at := s.stamp()
	q := Quarantined{Digest: d, Name: path.Base(origin), Path: s.path(dst), At: time.Unix(0, at), Size: size}
	if err := s.onAside(q, nil); err != nil {
		return err
	}
	if err := s.perform([]*move{{
		kind: moveRotten, digest: d, src: rel, dst: dst, size: size, mtime: mtime, origin: origin, at: at,
	}}); err != nil {
		return errors.Join(err, s.onAside(q, err))
	}
	s.log.Warn("An original has rotted and was put aside", "path", origin, "quarantine", dst)
	return nil
}

// Scan looks at every file, and returns the blobs whose state has changed: now
// missing, or there again, be it elsewhere in the library. It reads bytes only
// where size or time differ, and of files that may be a missing one; a file that
// the disk or its folder does not let it read is passed over. ErrNotMounted ends
// it, with nothing noted.
func (s *Store) Scan(ctx context.Context) ([]Info, error) {
	changed, missing, err := s.scan(ctx)
	if err != nil || len(missing) == 0 {
		return changed, err
	}
	moved, err := s.findMoved(ctx, missing)
	for _, info := range moved {
		changed = slices.DeleteFunc(changed, func(before Info) bool { return before.Digest == info.Digest })
	}
	return append(changed, moved...), err
}

// scan is Scan without a look elsewhere, and returns the sizes of what is
// missing too.
func (s *Store) scan(ctx context.Context) (changed []Info, missing map[int64]bool, err error) {
	if err := s.Mounted(); err != nil {
		return nil, nil, err
	}
	missing = make(map[int64]bool)
	for r, err := range s.rows() {
		if err != nil {
			return changed, missing, err
		}
		if err := ctx.Err(); err != nil {
			return changed, missing, err
		}
		after, err := s.check(r.digest)
		switch {
		case err == nil:
		case errors.Is(err, ErrMissing):
			after, after.missing = r, true
		case errors.Is(err, ErrNotFound): // removed meanwhile
			continue
		case (errors.Is(err, ErrIO) || errors.Is(err, fs.ErrPermission)) && s.Mounted() == nil:
			s.log.WarnContext(ctx, "An original cannot be read", "path", r.path, "err", err)
			continue
		default:
			return changed, missing, fmt.Errorf("scan %s: %w", r.path, err)
		}
		if after.missing {
			missing[r.size] = true
		}
		if after.missing == r.missing {
			continue
		}
		info := s.info(after)
		if after.missing {
			if info, err = s.absent(after); err != nil {
				return changed, missing, fmt.Errorf("scan %s: %w", r.path, err)
			}
		}
		changed = append(changed, info)
	}
	return changed, missing, nil
}

// Quarantined is a rotten file that was put aside.
type Quarantined struct {
	Digest Digest    // what its bytes should have been
	Name   string    // file name in the library before
	Path   string    // absolute path of the bytes now
	At     time.Time // when it was put aside
	Size   int64
}
