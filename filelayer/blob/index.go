package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schema of the index. Paths are relative to the library, with slashes; times
// are nanoseconds since 1970; fold is the path as a case-blind disk sees it.
// A row of moves is written before a file is renamed and removed together with
// the change of the other tables after it, so that Open can finish or forget
// what a crash has interrupted. A row of placed is a file of a folder that was
// added in place, which lies outside the library; none of the others is.
const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (
	digest BLOB PRIMARY KEY, path TEXT NOT NULL, fold TEXT NOT NULL,
	size INTEGER NOT NULL, mtime INTEGER NOT NULL, verified INTEGER NOT NULL,
	missing INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blobs_fold ON blobs (fold);
CREATE UNIQUE INDEX IF NOT EXISTS blobs_here ON blobs (fold) WHERE missing = 0;
CREATE TABLE IF NOT EXISTS moves (
	id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, digest BLOB NOT NULL, src TEXT NOT NULL, dst TEXT NOT NULL,
	size INTEGER NOT NULL, mtime INTEGER NOT NULL, verified INTEGER NOT NULL,
	origin TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS trash (
	path TEXT PRIMARY KEY, digest BLOB NOT NULL, origin TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
	size INTEGER NOT NULL, mtime INTEGER NOT NULL, verified INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trash_digest ON trash (digest);
CREATE TABLE IF NOT EXISTS quarantine (
	path TEXT PRIMARY KEY, digest BLOB NOT NULL, origin TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
	digest BLOB NOT NULL, holder TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (digest, holder)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS placed (
	place INTEGER NOT NULL, dir TEXT NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL,
	mtime INTEGER NOT NULL, inode INTEGER NOT NULL, verified INTEGER NOT NULL, state INTEGER NOT NULL,
	PRIMARY KEY (place, dir, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS placed_digest ON placed (digest);
CREATE INDEX IF NOT EXISTS placed_inode ON placed (inode);
PRAGMA user_version = 1;
`

// index is the local database of the store.
type index struct {
	db    *sql.DB
	sieve *sieve // of the digests and folded paths of the table blobs

	updating sync.Mutex // held by update, so that recent is told in order
	recent   *recent

	mu     sync.Mutex           // guards parsed
	parsed map[string]*sql.Stmt // by query: there are few, and each is asked for many files
}

// row is a blob as the index knows it.
type row struct {
	digest   Digest
	path     string
	size     int64
	mtime    int64
	verified int64
	missing  bool
}

const rowColumns = "digest, path, size, mtime, verified, missing"

// errDamaged says that the index does not hold together.
var errDamaged = errors.New("index is damaged")

// isDamaged reports that an index is damaged beyond use.
func isDamaged(err error) bool {
	var e *sqlite.Error
	return errors.Is(err, errDamaged) || errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_NOTADB || e.Code()&0xff == sqlite3.SQLITE_CORRUPT)
}

// putIndexAside gives the index at path another name, which it returns.
func putIndexAside(path string) (aside string, err error) {
	aside = path + ".damaged-" + time.Now().UTC().Format("20060102T150405")
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	for _, tail := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+tail, aside+tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// tryIndex opens the index at path, or makes it. It reads all of it, which takes
// about a second for a million files, so that damage is not found later, bit by bit.
func tryIndex(path string) (*index, error) {
	pragmas := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/..., see "The URI path" in sqlite.org/uri.html
		slashed = "/" + slashed
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: slashed, RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	ix := &index{db: db, recent: newRecent(), parsed: make(map[string]*sql.Stmt)}
	if err := ix.prepare(); err != nil {
		_ = db.Close() // the error that matters is err
		return nil, err
	}
	return ix, nil
}

func (ix *index) prepare() error {
	if err := ix.update(func(tx *tx) error {
		_, err := tx.Exec(schema) //nolint:noctx // see index.update
		return err
	}); err != nil {
		return err
	}
	rows, err := collect(ix, scanOne, "SELECT count(*) FROM blobs")
	if err != nil {
		return err
	}
	ix.sieve = newSieve(2 * rows[0])
	report, err := collect(ix, scanText, "PRAGMA quick_check(1)")
	if err != nil {
		return err
	}
	if text := strings.Join(report, "; "); text != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, text)
	}
	return nil
}

func (ix *index) close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	var errs []error
	for _, stmt := range ix.parsed {
		errs = append(errs, stmt.Close())
	}
	ix.parsed = nil // what is asked for now is told that the database is closed
	return errors.Join(append(errs, ix.db.Close())...)
}

// statement returns a query parsed.
func (ix *index) statement(query string) (*sql.Stmt, error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	stmt, ok := ix.parsed[query]
	if !ok {
		var err error
		if stmt, err = ix.db.Prepare(query); err != nil { //nolint:noctx // see index.update
			return nil, explainSQL(err)
		}
		ix.parsed[query] = stmt
	}
	return stmt, nil
}

// tx is a transaction in progress. It parses what it is told once, however many
// files it is told of; its end closes the statements.
type tx struct {
	*sql.Tx
	statements map[string]*sql.Stmt
	sieve      *sieve
	written    []row // of the table blobs; of a row that is gone the digest
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.result(query, args...)
	return err
}

func (t *tx) result(query string, args ...any) (sql.Result, error) {
	stmt, ok := t.statements[query]
	if !ok {
		var err error
		if stmt, err = t.Prepare(query); err != nil { //nolint:noctx // see index.update
			return nil, err
		}
		t.statements[query] = stmt
	}
	return stmt.Exec(args...) //nolint:noctx // see index.update
}

// update runs fn in one transaction. When it returns nil, what fn wrote is on
// the disk. Queries of the index take no context: they are short and local, and
// must not be abandoned between a rename and the row that tells of it.
func (ix *index) update(fn func(*tx) error) error {
	ix.updating.Lock()
	defer ix.updating.Unlock()
	begun, err := ix.db.Begin() //nolint:noctx // see above
	if err != nil {
		return explainSQL(err)
	}
	t := &tx{Tx: begun, statements: make(map[string]*sql.Stmt), sieve: ix.sieve}
	if err := fn(t); err != nil {
		return explainSQL(errors.Join(err, t.Rollback()))
	}
	if err := t.Commit(); err != nil { // which may have happened all the same
		ix.recent.forget(t.written)
		return explainSQL(err)
	}
	ix.recent.note(t.written)
	return nil
}

// lookup returns the row of d, or ErrNotFound.
func (ix *index) lookup(d Digest) (row, error) {
	if r, ok := ix.recent.get(d); ok {
		return r, nil
	}
	var rows []row
	if !ix.sieve.lacks(digestKey(d)) {
		var err error
		if rows, err = collect(ix, scanBlob, "SELECT "+rowColumns+" FROM blobs WHERE digest = ?", d[:]); err != nil {
			return row{}, err
		}
	}
	if len(rows) == 0 {
		return row{}, fmt.Errorf("%w: %v", ErrNotFound, d)
	}
	return rows[0], nil
}

func scanBlob(rs *sql.Rows) (row, error) {
	var r row
	var digest []byte
	if err := rs.Scan(&digest, &r.path, &r.size, &r.mtime, &r.verified, &r.missing); err != nil {
		return row{}, err
	}
	copy(r.digest[:], digest)
	return r, nil
}

// collect reads all rows of a query by scan.
func collect[T any](ix *index, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	stmt, err := ix.statement(query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.Query(args...) //nolint:noctx // see index.update
	if err != nil {
		return nil, explainSQL(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, explainSQL(err)
		}
		all = append(all, v)
	}
	return all, explainSQL(rows.Err())
}

// after returns up to n rows whose digest is greater than d, in order, and lets the
// sieve pass them.
func (ix *index) after(d Digest, first bool, n int) ([]row, error) {
	op := ">"
	if first {
		op = ">="
	}
	learn := func(rs *sql.Rows) (row, error) {
		var r row
		var digest []byte
		var folded string // as it was written, perhaps by a version that folds otherwise
		if err := rs.Scan(&digest, &r.path, &r.size, &r.mtime, &r.verified, &r.missing, &folded); err != nil {
			return row{}, err
		}
		copy(r.digest[:], digest)
		ix.sieve.add(digestKey(r.digest))
		ix.sieve.add(ix.sieve.foldKey(folded))
		return r, nil
	}
	return collect(ix, learn,
		"SELECT "+rowColumns+", fold FROM blobs WHERE digest "+op+" ? ORDER BY digest LIMIT ?", d[:], n)
}

// taken reports whether a blob other than d has, or had before it went
// missing, a path that some disk takes for rel.
func (ix *index) taken(rel string, d Digest) (bool, error) {
	folded := fold(rel)
	if ix.sieve.lacks(ix.sieve.foldKey(folded)) {
		return false, nil
	}
	found, err := collect(ix, scanOne, "SELECT 1 FROM blobs WHERE fold = ? AND digest <> ? LIMIT 1", folded, d[:])
	return len(found) > 0, err
}

// free reports whether no blob is known to lie at rel now.
func (ix *index) free(rel string) (bool, error) {
	found, err := collect(ix, scanOne, "SELECT 1 FROM blobs WHERE fold = ? AND path = ? AND missing = 0", fold(rel), rel)
	return len(found) == 0, err
}

func scanOne(rs *sql.Rows) (n int, err error) { return n, rs.Scan(&n) }

func scanText(rs *sql.Rows) (s string, err error) { return s, rs.Scan(&s) }

// meta returns the value of key, "" when there is none.
func (ix *index) meta(key string) (string, error) {
	found, err := collect(ix, scanText, "SELECT value FROM meta WHERE key = ?", key)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

func (ix *index) setMeta(key, value string) error {
	return ix.update(func(tx *tx) error {
		return tx.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)
	})
}

// put writes the row of a blob. When its file is there, another blob that was
// known by the same path is not: it becomes missing.
func (t *tx) put(r row) error {
	folded := fold(r.path)
	atPath := t.sieve.foldKey(folded)
	if !r.missing && !t.sieve.lacks(atPath) {
		if err := t.exec("UPDATE blobs SET missing = 1 WHERE fold = ? AND digest <> ?", folded, r.digest[:]); err != nil {
			return err
		}
	}
	t.sieve.add(atPath)
	t.sieve.add(digestKey(r.digest))
	t.written = append(t.written, r)
	return t.exec(`INSERT INTO blobs (digest, path, fold, size, mtime, verified, missing) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (digest) DO UPDATE SET path = excluded.path, fold = excluded.fold, size = excluded.size,
		mtime = excluded.mtime, verified = excluded.verified, missing = excluded.missing`,
		r.digest[:], r.path, folded, r.size, r.mtime, r.verified, r.missing)
}

// gone notes that the row of a blob is dropped.
func (t *tx) gone(d Digest) { t.written = append(t.written, row{digest: d}) }

// remove drops the row of a blob.
func (t *tx) remove(d Digest) error {
	t.gone(d)
	return t.exec("DELETE FROM blobs WHERE digest = ?", d[:])
}

// explainSQL tells that an error is of the index.
func explainSQL(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return explain(err)
	}
	return fmt.Errorf("index: %w", Explain(err))
}
