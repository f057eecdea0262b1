package replicator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/libpaul/paul/filelayer/replicate"
)

// A failure is an answer of the CouchDB protocol that is not a success.
type failure struct {
	status       int
	name, reason string
}

// Error implements error.
func (f *failure) Error() string { return f.name + ": " + f.reason }

var (
	errNotRunning = &failure{http.StatusServiceUnavailable, "service unavailable", "Replication has not begun yet, or is at its end."}
	errCancelled  = errors.New("the replication was cancelled")
)

// asFailure returns the answer for err.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{http.StatusInternalServerError, "replication_error", err.Error()}
}

func answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, _ := json.Marshal(v) // of this package's making
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "must-revalidate")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(b, '\n')) // the client may have gone
	}
}

func answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	f := asFailure(err)
	answer(w, r, f.status, map[string]string{"error": f.name, "reason": f.reason})
}

// open sees to it that a database is there, makes it if create is set, and
// says in CouchDB's words why it cannot be used.
func open(ctx context.Context, of replicate.End, name string, create bool) error {
	status, err := ask(ctx, http.MethodGet, of)
	if err == nil && status == http.StatusNotFound && create {
		status, err = ask(ctx, http.MethodPut, of)
	}
	switch {
	case err != nil:
		return fmt.Errorf("open %s: %w", name, withoutURL(err))
	case status == http.StatusNotFound:
		return &failure{http.StatusNotFound, "db_not_found", "could not open " + name}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &failure{http.StatusUnauthorized, "unauthorized", "unauthorized to access or create database " + name}
	case status >= 300 && status != http.StatusPreconditionFailed: // another has just made it
		return fmt.Errorf("open %s: it answers %d %s", name, status, http.StatusText(status))
	}
	return nil
}

// withoutURL takes from err the URL that was asked for, which may hold a password.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func ask(ctx context.Context, method string, of replicate.End) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, of.URL, nil)
	if err != nil {
		return 0, err
	}
	for name, values := range of.Header {
		req.Header[name] = values
	}
	resp, err := of.Client.Do(req) // which sends the user of the URL
	if err != nil {
		return 0, err
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	return resp.StatusCode, resp.Body.Close()
}
