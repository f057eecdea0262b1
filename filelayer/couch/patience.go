package couch

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// A client that has stopped sending, or taking, must not hold its connection
// for good: each read of a body and each write of an answer has a deadline of
// its own, so that slow ones may last.

// patient is a ResponseWriter that gives each write that time.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// withPatience returns w with deadlines, if its connection has them, and what
// completes the answer.
func withPatience(w http.ResponseWriter, stall time.Duration) (_ http.ResponseWriter, end func()) {
	c := http.NewResponseController(w)
	if errors.Is(c.SetWriteDeadline(time.Now().Add(stall)), http.ErrNotSupported) {
		return w, func() {}
	}
	p := &patient{w, c, stall}
	return p, p.end
}

// Unwrap lets [http.ResponseController] reach the connection.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write implements [http.ResponseWriter].
func (p *patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(p.stall)) // it worked once
	return p.ResponseWriter.Write(b)
}

// Flush implements [http.Flusher].
func (p *patient) Flush() {
	_ = p.control.SetWriteDeadline(time.Now().Add(p.stall))
	_ = p.control.Flush() // a failure shows at the next write
}

// end sends what is left, and takes the deadline off: whoever answers the
// connection's next request may set none.
func (p *patient) end() {
	p.Flush()
	_ = p.control.SetWriteDeadline(time.Time{})
}

// patientBody is a request's body.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

// waitFor makes reads of r's body fail that take longer than stall.
func waitFor(w http.ResponseWriter, r *http.Request, stall time.Duration) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &patientBody{r.Body, http.NewResponseController(w), stall}
	}
}

// Read implements [io.Reader]. After the last byte there is no deadline: it
// would end the request's context.
func (p *patientBody) Read(b []byte) (int, error) {
	if p.control.SetReadDeadline(time.Now().Add(p.stall)) != nil {
		return p.ReadCloser.Read(b)
	}
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = p.control.SetReadDeadline(time.Time{}) // it worked just now
	}
	return n, err
}
