package filelayer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/libpaul/paul/internal/disktest"
)

// A failure is how a disk fails.
type failure struct {
	name  string
	err   error
	ops   []disktest.Op // that fail
	stays bool          // all calls fail from the first on
	where string        // below the root of the device; "" is everywhere
	says  []string      // one of these is in what a person is told
}

var (
	spaceOps = []disktest.Op{disktest.Write, disktest.Truncate, disktest.Create, disktest.Mkdir, disktest.Rename, disktest.Link}
	dataOps  = []disktest.Op{disktest.Write, disktest.Truncate, disktest.Sync, disktest.Rename, disktest.Remove}
	allOps   = []disktest.Op{
		disktest.Write, disktest.Truncate, disktest.Create, disktest.Mkdir, disktest.Rename, disktest.Link,
		disktest.Remove, disktest.Mode,
	}
)

// fullWords tell that a disk is full.
var fullWords = []string{"not enough space on the disk", "The disk is full", "is the disk full"}

// errVanish lets the library folder be gone.
var errVanish = errors.New("vanish")

// failures are the ways in which a disk fails.
var failures = []failure{
	{"no space once", unix.ENOSPC, spaceOps, false, "", fullWords},
	{"full", unix.ENOSPC, spaceOps, true, "Pictures/library", fullWords},
	{"torn", disktest.ErrTorn, []disktest.Op{disktest.Write}, false, "", fullWords},
	{"error once", unix.EIO, dataOps, false, "", []string{"input/output error", "The disk failed"}},
	{"read-only", unix.EROFS, allOps, true, "Pictures/library", []string{"library folder is read-only"}},
	{"vanished", errVanish, allOps, false, "Pictures/library", []string{"is its disk connected?"}},
}

// A badDisk lets the calls of a device fail, as the device itself asks for, by
// removing a file that is not there: see badDisk.on.
type badDisk struct {
	failure
	t     *testing.T
	root  string
	armed bool
	left  int           // calls that succeed before one fails
	run   int           // how often the last call was made in a row
	last  disktest.Call // of those that may fail
	hit   bool          // a call has failed
	hits  int
	torn  string // the file of the torn write
}

// on is told of each call. The removal of fail/N lets the disk fail at the N-th call
// from there on, and that of fail/over ends it, with EEXIST if a call did fail.
func (b *badDisk) on(c disktest.Call) error {
	if at, ok := strings.CutPrefix(c.Path, filepath.Join(b.root, "fail")+"/"); ok {
		return b.order(at)
	}
	if !b.armed || !b.concerns(c) {
		return nil
	}
	if b.hit {
		if b.stays {
			return b.err
		}
		if b.torn == c.Path && c.Op == disktest.Write {
			b.torn = ""
			return unix.ENOSPC
		}
		return nil
	}
	if b.run++; c != b.last {
		b.last, b.run = c, 1
	}
	if b.run%3 != 1 { // of writes to one file in a row, such as a transaction's, every third
		return nil
	}
	if b.left--; b.left >= 0 {
		return nil
	}
	b.hit = true
	b.hits++
	switch {
	case errors.Is(b.err, errVanish):
		if err := os.Rename(b.library(), b.library()+"-away"); err != nil {
			b.t.Error(err)
		}
		return nil
	case errors.Is(b.err, disktest.ErrTorn):
		b.torn = c.Path
	}
	return b.err
}

func (b *badDisk) library() string { return filepath.Join(b.root, "Pictures", "library") }

// order does what the device asks for.
func (b *badDisk) order(text string) error {
	if n, err := strconv.Atoi(text); err == nil {
		b.armed, b.hit, b.left, b.torn, b.last = true, false, n, "", disktest.Call{}
		return nil
	}
	b.armed = false
	if !b.hit {
		return nil
	}
	if errors.Is(b.err, errVanish) {
		if _, err := os.Lstat(b.library()); err == nil {
			b.t.Error("the library was made again")
		} else if err := os.Rename(b.library()+"-away", b.library()); err != nil {
			b.t.Error(err)
		}
	}
	return unix.EEXIST
}

// concerns says whether a call may fail.
func (b *badDisk) concerns(c disktest.Call) bool {
	if !strings.HasPrefix(c.Path, filepath.Join(b.root, b.where)) {
		return false
	}
	if _, err := os.Lstat(c.Path); err == nil && (c.Op == disktest.Create && errors.Is(b.err, unix.ENOSPC) || c.Op == disktest.Mkdir) {
		return false // it is there: that takes no space, and is the error before any other
	}
	return slices.Contains(b.ops, c.Op)
}

// faultRoot, set in the environment, makes TestDiskFailsAtEveryCall the process
// whose disk fails.
const faultRoot = "PAUL_FAULT_ROOT"

