package filelayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libpaul/paul/internal/disktest"
)

// crashRoot, set in the environment, makes TestCrashAtEveryCall the process that crashes.
const crashRoot = "PAUL_CRASH_ROOT"

// crashDevice is the ID of the device that crashes.
var crashDevice = strings.Repeat("c0", 32)

// openCrashed starts the device whose folders are below root.
func openCrashed(tb testing.TB, o *overlay, root string) *device {
	tb.Helper()
	d := &device{t: tb, net: o, id: crashDevice}
	d.opts = Options{
		Dir: filepath.Join(root, "paul", "state"), Library: filepath.Join(root, "Pictures", "library"),
		DeviceID: d.id, Name: "a", Platform: "test", Address: "200::1",
	}
	d.start()
	tb.Cleanup(func() { d.stop() })
	return d
}

// crashPhoto is the bytes of a file of the story.
func crashPhoto(name string) []byte { return photo(name, 3000) }

// crashNames are the files of the story.
var crashNames = []string{"p", "q", "r", "s", "t"}

var crashTime = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// A fate is what may be true of a file on the device.
type fate string

const (
	absent  fate = "absent"  // not known, or not kept here
	here    fate = "here"    // with its bytes, by the record too
	wanted  fate = "wanted"  // to be fetched again
	unsaved fate = "unsaved" // not kept here, and in the trash
	deleted fate = "deleted" // by the record, and in the trash
	gone    fate = "gone"    // by the record, and purged
)

// A chapter is something a person does, once it can be done, and what is true
// afterwards of the files that it is about. Before Do has returned, what was true
// before, or what is in Between, may be so.
type chapter struct {
	name    string
	ready   func(a, b *device)
	do      func(a, b *device) error
	after   map[string]fate
	between fate
}

// story is everything that changes files, on a device of a library of two. The
// names of its files end in tail.
func story(t *testing.T, tail string) []chapter {
	t.Helper()
	ctx := testContext(t)
	of := func(name string) Digest { return digestOf(crashPhoto(name + tail)) }
	fates := func(f fate, names ...string) map[string]fate {
		all := make(map[string]fate)
		for _, name := range names {
			all[name+tail] = f
		}
		return all
	}
	save := func(a, _ *device) error { _, err := a.Save(ctx, of("s")); return err }
	purge := func(a, _ *device) error { return a.purge(ctx, 0) }
	at := func(*device, *device) {}
	stray := func(a *device) string { return filepath.Join(a.opts.Library, strayFolder, "t"+tail+".jpg") }
	return []chapter{
		{"import", at, func(a, _ *device) error { return importAll(ctx, a, "p"+tail, "q"+tail, "r"+tail) }, fates(here, "p", "q", "r"), ""},
		{"take in where it lies", func(a, _ *device) {
			must(t, os.MkdirAll(filepath.Dir(stray(a)), 0o700))
			must(t, os.WriteFile(stray(a), crashPhoto("t"+tail), 0o600))
		}, func(a, _ *device) error { return takeIn(ctx, a, stray(a)) }, fates(here, "t"), ""},
		{"save", func(a, b *device) {
			must(t, importAll(ctx, b, "s"+tail))
			until(t, "a sees s", func() bool { return a.sees(of("s")) }, a)
		}, save, fates(here, "s"), wanted},
		{"unsave", at, func(a, _ *device) error { return a.Unsave(ctx, of("s")) }, fates(unsaved, "s"), ""},
		{"save what is in the trash", at, save, fates(here, "s"), ""},
		{"delete", at, func(a, _ *device) error { return a.Delete(ctx, of("p"), of("q")) }, fates(deleted, "p", "q"), ""},
		{"restore", at, func(a, _ *device) error { return a.Restore(ctx, of("p")) }, fates(here, "p"), ""},
		{"purge", at, purge, fates(gone, "q"), ""},
		{"unsave for good", func(a, b *device) {
			until(t, "b sees r", func() bool { return b.sees(of("r")) }, b)
			_, err := b.Save(ctx, of("r"))
			must(t, err)
			until(t, "a knows the copy of b", func() bool { return a.holds(b, of("r")) }, a)
		}, func(a, _ *device) (err error) {
			if a.fate(of("r")) == here {
				if err = a.Unsave(ctx, of("r")); err != nil {
					return err
				}
			}
			a.Purge(ctx, []Digest{of("r")}, func(_ Digest, e error) { err = e })
			if errors.Is(err, ErrNotFound) { // it had gone before the end
				err = nil
			}
			return err
		}, fates(absent, "r"), unsaved},
	}
}

// holds says whether each file has the fate that it has after the chapter.
func (c chapter) holds(a *device) bool {
	for name, f := range c.after {
		if a.fate(digestOf(crashPhoto(name))) != f {
			return false
		}
	}
	return true
}

