package blob

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// crashDir, set in the environment, makes the test binary the process to be killed.
const crashDir = "PAUL_BLOB_CRASH"

func TestMain(m *testing.M) {
	if root := os.Getenv(crashDir); root != "" {
		if err := importForEver(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func crashText(i int) string { return fmt.Sprintf("photo %d %s", i, strings.Repeat("x", i%5000)) }

// putCrash imports files from to below to in one batch.
func putCrash(ctx context.Context, s *Store, from, to int) error {
	b := s.NewBatch()
	defer b.Abort()
	for i := from; i < to; i++ {
		meta := Meta{Name: fmt.Sprintf("IMG_%d.JPG", i%7), Time: may.AddDate(0, i%3, 0)}
		if _, err := b.Put(ctx, strings.NewReader(crashText(i)), meta); err != nil {
			return err
		}
	}
	return b.Commit(ctx)
}

// importForEver imports batches, and takes one file of each through the trash.
// It says on standard output what was acknowledged.
func importForEver(root string) error {
	s, err := Open(Options{Library: root + "/Photos", StateDir: root + "/state"})
	if err != nil {
		return err
	}
	for i := 0; ; i += 5 {
		if err := putCrash(context.Background(), s, i, i+5); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, "stored", i+5); err != nil {
			return err
		}
		d := sum(crashText(i))
		if err := s.Trash(d, "test"); err != nil {
			return err
		}
		if i%2 == 0 {
			if _, err := s.Untrash(d); err != nil {
				return err
			}
		}
	}
}

// TestKilledWhileImporting kills a process that imports, ten times at random
// moments, on the same library: what it had acknowledged is there once, no row
// points at nothing, nothing is left over, and the same import again adds no
// second file.
func TestKilledWhileImporting(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for round := range 10 {
		stored := killed(t, root, time.Duration(20+rand.IntN(300))*time.Millisecond)
		s, err := Open(Options{Library: root + "/Photos", StateDir: root + "/state"})
		if err != nil {
			t.Fatal(err)
		}
		wantConsistent(t, s)
		for i := range stored {
			if d := sum(crashText(i)); !s.Has(d) && !s.InTrash(d) {
				t.Errorf("round %d: acknowledged file %d of %d is lost", round, i, stored)
			}
		}
		trash, err := s.Trashed()
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range trash {
			if _, err := s.Untrash(tr.Digest); err != nil {
				t.Error(err)
			}
		}
		most := stored + 5 // the batch after the last may have been stored too
		if err := putCrash(t.Context(), s, 0, most); err != nil {
			t.Fatal(err)
		}
		wantConsistent(t, s)
		wantNoTemps(t, s)
		originals := 0
		for rel := range files(t, s) {
			if !strings.HasPrefix(rel, ownDir) {
				originals++
			}
		}
		if originals != most {
			t.Errorf("round %d: %d files of %d", round, originals, most)
		}
		t.Logf("round %d: %d acknowledged", round, stored)
		emptied(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

// emptied makes room for the next round, in the same library.
func emptied(t *testing.T, s *Store) {
	t.Helper()
	var all []Digest
	for info, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Digest)
	}
	if err := errors.Join(s.TrashAll(all, "next round")...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PurgeTrash(0, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// killed runs the process and kills it some time after its first word; it
// returns how many files were acknowledged.
func killed(t *testing.T, root string, after time.Duration) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashDir+"="+root)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stored := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if stored == 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &stored); err != nil {
			t.Fatalf("the process says %q", lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	if stored == 0 {
		t.Fatal("the process stored nothing")
	}
	return stored
}
