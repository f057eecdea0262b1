package couch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// params reads a request's query. The first value that cannot be read sets
// err; the later reads then return their defaults.
type params struct {
	values url.Values
	err    error
}

func parseParams(r *http.Request) *params {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &params{err: badRequest("Invalid query string")}
	}
	return &params{values: values}
}

func (p *params) fail(kind, name, value string) {
	if p.err == nil {
		reason := fmt.Sprintf("Invalid value for %s: %.100q is not a value of %s", name, value, kind)
		p.err = &Error{http.StatusBadRequest, "query_parse_error", reason}
	}
}

func (p *params) text(name string) string { return p.values.Get(name) }

func (p *params) flag(name string) bool { return p.flagOr(name, false) }

func (p *params) flagOr(name string, otherwise bool) bool {
	switch v := p.values.Get(name); v {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	default:
		p.fail("boolean", name, v)
		return otherwise
	}
}

// count reads a number that is not negative.
func (p *params) count(name string, otherwise int) int {
	v := p.values.Get(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		p.fail("non-negative integer", name, v)
		return otherwise
	}
	return n
}

// milliseconds reads a time, of a day at most.
func (p *params) milliseconds(name string, otherwise time.Duration) time.Duration {
	n := p.count(name, int(otherwise.Milliseconds()))
	return time.Duration(min(n, 24*60*60*1000)) * time.Millisecond
}

// json reads the first of names that is given, a JSON value, into v, and
// reports whether there is one.
func (p *params) json(v any, names ...string) bool {
	for _, name := range names {
		text := p.values.Get(name)
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), v); err != nil {
			p.fail("JSON", name, text)
			return false
		}
		return true
	}
	return false
}

// rev reads a revision; nil if none is given.
func (p *params) rev(name string) *Revision {
	v := p.values.Get(name)
	if v == "" {
		return nil
	}
	rev, err := ParseRevision(v)
	if err != nil {
		if p.err == nil {
			p.err = errBadRev
		}
		return nil
	}
	return &rev
}

// revs reads a JSON array of revisions; nil if none is given.
func (p *params) revs(name string) []Revision {
	var texts []string
	if !p.json(&texts, name) {
		return nil
	}
	revs, err := parseRevisions(texts)
	if err != nil && p.err == nil {
		p.err = err
	}
	return revs
}

// parseRevisions returns a slice that is not nil.
func parseRevisions(texts []string) ([]Revision, error) {
	revs := make([]Revision, 0, len(texts))
	for _, text := range texts {
		rev, err := ParseRevision(text)
		if err != nil {
			return nil, errBadRev
		}
		revs = append(revs, rev)
	}
	return revs, nil
}

func (p *params) show() show {
	return show{
		revs:             p.flag("revs"),
		revsInfo:         p.flag("revs_info"),
		conflicts:        p.flag("conflicts"),
		deletedConflicts: p.flag("deleted_conflicts"),
		localSeq:         p.flag("local_seq"),
		attachments:      p.flag("attachments"),
		encodings:        p.flag("att_encoding_info"),
	}
}
