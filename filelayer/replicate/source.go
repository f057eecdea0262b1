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

	"github.com/libpaul/paul/filelayer/couch"
)

const (
	maxID  = 4096
	maxSeq = 64 << 10 // a large cluster's are long
)

// source is the database that is read, behind a guard. What it says is not
// trusted: every answer is checked before anything of it is used.
type source struct {
	db      *kivik.DB
	client  *http.Client
	bulkGet string // URL
	timeout time.Duration
}

func newSource(opts Options) (*source, error) {
	u, err := url.Parse(opts.Source)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return nil, fmt.Errorf("%w: Source is not the URL of a database", ErrOptions)
	}
	next := opts.Client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client := *opts.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return fmt.Errorf("%w: a redirection", ErrSource)
	}
	client.Transport = &guard{next: next, user: u.User, most: opts.MaxAnswer, stall: opts.Stall}
	u.User = nil
	u.RawQuery, u.Fragment = "", ""
	server := *u
	server.RawPath = ""
	server.Path = path.Dir(strings.TrimSuffix(u.Path, "/"))
	c, err := kivik.New("couch", server.String(), couchdb.OptionHTTPClient(&client), couchdb.OptionNoRequestCompression())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	s := &source{db: c.DB(path.Base(u.Path)), client: &client, timeout: 20 * opts.Stall}
	s.bulkGet = u.JoinPath("_bulk_get").String() + "?revs=true&latest=true&attachments=true"
	return s, s.db.Err()
}

// A change is a row of the changes feed.
type change struct {
	id   string
	revs []string // of all leaves
}

// A page is a stretch of the changes feed.
type page struct {
	rows    []change
	bad     []Failure // rows that make no sense
	count   int       // of rows, with the bad ones
	lastSeq string
	pending int64
}

// changes reads the changes after since, limit at most. With wait it waits
// until there is one.
func (s *source) changes(ctx context.Context, since string, limit int, wait bool) (*page, error) {
	params := map[string]any{"style": "all_docs", "limit": limit, "since": since, "feed": "normal"}
	if wait {
		params["feed"], params["heartbeat"] = "longpoll", int(heartbeat/time.Millisecond)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	feed := s.db.Changes(ctx, kivik.Params(params))
	defer func() { _ = feed.Close() }() // Err has said what there is to say
	p := new(page)
	for feed.Next() {
		c := change{feed.ID(), feed.Changes()}
		if p.count++; p.count > limit {
			return nil, fmt.Errorf("%w: more changes than asked for", ErrSource)
		}
		if err := c.check(); err != nil {
			p.bad = append(p.bad, Failure{ID: c.id[:min(len(c.id), maxID)], Err: err})
			continue
		}
		p.rows = append(p.rows, c)
	}
	if err := feed.Err(); err != nil {
		return nil, err
	}
	meta, err := feed.Metadata()
	if err != nil {
		return nil, err
	}
	p.lastSeq, p.pending = meta.LastSeq, meta.Pending
	switch {
	case p.lastSeq == "" || len(p.lastSeq) > maxSeq:
		return nil, fmt.Errorf("%w: a changes feed without a last_seq", ErrSource)
	case p.lastSeq == since && p.count > 0:
		return nil, fmt.Errorf("%w: changes that do not move the last_seq", ErrSource)
	}
	return p, nil
}

func (c change) check() error {
	if c.id == "" || len(c.id) > maxID || c.id[0] == '_' && !strings.HasPrefix(c.id, "_design/") || len(c.revs) == 0 {
		return fmt.Errorf("%w: a change of %.100q", ErrSource, c.id)
	}
	for _, rev := range c.revs {
		if _, err := couch.ParseRevision(rev); err != nil {
			return fmt.Errorf("%w: %w", ErrSource, err)
		}
	}
	return nil
}

// A ref names a revision to fetch.
type ref struct {
	ID  string `json:"id"`
	Rev string `json:"rev"`
}

// A doc is a document as it came, with what was asked for.
type doc struct {
	ref
	raw json.RawMessage
}

// fetch asks for refs, and returns the documents that came in answer to one of
// them, and the refs that were not answered by a sound document, with why.
// A ref may be answered by a later revision that descends from it.
func (s *source) fetch(ctx context.Context, refs []ref) (docs []doc, unanswered []Failure, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, err := json.Marshal(map[string][]ref{"docs": refs})
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.bulkGet, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%w: _bulk_get: %s: %.200q", ErrSource, resp.Status, answer)
	}
	return parseBulkGet(answer, refs)
}

// parseBulkGet reads an answer of _bulk_get to a request for refs.
func parseBulkGet(answer []byte, refs []ref) (docs []doc, unanswered []Failure, err error) {
	var body struct {
		Results *[]struct {
			ID   string `json:"id"`
			Docs []struct {
				OK    json.RawMessage `json:"ok"`
				Error *struct {
					Rev    string `json:"rev"`
					Reason string `json:"reason"`
				} `json:"error"`
			} `json:"docs"`
		} `json:"results"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return nil, nil, fmt.Errorf("%w: _bulk_get: %w", ErrSource, err)
	}
	if body.Results == nil {
		return nil, nil, fmt.Errorf("%w: _bulk_get without results", ErrSource)
	}
	open := newAsked(refs)
	for _, result := range *body.Results {
		for _, d := range result.Docs {
			switch {
			case d.OK != nil:
				docs = append(docs, open.answer(d.OK)...)
			case d.Error != nil:
				open.refuse(ref{result.ID, d.Error.Rev}, d.Error.Reason)
			}
		}
	}
	return docs, open.left(), nil
}