// fate is what is true of a file.
func (d *device) fate(digest Digest) fate {
	e, err := d.Entry(digest)
	own := e.Holders.Of(d.id)
	trash := d.blobs.InTrash(digest)
	switch {
	case err != nil:
		return absent
	case e.Deleted != nil && e.Here(), e.Here() != own.Holds():
		return "not settled"
	case e.Deleted != nil && trash:
		return deleted
	case e.Deleted != nil:
		return gone
	case e.Here():
		return here
	case own.Saved:
		return wanted
	case trash:
		return unsaved
	}
	return absent
}

// importAll imports files of the story in one batch.
func importAll(ctx context.Context, d *device, names ...string) error {
	im := d.NewImport()
	defer im.End(ctx)
	batch := im.NewBatch()
	defer batch.Abort()
	for _, name := range names {
		md := Metadata{Name: name + ".jpg", Time: crashTime}
		if _, err := batch.CreateContent(NewContent(crashPhoto(name)), md); err != nil {
			return err
		}
	}
	return batch.Commit(ctx)
}

// strayFolder is where another program puts its files into the library.
const strayFolder = "dropped"

// takeIn imports a stray where it lies.
func takeIn(ctx context.Context, d *device, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	im := d.NewImport()
	defer im.End(ctx)
	batch := im.NewBatch()
	defer batch.Abort()
	if _, err := batch.Create(ctx, f, Metadata{Name: filepath.Base(path), Time: crashTime, Lies: path}); err != nil {
		return err
	}
	return batch.Commit(ctx)
}

