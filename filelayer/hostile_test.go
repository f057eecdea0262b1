package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// newHostile pairs a device with a peer that answers as handler does, and that
// claims a file.
func newHostile(t *testing.T, data []byte, patience time.Duration, handler http.HandlerFunc) (victim *device, d Digest, evil string) {
	t.Helper()
	o := newOverlay()
	victim = newDevice(t, o, "victim")
	victim.restartWith(func() { victim.Layer.stall = patience })
	evil = id(0xbad)
	n := newNode(o, evil)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ln := n.listen(t, PeerPort)
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	o.mu.Lock()
	o.nodes[evil] = n
	o.mu.Unlock()
	must(t, n.Admit(victim.id))
	ctx := testContext(t)
	must(t, victim.enrol(ctx, evil, deviceRecord{Name: "evil", Added: stamp{evil, 5}}, false))
	d = digestOf(data)
	must(t, victim.amend(ctx, []Digest{d}, func(_ Digest, r *fileRecord, _ bool) bool {
		*r = fileRecord{
			Name: "x.jpg", Size: int64(len(data)), Type: "image/jpeg", Added: stamp{evil, 6},
			Devices: ByDevice(map[string]holding{evil: {Saved: true, N: 1, Verified: 7}}),
		}
		return true
	}))
	until(t, "the hostile device is online", func() bool { return victim.Online(evil) }, victim)
	return victim, d, evil
}

func TestHostileHolder(t *testing.T) {
	t.Parallel()
	data := photo("wanted", 50_000)
	tests := []struct {
		name   string
		want   error
		handle http.HandlerFunc
	}{
		{"another file", ErrCorrupt, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "50000")
			_, _ = w.Write(photo("other", len(data)))
		}},
		{"too long", errWrongSize, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(data[:len(data):len(data)], 'x')) }},
		{"too short", errWrongSize, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data[1:]) }},
		{"endless", errWrongSize, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(data); err != nil {
					return
				}
			}
		}},
		{"hangs up", ErrNoHolder, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "50000")
			_, _ = w.Write(data[:100])
			panic(http.ErrAbortHandler)
		}},
		{"falls silent", errStalled, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "50000")
			_, _ = w.Write(data[:100])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
		{"never answers", errStalled, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"sends elsewhere", ErrNoHolder, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}},
		{"fails", ErrNoHolder, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			patience := peerStall
			if errors.Is(tt.want, errStalled) {
				patience = 200 * time.Millisecond
			}
			victim, d, evil := newHostile(t, data, patience, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/blob/") {
					tt.handle(w, r)
					return
				}
				http.NotFound(w, r)
			})
			ctx := testContext(t)
			if _, err := victim.Fetch(ctx, d); !errors.Is(err, tt.want) {
				t.Errorf("Fetch = %v, want %v", err, tt.want)
			}
			blamed := len(victim.Faults()) > 0
			if wrong := errors.Is(tt.want, ErrCorrupt) || errors.Is(tt.want, errWrongSize); blamed != wrong {
				t.Errorf("Faults = %+v", victim.Faults())
			}
			if _, err := victim.Save(ctx, d); err == nil || victim.entry(d).Here() {
				t.Errorf("Save = %v", err)
			}
			if _, err := victim.askLease(ctx, evil, "R", victim.entry(d)); err == nil {
				t.Error("a lease was read out of nothing")
			}
		})
	}
}

// TestHostileRecords offers records that no device may write.
func TestHostileRecords(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	accept := a.accept(a.files)
	good, err := encode(a.orphan(blob.Info{Path: "/x/y.jpg", Size: 1, Verified: time.Now(), ModTime: time.Now()}))
	must(t, err)
	for doc, ok := range map[string]bool{
		string(good):                             true,
		`{"_deleted":true}`:                      true,
		`{"_attachments":{},` + string(good[1:]): true,
		`{"_attachments":{"x":{"stub":true,"length":9000000000}},` + string(good[1:]): false,
		`{"_deleted":true,"_attachments":{"x":{"stub":true}}}`:                        false,
		`{}`:                                   false,
		`[]`:                                   false,
		`{"name":"../../etc/passwd","size":1}`: false,
	} {
		if err := accept(id(1), json.RawMessage(doc)); (err == nil) != ok {
			t.Errorf("accept(%s) = %v", doc, err)
		}
	}
	far := a.orphan(blob.Info{Path: "/x/y.jpg", Size: 1, Verified: time.Now(), ModTime: time.Now()})
	far.Devices.Set(id(1), holding{N: 1, Trashed: toMillis(time.Now().Add(2 * maxAhead))})
	body, err := encode(far)
	must(t, err)
	if err := accept(id(1), body); !errors.Is(err, ErrInvalid) {
		t.Errorf("a trash of a far time: %v", err)
	}
	if err := a.accept(a.roster)(id(1), json.RawMessage(`{"name":"x"}`)); err == nil {
		t.Error("a device without a stamp was let in")
	}
	if err := accept("_design/x", good); err == nil {
		t.Error("a design document was let in")
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	b := newLimiter(2)
	for i, want := range []bool{true, true, false} {
		if b.enter("a") != want {
			t.Errorf("request %d of a: entered = %t", i, !want)
		}
	}
	if !b.enter("b") {
		t.Error("another device is kept out")
	}
	b.leave("a")
	if !b.enter("a") {
		t.Error("a request that ended still counts")
	}
	closed := make(chan struct{})
	go func() {
		b.close()
		close(closed)
	}()
	for _, id := range []string{"a", "a", "b"} {
		b.leave(id)
	}
	<-closed
	if b.enter("c") {
		t.Error("entered after close")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := Options{Dir: t.TempDir(), Library: t.TempDir(), DeviceID: id(1)}
	for name, change := range map[string]func(*Options){
		"no folder":    func(o *Options) { o.Dir = "" },
		"no library":   func(o *Options) { o.Library = "" },
		"no device":    func(o *Options) { o.DeviceID = "" },
		"bad device":   func(o *Options) { o.DeviceID = strings.Repeat("X", 64) },
		"bad database": func(o *Options) { o.DatabaseURL = "%zz" },
	} {
		opts := good
		change(&opts)
		if l, err := Open(opts); err == nil {
			t.Errorf("%s: opened", name)
			must(t, l.Close())
		}
	}
	l, err := Open(good)
	must(t, err)
	if l.opts.Copies != 1 || l.Online(id(2)) {
		t.Error("defaults")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	must(t, l.Ready(testContext(t))) // alone, without a network
	cancel()
	must(t, <-done)
	must(t, l.Close())
	if err := l.Delete(testContext(t), Digest{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Delete after Close = %v", err)
	}
}
