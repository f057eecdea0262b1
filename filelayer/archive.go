package filelayer

import (
	"archive/zip"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A backup is a ZIP archive: what it is (manifestName), and the file of each
// database as SQLite's online backup made it. It holds records only: neither
// photos nor this device's key.
const (
	manifestName = "paul-backup.json"
	backupFormat = 1
	maxManifest  = 64 << 10
)

// Backup tells what a backup of the records is.
type Backup struct {
	Format    int       `json:"format"`
	Device    string    `json:"device"` // ID of the device that made it
	Name      string    `json:"name"`   // of that device
	Made      time.Time `json:"made"`
	Databases []string  `json:"databases"`
}

// packBackup writes the archive of the database files in dir.
func packBackup(ctx context.Context, w io.Writer, b Backup, dir string) error {
	z := zip.NewWriter(w)
	manifest, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := addToZip(ctx, z, manifestName, b.Made, strings.NewReader(string(manifest)+"\n")); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		err = addToZip(ctx, z, e.Name(), b.Made, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}

func addToZip(ctx context.Context, z *zip.Writer, name string, made time.Time, r io.Reader) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: made})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, untilDone{ctx, r})
	return err
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context //nolint:containedctx // it lives as long as one copy
	io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

func readBackup(path string) (Backup, error) {
	z, err := openBackup(path)
	if err != nil {
		return Backup{}, err
	}
	return z.Backup, z.Close()
}

// An archive is a backup that is open for reading.
type archive struct {
	*zip.ReadCloser
	Backup Backup
}

func openBackup(path string) (_ *archive, err error) {
	z, err := zip.OpenReader(path)
	switch {
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s: %w", path, ErrNoBackup)
	case err != nil:
		return nil, err
	}
	a := &archive{ReadCloser: z}
	defer func() {
		if err != nil {
			_ = z.Close() // the error that counts is err
		}
	}()
	f, err := z.Open(manifestName)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, ErrNoBackup)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(ErrNoBackup, err))
	}
	switch err := json.Unmarshal(text, &a.Backup); {
	case err != nil, a.Backup.Format < 1:
		return nil, fmt.Errorf("%s: %w", path, ErrNoBackup)
	case a.Backup.Format > backupFormat:
		return nil, fmt.Errorf("%s: %w", path, ErrNewer)
	}
	return a, nil
}

// unpack writes the database files of the archive into dir.
func (a *archive) unpack(ctx context.Context, dir string) error {
	for _, file := range a.File {
		if file.Name == manifestName {
			continue
		}
		if !filepath.IsLocal(file.Name) || strings.ContainsAny(file.Name, `/\`) {
			return fmt.Errorf("%w: it holds %q", ErrNoBackup, file.Name)
		}
		if err := unpackFile(ctx, file, filepath.Join(dir, file.Name)); err != nil {
			return err
		}
	}
	return nil
}

func unpackFile(ctx context.Context, file *zip.File, path string) error {
	r, err := file.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	defer func() { _ = r.Close() }() // what is wrong with it shows in reading
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.LimitReader(untilDone{ctx, r}, int64(min(file.UncompressedSize64, 1<<62))))
	err = errors.Join(err, f.Close())
	var corrupt flate.CorruptInputError
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) {
		return fmt.Errorf("%w: %s is damaged in it", ErrNoBackup, file.Name)
	}
	return err
}