// TestDiskFailsAtEveryCall lets each call by which a device changes its files fail,
// those of its databases too, while it lives the story of [TestCrashAtEveryCall] and
// while it starts. It says what is wrong with the disk; each file is as before or as
// after; once the disk works, the same step does, without a restart; and nothing is
// amiss after one.
func TestDiskFailsAtEveryCall(t *testing.T) {
	if root := os.Getenv(faultRoot); root != "" {
		for _, f := range failures {
			if f.name == filepath.Base(root) {
				suffer(t, root, f)
			}
		}
		return
	}
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), f.name)
			must(t, os.MkdirAll(filepath.Join(root, "Pictures"), 0o700))
			b := &badDisk{failure: f, t: t, root: root}
			var out bytes.Buffer
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFailsAtEveryCall$")
			cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), faultRoot+"="+root), &out, &out
			err := disktest.Watch(cmd, root, b.on)
			if errors.Is(err, disktest.ErrUnsupported) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			t.Logf("%d calls failed", b.hits)
			if b.hits < 10 {
				t.Error("not all calls were seen")
			}
		})
	}
}

// A victim is a device whose disk fails.
type victim struct {
	*device
	failure
	root  string
	fates map[string]fate // of all files so far
}

// failing lets the disk fail at the n-th call of do, and reports whether there was
// such a call.
func (v *victim) failing(n int, do func() error) (failed bool, err error) {
	_ = unix.Unlink(filepath.Join(v.root, "fail", strconv.Itoa(n))) // see badDisk.on
	err = do()
	return errors.Is(unix.Unlink(filepath.Join(v.root, "fail", "over")), unix.EEXIST), err
}

// suffer lives the story again and again, and lets the disk fail in each chapter
// one call later than the last time, until there is none left. After each failure
// the chapter has to work.
func suffer(t *testing.T, root string, f failure) {
	t.Helper()
	o := newOverlay()
	b := newDevice(t, o, "b")
	must(t, disktest.Trap())
	v := &victim{failure: f, root: root, fates: make(map[string]fate)}
	v.device = openCrashed(t, o, root)
	pair(t, b, v.device)
	for n := 0; ; n++ {
		more := false
		for _, c := range story(t, strconv.Itoa(n)) {
			c.ready(v.device, b)
			failed, err := v.failing(n, func() error { return c.do(v.device, b) })
			more = more || failed
			v.recover(c, fmt.Sprintf("%d %s", n, c.name), failed, err)
		}
		if failed := v.restart(n); !more && !failed {
			return
		}
	}
}

// recover looks at a device after a chapter in which the disk may have failed, and
// ends the chapter.
func (v *victim) recover(c chapter, name string, failed bool, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Logf("%s: %v", name, err)
	}
	if err != nil && !failed {
		v.t.Fatalf("%s: with a good disk: %v", name, err)
	}
	v.wantClear(name, err)
	if failed {
		must(v.t, v.tidy(testContext(v.t)))
		v.queue.retry(v.now(), true)
	}
	for name := range c.after {
		want := []fate{v.before(name), c.after[name], c.between}
		digest := digestOf(crashPhoto(name))
		until(v.t, fmt.Sprintf("%s is one of %q", name, want), func() bool { return slices.Contains(want, v.fate(digest)) }, v.device)
	}
	if err != nil {
		if err := c.do(v.device, nil); err != nil {
			v.t.Fatalf("%s: once the disk works again: %v", name, err)
		}
	}
	until(v.t, name, func() bool { return c.holds(v.device) }, v.device)
	for name, f := range c.after {
		v.fates[name] = f
	}
}

// wantClear checks that an error says what is wrong with the disk.
func (v *victim) wantClear(name string, err error) {
	v.t.Helper()
	if err != nil && !slices.ContainsFunc(v.says, func(words string) bool { return strings.Contains(err.Error(), words) }) {
		v.t.Errorf("%s: %v; want one of %q", name, err, v.says)
	}
}

// before is the fate that a file had.
func (v *victim) before(name string) fate {
	if f, ok := v.fates[name]; ok {
		return f
	}
	return absent
}

// restart starts the device again, once with a disk that fails at the n-th call.
func (v *victim) restart(n int) (failed bool) {
	v.t.Helper()
	v.stop()
	failed, err := v.failing(n, func() error {
		if err := v.tryOpen(); err != nil {
			return err
		}
		return v.tryRun()
	})
	if err != nil {
		v.t.Logf("%d start: %v", n, err)
		if !failed {
			v.t.Fatal("with a good disk")
		}
		v.start()
	}
	for name, f := range v.fates {
		until(v.t, name+" is "+string(f), func() bool { return v.fate(digestOf(crashPhoto(name))) == f }, v.device)
	}
	if failed { // what could not be swept then is now
		v.wantClear("start", err)
		v.device.restart()
	}
	wantTidy(v.t, v.device)
	if _, err := v.Check(testContext(v.t), CheckOptions{ReadData: true}, v.wantNoProblem); err != nil {
		v.t.Errorf("check: %v", err)
	}
	return failed
}
