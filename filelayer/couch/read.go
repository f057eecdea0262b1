package couch

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// A record is a document as it is stored.
type record struct {
	id          string
	seq         int64
	tree        revTree
	body        []byte // of the winning revision
	attachments []byte // of the winning revision, encoded; nil if none
}

// queries are the statements of the readers.
type queries struct {
	get, many, tree, locations, leaf, find, chunk, changes, changesDown, local, designs, index *sql.Stmt
}

func (q *queries) prepare(ctx context.Context, db *sql.DB) (err error) {
	const row = "SELECT id, seq, tree, body, attachments FROM docs "
	for query, to := range map[string]**sql.Stmt{
		row + "WHERE id=?":                      &q.get,
		row + "WHERE id" + inIDs:                &q.many,
		selectLocations:                         &q.locations,
		"SELECT seq, tree FROM docs WHERE id=?": &q.tree,
		"SELECT body, attachments FROM leaves WHERE id=? AND rev=?": &q.leaf,
		"SELECT n, length FROM attachments WHERE digest=?":          &q.find,
		"SELECT data FROM chunks WHERE id=?":                        &q.chunk,
		row + "WHERE seq>? AND seq<=? ORDER BY seq LIMIT ?":         &q.changes,
		row + "WHERE seq>? AND seq<=? ORDER BY seq DESC LIMIT ?":    &q.changesDown,
		"SELECT n, body FROM locals WHERE id=?":                     &q.local,
		row + "WHERE deleted=0" + designRange + " ORDER BY id":      &q.designs,
		"SELECT number, seq FROM indexes WHERE signature=?":         &q.index,
	} {
		if *to, err = db.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// prepare returns a statement of the readers; the caller closes it.
func (d *database) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	return d.reader.PrepareContext(context.WithoutCancel(ctx), query)
}

// get returns the document, or errMissing if there never was one. A deleted
// document is returned too.
func (d *database) get(ctx context.Context, id string) (*record, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	var r record
	var tree []byte
	row := d.queries.get.QueryRowContext(context.WithoutCancel(ctx), id)
	switch err := row.Scan(&r.id, &r.seq, &tree, &r.body, &r.attachments); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, errMissing
	case err != nil:
		return nil, fmt.Errorf("read %q: %w", id, err)
	}
	r.tree, err = decodeTree(tree)
	return &r, err
}

// revisions returns the rev tree of a document and the seq of its last change;
// an empty tree if there never was one.
func (d *database) revisions(ctx context.Context, id string) (tree revTree, seq int64, err error) {
	release, err := d.use()
	if err != nil {
		return nil, 0, err
	}
	defer release()
	var encoded []byte
	switch err := d.queries.tree.QueryRowContext(context.WithoutCancel(ctx), id).Scan(&seq, &encoded); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("read %q: %w", id, err)
	}
	tree, err = decodeTree(encoded)
	return tree, seq, err
}

// leaf returns the body and encoded attachments of revision i of r; found is
// false for a revision whose body is no longer kept.
func (d *database) leaf(ctx context.Context, r *record, i int) (body, attachments []byte, found bool, err error) {
	if i == r.tree.winner() {
		return r.body, r.attachments, true, nil
	}
	rev := r.tree[i].rev
	body, attachments, found, err = d.losingLeaf(ctx, r.id, rev)
	if found || err != nil || !slices.Contains(r.tree.leaves(), i) {
		return body, attachments, found, err
	}
	now, err := d.get(ctx, r.id) // it may have won since r was read
	if err != nil || now.tree[now.tree.winner()].rev != rev {
		return nil, nil, false, err
	}
	return now.body, now.attachments, true, nil
}

func (d *database) losingLeaf(ctx context.Context, id string, rev Revision) (body, attachments []byte, found bool, err error) {
	release, err := d.use()
	if err != nil {
		return nil, nil, false, err
	}
	defer release()
	row := d.queries.leaf.QueryRowContext(context.WithoutCancel(ctx), id, rev.String())
	err = row.Scan(&body, &attachments)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, false, nil
	}
	return body, attachments, err == nil, err
}

// Readers send at most this much to a client before they give the connection
// back and ask anew from where they were: a slow client must not hold a
// snapshot open, which would keep the WAL from being cleared.
const (
	chunkRows  = 1000
	chunkBytes = 128 << 10
)

// scan calls fn with rows of one query, until fn returns false. The record and
// all it holds are valid during the call only. Fn must not wait for a client,
// and must not read from d: that would take a second connection of the pool.
// With hold, it may do the latter; the rows are then read to the end first.
func (d *database) scan(ctx context.Context, stmt *sql.Stmt, args []any, hold bool, fn func(*record) (more bool, err error)) error {
	if !hold {
		return d.scanRows(ctx, stmt, args, fn)
	}
	var held []*record
	size := 0
	err := d.scanRows(ctx, stmt, args, func(r *record) (bool, error) {
		c := *r
		c.body, c.attachments = bytes.Clone(r.body), bytes.Clone(r.attachments)
		held = append(held, &c)
		size += len(c.body)
		return size < chunkBytes, nil
	})
	if err != nil {
		return err
	}
	for _, r := range held {
		if more, err := fn(r); err != nil || !more {
			return err
		}
	}
	return nil
}

// scanRows is scan without hold. The columns before those of the record go to
// before.
func (d *database) scanRows(ctx context.Context, stmt *sql.Stmt, args []any, fn func(*record) (more bool, err error), before ...any) error {
	release, err := d.use()
	if err != nil {
		return err
	}
	defer release()
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	var r record
	var tree, body, attachments sql.RawBytes
	columns := append(before, &r.id, &r.seq, &tree, &body, &attachments) //nolint:gocritic // before is ours
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return err
		}
		if r.tree, err = decodeTree(tree); err != nil {
			return fmt.Errorf("read %q: %w", r.id, err)
		}
		r.body, r.attachments = body, attachments
		if more, err := fn(&r); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}
