package couch

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
)

// An outcome is what became of one document of a write.
type outcome struct {
	id  string
	rev Revision // the revision that the document has now, if err is nil
	err *Error
}

// edit applies docs in one transaction. With newEdits each becomes a new
// revision, and must follow a leaf; without, each comes from a replica with
// its revisions, and is added to the tree. A document that is refused, as its
// outcome says, does not stop the others.
func (d *database) edit(ctx context.Context, docs []*document, newEdits bool) ([]outcome, error) {
	if newEdits {
		for _, doc := range docs {
			doc.canonical() // while no other write waits for it
		}
	}
	outcomes := make([]outcome, len(docs))
	err := d.write(ctx, func(t *transaction) error {
		for i, doc := range docs {
			if i%idsAtOnce == 0 && len(docs) > 1 {
				if err := t.lookAhead(docs[i:min(i+idsAtOnce, len(docs))]); err != nil {
					return err
				}
			}
			rev, err := t.apply(doc, newEdits)
			outcomes[i] = outcome{id: doc.id, rev: rev}
			if err != nil && !errors.As(err, &outcomes[i].err) {
				return err
			}
		}
		t.known = nil
		return nil
	})
	if err == nil && slices.ContainsFunc(docs, func(doc *document) bool { return isDesign(doc.id) }) {
		d.sweep(ctx)
	}
	return outcomes, err
}

// apply writes one document. An error of type [*Error] refuses it, before
// anything of it is written.
func (t *transaction) apply(doc *document, newEdits bool) (Revision, error) {
	if isLocal(doc.id) {
		return t.applyLocal(doc)
	}
	if err := checkID(doc.id); err != nil {
		return Revision{}, err
	}
	if err := doc.checkAttachments(); err != nil {
		return Revision{}, err
	}
	seq, tree, err := t.lookup(doc.id)
	if err != nil {
		return Revision{}, err
	}
	l := doc.lineage
	if newEdits {
		if l, err = t.follow(doc, tree); err != nil {
			return Revision{}, err
		}
	} else if len(l.digests) == 0 {
		return Revision{}, badRequest("A document without new_edits must have a _rev")
	}
	merged, changed, newLeaf := tree.merge(l, doc.deleted)
	after := merged.stem(t.state.revsLimit)
	if !changed || slices.Equal(after, tree) { // it named ancestors that are stemmed here
		return l.head(), nil
	}
	if err := t.resolveReplicatedStubs(doc, tree, l); err != nil {
		return Revision{}, err
	}
	attachments, err := t.storeAttachments(doc, l, newEdits)
	if err != nil {
		return Revision{}, err
	}
	c := &change{
		id: doc.id, oldSeq: seq, before: tree, after: after,
		body: doc.body, attachments: attachments,
	}
	if newLeaf {
		c.head = l.head()
	}
	return l.head(), t.store(c)
}

// lookAhead looks up docs with one query.
func (t *transaction) lookAhead(docs []*document) (err error) {
	ids := make([]string, len(docs))
	for i, doc := range docs {
		ids[i] = doc.id
	}
	if t.known, err = readLocations(t.ctx, t.locations, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if _, found := t.known[id]; !found {
			t.known[id] = location{}
		}
	}
	return nil
}

func (t *transaction) lookup(id string) (seq int64, tree revTree, err error) {
	if p, ok := t.known[id]; ok {
		return p.seq, p.tree, nil
	}
	var encoded []byte
	err = t.find.QueryRowContext(t.ctx, id).Scan(&seq, &encoded)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err == nil {
		tree, err = decodeTree(encoded)
	}
	return seq, tree, err
}

