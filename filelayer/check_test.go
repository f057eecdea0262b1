package filelayer

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

func TestMissingIsFetchedAgain(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	must(t, os.Remove(b.entry(ds[0]).Path))
	b.lieOne(ds[1], flip)
	var found []error
	result, err := b.Check(ctx, CheckOptions{ReadData: true, Repair: true}, func(p Problem) {
		found = append(found, p.Err)
		if !p.Repaired {
			t.Errorf("not repaired: %+v", p)
		}
	})
	must(t, err)
	if result.Files != 3 || result.Problems != 2 || result.Repaired != 2 {
		t.Errorf("Check = %+v, %v", result, found)
	}
	if joined := errors.Join(found...); !errors.Is(joined, ErrMissing) || !errors.Is(joined, ErrCorrupt) {
		t.Errorf("found %v", found)
	}
	for _, d := range ds {
		if e := b.entry(d); !e.Here() || !e.Holders.Of(b.id).Holds() {
			t.Errorf("not healed: %+v", e)
		}
		if _, err := b.blobs.Verify(ctx, d); err != nil {
			t.Error(err)
		}
	}
	if len(a.Deleted())+len(b.Deleted()) != 0 {
		t.Error("absence was taken for deletion")
	}
}

// TestCheckTellsWhatIsMendedMeanwhile: a file that Check found missing was
// missing, also if it has been fetched before Check comes to its record.
func TestCheckTellsWhatIsMendedMeanwhile(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	for _, d := range ds {
		must(t, os.Remove(b.entry(d).Path))
	}
	told := make(map[Digest]bool)
	result, err := b.Check(testContext(t), CheckOptions{}, func(p Problem) {
		told[p.Digest] = errors.Is(p.Err, ErrMissing)
		until(t, "all are here again", func() bool {
			return !slices.ContainsFunc(ds, func(d Digest) bool { return !b.blobs.Has(d) })
		}, b)
	})
	must(t, err)
	if result.Files != 3 || result.Problems != 3 || !told[ds[0]] || !told[ds[1]] || !told[ds[2]] {
		t.Errorf("Check = %+v, %v", result, told)
	}
}

// TestCheckTellsNameAndPath: what a person has changed or removed is told with
// where it lies, each time, and what was written there stays.
func TestCheckTellsNameAndPath(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	changed, removed := a.entry(a.create("changed", 1000)), a.entry(a.create("removed", 1000))
	must(t, os.Chmod(changed.Path, 0o600))
	must(t, os.WriteFile(changed.Path, flip(photo("changed", 1000)), 0o600))
	must(t, os.Chtimes(changed.Path, time.Time{}, time.Now().Add(-time.Hour)))
	must(t, os.Remove(removed.Path))
	stray := filepath.Join(a.opts.Library, "put here.jpg")
	must(t, os.WriteFile(stray, photo("stray", 10), 0o600))
	want := map[Digest]Problem{
		changed.Digest: {Digest: changed.Digest, Name: "changed.jpg", Path: changed.Path, Err: ErrChanged, Lost: true},
		removed.Digest: {Digest: removed.Digest, Name: "removed.jpg", Path: removed.Path, Err: ErrMissing, Lost: true},
		{}:             {Name: "put here.jpg", Path: stray, Err: ErrStray},
	}
	for _, opts := range []CheckOptions{{}, {ReadData: true}, {Repair: true}} {
		got := make(map[Digest]Problem)
		result, err := a.Check(testContext(t), opts, func(p Problem) { got[p.Digest] = p })
		must(t, err)
		if result.Problems != 3 || result.Repaired != 0 || !maps.Equal(got, want) {
			t.Errorf("Check(%+v) = %+v, %+v\nwant %+v", opts, result, got, want)
		}
	}
}

// TestCheckTellsHowFarItIs, in copies, and in bytes of those that it reads.
func TestCheckTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	a.create("one", 1000)
	a.create("two", 2000)
	read := a.entry(a.create("three", 3000))
	half := Part{N: 1, Of: 2}
	if !half.has(read.Digest) {
		half.N = 2
	}
	var bytes int64
	for _, e := range a.Entries() {
		if half.has(e.Digest) {
			bytes += e.Size
		}
	}
	for _, tt := range []struct {
		opts CheckOptions
		last CheckProgress
	}{
		{CheckOptions{}, CheckProgress{3, 3, 0, 0}},
		{CheckOptions{ReadData: true}, CheckProgress{3, 3, 6000, 6000}},
		{CheckOptions{ReadData: true, Part: half}, CheckProgress{3, 3, bytes, bytes}},
	} {
		var told []CheckProgress
		opts := tt.opts
		opts.Progress = func(p CheckProgress) { told = append(told, p) }
		_, err := a.Check(testContext(t), opts, nil)
		must(t, err)
		if len(told) != 3 || told[2] != tt.last || told[0].Files != 1 || told[0].TotalBytes != tt.last.TotalBytes {
			t.Errorf("Check(%+v) tells %+v, want the last to be %+v", tt.opts, told, tt.last)
		}
	}
}

