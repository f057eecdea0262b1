package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/filelayer/couch"
)

// Limits of the peer service.
const (
	peerRequests = 48 // at once, of one device; each database that it follows holds one
	peerHeader   = 16 << 10
	peerStall    = time.Minute // longest time to take some bytes, of a write peerBlock
	peerBlock    = 64 << 10
	peerSuffix   = ".pk.ygg"
)

// peerHost is the name of a device in URLs and for dialling: its key in two
// labels, since one holds at most 63 bytes.
func peerHost(id string) string { return id[:32] + "." + id[32:] + peerSuffix }

func peerURL(id, path string) string {
	return fmt.Sprintf("http://%s:%d%s", peerHost(id), PeerPort, path)
}

// peerID is the device behind a remote address, or "".
func peerID(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	key, ok := strings.CutSuffix(host, peerSuffix)
	first, second, ok2 := strings.Cut(key, ".")
	id := first + second
	if !ok || !ok2 || len(first) != 32 || !validDeviceID(id) {
		return ""
	}
	return id
}

// A peerHandler is another package's part of the peer service.
type peerHandler struct {
	prefix string
	http.Handler
}

// HandlePeer serves GET requests of paired devices whose path begins with
// prefix, such as "/thumb/". It must be called before Run.
func (l *Layer) HandlePeer(prefix string, h http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handlers = append(l.handlers, peerHandler{prefix, h})
}

// PeerGet asks a paired device for a path that it serves with HandlePeer. The
// caller closes the body.
func (l *Layer) PeerGet(ctx context.Context, deviceID, path string) (*http.Response, error) {
	if !l.mirror.paired(deviceID) {
		return nil, fmt.Errorf("ask %s: %w", deviceID, ErrNotPaired)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, peerURL(deviceID, path), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", l.deviceName(deviceID), err)
	}
	resp, err := l.ask(l.client, req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", l.deviceName(deviceID), err)
	}
	return resp, nil
}

// unanswered is the error of a device that does not answer. Its text leaves out
// the URL and the dialling, which tell a person nothing; cause has them.
type unanswered struct{ cause error }

func (u unanswered) Error() string { return "does not answer" }
func (u unanswered) Unwrap() error { return u.cause }

// ask sends a request to another device. When its context was cancelled, the
// error is the cause of that.
func (l *Layer) ask(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := client.Do(req)
	switch {
	case err == nil:
		return resp, nil
	case errors.Is(req.Context().Err(), context.Canceled):
		return nil, context.Cause(req.Context())
	}
	l.log.DebugContext(req.Context(), "Device does not answer", "error", err)
	return nil, unanswered{err}
}

// servePeers serves the paired devices until ctx ends.
func (l *Layer) servePeers(ctx context.Context) error {
	if l.opts.Listener == nil {
		return nil
	}
	busy := newLimiter(peerRequests)
	server := &http.Server{
		Handler:           l.peerService(busy),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       PeerIdle,
		MaxHeaderBytes:    peerHeader,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(l.opts.Listener)
	busy.close() // so that no request uses what Close releases
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve peers: %w", err)
}

// peerService answers paired devices, and nobody else.
func (l *Layer) peerService(busy *limiter) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/db/", func(w http.ResponseWriter, r *http.Request) {
		// Escaped, since a database may have a slash in its name.
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/db/"), "/")
		if !l.db.has(name) {
			http.NotFound(w, r)
			return
		}
		http.StripPrefix("/db", couch.PullOnly(peerID(r.RemoteAddr), l.db.server)).ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /blob/{digest}", l.upward(l.withDigest(l.serveBlob)))
	mux.HandleFunc("POST /blobs", l.upward(l.serveBlobs))
	mux.HandleFunc("POST /lease/{digest}", l.withDigest(l.serveLease))
	mux.HandleFunc("POST /leases", l.serveLeases)
	mux.HandleFunc("POST /leases/end", l.serveReleases)
	mux.HandleFunc("DELETE /lease/{digest}/{removal}", l.withDigest(l.serveRelease))
	l.mu.Lock()
	for _, h := range l.handlers {
		mux.Handle("GET "+h.prefix, h)
	}
	l.mu.Unlock()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := peerID(r.RemoteAddr)
		if id == "" || !l.mirror.paired(id) {
			http.Error(w, "this device is not paired", http.StatusForbidden)
			return
		}
		if l.givesWay() {
			http.Error(w, "another computer runs as this device", http.StatusServiceUnavailable)
			return
		}
		if !busy.enter(id) {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
			return
		}
		defer busy.leave(id)
		mux.ServeHTTP(&unhurried{ResponseWriter: w, control: http.NewResponseController(w)}, r)
	})
}

func (l *Layer) withDigest(serve func(http.ResponseWriter, *http.Request, string, Digest)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d, err := ParseDigest(r.PathValue("digest"))
		if err != nil {
			http.Error(w, "not a digest", http.StatusBadRequest)
			return
		}
		serve(w, r, peerID(r.RemoteAddr), d)
	}
}

// serveBlob sends the copy here, or a range of it.
func (l *Layer) serveBlob(w http.ResponseWriter, r *http.Request, _ string, d Digest) {
	f, info, err := l.open(d)
	if err != nil {
		http.Error(w, "no copy of this file here", http.StatusNotFound)
		return
	}
	defer func() {
		if r.Header.Get("Range") == "" { // another part may be about to be read
			blob.Forget(f, info.Size)
		}
		_ = f.Close() // opened for reading only
	}()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", `"`+d.String()+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}

// unhurried gives each write its own deadline, so that a reply may last as
// long as its reader takes bytes.
type unhurried struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (u *unhurried) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *unhurried) Flush() { _ = u.control.Flush() } // a failure shows at the next write

func (u *unhurried) Write(p []byte) (int, error) {
	patience := peerStall * time.Duration(1+len(p)/peerBlock) // who keeps a limit takes a large piece slowly
	if err := u.control.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return u.ResponseWriter.Write(p)
}

// ReadFrom sends a file in pieces that suit the overlay.
func (u *unhurried) ReadFrom(r io.Reader) (int64, error) { return copyPieces(u, r) }

// copyPieces copies r to w in pieces that suit the overlay, by Write alone.
func copyPieces(w io.Writer, r io.Reader) (int64, error) {
	piece := pieces.Get().(*[]byte)
	defer pieces.Put(piece)
	return io.CopyBuffer(struct{ io.Writer }{w}, r, *piece)
}

var pieces = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// limiter bounds how many requests each device has at once.
type limiter struct {
	most   int
	mu     sync.Mutex // guards open and closed
	open   map[string]int
	closed bool
	idle   chan struct{} // closed when closed and none is open
}

func newLimiter(most int) *limiter {
	return &limiter{most: most, open: make(map[string]int), idle: make(chan struct{})}
}

func (b *limiter) enter(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.open[id] >= b.most {
		return false
	}
	b.open[id]++
	return true
}

func (b *limiter) leave(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[id]--; b.open[id] == 0 {
		delete(b.open, id)
	}
	if b.closed && len(b.open) == 0 {
		close(b.idle)
	}
}

// close lets nobody in any more, and waits for those that are in.
func (b *limiter) close() {
	b.mu.Lock()
	b.closed = true
	idle := len(b.open) == 0
	b.mu.Unlock()
	if !idle {
		<-b.idle
	}
}
