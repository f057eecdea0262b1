// Package durable writes files that are whole or absent after a crash.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sync returns when the file at path, which others have written and closed,
// and its name in its folder are on the disk.
func Sync(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
}

// MkdirAll makes the folder at path, and those above it, as far as they are not
// there. The names of those that it has made are on the disk when it returns
// nil.
func MkdirAll(path string, perm fs.FileMode) error {
	if fi, err := os.Stat(path); err == nil && fi.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MkdirAll(parent, perm); err != nil {
			return err
		}
	}
	if os.Mkdir(path, perm) != nil {
		return os.MkdirAll(path, perm) // nil if another was faster, else why it cannot be
	}
	if err := SyncDir(parent); err != nil && !errors.Is(err, fs.ErrPermission) { // one may write to a folder that one may not read
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// WriteFile replaces the file at path by data, with permissions perm. After a
// crash at any instant the file holds either what it held before or all of
// data; when WriteFile returns nil, data has reached the disk. On error
// nothing new is left behind.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	return Write(path, perm, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write is WriteFile of what fill writes.
func Write(path string, perm fs.FileMode, fill func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close() // a second Close is harmless
			_ = os.Remove(tmp.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := tmp.Chmod(perm); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil { // before the rename, for Windows
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}
