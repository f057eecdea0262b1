package blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// defaultCache is the bound of the fetch cache when none is given.
const defaultCache = 2 << 30

// cache keeps temporary copies, each under its digest in one folder, and drops
// those unused for longest when they exceed limit bytes together. The time of a
// file is when it was last used, so that the order survives a restart.
type cache struct {
	s     *Store
	dir   string
	limit int64
	locks keyLocks // held while a copy is fetched

	mu      sync.Mutex // guards the fields below
	entries map[Digest]*cached
	size    int64
}

type cached struct {
	digest  Digest
	size    int64
	used    time.Time
	checked bool // its bytes were hashed by this process
}

func openCache(s *Store, dir string, limit int64) (*cache, error) {
	if limit <= 0 {
		limit = defaultCache
	}
	c := &cache{s: s, dir: dir, limit: limit, entries: make(map[Digest]*cached)}
	if err := os.MkdirAll(filepath.Join(dir, "partial"), 0o700); err != nil {
		return nil, err
	}
	if err := sweepPartials(osFS{}, filepath.Join(dir, "partial")); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		d, err := ParseDigest(e.Name())
		fi, statErr := e.Info()
		if err != nil || statErr != nil {
			continue
		}
		c.entries[d] = &cached{digest: d, size: fi.Size(), used: fi.ModTime()}
		c.size += fi.Size()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(Digest{})
	return c, nil
}

func (c *cache) path(d Digest) string    { return filepath.Join(c.dir, d.String()) }
func (c *cache) partial(d Digest) string { return filepath.Join(c.dir, "partial", d.String()) }

// Cached opens the temporary copy of d; ErrNotFound when there is none.
func (s *Store) Cached(d Digest) (*os.File, error) {
	f, err := s.cache.get(d)
	if err != nil {
		return nil, fmt.Errorf("open copy of %v: %w", d, err)
	}
	return f, nil
}

// Cache opens the temporary copy of d. When there is none, it is fetched from
// src first, as by Receive. The copy stays until the cache needs its room; an
// open file can be read to its end in any case.
func (s *Store) Cache(ctx context.Context, d Digest, size int64, src Source, progress func(done int64)) (*os.File, error) {
	f, err := s.cache.fetch(ctx, transfer{d, size, src, progress})
	if err != nil {
		return nil, fmt.Errorf("fetch %v: %w", d, err)
	}
	return f, nil
}

// ClearCache drops all temporary copies that are not open.
func (s *Store) ClearCache() error {
	c := s.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, e := range c.entries {
		errs = append(errs, c.drop(e))
	}
	return errors.Join(errs...)
}

func (c *cache) fetch(ctx context.Context, t transfer) (*os.File, error) {
	unlock, err := c.locks.lock(ctx, t.digest)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if f, err := c.get(t.digest); !errors.Is(err, ErrNotFound) {
		return f, err
	}
	if err := c.s.fetch(ctx, c.partial(t.digest), t); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := os.Rename(c.partial(t.digest), c.path(t.digest)); err != nil {
		return nil, explain(err)
	}
	f, err := os.Open(c.path(t.digest)) // before room is made, which might take it
	if err != nil {
		return nil, err
	}
	c.entries[t.digest] = &cached{digest: t.digest, size: t.size, used: time.Now(), checked: true}
	c.size += t.size
	c.evict(t.digest)
	return f, nil
}

// get opens a copy. The first time in a process its bytes are checked, since
// they were not synced when written.
func (c *cache) get(d Digest) (*os.File, error) {
	c.mu.Lock()
	e := c.entries[d]
	checked := e != nil && e.checked
	c.mu.Unlock()
	if e == nil {
		return nil, ErrNotFound
	}
	if !checked {
		if sum, err := c.s.hash(c.path(d), nil); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		} else if sum != d {
			c.mu.Lock()
			defer c.mu.Unlock()
			return nil, errors.Join(ErrNotFound, c.drop(e))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := os.Open(c.path(d))
	if errors.Is(err, fs.ErrNotExist) { // dropped meanwhile, or by a person
		return nil, errors.Join(ErrNotFound, c.drop(e))
	}
	if err != nil {
		return nil, explainRead(err)
	}
	e.checked, e.used = true, time.Now()
	if err := os.Chtimes(c.path(d), e.used, e.used); err != nil {
		c.s.log.Debug("The use of a copy was not noted", "err", err)
	}
	return f, nil
}

// evict drops the copies unused for longest until the rest fit, sparing one.
// The caller holds mu.
func (c *cache) evict(spare Digest) {
	if c.size <= c.limit {
		return
	}
	oldest := make([]*cached, 0, len(c.entries))
	for _, e := range c.entries {
		oldest = append(oldest, e)
	}
	slices.SortFunc(oldest, func(a, b *cached) int {
		return cmp.Or(a.used.Compare(b.used), slices.Compare(a.digest[:], b.digest[:]))
	})
	for _, e := range oldest {
		if c.size <= c.limit {
			return
		}
		if e.digest == spare {
			continue
		}
		if err := c.drop(e); err != nil { // Windows keeps an open file; it goes another time
			c.s.log.Debug("A copy could not be dropped yet", "err", err)
		}
	}
}

// drop removes a copy. The caller holds mu.
func (c *cache) drop(e *cached) error {
	if c.entries[e.digest] != e {
		return nil
	}
	if err := os.Remove(c.path(e.digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	delete(c.entries, e.digest)
	c.size -= e.size
	return nil
}
