package thumb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/libpaul/paul/internal/signal"
)

const (
	// touchAfter is how exactly the cache knows when a thumbnail was last used.
	touchAfter = 24 * time.Hour

	// abandoned is the age from which an unfinished file is what a crash left.
	abandoned = time.Hour
)

// onDisk is what a file of n bytes takes in blocks.
func onDisk(n int64) int64 { return (n + 4095) &^ 4095 }

// Grown is raised when so much was written that [Cache.Trim] should be called.
func (c *Cache) Grown() *signal.Signal { return &c.grown }

// Trim removes what earlier versions and crashes left, and when the rest takes
// more than the limit, what was not used for the longest time, down to seven
// eighths of it.
func (c *Cache) Trim(ctx context.Context) error {
	c.put.Store(0)
	if err := c.dropVersions(); err != nil {
		return err
	}
	var left error                             // the first file that could not be removed; the others are
	total, ages := int64(0), map[int64]int64{} // bytes by the minute they were last used in
	err := c.each(ctx, func(path string, st fs.FileInfo) {
		switch {
		case !unfinished(path):
			total += onDisk(st.Size())
			ages[minuteOf(st)] += onDisk(st.Size())
		case time.Since(st.ModTime()) > abandoned:
			left = cmp.Or(left, os.Remove(path))
		}
	})
	if last, full := c.oldest(total, ages); full && err == nil {
		err = c.each(ctx, func(path string, st fs.FileInfo) {
			if minuteOf(st) <= last && !unfinished(path) {
				left = cmp.Or(left, os.Remove(path))
			}
		})
	}
	if err = cmp.Or(err, left); err != nil {
		return fmt.Errorf("trim thumbnails: %w", err)
	}
	return nil
}

// oldest returns the last minute whose files have to go, and whether any have to.
func (c *Cache) oldest(total int64, ages map[int64]int64) (last int64, full bool) {
	if total <= c.limit {
		return 0, false
	}
	for _, last = range slices.Sorted(maps.Keys(ages)) {
		if total -= ages[last]; total <= c.limit/8*7 {
			break
		}
	}
	return last, true
}

func minuteOf(st fs.FileInfo) int64 { return st.ModTime().Unix() / 60 }

// unfinished reports whether a file is one that write has not renamed yet.
func unfinished(path string) bool {
	ext := filepath.Ext(path)
	return ext != thumbExt && ext != failedExt
}

// each calls fn for all files. One that goes away meanwhile is passed over.
func (c *Cache) each(ctx context.Context, fn func(path string, st fs.FileInfo)) error {
	return filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && d.Type().IsRegular() {
			var st fs.FileInfo
			if st, err = d.Info(); err == nil {
				fn(path, st)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// dropVersions removes the thumbnails of other versions.
func (c *Cache) dropVersions() error {
	all, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "v[0-9]*"))
	for _, dir := range all {
		if dir != c.dir {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	if err != nil {
		return fmt.Errorf("trim thumbnails: %w", err)
	}
	return nil
}
