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

// withPatience returns w and r with deadlines, if the connection has them, and
// what completes the answer. It leaves what it was given as it is.
func withPatience(w http.ResponseWriter, r *http.Request, stall time.Duration) (_ http.ResponseWriter, _ *http.Request, end func()) {
	c := http.NewResponseController(w)
	if errors.Is(c.SetWriteDeadline(time.Now().Add(stall)), http.ErrNotSupported) {
		return w, r, func() {}
	}
	if r.Body != nil && r.Body != http.NoBody {
		in := new(http.Request)
		*in = *r
		in.Body = &patientBody{r.Body, c, stall}
		r = in
	}
	p := &patient{w, c, stall}
	return p, r, p.end
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

// Read implements [io.Reader]. After the last byte there is no deadline: it
// would end the request's context.
func (p *patientBody) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(p.stall)) // those for writing worked
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = p.control.SetReadDeadline(time.Time{}) // it worked just now
	}
	return n, err
}
