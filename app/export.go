package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/durable"
)

// ExportOptions say what [App.Export] writes.
type ExportOptions struct {
	Dir    string // folder, which must exist
	Edited bool   // of photos that a person has turned or cut, also a JPEG that shows them so
}

// Exported is what was written of one photo: paths, "" for what was not.
type Exported struct {
	File    string `json:"file"`              // the original, byte for byte
	Sidecar string `json:"sidecar,omitempty"` // XMP: what the library knows and the original does not say
	Edited  string `json:"edited,omitempty"`  // a JPEG of the photo as it is turned and cut
}

// Export writes copies of the originals into a folder, under their names, fetching
// what is not here, and beside each, as NAME.EXT.xmp, what the library knows and the
// original does not say itself. A file that is there already is never replaced: the
// copy gets a number. A FileError for each photo that failed is joined; what is
// written of it is whole.
func (a *App) Export(ctx context.Context, opts ExportOptions, ds ...Digest) error {
	return a.export(ctx, opts, ds, func(Digest, Exported, error) {})
}

// export is Export that reports each photo, one at a time.
func (a *App) export(ctx context.Context, opts ExportOptions, ds []Digest, report func(Digest, Exported, error)) error {
	var of sync.Map // Digest -> Exported
	return a.each(ctx, job{
		kind: KindExport, digests: ds,
		do: oneByOne(func(ctx context.Context, d Digest) error {
			done, err := a.exportOne(ctx, opts, d)
			of.Store(d, done)
			return err
		}),
		report: func(d Digest, err error) {
			v, _ := of.Load(d)
			done, _ := v.(Exported) // nothing of a file that nobody knows
			report(d, done, err)
		},
	})
}

func (a *App) exportOne(ctx context.Context, opts ExportOptions, d Digest) (done Exported, err error) {
	f, err := a.fetch(ctx, d)
	if err != nil {
		return done, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	e, err := a.files.Entry(d)
	if err != nil {
		return done, err
	}
	path := filepath.Join(opts.Dir, shortName(filepath.Base(e.Name)))
	img, known := a.images.Snapshot().File(d)
	if !known {
		done.File, err = CopyNew(path, f)
		return done, err
	}
	sidecar, err := img.Sidecar(f, e.Size)
	if err != nil {
		return done, err
	}
	if done, err = copyWithSidecar(path, io.NewSectionReader(f, 0, e.Size), sidecar); err != nil {
		return done, err
	}
	if opts.Edited && img.Geometry() != (Geometry{}) && img.Kind != imagelib.KindVideo {
		if done.Edited, err = a.exportEdited(ctx, img, path); err != nil {
			return done, fmt.Errorf("the original was exported, the edited copy was not: %w", err)
		}
	}
	return done, nil
}

// exportEdited writes a JPEG of a photo as it is turned and cut, to a new file
// named after path.
func (a *App) exportEdited(ctx context.Context, img *imagelib.Image, path string) (string, error) {
	data, err := a.images.EditedJPEG(ctx, img)
	if err != nil {
		return "", err
	}
	return CopyNew(strings.TrimSuffix(path, filepath.Ext(path))+"-edited.jpg", bytes.NewReader(data))
}

// maxExported is how many bytes an exported name may have, so that there is room for a
// number and what else is added to it: file systems take 255.
const maxExported = 230

// shortName cuts the stem of a name that leaves no such room.
func shortName(name string) string {
	ext := filepath.Ext(name)
	if len(name) <= maxExported || len(ext) >= maxExported {
		return name
	}
	stem := name[:maxExported-len(ext)]
	for !utf8.ValidString(stem) { // not in the middle of a character
		stem = stem[:len(stem)-1]
	}
	return stem + ext
}

// copyWithSidecar is [CopyNew] of an original and, unless it is nil, of a sidecar
// for it, under the first name that is free for both.
func copyWithSidecar(path string, original io.Reader, sidecar []byte) (done Exported, err error) {
	if sidecar == nil {
		done.File, err = CopyNew(path, original)
		return done, err
	}
	xmp, err := copyBeside(path, bytes.NewReader(sidecar))
	if err != nil {
		return done, fmt.Errorf("write %s: %w", path+sidecarExt, err)
	}
	defer func() { _ = os.Remove(xmp) }() // gone already where it was renamed
	free := func(at string) bool {
		_, err := os.Lstat(at + sidecarExt)
		return err != nil // a name that cannot be is told when it is written, and no number helps
	}
	if done.File, err = copyNew(path, original, free); err != nil {
		return done, err
	}
	beside := done.File + sidecarExt
	if err = placeNew(xmp, beside); err == nil {
		err = durable.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return Exported{}, fmt.Errorf("write %s: %w", beside, errors.Join(notWritten(err), os.Remove(done.File)))
	}
	done.Sidecar = beside
	return done, nil
}

const sidecarExt = ".xmp"

// CopyNew writes r to a new file at path, or, when there is one, at the first
// of "name 2.ext", "name 3.ext" … that is free, and returns its path. It never
// replaces a file, and leaves none on an error.
func CopyNew(path string, r io.Reader) (string, error) {
	return copyNew(path, r, func(string) bool { return true })
}

// copyNew is CopyNew under the first name of which fits says so too.
func copyNew(path string, r io.Reader, fits func(path string) bool) (string, error) {
	tmp, err := copyBeside(path, r)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp) }() // gone already where it was renamed
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext)
	at := path
	for n := 2; ; n++ {
		if fits(at) {
			err := placeNew(tmp, at)
			if err == nil {
				return at, durable.SyncDir(filepath.Dir(path))
			}
			if !errors.Is(err, os.ErrExist) {
				return "", fmt.Errorf("write %s: %w", at, notWritten(err))
			}
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
	if err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return "", errors.Join(notWritten(err), os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}

// notWritten is why a file was not written.
func notWritten(err error) error {
	if errors.Is(blob.Explain(err), ErrNoSpace) {
		return fmt.Errorf("%w; nothing of this file was written", ErrNoSpace)
	}
	return causeOf(err)
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
