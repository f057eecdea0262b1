package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/libpaul/paul/internal/durable"
)

// Export writes copies of the files into the folder dir, which must exist,
// under their names, fetching what is not here. A file that is there already
// is never replaced: the copy gets a number. A FileError for each that failed
// is joined.
func (a *App) Export(ctx context.Context, dir string, ds ...Digest) error {
	return a.each(ctx, job{kind: KindFetch, digests: ds, do: oneByOne(func(ctx context.Context, d Digest) error {
		f, err := a.fetch(ctx, d)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // opened for reading
		e, err := a.files.Entry(d)
		if err != nil {
			return err
		}
		_, err = CopyNew(filepath.Join(dir, e.Name), f)
		return err
	})})
}

// CopyNew writes r to a new file at path, or, when there is one, at the first
// of "name 2.ext", "name 3.ext" … that is free, and returns its path. It never
// replaces a file, and leaves none on an error.
func CopyNew(path string, r io.Reader) (string, error) {
	tmp, err := copyBeside(path, r)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp) }() // gone already where it was renamed
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext)
	at := path
	for n := 2; ; n++ {
		err := placeNew(tmp, at)
		if err == nil {
			return at, durable.SyncDir(filepath.Dir(path))
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("write %s: %w", at, err)
		}
		at = fmt.Sprintf("%s %d%s", stem, n, ext)
	}
}

// CopyOver writes r to the file at path, replacing it only once all of r is
// there. What is no file, such as a device or a pipe, is written to.
func CopyOver(path string, r io.Reader) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return copyInto(path, r)
	}
	tmp, err := copyBeside(path, r)
	if err == nil {
		if err = os.Rename(tmp, path); err == nil {
			return durable.SyncDir(filepath.Dir(path))
		}
		err = errors.Join(err, os.Remove(tmp))
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// copyInto writes r to what is at path.
func copyInto(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, causeOf(err))
	}
	if _, err = io.Copy(f, r); err != nil {
		err = fmt.Errorf("write %s: %w", path, causeOf(err))
	}
	return errors.Join(err, f.Close())
}

// copyBeside writes r to a temporary file in the folder of path.
func copyBeside(path string, r io.Reader) (string, error) {
	name := filepath.Join(filepath.Dir(path), ".paul-"+newSecret())
	tmp, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) // less the person's umask
	if err != nil {
		return "", causeOf(err) // the name of the temporary file tells nothing
	}
	_, err = io.Copy(tmp, r)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}

// placeNew gives the file tmp the name path, or fails with os.ErrExist.
func placeNew(tmp, path string) error {
	err := os.Link(tmp, path)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	// A file system without hard links: claim the name, then replace the claim.
	claim, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if err := errors.Join(claim.Close(), os.Rename(tmp, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
