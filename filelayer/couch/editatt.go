package couch

import (
	"database/sql"
	"errors"
	"net/http"
)

// resolveStubs fills in the attachments that an edit keeps from its parent.
func (t *transaction) resolveStubs(doc *document, tree revTree, parent *Revision) error {
	var kept map[string]*attachment
	for _, name := range doc.attachmentNames() {
		if !doc.attachments[name].Stub {
			continue
		}
		if kept == nil && parent != nil {
			var err error
			if kept, err = t.attachmentsOf(doc.id, tree, *parent); err != nil {
				return err
			}
		}
		if kept[name] == nil {
			return missingStub(name)
		}
		doc.attachments[name] = kept[name]
	}
	return nil
}

func missingStub(name string) *Error {
	return &Error{http.StatusPreconditionFailed, "missing_stub", "Invalid attachment stub: " + name}
}

// attachmentsOf returns the attachments of a leaf.
func (t *transaction) attachmentsOf(id string, tree revTree, rev Revision) (map[string]*attachment, error) {
	query, args := "SELECT attachments FROM leaves WHERE id=? AND rev=?", []any{id, rev.String()}
	if tree[tree.winner()].rev == rev {
		query, args = "SELECT attachments FROM docs WHERE id=?", []any{id}
	}
	var encoded []byte
	if err := t.tx.QueryRowContext(t.ctx, query, args...).Scan(&encoded); err != nil {
		return nil, err
	}
	return decodeAttachments(encoded)
}

// storeAttachments stores the bytes that came with doc, and returns what goes
// beside its body. A replica may send a stub for bytes that are here under
// their digest.
func (t *transaction) storeAttachments(doc *document, l lineage, newEdits bool) ([]byte, error) {
	for _, name := range doc.attachmentNames() {
		a := doc.attachments[name]
		if a.Stub {
			var size int64
			err := t.tx.QueryRowContext(t.ctx, "SELECT length(data) FROM attachments WHERE digest=?", a.Digest).Scan(&size)
			if errors.Is(err, sql.ErrNoRows) {
				return nil, missingStub(name)
			}
			if err != nil {
				return nil, err
			}
			a.Length = size
		}
	}
	for _, a := range doc.attachments {
		if newEdits && a.Data != nil || a.RevPos < 1 || a.RevPos > l.start {
			a.RevPos = l.start
		}
		if a.Data == nil {
			continue
		}
		if _, err := t.tx.ExecContext(t.ctx, "INSERT OR IGNORE INTO attachments VALUES (?,?)", a.Digest, a.Data); err != nil {
			return nil, err
		}
	}
	return encodeAttachments(doc.attachments), nil
}
