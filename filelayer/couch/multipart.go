package couch

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// maxPartHead is how much may come before the bytes of a part.
const maxPartHead = 64 << 10

// putRelated answers PUT /{db}/{id} with multipart/related: the document as
// JSON, then the attachments of it that say "follows". They come in the
// document's order, or are told by the file names of their parts. Nothing is
// changed unless all of it comes.
func (r *request) putRelated(id, boundary string) error {
	if boundary == "" {
		return badRequest("multipart/related has no boundary")
	}
	in := r.intake()
	defer r.giveUp(in)
	parts := newParts(r.Body, boundary)
	doc, err := parts.document(r.server.opts)
	if err != nil {
		return err
	}
	if doc.id != "" && doc.id != id {
		return badRequest("Document ID must match the one in the URL")
	}
	doc.id = id
	err = parts.attachments(doc, in.limit, func(part io.Reader, packed bool) (*content, error) {
		return in.receive(r.Context(), part, packed)
	})
	if err != nil {
		return err
	}
	return r.writeDocument(doc)
}

// parts reads a multipart body with a bound to each of its parts.
type parts struct {
	mime *multipart.Reader
	left int64 // how much may still be read
}

func newParts(body io.Reader, boundary string) *parts {
	p := new(parts)
	p.mime = multipart.NewReader(readFunc(func(b []byte) (int, error) {
		if p.left <= 0 {
			return 0, errTooLarge
		}
		n, err := body.Read(b[:min(int64(len(b)), p.left)])
		p.left -= int64(n)
		return n, err
	}), boundary)
	return p
}

// next returns the next part, whose body may be as long as limit; io.EOF after
// the last.
func (p *parts) next(limit int64) (*part, error) {
	p.left = maxPartHead
	next, err := p.mime.NextRawPart()
	p.left = limit + maxPartHead
	if err != nil {
		return nil, plain(err)
	}
	return &part{next}, nil
}

// A part is read with errors that are fit for the client.
type part struct{ *multipart.Part }

func (p *part) Read(b []byte) (int, error) {
	n, err := p.Part.Read(b)
	return n, plain(err)
}

// fileName returns the name that the part gives, or "".
func (p *part) fileName() string {
	_, params, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	return params["filename"]
}

// plain returns what is wrong with a body that could not be read on: the
// client's fault, if it was not the connection's.
func plain(err error) error {
	var e *Error
	switch {
	case err == nil, errors.As(err, &e), err == io.EOF: //nolint:errorlint // the reader wraps the one that means a body cut short
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return badRequest("The multipart body is incomplete or malformed")
}

// document reads the first part.
func (p *parts) document(opts Options) (*document, error) {
	part, err := p.next(opts.MaxRequest)
	if errors.Is(err, io.EOF) {
		return nil, badRequest("The multipart body has no parts")
	}
	if err != nil {
		return nil, err
	}
	if mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); mediaType != "application/json" {
		return nil, &Error{http.StatusUnsupportedMediaType, "bad_ctype", "Content-Type must be application/json"}
	}
	raw, err := io.ReadAll(part)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > opts.MaxRequest {
		return nil, errTooLarge
	}
	if !rawjson.Valid(raw) {
		return nil, badRequest("invalid UTF-8 JSON")
	}
	return parseDocument(raw, opts.MaxDocument)
}

// attachments reads the other parts, which must be what doc lacks.
func (p *parts) attachments(doc *document, limit int64, receive func(part io.Reader, packed bool) (*content, error)) error {
	for {
		part, err := p.next(limit)
		if errors.Is(err, io.EOF) && len(doc.following) == 0 {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return badRequest("attachment shorter than expected: %.200s does not follow", doc.following[0])
		}
		if err != nil {
			return err
		}
		if len(doc.following) == 0 {
			return badRequest("More follows than the document has attachments for")
		}
		k := max(0, slices.Index(doc.following, part.fileName()))
		name := doc.following[k]
		doc.following = slices.Delete(doc.following, k, k+1)
		a := doc.attachments[name]
		c, err := receive(part, a.Encoding != "")
		if err != nil {
			return err
		}
		if err := a.check(c, part.Header.Get("Content-Length")); err != nil {
			return err
		}
		a.carry(c)
	}
}

// check refuses bytes that are not what the client said.
func (a *attachment) check(c *content, contentLength string) error {
	wants := a.wants
	if n, err := strconv.ParseInt(strings.TrimSpace(contentLength), 10, 64); err == nil && wants < 0 {
		wants = n
	} else if err == nil && wants != n {
		return badRequest("An attachment's Content-Length is not the length that the document names")
	}
	switch {
	case wants >= 0 && c.length > wants:
		return badRequest("attachment longer than expected")
	case wants >= 0 && c.length < wants:
		return badRequest("attachment shorter than expected")
	case a.Digest != "" && a.Digest != c.digest:
		return errDigest
	}
	return nil
}
