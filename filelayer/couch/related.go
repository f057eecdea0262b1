package couch

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A related is a document whose attachments follow it, as multipart/related:
// the form in which CouchDB's replicator sends and fetches them.
type related struct {
	boundary string
	doc      []byte // JSON
	names    []string
	all      map[string]*attachment
	stored   []*stored // of names
}

// related returns revision i of rec as multipart/related, or nil if its body is
// no longer kept. The caller closes it.
func (r *request) related(rec *record, i int, s show) (_ *related, err error) {
	s.attachments, s.follows, s.encodings = true, true, true
	doc, found, err := r.db.appendDocument(r.Context(), nil, rec, i, s)
	if err != nil || !found {
		return nil, err
	}
	_, encoded, _, err := r.db.leaf(r.Context(), rec, i)
	if err != nil {
		return nil, err
	}
	m := &related{boundary: newUUID(), doc: doc}
	if m.all, err = decodeAttachments(encoded); err != nil {
		return nil, err
	}
	sends := s.sends(rec, i)
	for _, name := range slices.Sorted(maps.Keys(m.all)) {
		if !sends(m.all[name]) {
			continue
		}
		stored, err := r.db.open(r.Context(), m.all[name].Digest)
		if err != nil {
			m.close()
			return nil, err
		}
		m.names, m.stored = append(m.names, name), append(m.stored, stored)
	}
	return m, nil
}

func (m *related) close() {
	for _, s := range m.stored {
		s.close()
	}
}

// contentType returns what the document is without attachments to follow, too.
func (m *related) contentType() string {
	if len(m.names) == 0 {
		return "application/json"
	}
	return `multipart/related; boundary="` + m.boundary + `"`
}

func (m *related) head() string {
	return "--" + m.boundary + "\r\nContent-Type: application/json\r\n\r\n"
}

// part returns what comes before the bytes of attachment k.
func (m *related) part(k int) string {
	a := m.all[m.names[k]]
	b := "\r\n--" + m.boundary + "\r\nContent-Disposition: attachment; filename=\"" + quoteName(m.names[k]) +
		"\"\r\nContent-Type: " + oneLine(a.ContentType) +
		"\r\nContent-Length: " + strconv.FormatInt(m.stored[k].length, 10)
	if a.Encoding != "" {
		b += "\r\nContent-Encoding: " + a.Encoding
	}
	return b + "\r\n\r\n"
}

func (m *related) tail() string { return "\r\n--" + m.boundary + "--" }

func (m *related) length() int64 {
	if len(m.names) == 0 {
		return int64(len(m.doc))
	}
	n := int64(len(m.head()) + len(m.doc) + len(m.tail()))
	for k := range m.names {
		n += int64(len(m.part(k))) + m.stored[k].length
	}
	return n
}

func (m *related) send(ctx context.Context, w io.Writer) error {
	if len(m.names) == 0 {
		_, err := w.Write(m.doc)
		return err
	}
	if _, err := io.WriteString(w, m.head()+string(m.doc)); err != nil {
		return err
	}
	for k := range m.names {
		if _, err := io.WriteString(w, m.part(k)); err != nil {
			return err
		}
		if err := m.stored[k].send(ctx, w, 0, m.stored[k].length); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, m.tail())
	return err
}

// quoteName returns name as it stands between the quotes of a header.
func quoteName(name string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(name))
}

// sendRelated answers with the document and what follows it.
func (r *request) sendRelated(rec *record, i int, s show) error {
	m, err := r.related(rec, i, s)
	if err == nil && m == nil {
		err = errMissing
	}
	if err != nil {
		r.w.Header().Del("ETag")
		if errors.Is(err, errNoAttachment) { // the revision has just gone
			err = errMissing
		}
		return err
	}
	defer m.close()
	h := r.w.Header()
	h.Set("Content-Type", m.contentType())
	h.Set("Content-Length", strconv.FormatInt(m.length(), 10))
	r.w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		r.ended(m.send(r.Context(), r.w))
	}
	return nil
}
