package cards

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// table is where the kernel tells what is mounted, and by poll(2) with POLLPRI that it
// has changed (proc_pid_mountinfo(5)).
const table = "/proc/self/mountinfo"

// mounts waits with a descriptor of its own: one of an os.File would be polled by the
// runtime too, and each change is told once.
type mounts struct{ fd int }

// System is what this system has mounted.
func System() (Source, error) {
	fd, err := unix.Open(table, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("watch what is mounted: %w", err)
	}
	return mounts{fd}, nil
}

func (m mounts) Close() error { return unix.Close(m.fd) }

// Roots implements [Source].
func (mounts) Roots() ([]string, error) {
	data, err := os.ReadFile(table)
	if err != nil {
		return nil, fmt.Errorf("read what is mounted: %w", err)
	}
	return rootsIn(bytes.NewReader(data))
}

// Wait implements [Source].
func (m mounts) Wait(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("wait for a mount: %w", err)
	}
	defer func() { _ = r.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = w.Close() })
	defer func() {
		if stop() {
			_ = w.Close()
		}
	}()
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(m.fd), Events: unix.POLLPRI}, {Fd: int32(r.Fd()), Events: unix.POLLIN}} //nolint:gosec // descriptors are small
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for a mount: %w", err)
		}
		if fds[0].Revents&(unix.POLLPRI|unix.POLLERR) != 0 {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// kinds are the file systems that cards and disks have; those of networks, which may
// hang, and of the system itself are not looked at.
var kinds = []string{"vfat", "msdos", "exfat", "fuseblk", "ntfs", "ntfs3", "hfsplus", "udf", "ext2", "ext3", "ext4", "f2fs", "btrfs", "xfs"}

// rootsIn reads a mount table (proc_pid_mountinfo(5)) for whole file systems of such
// kinds other than the root.
func rootsIn(table io.Reader) (roots []string, err error) {
	lines := bufio.NewScanner(table)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(kind) < 1 || fields[3] != "/" || !slices.Contains(kinds, kind[0]) {
			continue
		}
		if root := unescape(fields[4]); root != "/" && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read what is mounted: %w", err)
	}
	return roots, nil
}

// unescape reads the octal escapes of spaces and the like.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
