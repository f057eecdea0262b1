package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// probeTime is how long a CouchDB may take to say that it is one.
const probeTime = 15 * time.Second

// errDatabaseURL says how a database URL looks. The error of url.Parse would tell
// the password.
var errDatabaseURL = errors.New("the database URL must look like http://user:password@host:5984/")

// databaseURL parses the URL of an external CouchDB.
func databaseURL(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errDatabaseURL
	}
	base = base.JoinPath("/")
	base.RawQuery, base.Fragment = "", ""
	return base, nil
}

// CheckDatabase reports whether a text can be the URL of an external CouchDB.
func CheckDatabase(text string) error {
	_, err := databaseURL(text)
	return err
}

// ProbeDatabase asks whether a CouchDB answers at a URL, and knows the user that the
// URL names. Errors never tell the password.
func ProbeDatabase(ctx context.Context, text string) error {
	base, err := databaseURL(text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.String(), nil)
	if err != nil {
		return errDatabaseURL
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var wrapped *url.Error // which quotes the URL
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("ask the database at %s: %w", base.Host, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the database at %s does not let this user in: it answers %s", base.Host, resp.Status)
	default:
		return fmt.Errorf("at %s no CouchDB answers: %s", base.Host, resp.Status)
	}
	var welcome struct {
		CouchDB string `json:"couchdb"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&welcome); err != nil || welcome.CouchDB == "" {
		return fmt.Errorf("at %s another program answers, and no CouchDB", base.Host)
	}
	return nil
}
