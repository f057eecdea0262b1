package couch

import (
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
	for ids := range slices.Chunk(slices.Collect(maps.Keys(asked)), idsAtOnce) {
		locations, err := r.db.locations(r.Context(), ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			m, err := locations[id].tree.lacking(asked[id])
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
