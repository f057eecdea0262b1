//go:build !windows

package durable

import "os"

// SyncDir makes the names in dir durable: what was created, renamed or removed
// there before the call is so after a crash.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // opened for reading only
	return d.Sync()
}
