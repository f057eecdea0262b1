package filelayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

const amendBatch = 500 // records written in one transaction

// amend changes the records of some files. change gets what is known of one,
// all that this device has seen joined, and reports whether it changed it; it
// is called again when somebody else wrote meanwhile. Once amend returns nil
// the records are on disk and in the mirror, and their effects will follow.
func (l *Layer) amend(ctx context.Context, ds []Digest, change func(d Digest, r *fileRecord, known bool) bool) error {
	select {
	case <-l.loaded:
	case <-ctx.Done():
		return fmt.Errorf("wait for the records: %w", context.Cause(ctx))
	}
	defer l.changed.Raise()
	for chunk := range slices.Chunk(ds, amendBatch) {
		if err := l.amendSome(ctx, chunk, change); err != nil {
			return fmt.Errorf("write records: %w", err)
		}
	}
	return nil
}

func (l *Layer) amendSome(ctx context.Context, ds []Digest, change func(Digest, *fileRecord, bool) bool) error {
	for range tries {
		again, err := l.amendOnce(ctx, ds, change)
		if err != nil || len(again) == 0 {
			return err
		}
		for _, d := range again {
			if err := l.reread(ctx, d); err != nil {
				return err
			}
		}
		ds = again
	}
	return ErrConflict
}

// amendOnce writes what it can, and returns the files that somebody else wrote
// meanwhile.
func (l *Layer) amendOnce(ctx context.Context, ds []Digest, change func(Digest, *fileRecord, bool) bool) (again []Digest, err error) {
	var docs []Doc
	var changed []Digest
	var records []fileRecord
	var failed []error
	for _, d := range ds {
		r, rev, known := l.mirror.file(d)
		if !change(d, &r, known) {
			continue
		}
		if what := r.fault(); what != "" {
			failed = append(failed, fmt.Errorf("%w: file %v: %s", ErrInvalid, d, what))
			continue
		}
		body, err := encode(r)
		if err != nil {
			return nil, err
		}
		docs = append(docs, Doc{ID: d.String(), Rev: rev, Body: body})
		changed, records = append(changed, d), append(records, r)
	}
	errs, err := l.files.Bulk(ctx, docs)
	if err != nil {
		return nil, err
	}
	for i, d := range changed {
		switch {
		case errs[i] == nil:
			l.mirror.joinFile(d, records[i], docs[i].Rev)
			l.stirred.add(d)
		case errors.Is(errs[i], ErrConflict):
			again = append(again, d)
		default:
			failed = append(failed, errs[i])
		}
	}
	return again, errors.Join(failed...)
}

// reread joins the winning revision of a record into the mirror.
func (l *Layer) reread(ctx context.Context, d Digest) error {
	doc, err := l.files.get(ctx, d.String())
	if errors.Is(err, ErrNotFound) { // somebody deleted the document itself
		l.mirror.setRev(d, "")
		return nil
	}
	if err != nil {
		return err
	}
	if _, r, err := parseFile(doc.ID, doc.Body); err == nil {
		l.mirror.joinFile(d, r, doc.Rev)
	} else {
		l.mirror.setRev(d, doc.Rev) // unreadable: to be replaced
	}
	return nil
}

// setRev notes the revision to replace, when it tells nothing itself.
func (m *mirror) setRev(d Digest, rev string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.files[d]; ok {
		m.files[d] = &fileState{s.fileRecord, rev}
	}
}

// stirred collects the files whose record or copy has changed, so that one may
// have to follow the other.
type stirred struct {
	mu   sync.Mutex // guards set
	set  map[Digest]struct{}
	wake chan struct{}
}

func newStirred() *stirred {
	return &stirred{set: make(map[Digest]struct{}), wake: make(chan struct{}, 1)}
}

func (s *stirred) add(ds ...Digest) {
	if len(ds) == 0 {
		return
	}
	s.mu.Lock()
	for _, d := range ds {
		s.set[d] = struct{}{}
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // already woken
	}
}

func (s *stirred) take() []Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	ds := make([]Digest, 0, len(s.set))
	for d := range s.set {
		ds = append(ds, d)
	}
	clear(s.set)
	return ds
}
