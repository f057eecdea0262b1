package couch

import (
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
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
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, "multipart/mixed") {
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
	out.buf = append(out.buf, '[')
	for k, b := range branches {
		if k > 0 {
			out.buf = append(out.buf, ',')
		}
		doc, missing, err := r.branchDocument(rec, b, s)
		if err != nil {
			return out.fail(err)
		}
		if missing == "" {
			out.buf = append(out.buf, `{"ok":`...)
			out.buf = append(out.buf, doc...)
		} else {
			out.buf = append(out.buf, `{"missing":`...)
			out.buf = appendString(out.buf, missing)
		}
		out.buf = append(out.buf, '}')
		if err := out.spill(); err != nil {
			return err
		}
	}
	out.buf = append(out.buf, "]\n"...)
	return out.flush()
}

// branchDocument returns the document of b, or the revision that is missing.
func (r *request) branchDocument(rec *record, b branch, s show) (doc []byte, missing string, err error) {
	if b.index == noParent {
		return nil, b.text, nil
	}
	doc, found, err := r.db.appendDocument(r.Context(), nil, rec, b.index, s)
	if err != nil || found {
		return doc, "", err
	}
	return nil, rec.tree[b.index].rev.String(), nil
}

// openRevsMixed sends a part for each branch; attachments are inline in it.
func (r *request) openRevsMixed(rec *record, branches []branch, s show) error {
	s.attachments = true
	w := multipart.NewWriter(r.w)
	r.w.Header().Set("Content-Type", `multipart/mixed; boundary="`+w.Boundary()+`"`)
	r.w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	for _, b := range branches {
		contentType := "application/json"
		doc, missing, err := r.branchDocument(rec, b, s)
		if err != nil {
			r.cutShort(err)
			return nil
		}
		if missing != "" {
			contentType = `application/json; error="true"`
			doc, _ = json.Marshal(map[string]string{"missing": missing}) // strings always can be
		}
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {contentType}})
		if err != nil {
			return err
		}
		if _, err := part.Write(doc); err != nil {
			return err
		}
	}
	return w.Close()
}
