package replicate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// fetchAll is the second stage.
func (s *session) fetchAll(ctx context.Context, in <-chan batch, out chan<- parcel) error {
	send := func(p parcel) error {
		select {
		case out <- p:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for b := range in {
		refs, checked, err := s.missing(ctx, b.rows)
		if err != nil {
			return fmt.Errorf("ask what is missing: %w", err)
		}
		last := parcel{lastSeq: b.lastSeq, checked: checked, pending: b.pending, caughtUp: b.caughtUp, failures: b.bad}
		if b.again {
			last.tried = present(b.rows, refs)
		}
		for len(refs) > 0 {
			n := min(s.r.pace.size, len(refs))
			p, err := s.fetch(ctx, refs[:n])
			if errors.Is(err, ErrTooLarge) && n > 1 {
				s.r.pace.slower()
				continue
			}
			if err != nil {
				return fmt.Errorf("fetch documents: %w", err)
			}
			if refs = refs[n:]; len(refs) > 0 {
				if err := send(p); err != nil {
					return err
				}
				continue
			}
			last.docs, last.missing = p.docs, p.missing
			last.tried = append(last.tried, p.tried...)
			last.failures = append(last.failures, p.failures...)
		}
		if err := send(last); err != nil {
			return err
		}
	}
	return nil
}

// missing asks the target which of the revisions in rows it lacks.
func (s *session) missing(ctx context.Context, rows []change) (refs []ref, checked int, err error) {
	if len(rows) == 0 {
		return nil, 0, nil
	}
	asked := make(map[string][]string, len(rows))
	for _, row := range rows {
		asked[row.id] = append(asked[row.id], row.revs...)
		checked += len(row.revs)
	}
	diff := s.r.opts.Target.RevsDiff(ctx, asked)
	defer func() { _ = diff.Close() }() // Err has said what there is to say
	for diff.Next() {
		id, err := diff.ID()
		if err != nil {
			return nil, 0, err
		}
		var lacks struct {
			Missing []string `json:"missing"`
		}
		if err := diff.ScanValue(&lacks); err != nil {
			return nil, 0, err
		}
		for _, rev := range lacks.Missing {
			refs = append(refs, ref{id, rev})
		}
	}
	return refs, checked, diff.Err()
}

// fetch fetches refs. What is not answered soundly is asked for once more, by
// itself, and then set aside.
func (s *session) fetch(ctx context.Context, refs []ref) (parcel, error) {
	docs, failures, err := s.ask(ctx, refs)
	if err != nil {
		return parcel{}, err
	}
	if len(refs) > 1 {
		again := failures
		failures = nil
		for _, f := range again {
			more, failed, err := s.ask(ctx, []ref{{f.ID, f.Rev}})
			if err != nil {
				return parcel{}, err
			}
			docs, failures = append(docs, more...), append(failures, failed...)
		}
	}
	p := parcel{missing: len(refs), tried: refs, failures: failures}
	for _, d := range docs {
		if err := s.accept(d); err != nil {
			p.failures = append(p.failures, Failure{d.ID, d.Rev, err})
			continue
		}
		p.docs = append(p.docs, d)
	}
	return p, nil
}

// ask asks the source for refs. An answer that is too long fails if there are
// several of them; a single one is left unanswered then.
func (s *session) ask(ctx context.Context, refs []ref) (docs []doc, unanswered []Failure, err error) {
	began := time.Now()
	docs, unanswered, err = s.r.source.fetch(ctx, refs)
	switch {
	case errors.Is(err, ErrTooLarge) && len(refs) == 1:
		return nil, []Failure{{refs[0].ID, refs[0].Rev, err}}, nil
	case errors.Is(err, ErrStalled), errors.Is(err, context.DeadlineExceeded):
		s.r.pace.slower()
	case err == nil:
		s.r.pace.took(len(refs), time.Since(began))
	}
	return docs, unanswered, err
}

func (s *session) accept(d doc) error {
	if s.r.opts.Accept == nil {
		return nil
	}
	return s.r.opts.Accept(d.ID, d.raw)
}

// write writes p, and then counts it.
func (s *session) write(ctx context.Context, p parcel) error {
	failures, err := s.writeDocs(ctx, p.docs)
	if err != nil {
		return fmt.Errorf("write documents: %w", err)
	}
	written := len(p.docs) - len(failures)
	failures = append(failures, p.failures...)
	s.entry.MissingChecked += p.checked
	s.entry.MissingFound += p.missing
	s.entry.DocsRead += len(p.docs)
	s.entry.DocsWritten += written
	s.entry.WriteFailures += len(failures)
	s.r.setAside(s.r.aside.settle(p.tried, failures))
	if p.lastSeq != "" {
		s.since = p.lastSeq
	}
	s.r.update(func(st *Status) {
		st.DocsRead += len(p.docs)
		st.DocsWritten += written
		if p.lastSeq != "" {
			st.LastSeq, st.Pending, st.CaughtUp = p.lastSeq, p.pending, p.caughtUp
		}
	})
	return nil
}

// writeDocs writes docs in one transaction. Should the target refuse the
// whole request, it is split to find the document that is to blame.
func (s *session) writeDocs(ctx context.Context, docs []doc) ([]Failure, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	bodies := make([]any, len(docs))
	for i, d := range docs {
		bodies[i] = d.raw
	}
	results, err := s.r.opts.Target.BulkDocs(ctx, bodies, kivik.Param("new_edits", false))
	if err == nil {
		return refused(docs, results), nil
	}
	switch status := kivik.HTTPStatus(err); {
	case status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge && status != http.StatusPreconditionFailed:
		return nil, err
	case len(docs) == 1:
		return []Failure{{docs[0].ID, docs[0].Rev, err}}, nil
	}
	half := len(docs) / 2
	first, err := s.writeDocs(ctx, docs[:half])
	if err != nil {
		return nil, err
	}
	second, err := s.writeDocs(ctx, docs[half:])
	return append(first, second...), err
}

// refused returns the documents that the target did not take.
func refused(docs []doc, results []kivik.BulkResult) []Failure {
	var failures []Failure
	for _, result := range results {
		if result.Error == nil {
			continue
		}
		f := Failure{result.ID, result.Rev, result.Error}
		for _, d := range docs {
			if f.Rev == "" && d.ID == result.ID {
				f.Rev = d.Rev
			}
		}
		failures = append(failures, f)
	}
	return failures
}
