package couch

import (
	"context"
	"errors"
	"mime/multipart"
	"net/textproto"
	"slices"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A wanted is what a request of _bulk_get names.
type wanted struct {
	ID, Rev   string
	AttsSince []string
}

// bulkGet answers POST /{db}/_bulk_get: one result for each document asked
// for, in that order, each with one entry for a rev, or with all leaves if no
// rev is named. A client that takes no JSON gets a part for each entry.
func (r *request) bulkGet() error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	docs, err := parseWanted(b, r.server.opts.MaxDocs)
	if err != nil {
		return err
	}
	for _, name := range []string{"atts_since", "new_edits", "open_revs", "rev", "w"} {
		if r.values.Has(name) {
			return badRequest("\"%s\" query parameter is not acceptable", name)
		}
	}
	show, latest := r.show(), r.flag("latest")
	if r.err != nil {
		return r.err
	}
	accept := r.Header.Get("Accept")
	if !accepts(accept, "application/json") {
		for _, mediaType := range []string{"multipart/mixed", "multipart/related"} {
			if accepts(accept, mediaType) {
				return r.bulkGetParts(mediaType, docs, latest, show)
			}
		}
	}
	return r.bulkGetJSON(docs, latest, show)
}

// parseWanted reads a body of _bulk_get from valid JSON: most documents.
func parseWanted(b []byte, most int) (docs []wanted, err error) {
	if !rawjson.IsObject(b) {
		return nil, errNoObject
	}
	found := false
	for name, value := range rawjson.Members(b) {
		if !rawjson.Is(name, "docs") {
			continue
		}
		if !rawjson.IsArray(value) {
			return nil, badRequest("`docs` parameter must be an array.")
		}
		found, docs = true, nil
		for raw := range rawjson.Elements(value) {
			if len(docs) == most {
				return nil, tooManyDocs("max_bulk_get_count_exceeded", most)
			}
			w, ok := parseWant(raw)
			if !ok {
				return nil, badRequest("`docs` must hold objects with `id`, `rev` and `atts_since`.")
			}
			docs = append(docs, w)
		}
	}
	if !found {
		return nil, badRequest("Missing JSON list of 'docs'.")
	}
	return docs, nil
}

func parseWant(raw []byte) (w wanted, ok bool) {
	if !rawjson.IsObject(raw) {
		return w, false
	}
	for name, value := range rawjson.Members(raw) {
		ok := true
		switch {
		case string(value) == "null":
		case rawjson.Is(name, "id"):
			w.ID, ok = rawjson.String(value)
		case rawjson.Is(name, "rev"):
			w.Rev, ok = rawjson.String(value)
		case rawjson.Is(name, "atts_since"):
			w.AttsSince, ok = rawjson.Strings(value, len(value))
		}
		if !ok {
			return w, false
		}
	}
	return w, true
}

func (r *request) bulkGetJSON(docs []wanted, latest bool, s show) error {
	out := r.stream("application/json")
	s.spill = out.take
	out.buf = append(out.buf, `{"results":[`...)
	rows := 0
	for docs := range slices.Chunk(docs, idsAtOnce) {
		read, err := r.db.readAhead(r.Context(), wantedIDs(docs))
		if err != nil {
			return out.fail(err)
		}
		for _, want := range docs {
			if rows++; rows > 1 {
				out.buf = append(out.buf, ",\n"...)
			}
			if out.buf, err = read.appendBulkGet(r.Context(), out.buf, want, latest, s); err != nil {
				return out.fail(err)
			}
			if err := out.spill(); err != nil {
				return err
			}
		}
	}
	out.buf = append(out.buf, "]}\n"...)
	return out.flush()
}

func wantedIDs(docs []wanted) []string {
	ids := make([]string, len(docs))
	for i, want := range docs {
		ids[i] = want.ID
	}
	return ids
}

// answers returns the revisions that answer want, none if there are none, and
// how to show them.
func (a *ahead) answers(ctx context.Context, want wanted, latest bool, s show) (*record, []int, show, error) {
	if want.AttsSince != nil {
		var err error
		if s.since, err = parseRevisions(want.AttsSince); err != nil {
			return nil, nil, s, err
		}
		s.attachments = true
	}
	rec, err := a.get(ctx, want.ID)
	if errors.Is(err, errMissing) {
		return nil, nil, s, nil
	}
	if err != nil {
		return nil, nil, s, err
	}
	return rec, rec.tree.pick(want.Rev, latest), s, nil
}

func (a *ahead) appendBulkGet(ctx context.Context, b []byte, want wanted, latest bool, s show) ([]byte, error) {
	b = append(b, `{"id":`...)
	b = rawjson.AppendString(b, want.ID)
	b = append(b, `,"docs":[`...)
	rec, revisions, s, err := a.answers(ctx, want, latest, s)
	if err != nil {
		return b, err
	}
	n := 0
	for _, i := range revisions {
		mark := len(b)
		if n > 0 {
			b = append(b, ',')
		}
		var found bool
		b, found, err = a.d.appendDocument(ctx, append(b, `{"ok":`...), rec, i, s)
		if err != nil {
			return b, err
		}
		if !found {
			b = b[:mark]
			continue
		}
		b = append(b, '}')
		n++
	}
	if n == 0 {
		b = appendMissing(b, want.ID, want.text())
	}
	return append(b, "]}"...), nil
}

// text returns the revision as an error names it.
func (w wanted) text() string {
	if w.Rev == "" {
		return "undefined"
	}
	return w.Rev
}

func appendMissing(b []byte, id, rev string) []byte {
	b = append(b, `{"error":{"id":`...)
	b = rawjson.AppendString(b, id)
	b = append(b, `,"rev":`...)
	b = rawjson.AppendString(b, rev)
	return append(b, `,"error":"not_found","reason":"missing"}}`...)
}

// bulkGetParts answers with parts, in the form of openRevsMixed.
func (r *request) bulkGetParts(mediaType string, docs []wanted, latest bool, s show) error {
	w := r.multipart(mediaType)
	for docs := range slices.Chunk(docs, idsAtOnce) {
		read, err := r.db.readAhead(r.Context(), wantedIDs(docs))
		for i := 0; i < len(docs) && err == nil; i++ {
			err = r.writeWanted(w, read, docs[i], latest, s)
		}
		if err != nil {
			r.cutShort(err)
			return nil
		}
	}
	return w.Close()
}

func (r *request) writeWanted(w *multipart.Writer, read *ahead, want wanted, latest bool, s show) error {
	rec, revisions, s, err := read.answers(r.Context(), want, latest, s)
	if err != nil {
		return err
	}
	n := 0
	for _, i := range revisions {
		found, err := r.writeRevision(w, rec, i, s, textproto.MIMEHeader{
			"X-Doc-Id": {oneLine(want.ID)}, "X-Rev-Id": {rec.tree[i].rev.String()},
		})
		if err != nil {
			return err
		}
		if found {
			n++
		}
	}
	if n > 0 {
		return nil
	}
	return writeErrorPart(w, map[string]string{"id": want.ID, "rev": want.text(), "error": "not_found", "reason": "missing"})
}

// pick returns what a request for rev is answered with: all leaves if it is
// empty; that revision; or, with latest, the best leaf that descends from it.
func (t revTree) pick(rev string, latest bool) []int {
	if rev == "" {
		return t.leaves()
	}
	parsed, err := ParseRevision(rev)
	if err != nil {
		return nil
	}
	i := t.find(parsed)
	if i == noParent {
		return nil
	}
	if latest {
		return t.heirs(i)[:1]
	}
	return []int{i}
}