// TestCheckTellsOfWhatWasReplaced: a changed file stays beside the right copy
// that was fetched again, and is told of until a person has decided.
func TestCheckTellsOfWhatWasReplaced(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	path := b.entry(sharedFiles(t, a, b, 1)[0]).Path
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, []byte("other bytes"), 0o600))
	for i, want := range []Problem{{Err: ErrChanged, Repaired: true}, {Err: ErrStray}, {Err: ErrStray}} {
		var got []Problem
		_, err := b.Check(testContext(t), CheckOptions{Repair: true}, func(p Problem) { got = append(got, p) })
		must(t, err)
		if len(got) != 1 || !errors.Is(got[0].Err, want.Err) || got[0].Repaired != want.Repaired || got[0].Path != path {
			t.Errorf("check %d tells %+v", i, got)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "other bytes" {
		t.Errorf("what was written there: %q, %v", data, err)
	}
}

// TestRepairedMeanwhile: what is here again counts as repaired, also when Check
// could not bring it.
func TestRepairedMeanwhile(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	back, gone := a.create("back", 100), a.create("gone", 100)
	must(t, os.Remove(a.entry(gone).Path))
	_, err := a.Check(testContext(t), CheckOptions{}, nil) // which notes that it is gone
	must(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	ps := []Problem{{Digest: back, Err: ErrMissing}, {Digest: gone, Err: ErrMissing}, {Err: ErrStray}}
	a.repairAll(ended, ps)
	if !ps[0].Repaired || ps[1].Repaired || ps[2].Repaired {
		t.Errorf("repaired: %+v", ps)
	}
}

// TestCheckTellsWhatIsToBeFetchedApart: what was never here is no problem while
// another device has it, what was here is, and so is what no device has.
func TestCheckTellsWhatIsToBeFetchedApart(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	here := sharedFiles(t, a, b, 2)
	rotten, gone := here[0], here[1]
	must(t, b.SetLimits(Limits{Paused: true}))
	queued := []Digest{a.show(b, "first", 3000), a.show(b, "second", 4000)}
	must(t, b.Want(ctx, queued...))
	bytes := b.entry(rotten).Size + b.entry(gone).Size
	check := func(want CheckResult, problems map[Digest]Problem) {
		t.Helper()
		got := make(map[Digest]Problem)
		result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) {
			got[p.Digest] = Problem{Err: p.Err, Coming: p.Coming, Lost: p.Lost, Path: p.Path}
		})
		must(t, err)
		if result != want || len(got) != len(problems) {
			t.Errorf("Check = %+v, %+v", result, got)
		}
		for d, p := range problems {
			if !errors.Is(got[d].Err, p.Err) || got[d].Coming != p.Coming || got[d].Lost != p.Lost || p.Path != "" && filepath.Dir(got[d].Path) != p.Path {
				t.Errorf("problem %+v, want %+v", got[d], p)
			}
		}
	}
	check(CheckResult{Files: 2, Bytes: bytes, Read: 2, Waiting: 2, WaitingBytes: 7000}, nil)

	b.lieOne(rotten, flip)
	must(t, os.Remove(b.entry(gone).Path))
	aside := filepath.Join(b.opts.Library, ".paul", "quarantine")
	check(CheckResult{Files: 2, Bytes: bytes, Read: 1, Waiting: 2, WaitingBytes: 7000, Problems: 2}, map[Digest]Problem{
		rotten: {Err: ErrCorrupt, Coming: true, Path: aside},
		gone:   {Err: ErrMissing, Coming: true},
	})

	must(t, os.Remove(a.entry(queued[0]).Path))
	_, err := a.Check(ctx, CheckOptions{}, nil) // which takes back that it has it
	must(t, err)
	until(t, "the losses are known", func() bool {
		return len(b.entry(queued[0]).HolderIDs()) == 0 && !b.entry(rotten).Holders.Of(b.id).Has()
	}, b)
	check(CheckResult{Files: 3, Bytes: bytes + 3000, Waiting: 1, WaitingBytes: 4000, Problems: 3}, map[Digest]Problem{
		rotten:    {Err: ErrCorrupt, Coming: true, Path: aside},
		gone:      {Err: ErrMissing, Coming: true},
		queued[0]: {Err: ErrNoCopy, Lost: true},
	})
}

// TestCheckTellsOfRotEachTime: as long as there is no good copy, and the rotten bytes
// lie in the quarantine.
func TestCheckTellsOfRotEachTime(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("rotten", 1000)
	a.lieOne(d, flip)
	aside := ""
	for i := range 3 {
		var got []Problem
		_, err := a.Check(testContext(t), CheckOptions{ReadData: i != 1}, func(p Problem) { got = append(got, p) })
		must(t, err)
		if len(got) != 1 || !errors.Is(got[0].Err, ErrCorrupt) || !got[0].Lost || got[0].Name != "rotten.jpg" ||
			filepath.Base(filepath.Dir(got[0].Path)) != "quarantine" || aside != "" && got[0].Path != aside {
			t.Fatalf("check %d tells %+v", i, got)
		}
		aside = got[0].Path
	}
	must(t, os.Remove(aside))
	until(t, "the record tells of the loss", func() bool { return !a.holds(a, d) }, a)
	_, err := a.Check(testContext(t), CheckOptions{}, func(p Problem) {
		if !errors.Is(p.Err, ErrNoCopy) || !p.Lost {
			t.Errorf("without the rotten bytes: %+v", p)
		}
	})
	must(t, err)
	a.create("rotten", 1000)
	_, err = a.Check(testContext(t), CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("after an import: %+v", p) })
	must(t, err)
}

