package couch

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// attachment answers for /{db}/{id}/{name}.
func (r *request) attachment(id, name string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.getAttachment(id, name)
	case http.MethodPut:
		return r.putAttachment(id, name)
	case http.MethodDelete:
		return r.deleteAttachment(id, name)
	}
	return notAllowed(r.w, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPut)
}

func (r *request) getAttachment(id, name string) error {
	a, err := r.findAttachment(id, name)
	if err != nil {
		return err
	}
	s, err := r.db.open(r.Context(), a.Digest)
	if err != nil {
		return err
	}
	defer s.close()
	sum := strings.TrimPrefix(a.Digest, "md5-")
	h := r.w.Header()
	h.Set("ETag", `"`+sum+`"`)
	if matches(r.Header.Get("If-None-Match"), h.Get("ETag")) {
		r.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", a.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox") // a page among the files has no rights here
	switch {
	case a.Encoding == "":
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-MD5", sum)
		return r.sendRanges(s, a.ContentType)
	case acceptsEncoding(r.Header.Get("Accept-Encoding"), a.Encoding):
		h.Set("Accept-Ranges", "none")
		h.Set("Content-MD5", sum)
		h.Set("Content-Encoding", a.Encoding)
		return r.sendSpan(s, span{0, s.length}, http.StatusOK)
	}
	h.Set("Accept-Ranges", "none")
	return r.sendUnpacked(s)
}

func (r *request) findAttachment(id, name string) (*attachment, error) {
	wanted := r.rev("rev")
	if r.err != nil {
		return nil, r.err
	}
	rec, err := r.db.get(r.Context(), id)
	if err != nil {
		return nil, err
	}
	i, err := rec.choose(wanted, false)
	if err != nil {
		return nil, err
	}
	_, encoded, found, err := r.db.leaf(r.Context(), rec, i)
	if err != nil {
		return nil, err
	}
	all, err := decodeAttachments(encoded)
	if err == nil && (!found || all[name] == nil) {
		err = errNoAttachment
	}
	return all[name], err
}

// acceptsEncoding reports whether a header Accept-Encoding names encoding.
func acceptsEncoding(header, encoding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(item, ";")
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(params), "q="), 64)
		if strings.EqualFold(strings.TrimSpace(name), encoding) && (err != nil || q > 0) {
			return true
		}
	}
	return false
}

// sendUnpacked sends what is stored in gzip format to a client that does not
// take it. How long it is, only the sender knew.
func (r *request) sendUnpacked(s *stored) error {
	r.w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	r.ended(unpack(r.w, s.reader(r.Context())))
	return nil
}

// ended records why an answer that has begun was cut short, if it was, and
// lets the client see that.
func (r *request) ended(err error) {
	if err == nil {
		return
	}
	r.cutShort(err)
	panic(http.ErrAbortHandler)
}

func (r *request) deleteAttachment(id, name string) error {
	parent, err := r.parent()
	if err != nil {
		return err
	}
	if parent == nil {
		if _, err := r.findAttachment(id, name); err != nil {
			return err
		}
		return errConflict
	}
	doc, err := r.present(id, parent)
	if err != nil {
		return err
	}
	if doc.attachments[name] == nil {
		return errNoAttachment
	}
	delete(doc.attachments, name)
	return r.editOne(doc, true, http.StatusOK)
}

// putAttachment makes a revision of the document with an attachment set, and
// all else as it is.
func (r *request) putAttachment(id, name string) error {
	if err := checkAttachmentName(name); err != nil {
		return err
	}
	parent, err := r.parent()
	if err != nil {
		return err
	}
	a := &attachment{ContentType: r.Header.Get("Content-Type")}
	if a.ContentType == "" {
		a.ContentType = defaultContentType
	}
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip":
		a.Encoding = encoding
	default:
		return &Error{http.StatusUnsupportedMediaType, "bad_ctype", "Only gzip and identity content-encodings are supported"}
	}
	doc, err := r.present(id, parent) // before the bytes come: they may be many
	if err != nil {
		return err
	}
	in := r.intake()
	defer r.giveUp(in)
	c, err := r.receiveBody(in, a.Encoding != "")
	if err != nil {
		return err
	}
	a.carry(c)
	doc.attachments[name] = a
	return r.editOne(doc, true, http.StatusCreated)
}

// receiveBody receives the request's body as an attachment.
func (r *request) receiveBody(in *intake, packed bool) (*content, error) {
	if r.ContentLength > in.limit {
		return nil, errAttachmentTooLarge
	}
	c, err := in.receive(r.Context(), r.Body, packed)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, badRequest("attachment shorter than expected")
	}
	if err != nil {
		return nil, err
	}
	if r.ContentLength >= 0 && c.length != r.ContentLength {
		return nil, badRequest("The attachment has %d bytes, not %d as its Content-Length says", c.length, r.ContentLength)
	}
	if sum := r.Header.Get("Content-MD5"); sum != "" && "md5-"+sum != c.digest {
		return nil, errDigest
	}
	return c, nil
}

// giveUp closes in. What cannot be deleted now, is at the next start.
func (r *request) giveUp(in *intake) {
	if err := in.close(r.Context()); err != nil && !errors.Is(err, ErrClosed) {
		r.server.opts.Log.WarnContext(r.Context(), "Could not delete what was received for nothing", "db", r.db.name, "err", r.db.note(err))
	}
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
	doc.body, doc.deleted = body, rec.tree[i].deleted
	all, err := decodeAttachments(encoded)
	for name, a := range all {
		a.stub = true
		doc.attachments[name] = a
	}
	return doc, err
}

// accepts reports whether a header Accept lets mediaType through, by CouchDB's
// rules: all that there is, if there is none.
func accepts(header, mediaType string) bool {
	if header == "" {
		return true
	}
	super, _, _ := strings.Cut(mediaType, "/")
	super += "/*"
	wanted := false
	for item := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		refused := err == nil && q <= 0
		switch name {
		case mediaType, super:
			if refused {
				return false
			}
			wanted = true
		case "*/*":
			wanted = wanted || !refused
		}
	}
	return wanted
}
