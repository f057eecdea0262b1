package filelayer

import (
	"context"
	"encoding/json"
	"errors"
)

// A Doc is a document of a [Database].
type Doc struct {
	ID      string
	Rev     string          // the revision this is, or, when written, replaces; "" for a new document
	Deleted bool            // the document is gone; Body may be nil
	Body    json.RawMessage // a JSON object, without the members that begin with "_"
}

// A MergeFunc merges the live leaves of a document in conflict into the body
// that replaces them. Whatever the order of the leaves, and however they were
// merged before, it must give the same bytes: it is deterministic,
// commutative, associative and idempotent. Leaves it cannot read it should
// pass over; with an error, the conflict is left alone.
type MergeFunc func(leaves []json.RawMessage) (json.RawMessage, error)

// A Database holds documents that all paired devices share.
type Database struct{ name string }

// Get reads the winning revision of a document into dst, which may be a
// *json.RawMessage, and returns that revision. Without such a document it
// fails with [ErrNotFound].
func (db *Database) Get(ctx context.Context, id string, dst any) (rev string, err error) {
	return "", errors.ErrUnsupported
}

// Put writes one document and returns its new revision. If doc.Rev is not the
// winning revision it fails with [ErrConflict].
func (db *Database) Put(ctx context.Context, doc Doc) (rev string, err error) {
	return "", errors.ErrUnsupported
}

// Bulk writes many documents. The first result has one error for each, nil
// where the document was written: then its Rev in docs is the new revision.
func (db *Database) Bulk(ctx context.Context, docs []Doc) ([]error, error) {
	return nil, errors.ErrUnsupported
}

// Update changes one document: change gets its body, nil if there is none, and
// returns the new one; nil or an equal body leaves the document alone. When
// somebody else changes the document meanwhile, change is called again.
func (db *Database) Update(ctx context.Context, id string, change func(json.RawMessage) (json.RawMessage, error)) error {
	return errors.ErrUnsupported
}

// Follow calls fn with every document that changed after the sequence since
// ("" = from the start), in batches, then waits for more. seq is where to
// continue from once fn has returned. It returns nil when ctx ends, and fn's
// error when it fails; while the database is away it waits for it.
func (db *Database) Follow(ctx context.Context, since string, fn func(docs []Doc, seq string) error) error {
	return errors.ErrUnsupported
}