func (d *device) lieOne(digest Digest, change func([]byte) []byte) {
	d.t.Helper()
	lieAt(d.t, d.entry(digest).Path, change)
}

func lieAt(tb testing.TB, path string, change func([]byte) []byte) {
	tb.Helper()
	data, err := os.ReadFile(path)
	must(tb, err)
	fi, err := os.Stat(path)
	must(tb, err)
	must(tb, os.Chmod(path, 0o600))
	must(tb, os.WriteFile(path, change(data), 0o600))
	must(tb, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
}

// TestAMovedFileIsFound: a person may sort the library's folder anew.
func TestAMovedFileIsFound(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	shared, only := sharedFiles(t, a, b, 1)[0], a.create("only here", 3000)
	trip := filepath.Join(a.opts.Library, "trip")
	must(t, os.Mkdir(trip, 0o755))
	for _, d := range []Digest{shared, only} {
		must(t, os.Rename(a.entry(d).Path, filepath.Join(trip, a.entry(d).Name)))
	}
	_, err := a.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("problem: %+v", p) })
	must(t, err)
	for _, d := range []Digest{shared, only} {
		if e := a.entry(d); filepath.Dir(e.Path) != trip || !a.holds(a, d) {
			t.Errorf("moved, and not found: %+v", e)
		}
	}
	left, err := os.ReadDir(filepath.Join(a.opts.Library, "2024", "2024-05"))
	if err != nil || len(left) != 0 || a.Queue() != 0 {
		t.Errorf("fetched again: %v, %v", left, err)
	}
}

// TestUnmountedLibraryLosesNothing takes the library's disk away.
func TestUnmountedLibraryLosesNothing(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	away := b.opts.Library + "-away"
	must(t, os.Rename(b.opts.Library, away))
	if _, err := b.Check(ctx, CheckOptions{}, nil); !errors.Is(err, ErrNotMounted) {
		t.Fatalf("Check = %v", err)
	}
	if err := b.Unsave(ctx, d); err == nil {
		t.Fatal("Unsave without a library succeeded")
	}
	if err := a.Unsave(ctx, d); !errors.Is(err, ErrUnverified) {
		t.Fatalf("Unsave relying on an unmounted library = %v", err)
	}
	must(t, os.Rename(away, b.opts.Library))
	result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("problem: %+v", p) })
	must(t, err)
	if result.Files != 1 {
		t.Errorf("Check = %+v", result)
	}
}

// TestCrashBetweenBlobAndRecord finds bytes without a record at the next start.
func TestCrashBetweenBlobAndRecord(t *testing.T) {
	t.Parallel()
	d := newDevice(t, newOverlay(), "a")
	kept := d.create("kept", 100)
	orphan, data := digestOf(photo("orphan", 100)), photo("orphan", 100)
	batch := d.blobs.NewBatch()
	_, err := batch.Put(testContext(t), bytes.NewReader(data), blob.Meta{Name: "orphan.jpg"})
	must(t, err)
	must(t, batch.Commit(testContext(t)))
	d.restart()
	until(t, "the orphan has a record", func() bool { return d.sees(orphan) && d.holds(d, orphan) }, d)
	if e := d.entry(orphan); e.Name != "orphan.jpg" || e.Size != 100 || e.Type != "image/jpeg" {
		t.Errorf("entry = %+v", e)
	}
	if got := d.create("orphan", 100); got != orphan || len(d.Entries()) != 2 {
		t.Errorf("import again: %d entries", len(d.Entries()))
	}
	files := 0
	must(t, filepath.WalkDir(d.opts.Library, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".jpg" {
			files++
		}
		return err
	}))
	if files != 2 || !d.sees(kept) {
		t.Errorf("%d files in the library", files)
	}
}

// TestRecordWithoutBlobIsCorrected starts after files have vanished.
func TestRecordWithoutBlobIsCorrected(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	only := b.create("only here", 100)
	path, onlyPath := b.entry(d).Path, b.entry(only).Path
	b.stop()
	must(t, os.Remove(path))
	must(t, os.Remove(onlyPath))
	b.start()
	until(t, "b has it again", func() bool { return b.entry(d).Here() && b.holds(b, d) }, b)
	until(t, "the lost one is no copy", func() bool { return !b.holds(b, only) && b.Queue() == 1 }, b)
	if !b.sees(only) {
		t.Error("a missing file was taken for deleted")
	}
}
