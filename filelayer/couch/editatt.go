package couch

import (
	"maps"
	"net/http"
	"slices"
)

// resolveStubs fills in the attachments that an edit keeps from its parent. As
// in CouchDB, a stub that names its revpos must name the parent's.
func (t *transaction) resolveStubs(doc *document, tree revTree, parent *Revision) error {
	var kept map[string]*attachment
	for _, name := range doc.attachmentNames() {
		if !doc.attachments[name].stub {
			continue
		}
		if kept == nil && parent != nil {
			var err error
			if kept, err = t.attachmentsOf(doc.id, tree, *parent); err != nil {
				return err
			}
		}
		if !doc.take(name, kept) {
			return missingStub(doc.id, name)
		}
	}
	return nil
}

// take replaces the stub of the name by what an ancestor has, and reports
// whether there is that.
func (d *document) take(name string, kept map[string]*attachment) bool {
	stub, a := d.attachments[name], kept[name]
	if a == nil || stub.RevPos != 0 && stub.RevPos != a.RevPos {
		return false
	}
	d.attachments[name] = a
	return true
}

// resolveReplicatedStubs fills in the attachments that a replica did not send,
// because an ancestor that is here has them. If none is known here any more,
// bytes that are under the digest will do.
func (t *transaction) resolveReplicatedStubs(doc *document, tree revTree, l lineage) error {
	var kept map[string]*attachment
	for _, name := range doc.attachmentNames() {
		a := doc.attachments[name]
		if !a.stub {
			continue
		}
		if kept == nil {
			var err error
			if kept, err = t.ancestorsAttachments(doc.id, tree, l); err != nil {
				return err
			}
		}
		if doc.take(name, kept) {
			continue
		}
		length, found, err := t.lengthOf(a.Digest)
		if err != nil {
			return err
		}
		if !found || a.wants >= 0 && a.wants != length {
			return missingStub(doc.id, name)
		}
		if a.Encoding == "" {
			a.Length = length
		} else {
			a.EncodedLength = length
		}
	}
	return nil
}

// ancestorsAttachments returns the attachments of the closest ancestor of l's
// head whose body is here; an empty map if there is none.
func (t *transaction) ancestorsAttachments(id string, tree revTree, l lineage) (map[string]*attachment, error) {
	leaves := tree.leafRevisions()
	for k, digest := range l.digests[1:] {
		rev := Revision{l.start - 1 - k, digest}
		if slices.Contains(leaves, rev) {
			all, err := t.attachmentsOf(id, tree, rev)
			if all == nil {
				all = map[string]*attachment{}
			}
			return all, err
		}
	}
	return map[string]*attachment{}, nil
}

func missingStub(id, name string) *Error {
	return &Error{http.StatusPreconditionFailed, "missing_stub", "Invalid attachment stub in " + id + " for " + name}
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
// beside its body. No stub is left in doc.
func (t *transaction) storeAttachments(doc *document, l lineage, newEdits bool) ([]byte, error) {
	for name, a := range doc.attachments {
		if newEdits && a.content != nil || a.RevPos < 1 || a.RevPos > l.start {
			a.RevPos = l.start
		}
		if a.content != nil {
			continue
		}
		if _, found, err := t.lengthOf(a.Digest); err != nil {
			return nil, err
		} else if !found {
			return nil, missingStub(doc.id, name)
		}
	}
	for _, a := range doc.attachments {
		if a.content == nil {
			continue
		}
		if err := t.keep(a.content); err != nil {
			return nil, err
		}
	}
	return encodeAttachments(doc.attachments), nil
}

// checkAttachments refuses what cannot be stored.
func (d *document) checkAttachments() error {
	for _, name := range slices.Sorted(maps.Keys(d.attachments)) {
		if d.attachments[name].follows {
			return badRequest("Attachment %.200s is to follow, but only a multipart/related request has what follows", name)
		}
	}
	return nil
}
