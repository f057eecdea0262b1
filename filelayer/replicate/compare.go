package replicate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// A list is a batch with what the target lacks of it.
type list struct {
	batch
	missing   []wanted            // in the order of the batch's rows
	ancestors map[string][]string // by document: revisions that the target has of those that are missing some
}

// wanted is a revision to fetch, and the row of the batch that named it.
type wanted struct {
	ref
	row int
}

func refs(wants []wanted) []ref {
	refs := make([]ref, len(wants))
	for i, w := range wants {
		refs[i] = w.ref
	}
	return refs
}

// compareAll is the second stage.
func (s *session) compareAll(ctx context.Context, in <-chan batch, out chan<- list) error {
	for b := range in {
		l, err := s.compare(ctx, b)
		if err != nil {
			return fmt.Errorf("ask what is missing: %w", err)
		}
		if err := send(ctx, out, *l); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *session) compare(ctx context.Context, b batch) (*list, error) {
	l := &list{batch: b}
	asked := make(map[string][]string, len(b.rows))
	for _, row := range b.rows {
		asked[row.id] = append(asked[row.id], row.revs...)
	}
	diff, err := s.r.target.diff(ctx, asked)
	if err != nil {
		return nil, err
	}
	open := make(map[ref]bool) // missing, and not yet in l: a row may name thousands
	for id, lacks := range diff {
		for _, rev := range lacks.Missing {
			open[ref{id, rev}] = true
		}
		if lacks.PossibleAncestors != nil {
			if l.ancestors == nil {
				l.ancestors = make(map[string][]string)
			}
			l.ancestors[id] = lacks.PossibleAncestors
		}
	}
	for i, row := range b.rows {
		for _, rev := range row.revs {
			if r := (ref{row.id, rev}); open[r] {
				delete(open, r)
				l.missing = append(l.missing, wanted{r, i})
			}
		}
	}
	return l, nil
}

// lacking is what a database says of a document of which it lacks revisions.
type lacking struct {
	Missing           []string `json:"missing"`
	PossibleAncestors []string `json:"possible_ancestors"`
}

// diff asks which of the revisions, by document, the database lacks.
func (e *end) diff(ctx context.Context, asked map[string][]string) (map[string]lacking, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	var diff map[string]lacking
	err = e.post(ctx, "_revs_diff", nil, body, func(r io.Reader) error {
		if err := decodeAll(r, &diff); err != nil {
			return err
		}
		if diff == nil {
			return fmt.Errorf("%w: null", ErrAnswer)
		}
		return nil
	})
	return diff, err
}
