package watch

import (
	"slices"

	"golang.org/x/sys/unix"
)

// remoteKinds are the file systems of which others may change what they hold
// (statfs(2)). FUSE is among them: most that people mount by it lie elsewhere.
var remoteKinds = []int64{
	unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC,
	unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC,
}

// remote reports whether a folder is on a network drive.
func remote(root string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(root, &st); err != nil {
		return false
	}
	kind := int64(uint32(st.Type)) //nolint:gosec // 32 bits, of another type on each architecture
	return slices.Contains(remoteKinds, kind)
}
