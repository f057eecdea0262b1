package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/replicate"
	"github.com/libpaul/paul/internal/durable"
)

// Restored tells what a backup gave back.
type Restored struct {
	Backup    Backup
	Documents int // in the backup, with those that were deleted
	Written   int // revisions of them that this device lacked; a document may have several
	Refused   int // of them, those that are no records of this library's form
}

// Backup writes the records, as they are now, to a file at path; photos are
// not part of it. A backup that is there is replaced, any other file is left
// alone: [fs.ErrExist]. When it returns nil, the backup was checked and is on
// the disk; on error whatever was at path is there as it was.
func (l *Layer) Backup(ctx context.Context, path string) (Backup, error) {
	b, err := l.backUp(ctx, path)
	if err != nil {
		return Backup{}, fmt.Errorf("back up the records: %w", noBackup(err))
	}
	return b, nil
}

// noBackup says what to do where a full disk let no backup be written.
func noBackup(err error) error {
	if err = blob.Explain(err); errors.Is(err, ErrNoSpace) {
		return fmt.Errorf("%w; no backup was written: free some space, and try again", err)
	}
	return err
}

func (l *Layer) backUp(ctx context.Context, path string) (b Backup, err error) {
	if err := l.Ready(ctx); err != nil {
		return b, err
	}
	switch _, err := readBackup(path); {
	case errors.Is(err, ErrNoBackup), errors.Is(err, ErrNewer):
		return b, fmt.Errorf("%w; it is left as it is, and nothing was written; choose another name (%w)", err, fs.ErrExist)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return b, err
	}
	dir, remove, err := l.workDir()
	if err != nil {
		return b, err
	}
	defer remove()
	b = Backup{Format: backupFormat, Device: l.opts.DeviceID, Name: l.deviceName(l.opts.DeviceID), Made: l.now().UTC().Truncate(time.Second)}
	for _, db := range l.backedUp() {
		if err := l.db.server.Backup(ctx, db.name, dir); err != nil {
			return b, err
		}
		b.Databases = append(b.Databases, db.name)
	}
	return b, durable.Write(path, 0o600, func(w io.Writer) error { return packBackup(ctx, w, b, dir) })
}

// backedUp are the databases of a backup: not the journal of actions, since no
// device is to act by an old copy of it.
func (l *Layer) backedUp() []*Database {
	return slices.DeleteFunc(slices.Clone(l.db.seal()), func(db *Database) bool { return db == l.actions })
}

// workDir makes a folder for the files of a backup.
func (l *Layer) workDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp(l.opts.Dir, workPrefix)
	return dir, func() { _ = os.RemoveAll(dir) }, err // what is left goes at the next start
}

const workPrefix = "backup-"

// sweepWork removes what a backup has left that did not come to its end.
func sweepWork(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, workPrefix+"*"))
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// RestoreBackup takes in the records of the backup at path, as if another
// device had sent them: what is newer here stays, nothing is deleted, and what
// was restored goes on to the other devices. A file here that the backup says
// is deleted stays until a person agrees; see [Layer.HeldDeletions]. Photos come
// back only where some device has their bytes. It may be called again after an
// error: what was taken in stays. Any other file is refused with [ErrNoBackup],
// a backup of a later version with [ErrNewer].
func (l *Layer) RestoreBackup(ctx context.Context, path string) (Restored, error) {
	r, err := l.restoreBackup(ctx, path)
	if err != nil {
		return r, fmt.Errorf("restore the records: %w", err)
	}
	return r, nil
}

func (l *Layer) restoreBackup(ctx context.Context, path string) (r Restored, err error) {
	if err := l.Ready(ctx); err != nil {
		return r, err
	}
	a, err := openBackup(path)
	if err != nil {
		return r, err
	}
	defer func() { _ = a.Close() }() // it was only read
	r.Backup = a.Backup
	dir, remove, err := l.workDir()
	if err != nil {
		return r, err
	}
	defer remove()
	if err := a.unpack(ctx, dir); err != nil {
		return r, err
	}
	var damaged error
	server, err := couch.Open(dir, couch.Options{OnDamage: func(err error) { damaged = err }, Log: l.log}) //nolint:contextcheck // opening is not given up half way
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, server.Close()) }() //nolint:contextcheck // nor is closing
	if damaged != nil {
		return r, fmt.Errorf("%w: its %w; nothing was restored", ErrNoBackup, damaged)
	}
	l.settling.Lock() // no file follows a record that is being taken in
	defer l.settling.Unlock()
	gone, err := l.holdDeletions(ctx, server)
	if err != nil {
		return r, err
	}
	for _, db := range l.backedUp() {
		if err := l.takeIn(ctx, db, server, &r); err != nil {
			return r, fmt.Errorf("database %s: %w", db.name, err)
		}
	}
	for d, record := range gone { // before a file may follow what the mirror knew
		_, rev, _ := l.mirror.file(d)
		l.mirror.joinFile(d, record, rev)
	}
	return r, nil
}

// holdDeletions keeps the files here that a backup says are deleted, until a
// person agrees, and returns what it says of them: a restored database deletes
// nothing.
func (l *Layer) holdDeletions(ctx context.Context, backup *couch.Server) (map[Digest]fileRecord, error) {
	gone := make(map[Digest]fileRecord)
	err := backup.Each(ctx, l.files.name, 0, func(id, _ string, _ int64, _ bool, body []byte) error {
		if d, r, err := parseFile(id, body); err == nil && r.Deleted != nil && l.mirror.wantsHere(d) {
			gone[d] = r
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return gone, l.held.hold(slices.Collect(maps.Keys(gone)))
}

// wantsHere says whether bytes are here of which no record says that they are
// deleted.
func (m *mirror) wantsHere(d Digest) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, here := m.local[d]
	s := m.files[d]
	return here && (s == nil || s.Deleted == nil)
}

// takeIn copies into db what the server of a backup has of it.
func (l *Layer) takeIn(ctx context.Context, db *Database, backup *couch.Server, r *Restored) error {
	n := 0
	err := backup.Each(ctx, db.name, 0, func(string, string, int64, bool, []byte) error { n++; return nil })
	var none *couch.Error
	if errors.As(err, &none) { // it was made before this database came to be
		return nil
	}
	if err != nil {
		return err
	}
	pull, err := l.pullFrom(backup, db)
	if err != nil {
		return err
	}
	err = pull.Once(ctx)
	st := pull.Status()
	r.Documents += n
	r.Written += st.DocsWritten
	r.Refused += st.Failed
	return err
}

// pullFrom returns a replicator that reads a backup.
func (l *Layer) pullFrom(backup *couch.Server, db *Database) (*replicate.Replicator, error) {
	return replicate.New(replicate.Options{
		Source: replicate.End{URL: l.db.base + db.name, Client: &http.Client{Transport: backup.Transport()}},
		Target: replicate.End{URL: db.url, Client: db.http},
		Accept: l.accept(db), NoCheckpoints: true, Log: l.log,
	})
}
