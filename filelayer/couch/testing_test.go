package couch

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeUntilKilled(dir)
		return
	}
	if dir := os.Getenv(uploadEnv); dir != "" {
		uploadUntilKilled(dir)
		return
	}
	if dir := os.Getenv(serveEnv); dir != "" {
		serveUntilLeft(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func newServer(tb testing.TB) *Server {
	tb.Helper()
	return openServer(tb, tb.TempDir(), Options{})
}

func openServer(tb testing.TB, dir string, opts Options) *Server {
	tb.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// newDB returns a database "db" of a new server, through kivik.
func newDB(tb testing.TB) (*Server, *kivik.DB) {
	tb.Helper()
	s := newServer(tb)
	return s, openDB(tb, s)
}

func openDB(tb testing.TB, s *Server) *kivik.DB {
	tb.Helper()
	if err := s.Create(tb.Context(), "db"); err != nil {
		tb.Fatal(err)
	}
	return kivikDB(tb, "http://memory/", &http.Client{Transport: s.Transport()})
}

func kivikDB(tb testing.TB, url string, client *http.Client) *kivik.DB {
	tb.Helper()
	c, err := kivik.New("couch", url, couchdb.OptionHTTPClient(client), couchdb.OptionNoRequestCompression())
	if err != nil {
		tb.Fatal(err)
	}
	return c.DB("db")
}

// call sends a request with a JSON body, and returns status and body.
func call(tb testing.TB, h http.Handler, method, target, body string) (int, string) {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		tb.Fatal(err)
	}
	return w.Code, string(b)
}

// A failer is a test, or a try of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func decode[T any](tb failer, text string) T {
	tb.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return v
}
