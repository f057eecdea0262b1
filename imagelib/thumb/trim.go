package thumb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	total, ages := int64(0), map[int64]int64{} // bytes by the minute they were last used in
	err := c.each(ctx, func(path string, st fs.FileInfo) error {
		if unfinished(path) {
			if time.Since(st.ModTime()) > abandoned {
				return os.Remove(path)
			}
			return nil
		}
		total += onDisk(st.Size())
		ages[minuteOf(st)] += onDisk(st.Size())
		return nil
	})
	if err != nil || total <= c.limit {
		return err
	}
	last := int64(0) // minute to go
	minutes := make([]int64, 0, len(ages))
	for m := range ages {
		minutes = append(minutes, m)
	}
	slices.Sort(minutes)
	for _, m := range minutes {
		if total <= c.limit/8*7 {
			break
		}
		last = m
		total -= ages[m]
	}
	return c.each(ctx, func(path string, st fs.FileInfo) error {
		if minuteOf(st) <= last && !unfinished(path) {
			return os.Remove(path)
		}
		return nil
	})
}

func minuteOf(st fs.FileInfo) int64 { return st.ModTime().Unix() / 60 }

// unfinished reports whether a file is one that write has not renamed yet.
func unfinished(path string) bool {
	ext := filepath.Ext(path)
	return ext != thumbExt && ext != failedExt
}

// each calls fn for all files. One that goes away meanwhile is passed over.
func (c *Cache) each(ctx context.Context, fn func(path string, st fs.FileInfo) error) error {
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && d.Type().IsRegular() {
			var st fs.FileInfo
			if st, err = d.Info(); err == nil {
				err = fn(path, st)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("trim thumbnails: %w", err)
	}
	return nil
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
