package couch

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minPacked is the length from which an answer is worth compressing.
const minPacked = 1400 // what one packet carries

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a good one
	return z
}}

// packed compresses the answer to a client that asks for it, where that pays:
// JSON and feeds, if they are long or their length is not known. Attachments
// and parts of them go out as they are.
type packed struct {
	http.ResponseWriter
	z       *gzip.Writer // nil: not compressed
	decided bool
}

// withGzip returns the writer for the answer to r, and what completes the answer.
func withGzip(w http.ResponseWriter, r *http.Request) (_ http.ResponseWriter, end func()) {
	if r.Method == http.MethodHead || !acceptsEncoding(r.Header.Get("Accept-Encoding"), "gzip") {
		return w, func() {}
	}
	p := &packed{ResponseWriter: w}
	return p, p.end
}

// Unwrap lets [http.ResponseController] reach the connection.
func (p *packed) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (p *packed) WriteHeader(status int) {
	if !p.decided && status >= http.StatusOK {
		p.decided = true
		if p.pays(status) {
			h := p.Header()
			h.Del("Content-Length")
			h.Set("Content-Encoding", "gzip")
			h.Add("Vary", "Accept-Encoding")
			p.z, _ = packers.Get().(*gzip.Writer)
			p.z.Reset(p.ResponseWriter)
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packed) pays(status int) bool {
	h := p.Header()
	if status == http.StatusNoContent || status == http.StatusPartialContent || status == http.StatusNotModified ||
		h.Get("Content-Encoding") != "" || h.Get("Accept-Ranges") != "" {
		return false
	}
	switch kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); kind {
	case "application/json", "text/plain", "text/event-stream":
	default:
		return false
	}
	n, err := strconv.Atoi(h.Get("Content-Length"))
	return err != nil || n >= minPacked
}

// Write implements [http.ResponseWriter].
func (p *packed) Write(b []byte) (int, error) {
	if !p.decided {
		p.WriteHeader(http.StatusOK)
	}
	if p.z == nil {
		return p.ResponseWriter.Write(b)
	}
	return p.z.Write(b)
}

// Flush implements [http.Flusher]: what was written can be unpacked.
func (p *packed) Flush() {
	if p.z != nil {
		_ = p.z.Flush() // the next Write fails likewise
	}
	if f, ok := p.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func (p *packed) end() {
	if p.z == nil {
		return
	}
	_ = p.z.Close() // the client may have gone
	p.z.Reset(nil)
	packers.Put(p.z)
	p.z = nil
}
