package couch

import (
	"context"
	"mime"
	"net/http"
	"strings"
)

// document answers for /{db}/{id} and, with a rest, for its attachments.
func (r *request) document(id string, rest []string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if len(rest) > 0 {
		return r.attachment(id, strings.Join(rest, "/"))
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.getDocument(id)
	case http.MethodPut:
		return r.putDocument(id)
	case http.MethodDelete:
		return r.deleteDocument(id)
	}
	return notAllowed(r.w, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPut)
}

func (r *request) getDocument(id string) error {
	s, latest, wanted := r.show(), r.flag("latest"), r.rev("rev")
	if s.since = r.revs("atts_since"); s.since != nil {
		s.attachments = true
	}
	if r.err != nil {
		return r.err
	}
	if r.text("open_revs") != "" {
		return r.openRevs(id, s, latest)
	}
	rec, err := r.db.get(r.Context(), id)
	if err != nil {
		return err
	}
	i, err := rec.choose(wanted, latest)
	if err != nil {
		return err
	}
	etag := `"` + rec.tree[i].rev.String() + `"`
	r.w.Header().Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		r.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if s.attachments {
		return r.sendWithAttachments(rec, i, s)
	}
	b, found, err := r.db.appendDocument(r.Context(), make([]byte, 0, len(rec.body)+256), rec, i, s)
	if err != nil {
		return err
	}
	if !found {
		r.w.Header().Del("ETag")
		return errMissing
	}
	writeBytes(r.w, r.Request, http.StatusOK, append(b, '\n'))
	return nil
}

// sendWithAttachments answers with the document and the bytes of its
// attachments: after it, if the client takes that, else in it.
func (r *request) sendWithAttachments(rec *record, i int, s show) error {
	if accepts(r.Header.Get("Accept"), "multipart/related") {
		return r.sendRelated(rec, i, s)
	}
	out := r.stream("application/json")
	s.spill = out.take
	b, found, err := r.db.appendDocument(r.Context(), out.buf, rec, i, s)
	if err == nil && !found {
		err = errMissing
	}
	if err != nil {
		if !out.started {
			r.w.Header().Del("ETag")
		}
		return out.fail(err)
	}
	out.buf = append(b, '\n')
	return out.flush()
}

func matches(ifNoneMatch, etag string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// choose returns the index of the revision to answer with: the one wanted, or
// with latest the best leaf that descends from it; else the winning revision.
func (rec *record) choose(wanted *Revision, latest bool) (int, error) {
	if wanted == nil {
		i := rec.tree.winner()
		if rec.tree[i].deleted {
			return 0, errDeleted
		}
		return i, nil
	}
	i := rec.tree.find(*wanted)
	if i == noParent {
		return 0, errMissing
	}
	if latest {
		i = rec.tree.heirs(i)[0]
	}
	return i, nil
}

func (r *request) putDocument(id string) error {
	if mediaType, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "multipart/related" {
		return r.putRelated(id, params["boundary"])
	}
	raw, err := r.readJSON()
	if err != nil {
		return err
	}
	doc, err := parseDocument(raw, r.server.opts.MaxDocument)
	if err != nil {
		return err
	}
	if doc.id != "" && doc.id != id {
		return badRequest("Document ID must match the one in the URL")
	}
	doc.id = id
	return r.writeDocument(doc)
}

// postDocument answers POST /{db}: a document whose ID may be left to the server.
func (r *request) postDocument() error {
	raw, err := r.readPost()
	if err != nil {
		return err
	}
	doc, err := parseDocument(raw, r.server.opts.MaxDocument)
	if err != nil {
		return err
	}
	if doc.id == "" {
		doc.id = newUUID()
	}
	return r.writeDocument(doc)
}

// writeDocument writes doc, which follows the revision that query, header and
// body name alike.
func (r *request) writeDocument(doc *document) error {
	newEdits := r.flagOr("new_edits", true)
	parent, err := r.parent()
	if err != nil {
		return err
	}
	if parent != nil {
		if doc.rev != nil && *doc.rev != *parent {
			return badRequest("Document rev from request body and query string have different values")
		}
		doc.rev = parent
	}
	return r.editOne(doc, newEdits, http.StatusCreated)
}

// parent returns the revision that a request's rev or If-Match names; nil if
// neither is there.
func (r *request) parent() (*Revision, error) {
	rev := r.rev("rev")
	if r.err != nil {
		return nil, r.err
	}
	match := strings.Trim(r.Header.Get("If-Match"), `"`)
	if match == "" {
		return rev, nil
	}
	parsed, err := ParseRevision(match)
	if err != nil {
		return nil, errBadRev
	}
	if rev != nil && *rev != parsed {
		return nil, badRequest("Document rev and etag have different values")
	}
	return &parsed, nil
}

func (r *request) editOne(doc *document, newEdits bool, status int) error {
	outcomes, err := r.db.edit(r.Context(), []*document{doc}, newEdits)
	if err != nil {
		return err
	}
	o := outcomes[0]
	if o.err != nil {
		return o.err
	}
	r.w.Header().Set("ETag", `"`+o.rev.String()+`"`)
	if status == http.StatusCreated {
		r.w.Header().Set("Location", r.URL.EscapedPath())
	}
	writeBytes(r.w, r.Request, status, append(appendOutcome(nil, o), '\n'))
	return nil
}

func (r *request) deleteDocument(id string) error {
	parent, err := r.parent()
	if err != nil {
		return err
	}
	if parent == nil {
		return r.db.whyNotDelete(r.Context(), id)
	}
	doc := &document{id: id, rev: parent, deleted: true, body: []byte("{}")}
	return r.editOne(doc, true, http.StatusOK)
}

// whyNotDelete returns what is wrong with deleting without a revision.
func (d *database) whyNotDelete(ctx context.Context, id string) error {
	tree, _, err := d.revisions(ctx, id)
	switch {
	case err != nil:
		return err
	case len(tree) == 0:
		return errMissing
	case tree[tree.winner()].deleted:
		return errDeleted
	}
	return errConflict
}