// follow makes the new revision of doc on the leaf that it names, or on a
// deleted document's winner if it names none.
func (t *transaction) follow(doc *document, tree revTree) (lineage, error) {
	var parent *Revision
	switch {
	case doc.rev == nil && doc.localRev != "":
		return lineage{}, errBadRev
	case doc.rev != nil:
		i := tree.find(*doc.rev)
		if i == noParent || !slices.Contains(tree.leaves(), i) {
			return lineage{}, errConflict
		}
		parent = doc.rev
	case len(tree) > 0:
		winner := tree[tree.winner()]
		if !winner.deleted {
			return lineage{}, errConflict
		}
		parent = &winner.rev
	}
	if err := t.resolveStubs(doc, tree, parent); err != nil {
		return lineage{}, err
	}
	next := nextRevision(parent, doc)
	if next.Generation >= maxGeneration {
		return lineage{}, &Error{http.StatusBadRequest, "bad_request", "The revision cannot be followed by another"}
	}
	l := lineage{next.Generation, []string{next.Digest}}
	if parent != nil {
		l.digests = append(l.digests, parent.Digest)
	}
	return l, nil
}

// A change replaces a document's tree.
type change struct {
	id            string
	oldSeq        int64 // 0 for a new document
	before, after revTree
	head          Revision // the new leaf, if there is one
	body          []byte   // of head
	attachments   []byte   // of head, encoded; nil if none
}

// store writes c: the winner's body goes into docs, the other leaves' bodies
// into leaves.
func (t *transaction) store(c *change) error {
	delete(t.known, c.id)
	winner := c.after[c.after.winner()]
	body, attachments := c.body, c.attachments
	if len(c.after) > 1 || len(c.before) > 1 {
		var err error
		if body, attachments, err = t.moveBodies(c, winner.rev); err != nil {
			return err
		}
	}
	t.state.seq++
	t.tally(c, winner.deleted)
	var err error
	if c.oldSeq == 0 {
		_, err = t.insert.ExecContext(t.ctx, t.state.seq, c.id, winner.deleted, c.after.encode(), body, attachments)
	} else {
		_, err = t.update.ExecContext(t.ctx, t.state.seq, winner.deleted, c.after.encode(), body, attachments, c.oldSeq)
	}
	return err
}

func (t *transaction) tally(c *change, deleted bool) {
	if len(c.before) > 0 {
		if c.before[c.before.winner()].deleted {
			t.state.deleted--
		} else {
			t.state.docs--
		}
	}
	if deleted {
		t.state.deleted++
	} else {
		t.state.docs++
	}
}

// moveBodies brings the table leaves in line with c, and returns the body of
// the winning revision.
func (t *transaction) moveBodies(c *change, winner Revision) (body, attachments []byte, err error) {
	before, after := c.before.leafRevisions(), c.after.leafRevisions()
	var old Revision // the winner before
	if len(before) > 0 {
		old = before[0]
	}
	if len(before) > 0 && old != winner && slices.Contains(after, old) {
		const lose = "INSERT INTO leaves SELECT id, ?, body, attachments FROM docs WHERE seq=?"
		if _, err := t.tx.ExecContext(t.ctx, lose, old.String(), c.oldSeq); err != nil {
			return nil, nil, err
		}
	}
	switch winner {
	case c.head:
		body, attachments = c.body, c.attachments
	case old:
		err = t.tx.QueryRowContext(t.ctx, "SELECT body, attachments FROM docs WHERE seq=?", c.oldSeq).Scan(&body, &attachments)
	default:
		const win = "DELETE FROM leaves WHERE id=? AND rev=? RETURNING body, attachments"
		err = t.tx.QueryRowContext(t.ctx, win, c.id, winner.String()).Scan(&body, &attachments)
	}
	if err != nil {
		return nil, nil, err
	}
	if c.head != winner && slices.Contains(after, c.head) {
		const lose = "INSERT INTO leaves VALUES (?,?,?,?)"
		if _, err := t.tx.ExecContext(t.ctx, lose, c.id, c.head.String(), c.body, c.attachments); err != nil {
			return nil, nil, err
		}
	}
	for i, rev := range before {
		if i > 0 && !slices.Contains(after, rev) {
			if _, err := t.tx.ExecContext(t.ctx, "DELETE FROM leaves WHERE id=? AND rev=?", c.id, rev.String()); err != nil {
				return nil, nil, err
			}
		}
	}
	return body, attachments, nil
}

// leafRevisions returns the revisions of the leaves, the winner first.
func (t revTree) leafRevisions() []Revision {
	if len(t) == 0 {
		return nil
	}
	var revs []Revision
	for _, i := range t.leaves() {
		revs = append(revs, t[i].rev)
	}
	return revs
}
