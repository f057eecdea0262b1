package couch

import (
	"net/http"
)

// A stream is an answer that is sent while it is made. Its methods return an
// error only when the client has gone.
type stream struct {
	r           *request
	contentType string
	buf         []byte // made, but not sent
	started     bool
}

func (r *request) stream(contentType string) *stream {
	if contentType == "application/json" {
		contentType = jsonType(r.Request)
	}
	return &stream{r: r, contentType: contentType, buf: make([]byte, 0, 4096)}
}

// send sends what is made.
func (s *stream) send() error {
	if !s.started {
		s.started = true
		s.r.w.Header().Set("Content-Type", s.contentType)
		s.r.w.WriteHeader(http.StatusOK)
	}
	if len(s.buf) == 0 || s.r.Method == http.MethodHead {
		s.buf = s.buf[:0]
		return nil
	}
	_, err := s.r.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// spill sends what is made if that is much.
func (s *stream) spill() error {
	if len(s.buf) < chunkBytes {
		return nil
	}
	return s.send()
}

// take makes b what is made, and returns what is left of it after spill.
func (s *stream) take(b []byte) ([]byte, error) {
	s.buf = b
	err := s.spill()
	return s.buf, err
}

// flush sends what is made, all the way to the client.
func (s *stream) flush() error {
	if err := s.send(); err != nil {
		return err
	}
	if f, ok := s.r.w.(http.Flusher); ok {
		f.Flush()
	}
	return nil
}

// fail ends the answer because of err. Once part of it is sent, the client
// learns by the JSON being cut short.
func (s *stream) fail(err error) error {
	if !s.started {
		return err
	}
	s.r.cutShort(err)
	return nil
}

// cutShort records why an answer ends before it is complete, unless nobody is
// there to read it.
func (r *request) cutShort(err error) {
	if r.Context().Err() != nil {
		return
	}
	r.server.opts.Log.ErrorContext(r.Context(), "Cut an answer short", "path", r.URL.Path, "err", r.db.note(err))
}
