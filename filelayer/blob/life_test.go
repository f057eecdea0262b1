package blob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rewrite lets another program write text in place of d's file.
func rewrite(tb testing.TB, s *Store, d Digest, text string, mtime time.Time) {
	tb.Helper()
	info, err := s.Info(d)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(info.Path, 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(info.Path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chtimes(info.Path, mtime, mtime); err != nil {
		tb.Fatal(err)
	}
}

// scribble lets a disk change a byte of d's file without a trace.
func scribble(tb testing.TB, s *Store, d Digest) {
	tb.Helper()
	info, err := s.Info(d)
	if err != nil {
		tb.Fatal(err)
	}
	rewrite(tb, s, d, strings.Repeat("?", int(info.Size)), info.ModTime)
}

func TestTrash(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	a, b := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b")
	errs := s.TrashAll([]Digest{a, sum("unknown"), a, b}, "unsave")
	if errs[0] != nil || !errors.Is(errs[1], ErrNotFound) || errs[2] != nil || errs[3] != nil {
		t.Fatal(errs)
	}
	if s.Has(a) || !s.InTrash(a) {
		t.Error("a is not in the trash")
	}
	wantFiles(t, s, map[string]string{".paul/trash/" + a.String() + ".jpg": "a", ".paul/trash/" + b.String() + ".jpg": "b"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	trashed, err := s.Trashed()
	if err != nil || len(trashed) != 2 || trashed[0].Reason != "unsave" || time.Since(trashed[0].At) > time.Minute {
		t.Fatalf("%+v, %v", trashed, err)
	}
	put(t, s, "a.jpg", "another of this name")
	info, err := s.Untrash(a)
	if err != nil || filepath.Base(info.Path) != "a-2.jpg" || time.Since(info.Verified) > time.Minute {
		t.Errorf("%+v, %v", info, err)
	}
	if n, err := s.PurgeTrash(time.Hour, nil, nil); n != 0 || err != nil {
		t.Errorf("purged %d too early, %v", n, err)
	}
	if n, err := s.PurgeTrash(0, nil, nil); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	if _, err := s.Untrash(b); !errors.Is(err, ErrNotFound) || s.InTrash(b) {
		t.Errorf("untrash of a purged file: %v", err)
	}
	wantFiles(t, s, map[string]string{"2024/2024-05/a.jpg": "another of this name", "2024/2024-05/a-2.jpg": "a"})
	wantConsistent(t, s)
}

func TestUntrashOfWhatIsHere(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	if err := s.Trash(d, "test"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a.jpg", "a")
	if info, err := s.Untrash(d); err != nil || info.Missing {
		t.Errorf("%+v, %v", info, err)
	}
	if err := s.Trash(d, "again"); err != nil { // over the copy that is in the trash
		t.Fatal(err)
	}
	if _, err := s.Untrash(d); err != nil {
		t.Error(err)
	}
}

// TestUntrashAll brings several back with one barrier, each as it is: two of one name,
// one that is named twice, that is here, that has rotted and that was never there.
func TestUntrashAll(t *testing.T) {
	t.Parallel()
	syncs := 0
	fsys := &faulty{fail: func(op, _ string) error {
		if op == "syncDir" {
			syncs++
		}
		return nil
	}}
	s := newDirs(t).open(t, fsys)
	a, rotten, stays := put(t, s, "a.jpg", "a"), put(t, s, "rotten.jpg", "rotten"), put(t, s, "s.jpg", "s")
	scribble(t, s, rotten)
	var many []Digest
	for _, text := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		many = append(many, put(t, s, text+".jpg", text))
	}
	ds := append([]Digest{a, rotten}, many...)
	if err := errors.Join(s.TrashAll(ds, "test")...); err != nil {
		t.Fatal(err)
	}
	same := put(t, s, "a.jpg", "another") // takes the name
	if err := s.Trash(same, "test"); err != nil {
		t.Fatal(err)
	}
	syncs = 0
	ds = append(ds, stays, sum("never"), same, a)
	infos, errs := s.UntrashAll(ds)
	for i, d := range ds {
		var want error
		switch d {
		case rotten:
			want = ErrCorrupt
		case sum("never"):
			want = ErrNotFound
		}
		if !errors.Is(errs[i], want) || want == nil && (errs[i] != nil || infos[i].Digest != d || !s.Has(d) || s.InTrash(d)) {
			t.Errorf("%d: %+v, %v, want %v", i, infos[i], errs[i], want)
		}
	}
	if syncs > 10 { // two for each, one by one
		t.Errorf("%d folders were synced for %d files", syncs, len(ds))
	}
	wantConsistent(t, s)
}

func TestRottenTrash(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	scribble(t, s, d)
	if err := s.Trash(d, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Untrash(d); !errors.Is(err, ErrCorrupt) || s.Has(d) || s.InTrash(d) {
		t.Errorf("untrash: %v", err)
	}
	wantConsistent(t, s)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	before, err := s.Info(d)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := s.Verify(t.Context(), d); err != nil || !info.Verified.After(before.Verified) {
		t.Errorf("%+v, %v", info, err)
	}
	scribble(t, s, d)
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, ErrCorrupt) {
		t.Errorf("rotten: %v", err)
	}
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, ErrNotFound) {
		t.Errorf("after it was put aside: %v", err)
	}
	aside, err := s.Quarantined()
	if err != nil || len(aside) != 1 || aside[0].Digest != d || aside[0].Name != "a.jpg" {
		t.Errorf("%+v, %v", aside, err)
	}
	if _, err := s.Receive(t.Context(), d, 1, Meta{Name: "a.jpg", Time: may}, source("a"), nil); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, s, map[string]string{"2024/2024-05/a.jpg": "a", ".paul/quarantine/" + d.String() + ".jpg": "?"})
}

func TestChangesByOthers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	gone, edited, longer, touched := put(t, s, "gone.jpg", "1"), put(t, s, "edited.jpg", "2"), put(t, s, "longer.jpg", "3"), put(t, s, "touched.jpg", "4")
	info, err := s.Info(gone)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(s.library, "gone.jpg")
	if err := os.Rename(info.Path, elsewhere); err != nil {
		t.Fatal(err)
	}
	later := may.Add(time.Hour)
	rewrite(t, s, edited, "E", later)
	rewrite(t, s, longer, "longer", may)
	rewrite(t, s, touched, "4", later)
	for d, want := range map[Digest][]error{gone: {ErrMissing}, edited: {ErrMissing, ErrChanged}, longer: {ErrMissing, ErrChanged}} {
		_, _, err := s.Open(d)
		for _, want := range want {
			if !errors.Is(err, want) {
				t.Errorf("open: %v, want %v", err, want)
			}
		}
		if s.Has(d) {
			t.Errorf("%v counts as here", d)
		}
		if info, err := s.Info(d); err != nil || !info.Missing || info.Changed != (d != gone) {
			t.Errorf("%+v, %v", info, err)
		}
		if _, err := s.GrantLease(d, "laptop", time.Now().Add(time.Minute)); !errors.Is(err, ErrMissing) {
			t.Errorf("lease of a missing file: %v", err)
		}
	}
	if got := read(t, s, touched); got != "4" {
		t.Errorf("a touched file reads %q", got)
	}
	changed, err := s.Scan(t.Context())
	if err != nil || len(changed) != 1 || changed[0].Digest != gone { // all were noted by Open, and one was only moved
		t.Errorf("scan: %+v, %v", changed, err)
	}
	if n, err := s.Reindex(t.Context(), nil); err != nil || n != 2 { // the edits
		t.Errorf("reindex: %d, %v", n, err)
	}
	if info, err := s.Info(gone); err != nil || info.Missing || info.Path != elsewhere {
		t.Errorf("a moved file: %+v, %v", info, err)
	}
	put(t, s, "edited.jpg", "2") // the original is imported again
	if err := s.Trash(longer, "test"); err != nil {
		t.Errorf("trash of a changed file: %v", err)
	}
	wantFiles(t, s, map[string]string{
		"gone.jpg": "1", "2024/2024-05/edited.jpg": "E", "2024/2024-05/edited-2.jpg": "2",
		"2024/2024-05/longer.jpg": "longer", "2024/2024-05/touched.jpg": "4",
	})
}

func TestScanNoticesReturn(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	p, away := s.path("2024/2024-05/a.jpg"), filepath.Join(t.TempDir(), "away.jpg")
	for _, missing := range []bool{true, false} {
		from, to := p, away
		if !missing {
			from, to = to, from
		}
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		changed, err := s.Scan(t.Context())
		if err != nil || len(changed) != 1 || changed[0].Digest != d || changed[0].Missing != missing {
			t.Errorf("missing %v: %+v, %v", missing, changed, err)
		}
	}
}

// TestScanFindsWhatWasMoved lets a person sort photos into folders of their own.
func TestScanFindsWhatWasMoved(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	moved, noted, gone := put(t, s, "moved.jpg", "1"), put(t, s, "noted.jpg", "2"), put(t, s, "gone.jpg", "3")
	for from, to := range map[string]string{"moved.jpg": "trip/first.jpg", "noted.jpg": "trip/second.jpg", "gone.jpg": ".hidden/gone.jpg"} {
		p := filepath.Join(s.library, to)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.Rename(s.path("2024/2024-05/"+from), p)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Open(noted); !errors.Is(err, ErrMissing) {
		t.Fatalf("open: %v", err)
	}
	write(t, filepath.Join(s.library, "trip", "foreign.jpg"), "4") // of the same size
	for _, want := range []map[Digest]string{
		{moved: "trip/first.jpg", noted: "trip/second.jpg", gone: ""},
		{},
	} {
		changed, err := s.Scan(t.Context())
		if err != nil || len(changed) != len(want) {
			t.Errorf("scan: %+v, %v", changed, err)
		}
		for _, info := range changed {
			rel, _ := s.rel(info.Path)
			if info.Missing != (want[info.Digest] == "") || !info.Missing && (rel != want[info.Digest] || !s.Has(info.Digest)) {
				t.Errorf("%+v, want %q", info, want[info.Digest])
			}
		}
	}
	if s.Has(sum("4")) || s.Has(gone) {
		t.Error("a file that nobody has added is in the library, or a hidden one")
	}
}

func TestNotMounted(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := put(t, s, "a.jpg", "a")
	trashed := put(t, s, "b.jpg", "b")
	if err := s.Trash(trashed, "test"); err != nil {
		t.Fatal(err)
	}
	away := dirs.library + "-away"
	for _, empty := range []bool{false, true} { // no mount point, and an empty one
		if err := os.Rename(dirs.library, away); err != nil {
			t.Fatal(err)
		}
		if empty {
			if err := os.Mkdir(dirs.library, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for name, do := range map[string]func() error{
			"open":    func() error { _, _, err := s.Open(d); return err },
			"info":    func() error { _, err := s.Info(d); return err },
			"verify":  func() error { _, err := s.Verify(t.Context(), d); return err },
			"scan":    func() error { _, err := s.Scan(t.Context()); return err },
			"reindex": func() error { _, err := s.Reindex(t.Context(), nil); return err },
			"put":     func() error { return putTwo(t, s) },
			"receive": func() error { _, err := s.Receive(t.Context(), sum("n"), 1, Meta{}, source("n"), nil); return err },
			"trash":   func() error { return s.Trash(d, "test") },
			"untrash": func() error { _, err := s.Untrash(trashed); return err },
			"purge":   func() error { _, err := s.PurgeTrash(0, nil, nil); return err },
			"lease":   func() error { _, err := s.GrantLease(d, "x", time.Now()); return err },
			"anew":    func() error { _, err := Open(Options{Library: dirs.library, StateDir: dirs.state}); return err },
		} {
			if err := do(); !errors.Is(err, ErrNotMounted) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if left, err := os.ReadDir(dirs.library); empty && (err != nil || len(left) != 0) {
			t.Errorf("the mount point gained %v, %v", left, err)
		}
		if empty {
			if err := os.Remove(dirs.library); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(away, dirs.library); err != nil {
			t.Fatal(err)
		}
		if !s.Has(d) || !s.InTrash(trashed) {
			t.Error("the disk is back, and a file is lost")
		}
	}
	other := newDirs(t)
	other.open(t, nil)
	if _, err := Open(Options{Library: other.library, StateDir: dirs.state}); !errors.Is(err, ErrNotMounted) {
		t.Errorf("another library: %v", err)
	}
}

func TestReindexAfterLoss(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, db string){
		"lost": func(t *testing.T, db string) {
			t.Helper()
			for _, tail := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(db + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
		},
		"partly damaged": func(t *testing.T, db string) {
			t.Helper()
			data, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(data); i++ { // all but the first page, which lists the tables
				data[i] = 0xa5
			}
			write(t, db, string(data))
		},
		"damaged": func(t *testing.T, db string) {
			t.Helper()
			if err := os.WriteFile(db, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dirs := newDirs(t)
			s := dirs.open(t, nil)
			if s.Fresh() {
				t.Error("a first start asks for Reindex")
			}
			d, trashed := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b")
			if err := s.Trash(trashed, "test"); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"Thumbs.db", ".DS_Store"} {
				if err := os.WriteFile(filepath.Join(dirs.library, name), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			lose(t, filepath.Join(dirs.state, "blobs.db"))
			s = dirs.open(t, nil)
			if !s.Fresh() || s.Has(d) {
				t.Errorf("fresh %v, has %v", s.Fresh(), s.Has(d))
			}
			looked := 0
			if n, err := s.Reindex(t.Context(), func(n int) { looked = n }); n != 1 || err != nil || looked != 1 {
				t.Errorf("added %d of %d, %v", n, looked, err)
			}
			if s.Fresh() || !s.Has(d) {
				t.Errorf("fresh %v, has %v", s.Fresh(), s.Has(d))
			}
			if info, err := s.Untrash(trashed); err != nil || !s.Has(trashed) {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
}
