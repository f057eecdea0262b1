package replicate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
)

const (
	maxID  = 4096
	maxSeq = 64 << 10 // a large cluster's are long
)

// An end is one of the two databases, behind a guard. What it says is not
// trusted: every answer is checked before anything of it is used. Local
// documents go through kivik; what it does not do, or does slowly, is asked
// here over the same client.
type end struct {
	role    string // "source" or "target", for errors
	db      *kivik.DB
	client  *http.Client
	url     *url.URL // of the database
	timeout time.Duration
}

func newEnd(role string, of End, opts Options) (*end, error) {
	u, err := url.Parse(of.URL)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return nil, fmt.Errorf("%w: the %s's URL is not that of a database", ErrOptions, role)
	}
	var client http.Client
	if of.Client != nil {
		client = *of.Client
	}
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return fmt.Errorf("%w: a redirection", ErrAnswer)
	}
	client.Transport = &guard{next: next, user: u.User, header: of.Header, most: opts.MaxAnswer, stall: opts.Stall}
	u.User = nil
	u.RawQuery, u.Fragment = "", ""
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	server := *u
	server.RawPath = ""
	server.Path = path.Dir(u.Path)
	c, err := kivik.New("couch", server.String(), couchdb.OptionHTTPClient(&client), couchdb.OptionNoRequestCompression())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	e := &end{role: role, db: c.DB(path.Base(u.Path)), client: &client, url: u, timeout: 20 * opts.Stall}
	return e, e.db.Err()
}

// A refusal is an answer with a status that says that the request failed.
type refusal struct {
	what   string // the request
	status int
	text   string // start of the answer
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("%v: %s: %d %s: %.200q", ErrAnswer, r.what, r.status, http.StatusText(r.status), r.text)
}

// HTTPStatus returns the status, as kivik asks for it.
func (r *refusal) HTTPStatus() int { return r.status }

// Unwrap makes it an ErrAnswer.
func (r *refusal) Unwrap() error { return ErrAnswer }

// passing reports whether the refusal is for now, or for the whole database:
// no single document is to blame.
func (r *refusal) passing() bool {
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		return true
	}
	return false
}

// do sends a request for what lies at segments below the database; each is
// escaped here. The answer's status is one of success.
func (e *end) do(ctx context.Context, method string, query url.Values, body io.Reader, header http.Header, segments ...string) (*http.Response, error) {
	u := *e.url
	for _, s := range segments {
		u.RawPath = u.EscapedPath() + "/" + escapeSegment(s)
		u.Path += "/" + s
	}
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if n := header.Get("Content-Length"); n != "" {
		_, _ = fmt.Sscan(n, &req.ContentLength)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer func() { _ = resp.Body.Close() }() // given up
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		return nil, &refusal{method + " " + path.Base(u.Path), resp.StatusCode, string(text)}
	}
	return resp, nil
}

// escapeSegment escapes s as one segment of a path, but for the slash that
// the ID of a design document has.
func escapeSegment(s string) string {
	if rest, ok := strings.CutPrefix(s, "_design/"); ok {
		return "_design/" + url.PathEscape(rest)
	}
	return url.PathEscape(s)
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}

// post sends body to an endpoint, and lets read have the answer.
func (e *end) post(ctx context.Context, endpoint string, query url.Values, body []byte, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	resp, err := e.do(ctx, http.MethodPost, query, bytes.NewReader(body), jsonHeader, endpoint)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("%s: %w", endpoint, err)
	}
	return nil
}

// decodeAll decodes an answer that is one JSON value.
func decodeAll(r io.Reader, v any) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return nil
}