// live lives the story, and writes one byte to the file acks of root after each
// chapter.
func live(t *testing.T, root string) {
	t.Helper()
	acks, err := os.OpenFile(filepath.Join(root, "acks"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	defer func() { _ = acks.Close() }()
	o := newOverlay()
	b := newDevice(t, o, "b")
	must(t, disktest.Trap())
	a := openCrashed(t, o, root)
	pair(t, b, a)
	for _, c := range story(t, "") {
		c.ready(a, b)
		if err := c.do(a, b); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		until(t, c.name, func() bool { return c.holds(a) }, a)
		_, err := acks.WriteString(".")
		must(t, errors.Join(err, acks.Sync()))
	}
}

// A wreck is what is left of a device that ended at a call.
type wreck struct {
	name, root string
}

// wrecks lives the story in another process, and returns what is left of its
// device if it ends before any of its calls: all that it wrote, if it is only
// killed, and less when it loses its power. A sync matters to the second alone.
func wrecks(t *testing.T) (killed, cut []wreck) {
	t.Helper()
	top := t.TempDir()
	root := filepath.Join(top, "root")
	must(t, os.MkdirAll(filepath.Join(root, "Pictures"), 0o700))
	must(t, os.WriteFile(filepath.Join(root, "acks"), nil, 0o600))
	disk, err := disktest.NewDisk(root)
	must(t, err)
	calls, run := 0, 0
	var last disktest.Call
	leave := func(c disktest.Call, how disktest.Cut, to *[]wreck) {
		w := wreck{name: fmt.Sprintf("%04d-%s-%s-%d", calls, c.Op, filepath.Base(c.Path), how)}
		w.root = filepath.Join(top, w.name)
		if err := disk.Cut(how, w.root); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		*to = append(*to, w)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(testContext(t), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), crashRoot+"="+root), &out, &out
	err = disktest.Watch(cmd, root, func(c disktest.Call) error {
		if calls++; c != last {
			last, run = c, 0
		}
		if run++; c.Op != disktest.Sync {
			if run%3 == 1 { // of writes to one file in a row, such as a transaction's, every third
				leave(c, disktest.Kill, &killed)
			}
			return nil
		}
		for _, how := range []disktest.Cut{disktest.Lost, disktest.Names, disktest.Bytes} {
			leave(c, how, &cut)
		}
		if err := disk.Sync(c.Path); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		return nil
	})
	if errors.Is(err, disktest.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if acks, err := os.ReadFile(filepath.Join(root, "acks")); err != nil || len(acks) != len(story(t, "")) {
		t.Fatalf("%d chapters, %v\n%s", len(acks), err, out.String())
	}
	return killed, cut
}

// TestCrashAtEveryCall ends a device before the calls by which it changes its
// files, those of the databases too, and starts it again. What was acknowledged
// is true; what was not has happened or has not; nothing is left over; and the
// same files can be imported again. A killed process leaves all that it wrote.
// After a power cut only what was synced is sure: the rest is lost, or its names
// are there and the bytes torn, or its bytes and not the names.
func TestCrashAtEveryCall(t *testing.T) {
	if root := os.Getenv(crashRoot); root != "" {
		live(t, root)
		return
	}
	killed, cut := wrecks(t)
	t.Logf("killed before %d calls, power cut before %d syncs in 3 ways", len(killed), len(cut)/3)
	if len(killed) < 150 || len(cut) < 3*50 {
		t.Error("not all calls were seen")
	}
	var failed atomic.Bool // one is enough to look at
	for name, all := range map[string][]wreck{"killed": killed, "power cut": cut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, w := range all {
				if !failed.Load() && !t.Run(w.name, func(t *testing.T) { reopen(t, w.root) }) {
					failed.Store(true)
				}
			}
		})
	}
}

// reopen starts a device again, and looks at what it finds.
func reopen(t *testing.T, root string) {
	t.Helper()
	acks, err := os.ReadFile(filepath.Join(root, "acks"))
	must(t, err)
	d := openCrashed(t, newOverlay(), root)
	for name, fates := range expected(story(t, ""), len(acks)) {
		digest := digestOf(crashPhoto(name))
		until(t, fmt.Sprintf("%d chapters are over: %s is one of %q", len(acks), name, fates),
			func() bool { return slices.Contains(fates, d.fate(digest)) }, d)
	}
	wantTidy(t, d)
	wantNoted(t, d)
	must(t, importAll(testContext(t), d, crashNames...))
	for _, name := range crashNames {
		d.wantBytes(digestOf(crashPhoto(name)), crashPhoto(name))
	}
	wantTidy(t, d)
	result, err := d.Check(testContext(t), CheckOptions{ReadData: true}, d.wantNoProblem)
	if err != nil || result.Files != len(crashNames) {
		t.Errorf("check: %+v, %v", result, err)
	}
	d.stop()
}

// wantNoted checks that what the import of the story has added can be undone as one.
func wantNoted(t *testing.T, d *device) {
	t.Helper()
	until(t, "what was cut off is noted", func() bool {
		left, err := d.Layer.cutOff()
		return err == nil && len(left) == 0
	}, d)
	added, noted := 0, 0
	for _, name := range crashNames {
		if r, _, _ := d.mirror.file(digestOf(crashPhoto(name))); r.Added.By == d.id {
			added++
		}
	}
	for _, a := range d.Actions() {
		if a.Kind == ActionImport && a.Device == d.id {
			noted += a.Files
		}
	}
	if noted != added {
		t.Errorf("%d photos were added, and %d noted", added, noted)
	}
}

// wantNoProblem is told what a check finds: only a file that another program has put
// into the library, and that was not taken in, or copied.
func (d *device) wantNoProblem(p Problem) {
	if !errors.Is(p.Err, ErrStray) || filepath.Base(filepath.Dir(p.Path)) != strayFolder {
		d.t.Errorf("check: %+v", p)
	}
}

// expected is what may be true of each file once so many chapters are over.
func expected(chapters []chapter, over int) map[string][]fate {
	want := make(map[string][]fate)
	for _, name := range crashNames {
		want[name] = []fate{absent}
	}
	for i, c := range chapters[:min(over+1, len(chapters))] {
		for name, f := range c.after {
			if i < over {
				want[name] = []fate{f}
			} else {
				want[name] = append(want[name], f, c.between)
			}
		}
	}
	return want
}

// wantTidy checks that each file of the library has the bytes that its name says,
// and is there once, and that no other file is left but transfers that go on.
func wantTidy(tb testing.TB, d *device) {
	tb.Helper()
	trash := make(map[Digest]bool)
	trashed, err := d.blobs.Trashed()
	must(tb, err)
	for _, c := range trashed {
		trash[c.Digest] = true
	}
	err = filepath.WalkDir(d.opts.Library, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch folder := filepath.Base(filepath.Dir(path)); folder {
		case strayFolder: // as the other program has left it, until it is the library's
			stray, err := d.blobs.Stray(path)
			if right := bytes.Equal(data, crashPhoto(strings.TrimSuffix(filepath.Base(path), ".jpg"))); err != nil || !stray && !right {
				tb.Errorf("%s has other bytes, %v", path, err)
			}
		case ".paul", "partial": // the marker; what is fetched again
		case "trash":
			if d := digestOf(data); !trash[d] || !strings.HasPrefix(filepath.Base(path), d.String()) { // maybe twice
				tb.Errorf("%s is in the trash, and not known there", path)
			}
		case "2024-05":
			if name := strings.TrimSuffix(filepath.Base(path), ".jpg"); !bytes.Equal(data, crashPhoto(name)) {
				tb.Errorf("%s has other bytes", path)
			}
		default:
			tb.Errorf("%s is left over", path)
		}
		return nil
	})
	must(tb, err)
}
