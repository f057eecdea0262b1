package blob

import (
	"errors"
	"os"
	"testing"
	"time"
)

const (
	day = 24 * time.Hour
	age = 30 * day
)

// elapse makes the store believe that the time d has passed since all it did.
func elapse(tb testing.TB, s *Store, d time.Duration) {
	tb.Helper()
	if err := s.index.update(func(tx *tx) error {
		return errors.Join(
			tx.exec("UPDATE trash SET at = at - ?", int64(d)),
			tx.exec("UPDATE quarantine SET at = at - ?", int64(d)),
			tx.exec("UPDATE meta SET value = CAST(value AS INTEGER) - ? WHERE key = 'purged'", int64(d)),
		)
	}); err != nil {
		tb.Fatal(err)
	}
}

func purge(tb testing.TB, s *Store, olderThan time.Duration) int {
	tb.Helper()
	n, err := s.PurgeTrash(olderThan, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestPurgeTakesNoLeapForAge(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	if n := purge(t, s, age); n != 0 { // as at each start
		t.Errorf("purged %d of nothing", n)
	}
	if err := s.Trash(d, "test"); err != nil {
		t.Fatal(err)
	}
	for _, leap := range []time.Duration{400 * day, -400 * day, 60 * day} { // set ahead, back, and once more ahead
		elapse(t, s, leap)
		if n := purge(t, s, age); n != 0 || !s.InTrash(d) {
			t.Fatalf("a leap of %v purged %d", leap, n)
		}
	}
	trashed, err := s.Trashed()
	if err != nil || len(trashed) != 1 || time.Until(trashed[0].At) > 0 {
		t.Errorf("%+v, %v", trashed, err)
	}
	days := 0
	for ; s.InTrash(d) && days < 100; days += 5 {
		elapse(t, s, 5*day)
		purge(t, s, age)
	}
	if days < 20 || days > 35 {
		t.Errorf("purged after %d days", days)
	}
}

func TestPurgeByAPerson(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	purge(t, s, age)
	d := put(t, s, "a.jpg", "a")
	if err := s.Trash(d, "test"); err != nil {
		t.Fatal(err)
	}
	elapse(t, s, 400*day)
	if n := purge(t, s, 0); n != 1 || s.InTrash(d) {
		t.Errorf("purged %d", n)
	}
}

// TestRottenIsKeptUntilHealed shows that the only bytes there are of a photo,
// though a few are wrong, are never purged.
func TestRottenIsKeptUntilHealed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	scribble(t, s, d)
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	if n := purge(t, s, 0); n != 0 {
		t.Errorf("purged %d, the only copy", n)
	}
	wantFiles(t, s, map[string]string{".paul/quarantine/" + d.String() + ".jpg": "?"})
	put(t, s, "a.jpg", "a")
	if n := purge(t, s, age); n != 0 {
		t.Errorf("purged %d too early", n)
	}
	if n := purge(t, s, 0); n != 1 {
		t.Errorf("purged %d of what was healed", n)
	}
	wantFiles(t, s, map[string]string{"2024/2024-05/a.jpg": "a"})
	wantConsistent(t, s)
}

func TestTrashedTwice(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var d Digest
	for range 2 {
		d = put(t, s, "a.jpg", "a")
		if err := s.Trash(d, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if trashed, err := s.Trashed(); err != nil || len(trashed) != 1 {
		t.Errorf("%+v, %v", trashed, err)
	}
	purge(t, s, 0)
	wantFiles(t, s, nil)
	if s.InTrash(d) {
		t.Error("in the trash after it was purged")
	}
}

// TestTrashOfMany shows that a file which cannot be moved holds up no other.
func TestTrashOfMany(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	a, b, c := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b"), put(t, s, "c.jpg", "c")
	fsys.fail = func(op, path string) error {
		if op == "rename" && path == s.path(trashDir+"/"+b.String()+".jpg") {
			return os.ErrPermission
		}
		return nil
	}
	errs := s.TrashAll([]Digest{a, b, c}, "test")
	if errs[0] != nil || !errors.Is(errs[1], os.ErrPermission) || errs[2] != nil {
		t.Error(errs)
	}
	if !s.InTrash(a) || !s.Has(b) || !s.InTrash(c) {
		t.Error("want all but one in the trash")
	}
	wantConsistent(t, s)
}

// TestPurgeOfSome takes what it is asked for and nothing else, whatever its age, and
// nothing at all when that cannot be told of.
func TestPurgeOfSome(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	a, b, here := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b"), put(t, s, "c.jpg", "c")
	if err := errors.Join(s.TrashAll([]Digest{a, b}, "test")...); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("cannot be told of")
	if n, err := s.Purge([]Digest{a}, func([]Trashed) error { return failed }); n != 0 || !errors.Is(err, failed) || !s.InTrash(a) {
		t.Errorf("%d, %v; in the trash: %t", n, err, s.InTrash(a))
	}
	var told []Trashed
	n, err := s.Purge([]Digest{a, here, {7}}, func(old []Trashed) error { told = old; return nil })
	if n != 1 || err != nil || len(told) != 1 || told[0].Digest != a || told[0].Name != "a.jpg" {
		t.Errorf("%d, %v, told of %+v", n, err, told)
	}
	if s.InTrash(a) || !s.InTrash(b) || !s.Has(here) {
		t.Errorf("in the trash: %t, %t; here: %t", s.InTrash(a), s.InTrash(b), s.Has(here))
	}
	if rows, err := s.Trashed(); len(rows) != 1 || err != nil {
		t.Errorf("%+v, %v", rows, err)
	}
}
