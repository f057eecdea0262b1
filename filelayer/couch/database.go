package couch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libpaul/paul/internal/durable"
	"github.com/libpaul/paul/internal/signal"
)

const (
	defaultRevsLimit = 1000
	defaultSecurity  = `{"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}}`
	fileSuffix       = ".sqlite"
	maxReaders       = 4
)

// A database is one open file. Reads take a connection of a small pool each,
// and give it back before anything is sent to a client; writes share one
// connection (see writer.go).
type database struct {
	name    string
	path    string
	epoch   string // changes when the file is a new one; part of every seq
	created int64  // microseconds since 1970
	log     *slog.Logger

	reader   *sql.DB
	queries  queries
	writer   writer
	state    atomic.Pointer[state] // what is committed
	changed  signal.Signal         // raised after each commit that took a seq
	pins     pins                  // attachments in use
	indexing sync.Mutex            // held while rows of an index are made
	suspect  atomic.Bool           // damage was seen: check the file at the next start

	mu     sync.RWMutex  // held for reading while the file is used, for writing to close it
	done   chan struct{} // closed when the database closes; feeds end then
	closed bool          // guarded by mu
}

// state is the row of that name, less what never changes.
type state struct {
	seq           int64
	docs, deleted int64
	revsLimit     int
	security      []byte
	purgeSeq      int64 // counts purges of a document
	purgesLimit   int   // how many of them are remembered
}

// openDatabase opens or makes the file at path.
func openDatabase(ctx context.Context, name, path string, log *slog.Logger) (_ *database, err error) {
	d := &database{name: name, path: path, log: log, done: make(chan struct{})}
	d.writer.turn = make(chan struct{}, 1)
	if d.writer.db, err = openSQLite(path, 1, writerPragmas); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = d.writer.db.Close() // the error that counts is err
			if d.reader != nil {
				_ = d.reader.Close()
			}
		}
	}()
	if err := migrate(ctx, d.writer.db); err != nil {
		return nil, err
	}
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	if d.reader, err = openSQLite(path, maxReaders, readerPragmas); err != nil {
		return nil, err
	}
	if err := d.queries.prepare(ctx, d.reader); err != nil {
		return nil, err
	}
	if err := d.writer.prepare(ctx); err != nil {
		return nil, err
	}
	if err := d.dropUnnamed(ctx); err != nil { // received before a crash
		return nil, err
	}
	return d, durable.SyncDir(filepath.Dir(path))
}

// load reads the state, and checks the file when it was not closed properly,
// or damage was seen.
func (d *database) load(ctx context.Context) error {
	var st state
	var clean bool
	row := d.writer.db.QueryRowContext(ctx, "SELECT epoch, created, clean, seq, docs, deleted, revs_limit, security, purge_seq, purges_limit FROM state")
	if err := row.Scan(&d.epoch, &d.created, &clean, &st.seq, &st.docs, &st.deleted, &st.revsLimit, &st.security, &st.purgeSeq, &st.purgesLimit); err != nil {
		return err
	}
	d.state.Store(&st)
	if clean {
		_, err := d.writer.db.ExecContext(ctx, "UPDATE state SET clean=0")
		return err
	}
	began := time.Now()
	if err := d.check(ctx); err != nil {
		return err
	}
	d.log.InfoContext(ctx, "Checked a database that was not closed", "db", d.name, "took", time.Since(began))
	return nil
}

// check reads through the whole file.
func (d *database) check(ctx context.Context) error {
	var verdict string
	if err := d.writer.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return d.checkTrees(ctx)
}

// checkTrees reads every rev tree: one that is malformed would end each feed
// that comes to it.
func (d *database) checkTrees(ctx context.Context) error {
	rows, err := d.writer.db.QueryContext(ctx, "SELECT tree FROM docs")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	var tree sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&tree); err != nil {
			return err
		}
		if _, err := decodeTree(tree); err != nil {
			return err
		}
	}
	return rows.Err()
}

// note returns err, and sees to it that the file is checked at the next start
// if err says that it is damaged.
func (d *database) note(err error) error {
	if err != nil && isDamage(err) {
		d.suspect.Store(true)
	}
	return err
}

// use keeps the file open until the returned func is called.
func (d *database) use() (release func(), err error) {
	d.mu.RLock()
	if d.closed {
		d.mu.RUnlock()
		return nil, ErrClosed
	}
	return d.mu.RUnlock, nil
}

// close ends feeds, waits for what uses the file, and closes it. It may be
// called again.
func (d *database) close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	close(d.done)
	err := d.reader.Close()
	_, cerr := d.writer.db.ExecContext(ctx, "UPDATE state SET clean=?; PRAGMA wal_checkpoint(TRUNCATE)", !d.suspect.Load())
	return errors.Join(err, cerr, d.writer.db.Close())
}

// files returns what the database at path consists of on the disk.
func files(path string) []string { return []string{path, path + "-wal", path + "-shm"} }

// remove deletes the files of a closed database.
func (d *database) remove() error {
	for _, f := range files(d.path) {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return durable.SyncDir(filepath.Dir(d.path))
}

// setAside renames the files at path, and returns the new path.
func setAside(path string, now time.Time) (string, error) {
	aside := path + ".damaged-" + now.UTC().Format("20060102T150405.000000000")
	to := files(aside)
	for i, f := range files(path) {
		if err := os.Rename(f, to[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, durable.SyncDir(filepath.Dir(path))
}

// fileName returns the name of db's file. The prefix keeps clear of names that
// Windows reserves.
func fileName(db string) string { return "db-" + strings.ReplaceAll(db, "/", "%2F") + fileSuffix }

// databaseName is the inverse of fileName.
func databaseName(file string) (db string, ok bool) {
	db, ok = strings.CutPrefix(file, "db-")
	if !ok {
		return "", false
	}
	db, ok = strings.CutSuffix(db, fileSuffix)
	db = strings.ReplaceAll(db, "%2F", "/")
	return db, ok && validDatabaseName(db)
}

// validDatabaseName follows CouchDB's rule, ^[a-z][a-z0-9_$()+/-]*$, and its
// two system databases.
func validDatabaseName(s string) bool {
	if s == "_users" || s == "_replicator" {
		return true
	}
	for i, c := range s {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("_$()+/-", c)) {
			return false
		}
	}
	return s != "" && len(fileName(s)) <= 200
}
