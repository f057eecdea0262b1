package replicate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fetchAll is the third stage. It cuts what is missing into parcels.
func (s *session) fetchAll(ctx context.Context, in <-chan list, out chan<- parcel) error {
	for l := range in {
		left, row := l.missing, 0
		for {
			n := min(s.r.paces.fetch.get(), s.r.paces.write.get(), len(left))
			p, rest, err := s.fetch(ctx, left[:n], l.ancestors)
			if err != nil {
				return fmt.Errorf("fetch documents: %w", err)
			}
			left = append(rest, left[n:]...)
			if p.last = len(left) == 0; p.last {
				p.lastSeq, p.pending, p.caughtUp = l.lastSeq, l.pending, l.caughtUp
				p.checked = revisions(l.rows[row:])
				p.failures = append(p.failures, l.bad...)
			} else if next := left[0].row; next > row { // all before it will be written, then
				p.lastSeq, p.checked = l.rows[next-1].seq, revisions(l.rows[row:next])
				row = next
			}
			if l.again {
				p.lastSeq = ""
				if p.last {
					p.tried = append(p.tried, present(l.rows, refs(l.missing))...)
				}
			}
			if err := send(ctx, out, *p); err != nil {
				return err
			}
			if p.last {
				break
			}
		}
	}
	return ctx.Err()
}

// revisions returns how many revisions rows name.
func revisions(rows []change) (n int) {
	for _, row := range rows {
		n += len(row.revs)
	}
	return n
}

// fetch fetches some of what is asked for, and returns the rest. What is not
// answered soundly is asked for once more, and then set aside.
func (s *session) fetch(ctx context.Context, wants []wanted, ancestors map[string][]string) (p *parcel, rest []wanted, err error) {
	p = new(parcel)
	if len(wants) == 0 {
		return p, nil, nil
	}
	got, err := s.ask(ctx, refs(wants), false, ancestors)
	if err != nil {
		return nil, nil, err
	}
	docs, failures, left := got.docs, got.unanswered, got.rest
	if len(failures) > 0 {
		again, err := s.ask(ctx, failed(failures), false, ancestors)
		if err != nil {
			return nil, nil, err
		}
		docs, failures, left = append(docs, again.docs...), again.unanswered, append(left, again.rest...)
	}
	later := make(map[ref]bool, len(left))
	for _, r := range left {
		later[r] = true
	}
	for _, w := range wants {
		if later[w.ref] {
			rest = append(rest, w)
		} else {
			p.tried = append(p.tried, w.ref)
		}
	}
	p.missing, p.failures = len(p.tried), failures
	return p, rest, s.sort(ctx, p, docs)
}

// sort puts docs into p, with their attachments if these are small, and leaves
// out what is wrong.
func (s *session) sort(ctx context.Context, p *parcel, docs []doc) error {
	var small []ref
	size := int64(0)
	for _, d := range docs {
		if err := s.accept(d); err != nil {
			p.failures = append(p.failures, Failure{d.ID, d.Rev, err})
			continue
		}
		stubs, n, fits := d.stubs()
		switch {
		case !stubs:
			p.add(d)
		case fits:
			small = append(small, d.ref)
			size += n
		default:
			p.large = append(p.large, d)
		}
		if size >= inlineBatch {
			if err := s.fetchWhole(ctx, p, small); err != nil {
				return err
			}
			small, size = nil, 0
		}
	}
	return s.fetchWhole(ctx, p, small)
}

// add adds d, which has its attachments inside it.
func (p *parcel) add(d doc) {
	if err := d.check(); err != nil {
		p.failures = append(p.failures, Failure{d.ID, d.Rev, err})
		return
	}
	p.docs = append(p.docs, d)
}

// fetchWhole fetches refs again, with their attachments.
func (s *session) fetchWhole(ctx context.Context, p *parcel, refs []ref) error {
	for len(refs) > 0 {
		got, err := s.ask(ctx, refs, true, nil)
		if err != nil {
			return err
		}
		for _, d := range got.docs {
			p.add(d)
		}
		p.failures = append(p.failures, got.unanswered...)
		refs = got.rest
	}
	return nil
}

// ask asks the source for refs. When the answer is too long or makes no sense,
// it asks for half of them; a single one is left unanswered then.
func (s *session) ask(ctx context.Context, refs []ref, attachments bool, ancestors map[string][]string) (*fetched, error) {
	began := time.Now()
	got, err := s.r.source.fetch(ctx, refs, attachments, ancestors)
	switch took := time.Since(began); {
	case err == nil && len(got.rest) > 0:
		s.r.paces.fetch.atMost(len(refs) - len(got.rest))
	case err == nil:
		s.r.paces.fetch.took(len(refs), took)
	case ctx.Err() != nil:
		return nil, err
	case blames(err) && len(refs) == 1:
		return &fetched{unanswered: []Failure{{refs[0].ID, refs[0].Rev, err}}}, nil
	case blames(err):
		half := len(refs) / 2
		s.r.paces.fetch.atMost(half)
		if got, err = s.ask(ctx, refs[:half], attachments, ancestors); err == nil {
			got.rest = append(got.rest, refs[half:]...)
		}
	case errors.Is(err, ErrStalled), errors.Is(err, context.DeadlineExceeded):
		s.r.paces.fetch.atMost(len(refs) / 2)
	}
	return got, err
}

// blames reports whether err may be due to one of the documents of a request,
// not to the network or to the database as a whole.
func blames(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) {
		return !refused.passing()
	}
	return errors.Is(err, ErrAnswer) || errors.Is(err, ErrTooLarge)
}

func failed(failures []Failure) []ref {
	refs := make([]ref, len(failures))
	for i, f := range failures {
		refs[i] = ref{f.ID, f.Rev}
	}
	return refs
}

func (s *session) accept(d doc) error {
	if s.r.opts.Accept == nil {
		return nil
	}
	return s.r.opts.Accept(d.ID, d.raw)
}
