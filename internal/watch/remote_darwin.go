package watch

import "golang.org/x/sys/unix"

// remote reports whether a folder is on a network drive.
func remote(root string) bool {
	var st unix.Statfs_t
	return unix.Statfs(root, &st) == nil && st.Flags&unix.MNT_LOCAL == 0
}
