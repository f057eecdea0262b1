package couch

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"
)

// attachment answers for /{db}/{id}/{name}.
func (r *request) attachment(id, name string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.getAttachment(id, name)
	case http.MethodPut, http.MethodDelete:
		return r.editAttachment(id, name)
	}
	return notAllowed(r.w, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPut)
}

func (r *request) getAttachment(id, name string) error {
	wanted := r.rev("rev")
	if r.err != nil {
		return r.err
	}
	rec, err := r.db.get(r.Context(), id)
	if err != nil {
		return err
	}
	i, err := rec.choose(wanted, false)
	if err != nil {
		return err
	}
	_, encoded, found, err := r.db.leaf(r.Context(), rec, i)
	if err != nil {
		return err
	}
	all, err := decodeAttachments(encoded)
	if err != nil {
		return err
	}
	a := all[name]
	if !found || a == nil {
		return errNoAttachment
	}
	data, err := r.db.bytes(r.Context(), a.Digest)
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", a.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-MD5", strings.TrimPrefix(a.Digest, "md5-"))
	h.Set("ETag", `"`+strings.TrimPrefix(a.Digest, "md5-")+`"`)
	http.ServeContent(r.w, r.Request, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// editAttachment makes a revision of the document with an attachment set or
// removed, and all else as it is.
func (r *request) editAttachment(id, name string) error {
	if strings.HasPrefix(name, "_") {
		return badRequest("Attachment name must not start with an underscore.")
	}
	parent, err := r.parent()
	if err != nil {
		return err
	}
	doc, err := r.present(id, parent)
	if err != nil {
		return err
	}
	if r.Method == http.MethodDelete {
		if doc.attachments[name] == nil {
			return errNoAttachment
		}
		delete(doc.attachments, name)
		return r.editOne(doc, true, http.StatusOK)
	}
	data, err := r.readBody()
	if err != nil {
		return err
	}
	doc.attachments[name] = newAttachment(r.Header.Get("Content-Type"), data)
	return r.editOne(doc, true, http.StatusCreated)
}

// present returns the edit that changes nothing about revision parent of a
// document, or an empty new document if there is none.
func (r *request) present(id string, parent *Revision) (*document, error) {
	doc := &document{id: id, rev: parent, body: []byte("{}"), attachments: make(map[string]*attachment)}
	rec, err := r.db.get(r.Context(), id)
	if errors.Is(err, errMissing) && parent == nil {
		return doc, nil
	}
	if err != nil {
		return nil, err
	}
	if parent == nil {
		if !rec.tree[rec.tree.winner()].deleted {
			return nil, errConflict
		}
		return doc, nil
	}
	i := rec.tree.find(*parent)
	if i == noParent {
		return nil, errConflict
	}
	body, encoded, found, err := r.db.leaf(r.Context(), rec, i)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errConflict
	}
	doc.body = body
	all, err := decodeAttachments(encoded)
	for name, a := range all {
		a.Stub = true
		doc.attachments[name] = a
	}
	return doc, err
}
