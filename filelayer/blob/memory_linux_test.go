package blob

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/libpaul/paul/internal/durable"
)

// TestLargeFilesLeaveMemory: what was stored, read by a check or sent to another
// device does not stay in the system's memory, where it would push out what other
// programs need.
func TestLargeFilesLeaveMemory(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if !forgets(t) {
		t.Skip("this file system keeps what it is told to drop, or nothing at all")
	}
	d := put(t, s, "film.mp4", string(large(1, 4*SmallFile)))
	i, err := s.Info(d)
	if err != nil {
		t.Fatal(err)
	}
	path := i.Path
	gone := func(when string) {
		t.Helper()
		if n := residentPages(t, path); n > 0 {
			t.Errorf("%s, %d pages stay in memory", when, n)
		}
	}
	gone("stored")
	if _, err := s.Verify(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	gone("verified")
	f, _, err := s.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	if residentPages(t, path) == 0 {
		t.Fatal("nothing was read")
	}
	Forget(f, i.Size)
	gone("sent")
}

// forgets says whether the file system keeps what was read of a file in memory, and
// drops it when told so.
func forgets(t *testing.T) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "probe")
	if err := durable.WriteFile(path, large(1, SmallFile), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
	kept := residentPages(t, path)
	dropCache(f)
	return kept > 0 && residentPages(t, path) == 0
}

// residentPages counts the pages of a file that are in memory.
func residentPages(t *testing.T, path string) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(data) }()
	pages := make([]byte, (len(data)+os.Getpagesize()-1)/os.Getpagesize())
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		t.Fatal(errno)
	}
	for _, p := range pages {
		n += int(p & 1)
	}
	return n
}
