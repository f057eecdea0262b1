package couch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/libpaul/paul/internal/durable"
)

// backupPages is how many pages a step of a backup copies: the context is
// looked at between two steps.
const backupPages = 1024

// Backup copies the database, as it is at one moment, to a new file in the
// folder dir, whose name is the one that [Open] looks for. Reading and writing
// go on meanwhile. When it returns nil, the copy is whole, was checked and is
// on the disk; on error nothing is left of it. With a file of that name in dir
// it fails with [fs.ErrExist].
//
// It is SQLite's online backup (https://www.sqlite.org/backup.html), taken in
// one read transaction.
func (s *Server) Backup(ctx context.Context, db, dir string) (err error) {
	d, err := s.database(db)
	if err != nil {
		return fmt.Errorf("back up database %q: %w", db, err)
	}
	release, err := d.use()
	if err != nil {
		return fmt.Errorf("back up database %q: %w", db, err)
	}
	defer release()
	path := filepath.Join(dir, fileName(db))
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up database %q to %s: %w", db, path, errors.Join(err, fs.ErrExist))
	}
	defer func() {
		if err != nil {
			for _, f := range append(files(path), path+"-journal") {
				_ = os.Remove(f) // most are not there
			}
			err = fmt.Errorf("back up database %q to %s: %w", db, path, d.note(err))
		}
	}()
	if err := d.copyTo(ctx, path); err != nil {
		return err
	}
	if err := checkFile(ctx, path); err != nil {
		return err
	}
	return durable.Sync(path)
}

// copyTo copies the pages of the file.
func (d *database) copyTo(ctx context.Context, path string) error {
	conn, err := d.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	// The transaction begins with its first read; from then on every step sees
	// the same database, whatever is written.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }() // it wrote nothing
	var seq int64
	if err := conn.QueryRowContext(ctx, "SELECT seq FROM state").Scan(&seq); err != nil {
		return err
	}
	return conn.Raw(func(driverConn any) error {
		source, ok := driverConn.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("the SQLite driver has no online backup")
		}
		b, err := source.NewBackup(fileURI(path, nil))
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			if err = ctx.Err(); err == nil {
				more, err = b.Step(backupPages)
			}
		}
		if ended := b.Finish(); err == nil { // else it says the same again
			err = ended
		}
		return err
	})
}

// checkFile reads through a database file that nobody has open.
func checkFile(ctx context.Context, path string) error {
	db, err := openSQLite(path, 1, []string{"query_only(1)"})
	if err != nil {
		return err
	}
	d := &database{writer: writer{db: db}}
	err = d.check(ctx)
	return errors.Join(err, db.Close())
}

// fileURI returns the URI by which SQLite opens the file at path.
func fileURI(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	if u.Path != "" && u.Path[0] != '/' { // C:/…
		u.Path = "/" + u.Path
	}
	return u.String()
}
