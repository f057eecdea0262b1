//go:build !windows

package blob

import (
	"io/fs"
	"syscall"
)

// inodeOf returns the number of a file on its disk, 0 when it is not known.
func inodeOf(fi fs.FileInfo) int64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int64(st.Ino) //nolint:gosec // only compared
	}
	return 0
}
