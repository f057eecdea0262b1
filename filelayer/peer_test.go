package filelayer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
)

func TestHandlePeer(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	a.stop()
	a.open()
	a.HandlePeer("/thumb/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "for "+r.URL.Path)
	}))
	a.run()
	ctx := testContext(t)
	if _, err := b.PeerGet(ctx, a.id, "/thumb/x"); !errors.Is(err, ErrNotPaired) {
		t.Fatalf("PeerGet of a stranger = %v", err)
	}
	pair(t, a, b)
	resp, err := b.PeerGet(ctx, a.id, "/thumb/x")
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	must(t, err)
	if string(got) != "for /thumb/x" {
		t.Errorf("got %q", got)
	}
}

// TestStrangersAndPeersAreHeldToTheirRights asks the peer service for what it
// must not give.
func TestStrangersAndPeersAreHeldToTheirRights(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := a.create("photo", 100)
	stranger := newDevice(t, a.net, "stranger")
	must(t, a.node.Admit(stranger.id)) // even if the overlay lets it in
	must(t, stranger.node.Admit(a.id))
	tests := []struct {
		name         string
		from         *device
		method, path string
		status       int
	}{
		{"stranger's blob", stranger, "GET", "/blob/" + d.String(), 403},
		{"stranger's database", stranger, "GET", "/db/files/_changes", 403},
		{"stranger's lease", stranger, "POST", "/lease/" + d.String(), 403},
		{"blob", b, "GET", "/blob/" + d.String(), 200},
		{"no digest", b, "GET", "/blob/..%2f..%2fetc%2fpasswd", 400},
		{"unknown blob", b, "GET", "/blob/" + id(1), 404},
		{"changes", b, "GET", "/db/files/_changes", 200},
		{"write", b, "PUT", "/db/files/x", 403},
		{"bulk write", b, "POST", "/db/files/_bulk_docs", 403},
		{"drop", b, "DELETE", "/db/files", 403},
		{"compact", b, "POST", "/db/files/_compact", 403},
		{"other database", b, "GET", "/db/_all_dbs", 404},
		{"create", b, "PUT", "/db/other", 404},
		{"server", b, "GET", "/db/", 404},
		{"replicate", b, "POST", "/db/_replicate", 404},
		{"scheduler", b, "GET", "/db/_scheduler/docs", 404},
		{"replications", b, "GET", "/db/_replicator/_all_docs", 404},
		{"session", b, "GET", "/db/_session", 404},
		{"database with a slash", b, "GET", "/db/files%2Fx/_changes", 404},
		{"others' checkpoints", b, "GET", "/db/files/_local_docs", 403},
		{"purge", b, "POST", "/db/files/_purge", 403},
		{"elsewhere", b, "GET", "/", 404},
		{"lease without a body", b, "POST", "/lease/" + d.String(), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(testContext(t), tt.method, peerURL(a.id, tt.path), http.NoBody)
			must(t, err)
			resp, err := tt.from.client.Do(req)
			must(t, err)
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != tt.status {
				t.Errorf("%s %s = %s, want %d", tt.method, tt.path, resp.Status, tt.status)
			}
		})
	}
}

// TestSilentDevice: who does not answer is told by name, without a URL.
func TestSilentDevice(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	b.stop()
	_, err := a.askLease(ctx, b.id, "R", a.entry(d))
	if err == nil || err.Error() != "does not answer" {
		t.Errorf("lease: %v", err)
	}
	resp, err := a.PeerGet(ctx, b.id, "/thumb/")
	if err == nil {
		_ = resp.Body.Close() // not read
	}
	if err == nil || err.Error() != "ask b: does not answer" {
		t.Errorf("get: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := a.askLease(ended, b.id, "R", a.entry(d)); !errors.Is(err, context.Canceled) || err.Error() == "does not answer" {
		t.Errorf("lease, when nobody waits: %v", err)
	}
}
