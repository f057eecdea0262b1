package replicate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

const (
	streams     = 2 // documents with large attachments that are copied at a time
	streamTries = 3 // before such a document is set aside for longer
)

// write writes p, and then counts it. Documents with large attachments are
// set aside until they are streamed: a checkpoint may pass them.
func (s *session) write(ctx context.Context, p parcel) error {
	failures, err := s.writeDocs(ctx, p.docs)
	if err != nil {
		return fmt.Errorf("write documents: %w", err)
	}
	written := len(p.docs) - len(failures)
	failures = append(failures, p.failures...)
	s.count(len(p.docs), written, len(failures))
	s.r.setAside(s.r.aside.settle(p.tried, failures))
	large := slices.DeleteFunc(p.large, func(d doc) bool { return !s.r.aside.owe(d.ref) })
	if p.lastSeq != "" {
		s.since = p.lastSeq
	}
	s.r.update(func(st *Status) {
		st.Checked += p.checked
		st.Missing += p.missing
		s.entry.MissingChecked += p.checked
		s.entry.MissingFound += p.missing
		st.Streaming += len(large)
		if p.lastSeq != "" {
			st.LastSeq = p.lastSeq
		}
		if p.last && p.lastSeq != "" {
			st.Pending, s.r.fed = p.pending, p.caughtUp
		}
		st.CaughtUp = s.r.fed && st.Streaming == 0
	})
	for _, d := range large {
		if err := send(ctx, s.large, d); err != nil {
			return err
		}
	}
	return nil
}

// count counts documents, for the status and for the checkpoint.
func (s *session) count(read, written, failed int) {
	s.r.update(func(st *Status) {
		st.DocsRead += read
		st.DocsWritten += written
		s.entry.DocsRead += read
		s.entry.DocsWritten += written
		s.entry.WriteFailures += failed
	})
}

// streamAll streams documents until there are no more.
func (s *session) streamAll(ctx context.Context) error {
	for d := range s.large {
		err := s.r.stream(ctx, d)
		var wait backoff
		for range streamTries - 1 {
			if err == nil || blames(err) || !sleep(ctx, wait.next(), nil) {
				break
			}
			err = s.r.stream(ctx, d) // the link or a server was gone for a moment
		}
		if ctx.Err() != nil {
			return ctx.Err() // it is still set aside
		}
		var failures []Failure
		if err != nil {
			failures = []Failure{{d.ID, d.Rev, err}}
		}
		s.count(1, 1-len(failures), len(failures))
		s.r.setAside(s.r.aside.settle([]ref{d.ref}, failures))
		s.r.update(func(st *Status) {
			st.Streaming--
			st.CaughtUp = s.r.fed && st.Streaming == 0
		})
	}
	return nil
}

// writeDocs writes docs in one transaction. Should the target refuse the
// whole request, it is split to find the document that is to blame.
func (s *session) writeDocs(ctx context.Context, docs []doc) ([]Failure, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	began := time.Now()
	failures, err := s.r.target.write(ctx, docs)
	switch {
	case err == nil:
		s.r.paces.write.took(len(docs), time.Since(began))
		return failures, nil
	case ctx.Err() != nil:
		return nil, err
	case errors.Is(err, ErrStalled), errors.Is(err, context.DeadlineExceeded):
		s.r.paces.write.atMost(len(docs) / 2)
		return nil, err
	case !blames(err):
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

// write writes docs with the revisions that they have, and returns those that
// the database did not take.
func (e *end) write(ctx context.Context, docs []doc) ([]Failure, error) {
	size := 64
	for _, d := range docs {
		size += len(d.raw) + 1
	}
	body := bytes.NewBuffer(make([]byte, 0, size))
	body.WriteString(`{"new_edits":false,"docs":[`)
	for i, d := range docs {
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(d.raw) // a decoder has found it valid
	}
	body.WriteString(`]}`)
	var results []struct {
		ID     string          `json:"id"`
		Rev    string          `json:"rev"`
		Error  json.RawMessage `json:"error"`
		Reason string          `json:"reason"`
	}
	err := e.post(ctx, "_bulk_docs", nil, body.Bytes(), func(r io.Reader) error { return decodeAll(r, &results) })
	if err != nil {
		return nil, err
	}
	var failures []Failure
	for _, result := range results {
		if result.Error == nil {
			continue
		}
		f := Failure{result.ID, result.Rev, fmt.Errorf("%w: %.100s: %.200s", ErrAnswer, result.Error, result.Reason)}
		for _, d := range docs {
			if f.Rev == "" && d.ID == result.ID {
				f.Rev = d.Rev
			}
		}
		failures = append(failures, f)
	}
	return failures, nil
}
