package filelayer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const followBatch = 1000 // documents read at a time

// Follow calls fn with every document that changed after the sequence since
// ("" = from the start), in batches, then waits for more. seq is where to
// continue from once fn has returned. fn is called once without documents when
// all that was there at first has been told. It returns nil when ctx ends, and
// fn's error when it fails; while the database is away it waits for it.
func (db *Database) Follow(ctx context.Context, since string, fn func(docs []Doc, seq string) error) error {
	if err := db.await(ctx); err != nil {
		return nil // ctx has ended
	}
	feed := feed{db: db, since: since, normal: true}
	for {
		rows, seq, err := feed.next(ctx)
		if err != nil { // only when ctx has ended
			return nil
		}
		docs := make([]Doc, len(rows))
		for i, row := range rows {
			docs[i] = row.doc
		}
		if err := fn(docs, seq); err != nil {
			return err
		}
	}
}

// A feed reads the changes of a database.
type feed struct {
	db     *Database
	since  string
	normal bool // the end of what is there has not been reached yet
	leaves bool // tell all leaves and no bodies, instead of winners
}

// A row is one change.
type row struct {
	doc  Doc
	revs []string // leaves, if asked for
}

// next returns the next changes, at least one, except that it returns none
// once, at the end of what was there at first. It fails only when ctx ends.
func (f *feed) next(ctx context.Context) ([]row, string, error) {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		rows, seq, err := f.read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, "", ctx.Err()
		case err != nil:
			f.db.log.WarnContext(ctx, "Database does not answer", "database", f.db.name, "error", err)
			if err := pause(ctx, wait); err != nil {
				return nil, "", err
			}
			continue
		}
		f.since = seq
		if len(rows) > 0 {
			return rows, seq, nil
		}
		if f.normal {
			f.normal = false
			return nil, seq, nil
		}
		wait = time.Second // a feed that timed out: ask again
	}
}

func (f *feed) read(ctx context.Context) ([]row, string, error) {
	whole := !strings.Contains(f.since, "-") // not a seq of a feed, which also names the database file that gave it
	if f.normal && !f.leaves && whole {
		return f.each(ctx)
	}
	return f.changes(ctx)
}

var errEnough = errors.New("enough")

// each reads past an HTTP server, for speed.
func (f *feed) each(ctx context.Context) ([]row, string, error) {
	from, err := strconv.ParseInt("0"+f.since, 10, 64)
	if err != nil {
		return nil, "", fmt.Errorf("sequence %q: %w", f.since, err)
	}
	var rows []row
	seq := from
	err = f.db.couch.Each(ctx, f.db.name, from, func(id, rev string, at int64, deleted bool, body []byte) error {
		if len(rows) == followBatch {
			return errEnough
		}
		rows = append(rows, row{doc: Doc{ID: id, Rev: rev, Deleted: deleted, Body: slices.Clone(body)}})
		seq = at
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, "", err
	}
	return rows, strconv.FormatInt(seq, 10), nil
}

// changesReply is what a changes feed answers.
type changesReply struct {
	Results []struct {
		ID      string `json:"id"`
		Changes []struct {
			Rev string `json:"rev"`
		} `json:"changes"`
		Doc json.RawMessage `json:"doc"`
	} `json:"results"`
	LastSeq json.RawMessage `json:"last_seq"` // a number, or any string
}

// changes reads the changes feed itself: the iterator of kivik 4.5.2 reads its
// state unguarded while the end of its context changes it.
func (f *feed) changes(ctx context.Context) ([]row, string, error) {
	reply, err := f.ask(ctx)
	if err != nil {
		return nil, "", err
	}
	rows := make([]row, 0, len(reply.Results))
	for _, result := range reply.Results {
		next := row{doc: Doc{ID: result.ID}}
		for _, change := range result.Changes {
			next.revs = append(next.revs, change.Rev)
		}
		if !f.leaves {
			if next.doc, err = splitDoc(result.Doc); err != nil {
				return nil, "", fmt.Errorf("read %s of the changes feed: %w", result.ID, err)
			}
		}
		rows = append(rows, next)
	}
	seq := string(reply.LastSeq)
	if text := ""; json.Unmarshal(reply.LastSeq, &text) == nil {
		seq = text
	}
	return rows, seq, nil
}

func (f *feed) ask(ctx context.Context) (reply changesReply, err error) {
	query := url.Values{"since": {cmp.Or(f.since, "0")}, "limit": {strconv.Itoa(followBatch)}}
	if !f.normal {
		query.Set("feed", "longpoll")
		query.Set("heartbeat", "60000")
	}
	if f.leaves {
		query.Set("style", "all_docs")
	} else {
		query.Set("include_docs", "true")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.db.url+"/_changes?"+query.Encode(), nil)
	if err != nil {
		return reply, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := f.db.http.Do(req)
	if err != nil {
		return reply, err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as needed
	if resp.StatusCode != http.StatusOK {
		return reply, fmt.Errorf("changes feed of %s: %s", f.db.name, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return reply, fmt.Errorf("changes feed of %s: %w", f.db.name, err)
	}
	return reply, nil
}

// pause waits for about d, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d + rand.N(d/4+1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
