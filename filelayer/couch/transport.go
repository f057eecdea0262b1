package couch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
)

// Transport returns a RoundTripper that answers every request from s, in
// memory, whatever host its URL names. Bodies stream both ways, and a request
// whose context ends is given up, with what its handler was waiting for.
func (s *Server) Transport() http.RoundTripper { return roundTripper{s, s.opts.Log} }

type roundTripper struct {
	handler http.Handler
	log     *slog.Logger
}

// RoundTrip implements [http.RoundTripper].
func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	r := req.Clone(ctx)
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.ContentLength == 0 && r.Body != http.NoBody {
		r.ContentLength = -1 // a client's 0 is a server's -1
	}
	r.RequestURI = r.URL.RequestURI()
	x := &exchange{request: r, cancel: cancel, header: make(http.Header), ready: make(chan struct{})}
	x.read, x.write = io.Pipe()
	body := r.Body // the handler may put another in its place
	// The end of the context also ends a handler that waits for the client to
	// send its body, or to read the answer.
	stop := context.AfterFunc(ctx, func() {
		_ = x.write.CloseWithError(context.Cause(ctx)) // never fails
		_ = body.Close()                               // the handler's read fails
	})
	go func() {
		defer cancel()
		defer stop()
		defer func() { _ = body.Close() }() // nobody is left to tell
		x.serve(t.handler, t.log)
	}()
	select {
	case <-x.ready:
		return x.response, x.err
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// answerBuffer is how much of an answer is held back: a short one is handed
// over whole, a longer one streams in pieces of this size.
const answerBuffer = 32 << 10

// An exchange is one request on its way through the server; it is the
// handler's ResponseWriter. Only the handler's goroutine touches it until
// ready is closed, and response and err are not touched after.
type exchange struct {
	request *http.Request
	cancel  context.CancelFunc
	header  http.Header
	status  int
	buf     bytes.Buffer // written, but not sent
	read    *io.PipeReader
	write   *io.PipeWriter

	ready    chan struct{} // closed when response or err is there
	response *http.Response
	err      error
}

func (x *exchange) serve(h http.Handler, log *slog.Logger) {
	defer func() {
		if p := recover(); p != nil {
			x.failed(log, p)
		}
	}()
	h.ServeHTTP(x, x.request)
	if x.response != nil {
		_ = x.send() // the client may have gone
		_ = x.write.Close()
		return
	}
	x.WriteHeader(http.StatusOK)
	x.deliver(io.NopCloser(&x.buf), int64(x.buf.Len()))
}

// failed ends the exchange after the handler panicked, as net/http would by
// closing the connection: one bad request must not end the program. With
// [http.ErrAbortHandler] it meant to end so.
func (x *exchange) failed(log *slog.Logger, p any) {
	err := fmt.Errorf("answer %s %s: %v", x.request.Method, x.request.URL.Path, p)
	if cause, _ := p.(error); !errors.Is(cause, http.ErrAbortHandler) {
		log.Error("A request made the database server panic", "err", err, "stack", string(debug.Stack()))
	}
	_ = x.write.CloseWithError(err) // never fails
	if x.response == nil {
		x.err = errors.Join(io.ErrUnexpectedEOF, err)
		close(x.ready)
	}
}

// deliver hands the answer over with body; length is -1 if it is not known.
func (x *exchange) deliver(body io.ReadCloser, length int64) {
	if n, err := strconv.ParseInt(x.header.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	x.response = &http.Response{
		Status:     strconv.Itoa(x.status) + " " + http.StatusText(x.status),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        x.header.Clone(),
		Body:          body,
		ContentLength: length,
		Request:       x.request,
	}
	close(x.ready)
}

// Header implements [http.ResponseWriter].
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader implements [http.ResponseWriter].
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
}

// Write implements [http.ResponseWriter].
func (x *exchange) Write(p []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	if x.buf.Len()+len(p) <= answerBuffer {
		return x.buf.Write(p)
	}
	if err := x.send(); err != nil {
		return 0, err
	}
	return x.write.Write(p)
}

// Flush implements [http.Flusher].
func (x *exchange) Flush() {
	x.WriteHeader(http.StatusOK)
	_ = x.send() // the next Write fails likewise
}

// send hands over the answer's head, if that is still to be done, and what is
// in the buffer.
func (x *exchange) send() error {
	if x.response == nil {
		x.deliver(&streamBody{x.read, x.cancel}, -1)
	}
	_, err := x.buf.WriteTo(x.write)
	return err
}

// A streamBody tells the handler when the client has read enough.
type streamBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (b *streamBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
