package cards

import (
	"slices"
	"strings"
	"testing"
)

// TestRootsIn a mount table: whole file systems that can be cards, once each.
func TestRootsIn(t *testing.T) {
	t.Parallel()
	table := `22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw
61 22 8:17 / /media/mira/EOS\040DIGITAL rw,nosuid shared:3 - vfat /dev/sdb1 rw,uid=1000
62 22 8:33 / /run/media/mira/SD\134X rw - exfat /dev/sdc1 rw
63 22 8:17 /DCIM /mnt/bound rw - vfat /dev/sdb1 rw
64 22 0:55 / /mnt/nas rw - nfs4 nas:/photos rw
65 22 8:17 / /media/mira/EOS\040DIGITAL rw,nosuid - vfat /dev/sdb1 rw,uid=1000
broken
`
	got, err := rootsIn(strings.NewReader(table))
	if want := []string{"/media/mira/EOS DIGITAL", `/run/media/mira/SD\X`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
