package couch

import (
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A branch is one answer of open_revs: a revision of the tree, or the text of
// one that is not there.
type branch struct {
	index int
	text  string // if index is noParent
}

// openRevs answers GET /{db}/{id}?open_revs=…, as multipart/mixed or, if the
// client prefers that, as a JSON array.
func (r *request) openRevs(id string, s show, latest bool) error {
	rec, err := r.db.get(r.Context(), id)
	all := r.text("open_revs") == "all"
	if errors.Is(err, errMissing) && !all {
		rec, err = &record{id: id}, nil
	}
	if err != nil {
		return err
	}
	var revs []string
	if !all && !r.json(&revs, "open_revs") {
		return r.err
	}
	var branches []branch
	if all {
		for _, i := range rec.tree.leaves() {
			branches = append(branches, branch{index: i})
		}
	} else if branches, err = rec.tree.branches(revs, latest); err != nil {
		return err
	}
	if !accepts(r.Header.Get("Accept"), "multipart/mixed") {
		return r.openRevsJSON(rec, branches, s)
	}
	return r.openRevsMixed(rec, branches, s)
}

// branches looks up revs; with latest each stands for the leaves that descend
// from it. None comes twice.
func (t revTree) branches(revs []string, latest bool) ([]branch, error) {
	var found []branch
	seen := make(map[branch]bool)
	add := func(b branch) {
		if !seen[b] {
			seen[b] = true
			found = append(found, b)
		}
	}
	for _, text := range revs {
		rev, err := ParseRevision(text)
		if err != nil {
			return nil, errBadRev
		}
		i := t.find(rev)
		switch {
		case i == noParent:
			add(branch{noParent, text})
		case latest:
			for _, heir := range t.heirs(i) {
				add(branch{index: heir})
			}
		default:
			add(branch{index: i})
		}
	}
	return found, nil
}

func (r *request) openRevsJSON(rec *record, branches []branch, s show) error {
	out := r.stream("application/json")
	s.spill = out.take
	out.buf = append(out.buf, '[')
	for k, b := range branches {
		if k > 0 {
			out.buf = append(out.buf, ',')
		}
		missing := b.text
		if b.index != noParent {
			mark := len(out.buf)
			doc, found, err := r.db.appendDocument(r.Context(), append(out.buf, `{"ok":`...), rec, b.index, s)
			if err != nil {
				return out.fail(err)
			}
			if out.buf = doc; !found {
				out.buf, missing = out.buf[:mark], rec.tree[b.index].rev.String()
			}
		}
		if missing != "" {
			out.buf = append(out.buf, `{"missing":`...)
			out.buf = rawjson.AppendString(out.buf, missing)
		}
		out.buf = append(out.buf, '}')
		if err := out.spill(); err != nil {
			return err
		}
	}
	out.buf = append(out.buf, "]\n"...)
	return out.flush()
}

// openRevsMixed sends a part for each branch; one with attachments is itself a
// multipart/related.
func (r *request) openRevsMixed(rec *record, branches []branch, s show) error {
	w := r.multipart("multipart/mixed")
	if r.Method == http.MethodHead {
		return nil
	}
	for _, b := range branches {
		missing := b.text
		if b.index != noParent {
			found, err := r.writeRevision(w, rec, b.index, s, nil)
			if err != nil {
				r.cutShort(err)
				return nil
			}
			if !found {
				missing = rec.tree[b.index].rev.String()
			}
		}
		if missing == "" {
			continue
		}
		if err := writeErrorPart(w, map[string]string{"missing": missing}); err != nil {
			return err
		}
	}
	return w.Close()
}

// multipart begins an answer of several parts.
func (r *request) multipart(mediaType string) *multipart.Writer {
	w := multipart.NewWriter(r.w)
	r.w.Header().Set("Content-Type", mediaType+`; boundary="`+w.Boundary()+`"`)
	r.w.WriteHeader(http.StatusOK)
	return w
}

// writeRevision writes revision i of rec as a part, with header if attachments
// follow in it. Found is false for a revision whose body is no longer kept.
func (r *request) writeRevision(w *multipart.Writer, rec *record, i int, s show, header textproto.MIMEHeader) (found bool, err error) {
	m, err := r.related(rec, i, s)
	if err != nil || m == nil {
		return false, err
	}
	defer m.close()
	if header == nil || len(m.names) == 0 {
		header = make(textproto.MIMEHeader)
	}
	header.Set("Content-Type", m.contentType())
	part, err := w.CreatePart(header)
	if err != nil {
		return true, err
	}
	return true, m.send(r.Context(), part)
}

func writeErrorPart(w *multipart.Writer, what map[string]string) error {
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {`application/json; error="true"`}})
	if err != nil {
		return err
	}
	b, _ := json.Marshal(what) // strings always can be
	_, err = part.Write(b)
	return err
}
