package replicate

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/libpaul/paul/filelayer/couch"
)

// asked keeps what was asked of the source, and matches answers to it.
type asked struct {
	refs []ref
	open map[string][]string // by document, the revisions not answered yet
	why  map[ref]error
}

func newAsked(refs []ref) *asked {
	a := &asked{refs: refs, open: make(map[string][]string, len(refs)), why: make(map[ref]error)}
	for _, r := range refs {
		a.open[r.ID] = append(a.open[r.ID], r.Rev)
	}
	return a
}

// head is what the replicator reads of a document.
type head struct {
	ID        string `json:"_id"`
	Rev       string `json:"_rev"`
	Revisions struct {
		Start int      `json:"start"`
		IDs   []string `json:"ids"`
	} `json:"_revisions"`
}

// has reports whether h is revision rev or descends from it.
func (h *head) has(rev string) bool {
	r, err := couch.ParseRevision(rev)
	k := h.Revisions.Start - r.Generation
	return err == nil && k >= 0 && k < len(h.Revisions.IDs) && h.Revisions.IDs[k] == r.Digest
}

// sound reports whether the revisions of h fit together.
func (h *head) sound() bool {
	rev, err := couch.ParseRevision(h.Rev)
	return err == nil && rev.Generation == h.Revisions.Start && h.has(h.Rev) && len(h.Revisions.IDs) <= h.Revisions.Start
}

// answer returns raw as a document if it is one that was asked for, and
// nothing if not. One document may answer for several revisions.
func (a *asked) answer(raw json.RawMessage) []doc {
	var h head
	if json.Unmarshal(raw, &h) != nil || !h.sound() {
		return nil
	}
	open := a.open[h.ID]
	left := slices.DeleteFunc(slices.Clone(open), h.has)
	if len(left) == len(open) {
		return nil
	}
	a.open[h.ID] = left
	return []doc{{ref{h.ID, h.Rev}, raw}}
}

// refuse records why the source did not answer for r.
func (a *asked) refuse(r ref, reason string) {
	a.why[r] = fmt.Errorf("the other database does not have it: %.200s", reason)
}

// left returns what was not answered.
func (a *asked) left() []Failure {
	var failures []Failure
	for _, r := range a.refs {
		if !slices.Contains(a.open[r.ID], r.Rev) {
			continue
		}
		err := a.why[r]
		if err == nil {
			err = fmt.Errorf("%w: no sound document", ErrSource)
		}
		failures = append(failures, Failure{r.ID, r.Rev, err})
	}
	return failures
}
