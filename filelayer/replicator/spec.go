package replicator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/libpaul/paul/filelayer/replicate"
)

// A spec is what the body of _replicate, or a document, asks for.
type spec struct {
	source, target end
	continuous     bool
	createTarget   bool
	docIDs         []string
	selector       json.RawMessage
	since          string
}

// An end is a database that a spec names.
type end struct {
	local  string   // its name, if it is one of this server
	url    *url.URL // else
	header http.Header
}

// asked is a spec as JSON.
type asked struct {
	Source          json.RawMessage `json:"source"`
	Target          json.RawMessage `json:"target"`
	Continuous      bool            `json:"continuous"`
	CreateTarget    bool            `json:"create_target"`
	DocIDs          *[]string       `json:"doc_ids"`
	Selector        json.RawMessage `json:"selector"`
	SinceSeq        json.RawMessage `json:"since_seq"`
	Filter          *string         `json:"filter"`
	WinningRevsOnly bool            `json:"winning_revs_only"`
	Proxy           *string         `json:"proxy"`
	SourceProxy     *string         `json:"source_proxy"`
	TargetProxy     *string         `json:"target_proxy"`

	// Of a request to cancel:
	Cancel        bool   `json:"cancel"`
	LocalID       string `json:"_local_id"`
	ReplicationID string `json:"replication_id"`
	ID            string `json:"id"`
}

func badSpec(format string, args ...any) *failure {
	return &failure{http.StatusBadRequest, "bad_request", fmt.Sprintf(format, args...)}
}

// parse reads a spec, and refuses what it does not do.
func (a *asked) parse() (*spec, error) {
	s := &spec{continuous: a.Continuous, createTarget: a.CreateTarget}
	var err error
	if s.source, err = parseEnd("source", a.Source); err != nil {
		return nil, err
	}
	if s.target, err = parseEnd("target", a.Target); err != nil {
		return nil, err
	}
	switch {
	case a.Filter != nil:
		return nil, badSpec("`filter`: filter functions are not run here; use `doc_ids` or `selector`")
	case a.WinningRevsOnly:
		return nil, badSpec("`winning_revs_only` is not done here: all revisions are replicated")
	case a.Proxy != nil || a.SourceProxy != nil || a.TargetProxy != nil:
		return nil, badSpec("`proxy`: no proxies are used here; hosts of the overlay can be named as they are")
	case a.DocIDs != nil && given(a.Selector):
		return nil, badSpec("`doc_ids` and `selector` are mutually exclusive")
	}
	if a.DocIDs != nil {
		s.docIDs = append([]string{}, *a.DocIDs...)
	}
	if given(a.Selector) {
		if a.Selector[0] != '{' {
			return nil, badSpec("`selector` must be a JSON object")
		}
		s.selector = a.Selector
	}
	if given(a.SinceSeq) && json.Unmarshal(a.SinceSeq, &s.since) != nil {
		s.since = string(a.SinceSeq) // a number
	}
	return s, nil
}

// given reports whether a member is there, and not null.
func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// localName is what a database of this server may be called, but for a slash.
var localName = regexp.MustCompile(`^([a-z][a-z0-9_$()+-]*|_users|_replicator)$`)

// parseEnd reads a name, a URL, or an object with url, headers and auth.
func parseEnd(role string, raw json.RawMessage) (end, error) {
	var e end
	var text string
	if !given(raw) {
		return e, badSpec("`%s` is missing", role)
	}
	if json.Unmarshal(raw, &text) != nil {
		var o struct {
			URL     string            `json:"url"`
			Headers map[string]string `json:"headers"`
			Auth    struct {
				Basic *struct{ Username, Password string } `json:"basic"`
			} `json:"auth"`
		}
		if json.Unmarshal(raw, &o) != nil || o.URL == "" {
			return e, badSpec("`%s` must be a name, a URL, or an object with a url, headers of strings, and auth", role)
		}
		text, e.header = o.URL, make(http.Header)
		for name, value := range o.Headers {
			e.header.Set(name, value)
		}
		if b := o.Auth.Basic; b != nil {
			(&http.Request{Header: e.header}).SetBasicAuth(b.Username, b.Password)
		}
	}
	if !strings.Contains(text, "://") {
		e.local = strings.TrimSuffix(text, "/")
		if !localName.MatchString(e.local) {
			return e, badSpec("`%s` is neither a URL, such as http://host:5984/database, nor the name of a database", role)
		}
		return e, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return e, badSpec("`%s` must look like http://host:5984/database", role)
	}
	u.RawQuery, u.Fragment = "", ""
	e.url = u
	return e, nil
}

// String returns the database's name or URL, without a password.
func (e *end) String() string {
	if e.url == nil {
		return e.local
	}
	u := *e.url
	if name := u.User.Username(); u.User != nil {
		u.User = nil
		return strings.Replace(u.String(), "://", "://"+url.User(name).String()+":*****@", 1)
	}
	return u.String()
}

// database returns e for the copying. A database of this server is named for
// good by the server's uuid.
func (d *Driver) database(e *end, uuid string) replicate.End {
	if e.url == nil {
		return replicate.End{URL: localURL + url.PathEscape(e.local), Client: d.local, Header: e.header, ID: uuid + "/" + e.local}
	}
	return replicate.End{URL: e.url.String(), Client: d.remote, Header: e.header}
}
