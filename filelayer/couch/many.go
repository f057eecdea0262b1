package couch

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// idsAtOnce is how many documents one query reads by their IDs: a peer asks
// for a thousand at a time, and a query costs more than the rows it finds.
const idsAtOnce = 100

// inIDs is the condition that an ID is one of those in idArgs.
var inIDs = " IN (?" + strings.Repeat(",?", idsAtOnce-1) + ")"

// idArgs returns the arguments of inIDs for ids, of which there are at least
// one and at most idsAtOnce.
func idArgs(ids []string) []any {
	args := make([]any, idsAtOnce)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return args
}

// A location is where a document is stored, with its rev tree; zero for one that
// there never was.
type location struct {
	seq  int64
	tree revTree
}

var selectLocations = "SELECT id, seq, tree FROM docs WHERE id" + inIDs

// readLocations returns the locations of the documents among ids that there ever
// were, by a statement of selectLocations.
func readLocations(ctx context.Context, stmt *sql.Stmt, ids []string) (map[string]location, error) {
	rows, err := stmt.QueryContext(ctx, idArgs(ids)...)
	if err != nil {
		return nil, fmt.Errorf("read rev trees: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err has said what there is to say
	locations := make(map[string]location, len(ids))
	var id string
	var encoded sql.RawBytes
	for rows.Next() {
		var p location
		if err := rows.Scan(&id, &p.seq, &encoded); err != nil {
			return nil, fmt.Errorf("read rev trees: %w", err)
		}
		if p.tree, err = decodeTree(encoded); err != nil {
			return nil, fmt.Errorf("read %q: %w", id, err)
		}
		locations[id] = p
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rev trees: %w", err)
	}
	return locations, nil
}

// locations is readLocations for readers.
func (d *database) locations(ctx context.Context, ids []string) (map[string]location, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	return readLocations(context.WithoutCancel(ctx), d.queries.locations, ids)
}

// maxAhead is from how many bytes of documents on no more are read ahead.
const maxAhead = 1 << 20

// ahead holds documents that were read with one query.
type ahead struct {
	d       *database
	records map[string]*record
	all     bool // no other of the IDs has a document
}

// readAhead reads the documents among ids, idsAtOnce at most.
func (d *database) readAhead(ctx context.Context, ids []string) (*ahead, error) {
	a := &ahead{d: d, records: make(map[string]*record, len(ids)), all: true}
	size := 0
	err := d.scanRows(ctx, d.queries.many, idArgs(ids), func(r *record) (bool, error) {
		held := *r
		held.body, held.attachments = bytes.Clone(r.body), bytes.Clone(r.attachments)
		a.records[r.id] = &held
		size += len(r.body) + len(r.attachments)
		a.all = size < maxAhead
		return a.all, nil
	})
	return a, err
}

// get returns the document of one of the IDs, or errMissing if there never was
// one.
func (a *ahead) get(ctx context.Context, id string) (*record, error) {
	if r := a.records[id]; r != nil {
		return r, nil
	}
	if a.all {
		return nil, errMissing
	}
	return a.d.get(ctx, id)
}
