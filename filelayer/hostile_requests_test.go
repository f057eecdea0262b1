package filelayer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// requester asks a device what a paired one may, and more.
func requester(t *testing.T, victim *device, evil string) *http.Client {
	t.Helper()
	victim.net.mu.Lock()
	defer victim.net.mu.Unlock()
	transport := &http.Transport{DialContext: victim.net.nodes[evil].dial, MaxIdleConnsPerHost: 16, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: noRedirect}
}

// endless is a body that never ends. It counts what was taken of it.
type endless struct {
	begin string
	taken atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	at := e.taken.Add(int64(len(p))) - int64(len(p))
	for i := range p {
		p[i] = 'a'
		if n := at + int64(i); n < int64(len(e.begin)) {
			p[i] = e.begin[n]
		}
	}
	return len(p), nil
}

// TestHostileRequests asks a device for what no paired device may have, by paths that
// lead elsewhere and with bodies that are none. Nothing but the library's own is told,
// nothing of it changes, and it answers others as before.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	victim, _, evil := newHostile(t, photo("claimed", 900), peerStall, http.NotFound)
	ctx := testContext(t)
	data, own := photo("own", 5000), victim.create("own", 5000)
	outside := filepath.Join(filepath.Dir(victim.opts.Library), "outside.jpg")
	must(t, os.WriteFile(outside, []byte("secret"), 0o600))
	client := requester(t, victim, evil)

	escapes := []string{"../outside.jpg", "..%2foutside.jpg", "%2e%2e/outside.jpg", `..\outside.jpg`, "%00", url.PathEscape(outside), "//" + outside}
	var paths []string
	for _, prefix := range []string{"/", "/blob/", "/blob/" + own.String() + "/", "/lease/", "/db/", "/db/files/", "/db/files/" + own.String() + "/", "/thumb/"} {
		for _, e := range escapes {
			paths = append(paths, prefix+e)
		}
	}
	paths = append(paths, "/db/_users", "/db/_all_dbs", "/db/nosuch", "/blob/"+strings.Repeat("0", 63),
		"/blob/"+strings.Repeat("f", 4000), "/db/files/"+strings.Repeat("x", 4000), "/debug/pprof/", "/metrics")
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, "PROPFIND"} {
			resp := askRaw(t, client, method, victim.id, path, strings.NewReader("{}"))
			if got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20)); err != nil || bytes.Contains(got, []byte("secret")) || bytes.Contains(got, data) {
				t.Errorf("%s %s: %s, %d bytes, %v", method, path, resp.Status, len(got), err)
			}
			_ = resp.Body.Close() // read as far as it matters
			if resp.StatusCode < 300 && method != http.MethodGet || resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented {
				t.Errorf("%s %s: %s", method, path, resp.Status)
			}
		}
	}
	for path, begin := range map[string]string{
		"/blobs":                               `{"digests":["`,
		"/lease/" + own.String():               `{"removal":"`,
		"/db/files/_revs_diff":                 `{"`,
		"/db/files/_bulk_get":                  `{"docs":[{"id":"`,
		"/db/files/_bulk_docs":                 `{"docs":[{"_id":"`,
		"/db/files/" + strings.Repeat("a", 64): `{"name":"`,
	} {
		body := &endless{begin: begin}
		resp, err := client.Do(request(t, http.MethodPost, victim.id, path, body))
		if err == nil {
			_ = resp.Body.Close() // its status counts
			if resp.StatusCode < 400 {
				t.Errorf("POST %s: %s", path, resp.Status)
			}
		}
		if n := body.taken.Load(); n > 128<<20 {
			t.Errorf("POST %s: took %d bytes", path, n)
		}
	}
	victim.wantBytes(own, data)
	if n := len(victim.Entries()); n != 2 {
		t.Errorf("%d entries; want 2", n)
	}
	_, err := victim.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) {
		if p.Digest == own {
			t.Errorf("check: %+v", p)
		}
	})
	must(t, err)
}

func request(t *testing.T, method, device, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(testContext(t), method, peerURL(device, ""), body)
	must(t, err)
	r.URL.Opaque = "//" + r.URL.Host + path // as it stands
	return r
}

func askRaw(t *testing.T, client *http.Client, method, device, path string, body io.Reader) *http.Response {
	t.Helper()
	resp, err := client.Do(request(t, method, device, path, body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// TestThousandsOfRequests lets a device ask for the same bytes two thousand times at
// once, and take none. No more than peerRequests are served, the rest is told to come
// again, and another device has its photo meanwhile.
func TestThousandsOfRequests(t *testing.T) {
	t.Parallel()
	const flood = 2000
	a, b := newPair(t)
	ctx := testContext(t)
	evil := id(0xbad)
	n := newNode(a.net, evil)
	a.net.mu.Lock()
	a.net.nodes[evil] = n
	a.net.mu.Unlock()
	must(t, n.Admit(a.id))
	must(t, a.enrol(ctx, evil, deviceRecord{Name: "evil", Added: stamp{evil, 5}}, false))
	until(t, "the hostile device is online", func() bool { return a.Online(evil) }, a)
	large, small := a.create("large", 16<<20), a.create("small", 3000)
	until(t, "b sees both", func() bool { return len(b.Entries()) == 2 }, b)

	client := requester(t, a, evil)
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	var served, refused atomic.Int64
	release := make(chan struct{})
	var asked sync.WaitGroup
	asked.Add(flood)
	for range flood {
		group.Go(func() {
			resp, err := client.Do(request(t, http.MethodGet, a.id, "/blob/"+large.String(), nil))
			if err != nil {
				asked.Done()
				return
			}
			switch resp.StatusCode {
			case http.StatusOK:
				served.Add(1)
			case http.StatusServiceUnavailable:
				refused.Add(1)
			}
			asked.Done()
			<-release // without taking the bytes
			_ = resp.Body.Close()
		})
	}
	asked.Wait()
	if got := served.Load(); got == 0 || got > peerRequests {
		t.Errorf("%d requests served at once, want 1 to %d", got, peerRequests)
	}
	if served.Load()+refused.Load() != flood {
		t.Errorf("%d served, %d told to come again; want %d together", served.Load(), refused.Load(), flood)
	}
	if _, err := b.Save(ctx, small); err != nil {
		t.Errorf("another device: %v", err)
	}
	close(release)
	group.Wait()
	client.CloseIdleConnections()
	until(t, "what served the flood has ended", func() bool { return runtime.NumGoroutine() < before+flood/2 }, a)
	resp := askRaw(t, client, http.MethodGet, a.id, "/blob/"+small.String(), nil)
	if got, err := io.ReadAll(resp.Body); err != nil || digestOf(got) != small {
		t.Errorf("after the flood: %s, %v", resp.Status, err)
	}
	must(t, resp.Body.Close())
}

// TestClaimedCopiesAreNoProof: a device says in its record that it has a file, and
// grants nothing when it is asked. What is here stays.
func TestClaimedCopiesAreNoProof(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"does not know it": http.NotFound,
		"says nothing":     func(http.ResponseWriter, *http.Request) {},
		"checked it too long ago": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(leaseReply{Verified: 1, Until: toMillis(time.Now().Add(time.Hour))})
		},
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := photo("own", 900)
			victim, d, _ := newHostile(t, data, time.Second, answer)
			ctx := testContext(t)
			victim.create("own", len(data))
			err := victim.Unsave(ctx, d)
			if !errors.Is(err, ErrUnverified) && !errors.Is(err, ErrLastCopy) {
				t.Errorf("Unsave = %v", err)
			}
			victim.wantBytes(d, data)
		})
	}
}
