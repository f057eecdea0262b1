package couch

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer/couch/mango"
)

const designPrefix = "_design/"

// indexes returns the indexes that the design documents define, in their order.
func (d *database) indexes(ctx context.Context) ([]*mango.Index, error) {
	var all []*mango.Index
	err := d.scan(ctx, d.queries.designs, nil, false, func(rec *record) (bool, error) {
		all = append(all, mango.Indexes(rec.id, slices.Clone(rec.body))...)
		return true, nil
	})
	slices.SortFunc(all, func(a, b *mango.Index) int {
		return cmp.Or(strings.Compare(a.DesignID, b.DesignID), strings.Compare(a.Name, b.Name))
	})
	return all, err
}

// Rows of an index are made in batches of at most so many documents, and about
// so many bytes of keys; each is a transaction, so that other writes come
// between.
const (
	indexRows  = 5000
	indexBytes = 4 << 20
)

// An indexRow is the key of one document; nil for one that is not in the index.
type indexRow struct {
	id  string
	key []byte
}

// refresh brings the rows of ix up to the present, and returns the number that
// they are stored under. The rows and the seq that they stand for are written
// together, so that after a crash it goes on from there.
func (d *database) refresh(ctx context.Context, ix *mango.Index) (number int64, err error) {
	present := d.state.Load().seq
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		number, seq, err := d.refreshOnce(ctx, ix, present)
		if err != nil || seq >= present {
			return number, err
		}
	}
}

// refreshOnce writes the next batch of ix, if there is one, and returns the
// seq up to which the rows are now made. Queries that wait for the same rows
// take turns.
func (d *database) refreshOnce(ctx context.Context, ix *mango.Index, present int64) (number, seq int64, err error) {
	d.indexing.Lock()
	defer d.indexing.Unlock()
	number, seq, err = d.findIndex(ctx, ix)
	if err != nil || seq >= present {
		return number, seq, err
	}
	rows, next, err := d.indexBatch(ctx, ix, seq, present)
	if err != nil {
		return 0, 0, err
	}
	err = d.write(ctx, func(t *transaction) error {
		written, err := t.writeIndex(number, seq, next, rows)
		if !written { // it has just been dropped: begin anew
			next = -1
		}
		return err
	})
	return number, next, err
}

// findIndex returns the number and the seq of ix; it makes a number for an
// index that has none.
func (d *database) findIndex(ctx context.Context, ix *mango.Index) (number, seq int64, err error) {
	release, err := d.use()
	if err != nil {
		return 0, 0, err
	}
	err = d.queries.index.QueryRowContext(context.WithoutCancel(ctx), ix.Signature()).Scan(&number, &seq)
	release()
	if !errors.Is(err, sql.ErrNoRows) {
		return number, seq, err
	}
	err = d.write(ctx, func(t *transaction) error {
		const insert = "INSERT INTO indexes(signature, seq) VALUES (?,0) RETURNING number"
		return t.tx.QueryRowContext(t.ctx, insert, ix.Signature()).Scan(&number)
	})
	return number, 0, err
}

// indexBatch returns the rows of the documents that changed after the seq
// since, and the seq up to which it got.
func (d *database) indexBatch(ctx context.Context, ix *mango.Index, since, present int64) (rows []indexRow, next int64, err error) {
	var doc []byte
	size := 0
	full := false
	err = d.scan(ctx, d.queries.changes, []any{since, present, indexRows}, false, func(rec *record) (bool, error) {
		next = rec.seq
		if isDesign(rec.id) {
			return true, nil
		}
		row := indexRow{id: rec.id}
		winner := rec.tree.winner()
		if !rec.tree[winner].deleted {
			var err error
			if doc, _, err = d.appendDocument(ctx, doc[:0], rec, winner, show{}); err != nil {
				return false, err
			}
			row.key, _ = ix.AppendKey(nil, doc)
		}
		rows = append(rows, row)
		size += len(row.id) + len(row.key)
		full = size >= indexBytes || len(rows) == indexRows
		return !full, nil
	})
	if !full {
		next = present
	}
	slices.SortFunc(rows, func(a, b indexRow) int { return slices.Compare(a.key, b.key) })
	return rows, next, err
}

// writeIndex writes a batch of rows, unless the index is no longer as it was.
func (t *transaction) writeIndex(number, before, after int64, rows []indexRow) (written bool, err error) {
	res, err := t.tx.ExecContext(t.ctx, "UPDATE indexes SET seq=? WHERE number=? AND seq=?", after, number, before)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	put, err := t.tx.PrepareContext(t.ctx, "INSERT INTO index_rows VALUES (?,?,?) ON CONFLICT(number, id) DO UPDATE SET key=excluded.key")
	if err != nil {
		return false, err
	}
	defer func() { _ = put.Close() }() // ends with the transaction anyway
	for _, row := range rows {
		if row.key != nil {
			_, err = put.ExecContext(t.ctx, number, row.key, row.id)
		} else if before > 0 { // else there is nothing yet
			_, err = t.tx.ExecContext(t.ctx, "DELETE FROM index_rows WHERE number=? AND id=?", number, row.id)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func isDesign(id string) bool { return strings.HasPrefix(id, designPrefix) }

// sweep is sweepIndexes after a change of design documents, which has
// succeeded: what is left over now, the next one drops.
func (d *database) sweep(ctx context.Context) {
	if err := d.sweepIndexes(ctx); err != nil {
		d.log.WarnContext(ctx, "Could not drop indexes that are no longer defined", "db", d.name, "err", d.note(err))
	}
}

// sweepIndexes drops what is stored of indexes that no design document defines
// any more.
func (d *database) sweepIndexes(ctx context.Context) error {
	defined, err := d.indexes(ctx)
	if err != nil {
		return err
	}
	signatures := make(map[string]bool)
	for _, ix := range defined {
		signatures[ix.Signature()] = true
	}
	stale, err := d.staleIndexes(ctx, signatures)
	if err != nil {
		return err
	}
	for _, number := range stale {
		if err := d.dropIndex(ctx, number); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) staleIndexes(ctx context.Context, defined map[string]bool) (numbers []int64, err error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	rows, err := d.reader.QueryContext(context.WithoutCancel(ctx), "SELECT number, signature FROM indexes")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var number int64
		var signature string
		if err := rows.Scan(&number, &signature); err != nil {
			return nil, err
		}
		if !defined[signature] {
			numbers = append(numbers, number)
		}
	}
	return numbers, rows.Err()
}

// dropIndex drops an index in steps, between which others write. From the
// first on, no query finds it.
func (d *database) dropIndex(ctx context.Context, number int64) error {
	for left := int64(1); left > 0; {
		err := d.write(ctx, func(t *transaction) error {
			const forget = "UPDATE indexes SET signature='dropped '||number, seq=-1 WHERE number=?"
			if _, err := t.tx.ExecContext(t.ctx, forget, number); err != nil {
				return err
			}
			const some = "DELETE FROM index_rows WHERE number=?1 AND id IN (SELECT id FROM index_rows WHERE number=?1 LIMIT ?2)"
			res, err := t.tx.ExecContext(t.ctx, some, number, indexRows)
			if err != nil {
				return err
			}
			left, err = res.RowsAffected()
			if err == nil && left == 0 {
				_, err = t.tx.ExecContext(t.ctx, "DELETE FROM indexes WHERE number=?", number)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
