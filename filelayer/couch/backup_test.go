package couch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestBackupWhileWriting backs a database up again and again while it is
// written, and opens each copy: it is the database at one moment.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 2000)
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; ctx.Err() == nil && err == nil; i++ {
			_, err = db.Put(context.WithoutCancel(ctx), fmt.Sprint("late ", i), map[string]int{"n": i})
		}
		written <- err
	}()
	for range 5 {
		dir := t.TempDir()
		if err := s.Backup(t.Context(), "db", dir); err != nil {
			t.Fatal(err)
		}
		copied := openServer(t, dir, Options{OnDamage: func(err error) { t.Error(err) }})
		st, n := copied.databases["db"].state.Load(), 0
		if err := copied.Each(t.Context(), "db", 0, func(string, string, int64, bool, []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		if int64(n) != st.docs || st.docs < 2000 || st.seq != st.docs {
			t.Errorf("the copy has %d documents; it counts %d, at seq %d", n, st.docs, st.seq)
		}
	}
	cancel()
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// TestBackupFails leaves nothing of a copy that could not be made, and never
// takes the place of a file.
func TestBackupFails(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 3000)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, "db", dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := s.Backup(t.Context(), "none", dir); err == nil {
		t.Error("a database that does not exist was backed up")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	path := filepath.Join(dir, fileName("db"))
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), "db", dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the file that was there: %q, %v", b, err)
	}
}
