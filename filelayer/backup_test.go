package filelayer

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// loseRecords takes a device's databases away while it does not run.
func (d *device) loseRecords() {
	d.t.Helper()
	d.stop()
	must(d.t, os.RemoveAll(filepath.Join(d.opts.Dir, "db")))
	d.start()
}

// TestBackup loses all records of a device that is alone, and restores them:
// also what its files could not tell.
func TestBackup(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	kept, gone := a.create("kept", 3000), a.create("gone", 3000)
	must(t, a.Delete(testContext(t), gone))
	path := filepath.Join(t.TempDir(), "records.zip")
	for range 2 { // the second replaces the first
		b, err := a.Backup(testContext(t), path)
		must(t, err)
		if b.Device != a.id || b.Name != "a" || len(b.Databases) != 3 {
			t.Errorf("Backup = %+v", b)
		}
	}
	before := a.entry(kept)
	late := a.create("late", 3000)

	a.loseRecords()
	r, err := a.RestoreBackup(testContext(t), path)
	must(t, err)
	if r.Documents != 3 || r.Refused != 0 || r.Backup.Device != a.id {
		t.Errorf("RestoreBackup = %+v", r)
	}
	until(t, "all is as it was", func() bool {
		e, ok := a.mirror.entry(gone)
		return a.sees(kept) && a.entry(kept).Added == before.Added && ok && e.Deleted != nil && a.sees(late)
	}, a)
	if e := a.entry(kept); !e.Here() {
		t.Error("the file is not here any more")
	}
	again, err := a.RestoreBackup(testContext(t), path)
	must(t, err)
	if again.Written != 0 {
		t.Errorf("restored twice, it wrote %d documents", again.Written)
	}
	noWork(t, a)
}

// noWork fails if files of a backup are left.
func noWork(t *testing.T, d *device) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(d.opts.Dir, workPrefix+"*"))
	must(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRestoreKeepsWhatIsNewer: a backup is one more device that was away.
func TestRestoreKeepsWhatIsNewer(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 3000)
	path := filepath.Join(t.TempDir(), "records.zip")
	_, err := a.Backup(testContext(t), path)
	must(t, err)
	must(t, a.Delete(testContext(t), d))
	r, err := a.RestoreBackup(testContext(t), path)
	must(t, err)
	if e := a.entry(d); e.Deleted == nil || r.Written != 0 {
		t.Errorf("the deletion is undone: %+v, %+v", e, r)
	}
}

// TestRestoreDeletesNothing restores a backup from when a photo was deleted,
// after the records that say that it was brought back are lost.
func TestRestoreDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		a := newDevice(t, newOverlay(), "a")
		d, other := a.create("photo", 3000), a.create("other", 3000)
		must(t, a.Delete(testContext(t), d))
		path := filepath.Join(t.TempDir(), "records.zip")
		_, err := a.Backup(testContext(t), path)
		must(t, err)
		must(t, a.Restore(testContext(t), d))
		until(t, "its bytes are back", func() bool { return a.entry(d).Here() }, a)
		if lost {
			a.loseRecords()
		}
		_, err = a.RestoreBackup(testContext(t), path)
		must(t, err)
		held := len(a.HeldDeletions())
		if lost && held != 1 || !lost && held != 0 {
			t.Errorf("lost: %t: %d deletions wait", lost, held)
		}
		a.restart()
		e := a.entry(d)
		if !e.Here() || (e.Deleted != nil) != lost || !a.entry(other).Here() {
			t.Errorf("lost: %t: the photo is %+v", lost, e)
		}
		if !lost {
			continue
		}
		must(t, a.Restore(testContext(t), d))
		if held := a.HeldDeletions(); !a.sees(d) || !a.entry(d).Here() || len(held) > 0 {
			t.Errorf("restored, %d deletions wait: %+v", len(held), a.entry(d))
		}
	}
}

// TestRestoreRefuses takes nothing from a file that is not a whole backup.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	d := a.create("photo", 3000)
	good := filepath.Join(t.TempDir(), "records.zip")
	_, err := a.Backup(testContext(t), good)
	must(t, err)
	data, err := os.ReadFile(good)
	must(t, err)
	middle := bytes.Clone(data)
	for i := range 200 {
		middle[len(middle)/2+i] ^= 0x55
	}
	for name, file := range map[string]struct {
		data  []byte
		want  error
		spare bool // a backup may take its place: it says that it is one
	}{
		"empty":       {nil, ErrNoBackup, false},
		"text":        {[]byte("not a backup"), ErrNoBackup, false},
		"cut":         {data[:len(data)/2], ErrNoBackup, false},
		"damaged":     {middle, ErrNoBackup, true},
		"another zip": {zipped(t, "x.txt", "hello"), ErrNoBackup, false},
		"path trick":  {zipped(t, manifestName, `{"format":1}`, "../db-files.sqlite", "x"), ErrNoBackup, true},
		"no database": {zipped(t, manifestName, `{"format":1}`, "db-files.sqlite", "not SQLite"), ErrNoBackup, true},
		"of later":    {zipped(t, manifestName, `{"format":2}`), ErrNewer, false},
	} {
		path := filepath.Join(t.TempDir(), "file")
		must(t, os.WriteFile(path, file.data, 0o600))
		if _, err := b.RestoreBackup(testContext(t), path); !errors.Is(err, file.want) {
			t.Errorf("%s: RestoreBackup = %v", name, err)
		}
		if file.spare {
			continue
		}
		if _, err := b.Backup(testContext(t), path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: Backup = %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, file.data) {
			t.Errorf("%s: the file was changed: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.RestoreBackup(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := b.RestoreBackup(testContext(t), filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if b.sees(d) {
		t.Error("something was taken in")
	}
	noWork(t, b)
}

// zipped makes an archive of names and texts in turn.
func zipped(t *testing.T, namesAndTexts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		w, err := z.Create(namesAndTexts[i])
		must(t, err)
		_, err = w.Write([]byte(namesAndTexts[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// TestBackupIsForPeople: the archive says what it is, and holds databases that
// any SQLite opens.
func TestBackupIsForPeople(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	path := filepath.Join(t.TempDir(), "records.zip")
	b, err := a.Backup(testContext(t), path)
	must(t, err)
	z, err := zip.OpenReader(path)
	must(t, err)
	t.Cleanup(func() { must(t, z.Close()) })
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	f, err := z.Open(manifestName)
	must(t, err)
	var manifest Backup
	must(t, json.NewDecoder(f).Decode(&manifest))
	if len(names) != 4 || manifest.Made != b.Made || manifest.Device != a.id {
		t.Errorf("files %v, manifest %+v", names, manifest)
	}
}

// TestBackupOnAFullDisk: what let it fail is said once, with what to do.
func TestBackupOnAFullDisk(t *testing.T) {
	t.Parallel()
	full := fmt.Errorf("write: %w", ErrNoSpace)
	if err := noBackup(full); !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "free some space") || strings.Count(err.Error(), "not enough space") != 1 {
		t.Errorf("a full disk is told as %v", err)
	}
	if err := noBackup(fs.ErrExist); err.Error() != fs.ErrExist.Error() {
		t.Errorf("another cause is told as %v", err)
	}
}
