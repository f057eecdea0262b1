package couch

import (
	"net/http"
	"slices"
	"strings"
)

// Most that one request purges, as in CouchDB.
const (
	maxPurgedDocs = 100
	maxPurgedRevs = 1000
)

// purge answers POST /{db}/_purge: it forgets leaves, as if they had never
// been here. Replicas keep theirs, and a replicator that has none of them
// does not learn of it; one whose checkpoint is lost brings them back.
func (r *request) purge() error {
	var asked map[string][]string
	if err := r.decodePost(&asked); err != nil {
		return err
	}
	if len(asked) > maxPurgedDocs {
		return badRequest("Exceeded maximum number of documents.")
	}
	wanted, n := make(map[string][]Revision, len(asked)), 0
	for id, texts := range asked {
		if n += len(texts); n > maxPurgedRevs {
			return badRequest("Exceeded maximum number of revisions.")
		}
		wanted[id] = nil
		for _, text := range texts {
			rev, err := ParseRevision(text)
			if err != nil {
				return errBadRev
			}
			wanted[id] = append(wanted[id], rev)
		}
	}
	purged := make(map[string][]string, len(asked))
	err := r.db.write(r.Context(), func(t *transaction) error {
		for _, id := range sortedKeys(wanted) {
			gone, err := t.purge(id, wanted[id])
			if err != nil {
				return err
			}
			purged[id] = gone
		}
		return nil
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(sortedKeys(wanted), isDesign) {
		r.db.sweep(r.Context())
	}
	return r.answer(http.StatusCreated, map[string]any{"purge_seq": nil, "purged": purged})
}

// purge forgets those of revs that are leaves of a document, and returns them.
func (t *transaction) purge(id string, revs []Revision) (purged []string, err error) {
	purged = []string{}
	seq, tree, err := t.lookup(id)
	if err != nil || len(tree) == 0 {
		return purged, err
	}
	rest, gone := tree.without(revs)
	if len(gone) == 0 {
		return purged, nil
	}
	for _, rev := range gone {
		purged = append(purged, rev.String())
	}
	if err := t.rememberPurge(id, purged); err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return purged, t.store(&change{id: id, oldSeq: seq, before: tree, after: rest})
	}
	return purged, t.forget(id, seq, tree)
}

// forget removes a document with all that is known of it. It takes a seq, for
// whoever waits for a change.
func (t *transaction) forget(id string, seq int64, tree revTree) error {
	t.state.seq++
	if tree[tree.winner()].deleted {
		t.state.deleted--
	} else {
		t.state.docs--
	}
	if _, err := t.tx.ExecContext(t.ctx, "DELETE FROM leaves WHERE id=?", id); err != nil {
		return err
	}
	const unindex = "DELETE FROM index_rows WHERE id=? AND number IN (SELECT number FROM indexes)"
	if _, err := t.tx.ExecContext(t.ctx, unindex, id); err != nil {
		return err
	}
	_, err := t.tx.ExecContext(t.ctx, "DELETE FROM docs WHERE seq=?", seq)
	return err
}

func (t *transaction) rememberPurge(id string, revs []string) error {
	t.state.purgeSeq++
	if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO purges VALUES (?,?,?)", t.state.purgeSeq, id, strings.Join(revs, " ")); err != nil {
		return err
	}
	return t.trimPurges()
}

func (t *transaction) trimPurges() error {
	_, err := t.tx.ExecContext(t.ctx, "DELETE FROM purges WHERE seq<=?", t.state.purgeSeq-int64(t.state.purgesLimit))
	return err
}

// A purgedInfo says what one purge of a document forgot.
type purgedInfo struct {
	ID   string   `json:"id"`
	Revs []string `json:"revs"`
}

// purgedInfos answers GET /{db}/_purged_infos: the purges that are remembered.
func (r *request) purgedInfos() error {
	infos, err := r.db.purges(r)
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, map[string]any{"purged_infos": infos})
}

func (d *database) purges(r *request) ([]purgedInfo, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	rows, err := d.reader.QueryContext(r.Context(), "SELECT id, revs FROM purges ORDER BY seq")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	infos := []purgedInfo{}
	for rows.Next() {
		var id, revs string
		if err := rows.Scan(&id, &revs); err != nil {
			return nil, err
		}
		infos = append(infos, purgedInfo{id, strings.Fields(revs)})
	}
	return infos, rows.Err()
}

func (r *request) getPurgesLimit() error {
	return r.answer(http.StatusOK, r.db.state.Load().purgesLimit)
}

func (r *request) putPurgesLimit() error {
	limit, err := r.putNumber("`purge_infos_limit` must be positive integer")
	if err != nil {
		return err
	}
	err = r.db.write(r.Context(), func(t *transaction) error {
		t.state.purgesLimit = limit
		return t.trimPurges()
	})
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, ok)
}
