package couch

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// missing says which of the revisions that were asked about a document lacks.
type missing struct {
	Missing           []string `json:"missing"`
	PossibleAncestors []string `json:"possible_ancestors,omitempty"`
}

// revsDiff answers POST /{db}/_revs_diff.
func (r *request) revsDiff() error {
	diff, err := r.diff()
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, diff)
}

// missingRevs answers POST /{db}/_missing_revs, which is older.
func (r *request) missingRevs() error {
	diff, err := r.diff()
	if err != nil {
		return err
	}
	lacks := make(map[string][]string, len(diff))
	for id, m := range diff {
		lacks[id] = m.Missing
	}
	return r.answer(http.StatusOK, map[string]any{"missing_revs": lacks})
}

func (r *request) diff() (map[string]*missing, error) {
	var asked map[string][]string
	if err := r.decodePost(&asked); err != nil {
		return nil, err
	}
	diff := make(map[string]*missing)
	for ids := range slices.Chunk(slices.Collect(maps.Keys(asked)), treesAtOnce) {
		trees, err := r.db.trees(r.Context(), ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			m, err := trees[id].lacking(asked[id])
			if err != nil {
				return nil, err
			}
			if m != nil {
				diff[id] = m
			}
		}
	}
	return diff, nil
}

// treesAtOnce is how many trees are read by one query: a peer asks about a
// thousand documents at a time, of which it has most or none.
const treesAtOnce = 100

// trees returns the rev trees of the documents among ids, treesAtOnce at most,
// that there ever were.
func (d *database) trees(ctx context.Context, ids []string) (map[string]revTree, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	args := make([]any, treesAtOnce)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	rows, err := d.queries.trees.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, fmt.Errorf("read rev trees: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err has said what there is to say
	trees := make(map[string]revTree, len(ids))
	for rows.Next() {
		var id string
		var encoded sql.RawBytes
		if err := rows.Scan(&id, &encoded); err != nil {
			return nil, fmt.Errorf("read rev trees: %w", err)
		}
		if trees[id], err = decodeTree(encoded); err != nil {
			return nil, fmt.Errorf("read %q: %w", id, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rev trees: %w", err)
	}
	return trees, nil
}

// lacking returns nil if the tree lacks none of revs.
func (t revTree) lacking(revs []string) (*missing, error) {
	var m missing
	greatest := 0
	for _, text := range revs {
		rev, err := ParseRevision(text)
		if err != nil {
			return nil, errBadRev
		}
		if t.find(rev) == noParent {
			m.Missing = append(m.Missing, text)
			greatest = max(greatest, rev.Generation)
		}
	}
	if m.Missing == nil {
		return nil, nil
	}
	for _, rev := range t.leafRevisions() {
		if rev.Generation < greatest {
			m.PossibleAncestors = append(m.PossibleAncestors, rev.String())
		}
	}
	return &m, nil
}
