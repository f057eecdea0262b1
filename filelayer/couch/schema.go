package couch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite" // the driver, and its errors
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the file as a database of this package ("Paul").
const applicationID = 0x5061756c

// migrations[v] brings a file from schema version v to v+1 (SQLite's
// user_version). A released one is never changed; add the next instead.
//
//   - docs holds each document under the seq of its last change, with its rev
//     tree (see treecode.go) and the body of its winning revision;
//   - leaves holds the bodies of the other leaves, so none that replicas may
//     still ask for;
//   - attachments holds the digests and lengths of their bytes, and chunks
//     these (see chunks.go);
//   - locals holds the _local/ documents;
//   - purges holds what was purged last, under its purge_seq;
//   - indexes holds the indexes of _find by what they are of, with the seq up to
//     which their rows are made; index_rows holds a key for each document in
//     one (see the package mango);
//   - state, one row, holds the counters and what the database is set to.
var migrations = []string{`
CREATE TABLE docs(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, deleted INTEGER NOT NULL,
	tree BLOB NOT NULL, body BLOB NOT NULL, attachments BLOB);
CREATE TABLE leaves(id TEXT NOT NULL, rev TEXT NOT NULL, body BLOB NOT NULL, attachments BLOB,
	PRIMARY KEY (id, rev)) WITHOUT ROWID;
CREATE TABLE attachments(digest TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE locals(id TEXT PRIMARY KEY, n INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE state(one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, created INTEGER NOT NULL,
	clean INTEGER NOT NULL, seq INTEGER NOT NULL, docs INTEGER NOT NULL, deleted INTEGER NOT NULL,
	revs_limit INTEGER NOT NULL, security BLOB NOT NULL);`, `
ALTER TABLE attachments RENAME TO whole;
CREATE TABLE attachments(n INTEGER PRIMARY KEY, digest TEXT UNIQUE, length INTEGER NOT NULL);
CREATE TABLE chunks(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
INSERT INTO attachments(digest, length) SELECT digest, length(data) FROM whole;
WITH RECURSIVE piece(n, digest, i, length) AS (
	SELECT n, digest, 0, length FROM attachments WHERE length > 0
	UNION ALL SELECT n, digest, i+1, length FROM piece WHERE (i+1)*524288 < length)
INSERT INTO chunks SELECT n<<24 | i, substr(data, i*524288+1, 524288) FROM piece JOIN whole USING (digest);
DROP TABLE whole;`, `
CREATE TABLE purges(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, revs TEXT NOT NULL);
ALTER TABLE state ADD purge_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD purges_limit INTEGER NOT NULL DEFAULT 1000;`, `
CREATE TABLE indexes(number INTEGER PRIMARY KEY AUTOINCREMENT, signature TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL);
CREATE TABLE index_rows(number INTEGER NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL,
	PRIMARY KEY (number, key, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX index_ids ON index_rows(number, id);`}

// A commit is on the disk when it returns (synchronous FULL): what was
// answered survives a power cut. The WAL goes into the file every 16 MB.
var (
	writerPragmas = []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-16384)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)"}
	readerPragmas = []string{"busy_timeout(5000)", "query_only(1)", "cache_size(-4096)"}
)

func openSQLite(path string, maxConns int, pragmas []string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	return db, nil
}

// migrate brings the file up to the present schema, in one transaction.
func migrate(ctx context.Context, db *sql.DB) error { return migrateTo(ctx, db, migrations) }

func migrateTo(ctx context.Context, db *sql.DB, migrations []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	var app, version int
	if err := tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > len(migrations):
		return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, version, len(migrations))
	case version > 0 && app != applicationID:
		return fmt.Errorf("%w: it belongs to another program", ErrDamaged)
	case version == len(migrations):
		return nil
	}
	for ; version < len(migrations); version++ {
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return err
		}
		if version == 0 {
			if err := initState(ctx, tx); err != nil {
				return err
			}
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", applicationID, version)); err != nil {
		return err
	}
	return tx.Commit()
}

func initState(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO state(one, epoch, created, clean, seq, docs, deleted, revs_limit, security) VALUES (1,?,?,1,0,0,0,?,?)",
		newUUID()[:8], time.Now().UnixMicro(), defaultRevsLimit, []byte(defaultSecurity))
	return err
}

// isDamage reports whether err says that a file is not a sound database, as
// opposed to a disk that is full or cannot be read at the moment.
func isDamage(err error) bool {
	if errors.Is(err, ErrDamaged) || errors.Is(err, errBadTree) || errors.Is(err, sql.ErrNoRows) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	case sqlite3.SQLITE_ERROR: // a table or column is not there
		return strings.Contains(e.Error(), "no such ") || strings.Contains(e.Error(), "already exists")
	}
	return false
}

// storageError returns the answer to a request that failed because of err.
func storageError(err error) *Error {
	var e *sqlite.Error
	switch {
	case errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL:
		return &Error{http.StatusInsufficientStorage, "insufficient_storage", "The disk is full. Nothing was written; free some space and try again."}
	case errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_IOERR:
		return &Error{http.StatusInternalServerError, "internal_server_error", "The disk failed. What was stored before is kept; see to the disk, and try again: " + err.Error()}
	case isDamage(err):
		return &Error{http.StatusInternalServerError, "internal_server_error", "The database file is damaged. It will be checked, and replaced if need be, at the next start: " + err.Error()}
	}
	return &Error{http.StatusInternalServerError, "internal_server_error", err.Error()}
}
