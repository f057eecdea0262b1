package filelayer

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A person replicates a database of another device, by its name in the
// overlay, into one of this device.
func TestReplicateByHand(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	d := a.create("photo", 100)
	call := func(method, path, body string) (int, string) {
		req := httptest.NewRequestWithContext(testContext(t), method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.CouchHandler().ServeHTTP(w, req)
		text, err := io.ReadAll(w.Result().Body)
		must(t, err)
		return w.Code, string(text)
	}
	body := `{"source":"` + peerURL(a.id, "/db/files") + `","target":"copy","create_target":true}`
	if status, text := call(http.MethodPost, "/_replicate", body); status != http.StatusOK {
		t.Fatalf("_replicate = %d %s", status, text)
	}
	if status, text := call(http.MethodGet, "/copy/"+d.String(), ""); status != http.StatusOK || !strings.Contains(text, "photo") {
		t.Errorf("the copy = %d %s", status, text)
	}
	call(http.MethodPut, "/copy/x", "{}")
	body = `{"source":"copy","target":"` + peerURL(a.id, "/db/files") + `"}`
	if status, text := call(http.MethodPost, "/_replicate", body); status == http.StatusOK {
		t.Errorf("a push to a device is let in: %s", text)
	}
}
