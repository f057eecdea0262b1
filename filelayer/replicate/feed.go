package replicate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A change is a row of the changes feed.
type change struct {
	id   string
	revs []string // of all leaves
	seq  string   // "" for what is not of the feed
}

// A page is a stretch of the changes feed.
type page struct {
	rows    []change
	bad     []Failure // rows that make no sense
	count   int       // of rows, with the bad ones
	lastSeq string
	pending int64

	raw json.RawMessage // a row; read again and again
}

// changes reads the changes after since, limit at most. With wait it waits
// until there is one.
func (e *end) changes(ctx context.Context, opts *Options, since string, limit int, wait bool) (*page, error) {
	query := url.Values{"style": {"all_docs"}, "limit": {strconv.Itoa(limit)}, "since": {since}, "feed": {"normal"}}
	if wait {
		query.Set("feed", "longpoll")
		query.Set("heartbeat", strconv.Itoa(int(heartbeat/time.Millisecond)))
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.timeout)
		defer cancel()
	}
	method, header := http.MethodGet, http.Header{"Accept": {"application/json"}}
	filter, body := opts.filter()
	if filter != "" {
		query.Set("filter", filter)
		method, header = http.MethodPost, jsonHeader
	}
	resp, err := e.do(ctx, method, query, bytes.NewReader(body), header, "_changes")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	p := new(page)
	if err := p.read(resp.Body, limit); err != nil {
		return nil, err
	}
	switch {
	case p.lastSeq == "" || len(p.lastSeq) > maxSeq:
		return nil, fmt.Errorf("%w: a changes feed without a last_seq", ErrAnswer)
	case p.lastSeq == since && p.count > 0:
		return nil, fmt.Errorf("%w: changes that do not move the last_seq", ErrAnswer)
	}
	return p, nil
}

// read reads an answer of _changes.
func (p *page) read(r io.Reader, limit int) error {
	return readObject(r, map[string]func(*json.Decoder) error{
		"results": func(d *json.Decoder) error {
			return readArray(d, func() (bool, error) { return true, p.readRow(d, limit) })
		},
		"last_seq": func(d *json.Decoder) error {
			var s seq
			err := d.Decode(&s)
			p.lastSeq = string(s)
			return err
		},
		"pending": func(d *json.Decoder) error { return d.Decode(&p.pending) },
	})
}

func (p *page) readRow(d *json.Decoder, limit int) error {
	if err := d.Decode(&p.raw); err != nil {
		return err
	}
	if p.count++; p.count > limit {
		return fmt.Errorf("%w: more changes than asked for", ErrAnswer)
	}
	c := cutChange(p.raw)
	if err := c.check(); err != nil {
		p.bad = append(p.bad, Failure{ID: c.id[:min(len(c.id), maxID)], Err: err})
		return nil
	}
	p.rows = append(p.rows, c)
	return nil
}

// cutChange returns what a row of the feed says, as far as it has the form of
// one.
func cutChange(row []byte) (c change) {
	c.id, _ = rawjson.String(rawjson.Member(row, "id"))
	var s seq
	if raw := rawjson.Member(row, "seq"); raw != nil && s.UnmarshalJSON(raw) == nil {
		c.seq = string(s)
	}
	leaves := rawjson.Member(row, "changes")
	if leaves == nil || !rawjson.IsArray(leaves) {
		return c
	}
	for leaf := range rawjson.Elements(leaves) {
		rev, _ := rawjson.String(rawjson.Member(leaf, "rev"))
		c.revs = append(c.revs, rev)
	}
	return c
}

func (c change) check() error {
	if c.id == "" || len(c.id) > maxID || c.id[0] == '_' && !strings.HasPrefix(c.id, "_design/") || len(c.revs) == 0 {
		return fmt.Errorf("%w: a change of %.100q", ErrAnswer, c.id)
	}
	for _, rev := range c.revs {
		if _, err := couch.ParseRevision(rev); err != nil {
			return fmt.Errorf("%w: %w", ErrAnswer, err)
		}
	}
	return nil
}

// A seq is an update sequence: a string in CouchDB, a number in PouchDB. It
// is kept as the text that "since" takes.
type seq string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *seq) UnmarshalJSON(b []byte) error {
	var text string
	switch {
	case string(b) == "null":
	case b[0] != '"':
		text = string(b)
	default:
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	*s = seq(text)
	return nil
}
