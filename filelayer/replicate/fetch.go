package replicate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
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

// readBulkGet reads an answer of _bulk_get to a request for refs, up to most
// bytes of documents, but one document at least.
func readBulkGet(r io.Reader, refs []ref, ancestors map[string][]string, most int) (*fetched, error) {
	open, got := newAsked(refs), new(fetched)
	size, there := 0, false
	err := readObject(r, map[string]func(*json.Decoder) error{"results": func(d *json.Decoder) error {
		there = true
		return readArray(d, func() (bool, error) {
			var result json.RawMessage // documents stay part of it
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

// take takes over what answers for what is open, and returns its length. What
// has another form than a result answers for nothing.
func (f *fetched) take(open *asked, result []byte, ancestors map[string][]string) (size int) {
	id, _ := rawjson.String(rawjson.Member(result, "id"))
	docs := rawjson.Member(result, "docs")
	if docs == nil || !rawjson.IsArray(docs) {
		return 0
	}
	for entry := range rawjson.Elements(docs) {
		if raw := rawjson.Member(entry, "ok"); raw != nil {
			if doc, ok := open.answer(raw, ancestors); ok {
				if len(result) > 2*len(raw) { // the rest must not be held with it
					doc.raw = bytes.Clone(raw)
				}
				f.docs = append(f.docs, doc)
				size += len(doc.raw)
			}
			continue
		}
		if refused := rawjson.Member(entry, "error"); refused != nil {
			rev, _ := rawjson.String(rawjson.Member(refused, "rev"))
			reason, _ := rawjson.String(rawjson.Member(refused, "reason"))
			open.refuse(ref{id, rev}, reason)
		}
	}
	return size
}
