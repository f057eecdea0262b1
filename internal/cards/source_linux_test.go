package cards

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// TestMountIsNoticed by the kernel's word, in a mount namespace of a process of its own.
func TestMountIsNoticed(t *testing.T) {
	const name = "PAUL_TEST_MOUNT_AT"
	if at := os.Getenv(name); at != "" {
		noticeMount(t, at)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestMountIsNoticed$") //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), name+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("no namespaces here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// noticeMount mounts something while the source is waited for.
func noticeMount(t *testing.T, at string) {
	t.Helper()
	src, err := System()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	noticed := make(chan error, 1)
	go func() { noticed <- src.Wait(ctx) }()
	if err := unix.Mount("paul", at, "tmpfs", 0, ""); err != nil {
		t.Skipf("no mounts here: %v", err)
	}
	if err := <-noticed; err != nil {
		t.Error(err)
	}
}
