package couch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/couch/mango"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A request is one request for one database.
type request struct {
	*http.Request
	w      http.ResponseWriter
	server *Server
	db     *database
	*params
}

// ServeHTTP answers a request of the CouchDB protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", serverHeader)
	w.Header().Set("Cache-Control", "must-revalidate")
	w.Header().Set("X-Couch-Request-Id", fmt.Sprintf("%010x", rand.Uint64()>>24))
	w, r, sent := withPatience(w, r, s.opts.Stall)
	defer sent()
	w, packed := withGzip(w, r)
	defer packed()
	if err := s.route(w, r); err != nil { //nolint:contextcheck // a request carries its context
		s.answerError(w, r, err)
	}
}

func (s *Server) answerError(w http.ResponseWriter, r *http.Request, err error) {
	var answer *Error
	var query *mango.Error
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &answer):
	case errors.As(err, &query):
		answer = queryError(query)
	case errors.As(err, &tooLong):
		answer = errTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		answer = errTooSlow
	case errors.Is(err, ErrClosed):
		answer = &Error{http.StatusServiceUnavailable, "service unavailable", "The database is closed."}
	case r.Context().Err() != nil: // nobody is there to read it
		return
	default:
		s.opts.Log.ErrorContext(r.Context(), "Could not answer a database request", "method", r.Method, "path", r.URL.Path, "err", err)
		answer = storageError(err)
	}
	writeError(w, r, answer)
}

func writeError(w http.ResponseWriter, r *http.Request, e *Error) {
	writeJSON(w, r, e.Status, map[string]string{"error": e.Name, "reason": e.Reason})
}

// writeJSON answers with v. That the client has gone is no error.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // v is of this package's making
	writeBytes(w, r, status, b.Bytes())
}

func writeBytes(w http.ResponseWriter, r *http.Request, status int, b []byte) {
	w.Header().Set("Content-Type", jsonType(r))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the client may have gone
	}
}

// jsonType returns the type by which JSON is sent: a client that takes none,
// by its Accept, gets it as text, as from CouchDB.
func jsonType(r *http.Request) string {
	if accepts(r.Header.Get("Accept"), "application/json") {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

func (r *request) answer(status int, v any) error {
	writeJSON(r.w, r.Request, status, v)
	return nil
}

func notAllowed(w http.ResponseWriter, methods ...string) *Error {
	list := strings.Join(methods, ",")
	w.Header().Set("Allow", list)
	return &Error{http.StatusMethodNotAllowed, "method_not_allowed", "Only " + list + " allowed"}
}

func notImplemented(what string) error {
	return &Error{http.StatusNotImplemented, "not_implemented", what}
}

// readBody returns the request's body, unpacked.
func (r *request) readBody() ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(r.w, r.Body, r.server.opts.MaxRequest)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, badRequest("The body is not in gzip format")
		}
		body = http.MaxBytesReader(r.w, z, r.server.opts.MaxRequest)
	default:
		return nil, &Error{http.StatusUnsupportedMediaType, "bad_ctype", fmt.Sprintf("Content-Encoding %.50q is not supported", encoding)}
	}
	b, err := io.ReadAll(body)
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, badRequest("The body is incomplete or damaged")
	}
	return nil, err
}

// readJSON returns the request's body, which must be JSON.
func (r *request) readJSON() ([]byte, error) {
	b, err := r.readBody()
	if err != nil {
		return nil, err
	}
	if !rawjson.Valid(b) {
		return nil, badRequest("invalid UTF-8 JSON")
	}
	return b, nil
}

// checkType refuses what is not called JSON: a browser's form must not pass.
func (r *request) checkType() error {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/json" {
		return &Error{http.StatusUnsupportedMediaType, "bad_content_type", "Content-Type must be application/json"}
	}
	return nil
}

// readPost is readJSON for POST.
func (r *request) readPost() ([]byte, error) {
	if err := r.checkType(); err != nil {
		return nil, err
	}
	return r.readJSON()
}

// decodePost decodes a POSTed body into v.
func (r *request) decodePost(v any) error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return badRequest("The body does not have the form that this request needs: %v", err)
	}
	return nil
}

// pathSegments returns the unescaped segments of the request's path, so that
// an escaped slash stays inside its segment.
func pathSegments(u *url.URL) ([]string, error) {
	path := strings.Trim(u.EscapedPath(), "/")
	if path == "" {
		return nil, nil
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		text, err := url.PathUnescape(s)
		if err != nil {
			return nil, badRequest("Invalid path")
		}
		segments[i] = text
	}
	return segments, nil
}
