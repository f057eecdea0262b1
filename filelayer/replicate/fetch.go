package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
)

// enough is how much of an answer to _bulk_get is read at once, in bytes of
// documents: what is behind it is asked for again.
const enough = 8 << 20

// A fetched is what an answer to _bulk_get held.
type fetched struct {
	docs       []doc     // that answer for what was asked
	unanswered []Failure // refs that no sound document answers for, with why
	rest       []ref     // refs that the part of the answer that was read did not come to
}

// fetch asks for refs, with their attachments or with stubs in their place. A
// ref may be answered by a later revision that descends from it. Ancestors are
// revisions that the target has.
func (e *end) fetch(ctx context.Context, refs []ref, attachments bool, ancestors map[string][]string) (*fetched, error) {
	body, err := json.Marshal(map[string][]ref{"docs": refs})
	if err != nil {
		return nil, err
	}
	query := url.Values{"revs": {"true"}, "latest": {"true"}, "attachments": {"false"}, "att_encoding_info": {"true"}}
	if attachments {
		query = url.Values{"revs": {"true"}, "latest": {"true"}, "attachments": {"true"}}
	}
	var got *fetched
	err = e.post(ctx, "_bulk_get", query, body, func(r io.Reader) error {
		got, err = readBulkGet(r, refs, ancestors, enough)
		return err
	})
	return got, err
}

type bulkGetResult struct {
	ID   string `json:"id"`
	Docs []struct {
		OK    json.RawMessage `json:"ok"`
		Error *struct {
			Rev    string `json:"rev"`
			Reason string `json:"reason"`
		} `json:"error"`
	} `json:"docs"`
}

// readBulkGet reads an answer of _bulk_get to a request for refs, up to most
// bytes of documents, but one document at least.
func readBulkGet(r io.Reader, refs []ref, ancestors map[string][]string, most int) (*fetched, error) {
	open, got := newAsked(refs), new(fetched)
	size, there := 0, false
	err := readObject(r, map[string]func(*json.Decoder) error{"results": func(d *json.Decoder) error {
		there = true
		return readArray(d, func() (bool, error) {
			var result bulkGetResult
			if err := d.Decode(&result); err != nil {
				return false, err
			}
			size += got.take(open, result, ancestors)
			return size < most, nil
		})
	}})
	if err != nil && !errors.Is(err, errCut) {
		return nil, err
	}
	got.unanswered, got.rest = open.left(err == nil)
	if err == nil && !there {
		return nil, errNoResults
	}
	return got, nil
}

// take takes over what answers for what is open, and returns its length.
func (f *fetched) take(open *asked, result bulkGetResult, ancestors map[string][]string) (size int) {
	for _, d := range result.Docs {
		switch {
		case d.OK != nil:
			if doc, ok := open.answer(d.OK, ancestors); ok {
				f.docs = append(f.docs, doc)
				size += len(doc.raw)
			}
		case d.Error != nil:
			open.refuse(ref{result.ID, d.Error.Rev}, d.Error.Reason)
		}
	}
	return size
}
