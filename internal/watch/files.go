package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// File is a file as it was looked at.
type File struct {
	Path string
	Info fs.FileInfo
}

// Same reports whether another look found the file as this one did: neither
// replaced nor written to, as far as that shows.
func (f File) Same(now fs.FileInfo) bool {
	return now.Mode().IsRegular() && os.SameFile(f.Info, now) && f.Info.Size() == now.Size() && f.Info.ModTime().Equal(now.ModTime())
}

// Walk calls visit for each regular file in a folder and all below it, but for
// names that skip passes over and what links lead to. A folder below that cannot
// be read it leaves out, and tells unread. It fails when root cannot be read,
// when ctx ends, and with an error of visit.
func Walk(ctx context.Context, root string, skip func(name string) bool, visit func(File) error, unread func(path string, err error)) error {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	return filepath.WalkDir(real, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outer := filepath.Join(root, strings.TrimPrefix(p, real))
		if err != nil {
			if p == real {
				return err
			}
			unread(outer, err)
			return nil
		}
		if p != real && skip(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		return visit(File{outer, fi})
	})
}

// Settle waits for a while and looks at files once more. It returns those that
// nobody has changed meanwhile or has open for writing, and the paths of the
// others.
func Settle(ctx context.Context, files []File, quiet time.Duration) (settled []File, growing []string) {
	if len(files) == 0 {
		return nil, nil
	}
	pause(ctx, quiet)
	for _, f := range files {
		if ctx.Err() != nil {
			return settled, growing
		}
		now, err := os.Lstat(f.Path)
		switch {
		case err != nil: // gone
		case !f.Same(now), busy(f.Path):
			growing = append(growing, f.Path)
		default:
			settled = append(settled, f)
		}
	}
	return settled, growing
}
