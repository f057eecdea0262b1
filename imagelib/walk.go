package imagelib

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// source is one file to import.
type source struct {
	path  string
	size  int64
	mtime time.Time // only of one in a watched folder

	placed *filelayer.PlacedFile // only of one in a folder in place
}

// walker lists the files at and below paths. It enters each folder once, however
// many links lead to it.
type walker struct {
	found    []source
	problems []Problem
	sidecars []string        // that paths name: they are no photos, and may say something of one
	seen     map[string]bool // real paths of folders and linked files
}

// walk lists paths. What it cannot read becomes a problem.
func walk(ctx context.Context, paths []string) (*walker, error) {
	w := &walker{seen: map[string]bool{}}
	for _, p := range paths {
		if err := w.add(ctx, filepath.Clean(p)); err != nil {
			return w, err
		}
	}
	return w, nil
}

// add follows links: to a file, or to a folder it has not been in.
func (w *walker) add(ctx context.Context, path string) error {
	st, err := os.Stat(path)
	if err != nil {
		w.problem(path, err)
		return ctx.Err()
	}
	if st.Mode().IsRegular() {
		if meta.IsSidecar(path) {
			w.sidecars = append(w.sidecars, path)
		} else {
			w.file(path, st.Size())
		}
		return ctx.Err()
	}
	if !st.IsDir() {
		return ctx.Err() // a device, a pipe: never photos
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		if w.seen[real] {
			return nil
		}
		path = realIfLink(path, real)
	}
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.problem(p, err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return w.entry(ctx, path, p, d)
	})
}

// realIfLink returns what a link leads to: WalkDir does not enter links.
func realIfLink(path, real string) string {
	if st, err := os.Lstat(path); err == nil && st.Mode()&fs.ModeSymlink != 0 {
		return real
	}
	return path
}

func (w *walker) entry(ctx context.Context, root, p string, d fs.DirEntry) error {
	if p != root && ignored(d.Name()) {
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	switch {
	case d.IsDir():
		real, err := filepath.EvalSymlinks(p)
		if err != nil {
			real = p
		}
		if w.seen[real] {
			return fs.SkipDir
		}
		w.seen[real] = true
	case d.Type()&fs.ModeSymlink != 0:
		return w.link(ctx, p)
	case d.Type().IsRegular():
		st, err := d.Info()
		if err != nil {
			w.problem(p, err)
			return nil
		}
		w.file(p, st.Size())
	}
	return nil
}

func (w *walker) link(ctx context.Context, p string) error {
	real, err := filepath.EvalSymlinks(p)
	if err != nil || w.seen[real] {
		return nil // leads nowhere, or where we were
	}
	if st, err := os.Stat(real); err == nil && st.Mode().IsRegular() {
		w.seen[real] = true
		w.file(p, st.Size())
		return nil
	}
	return w.add(ctx, real)
}

func (w *walker) file(path string, size int64) {
	w.found = append(w.found, source{path: path, size: size})
}

func (w *walker) problem(path string, err error) {
	w.problems = append(w.problems, Problem{Path: path, Err: plain(err)})
}

// ignored names what is not a person's: hidden files and folders, Paul's own
// among them, and what systems and programs leave in folders of photos.
func ignored(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "@eadir", "#recycle", "$recycle.bin", "system volume information":
		return true
	}
	ext := filepath.Ext(name)
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || slices.Contains(sidecars, ext) || slices.Contains(unfinished, ext)
}

// unfinished are the kinds of files that a program is still writing, and gives
// another name when they are complete.
var unfinished = []string{".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".!ut"}

// sidecars are the kinds of files that go with photos and are none: edits,
// metadata, databases of thumbnails. In a folder nobody wants to hear of them.
var sidecars = []string{".aae", ".xmp", ".json", ".pp3", ".dop", ".cos", ".on1", ".ini", ".db"}
