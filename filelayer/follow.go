package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
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
	if f.normal && !f.leaves && whole && f.db.couch != nil {
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

func (f *feed) changes(ctx context.Context) ([]row, string, error) {
	params := map[string]any{"since": f.since, "limit": followBatch, "feed": "normal"}
	if f.since == "" {
		params["since"] = "0"
	}
	if !f.normal {
		params["feed"], params["heartbeat"] = "longpoll", 30000
	}
	if f.leaves {
		params["style"] = "all_docs"
	} else {
		params["include_docs"] = true
	}
	changes := f.db.kv.Changes(ctx, kivik.Params(params))
	defer func() { _ = changes.Close() }() // read to its end, or failed
	var rows []row
	for changes.Next() {
		next := row{doc: Doc{ID: changes.ID()}, revs: slices.Clone(changes.Changes())}
		if !f.leaves {
			var raw json.RawMessage
			if err := changes.ScanDoc(&raw); err != nil {
				return nil, "", err
			}
			doc, err := splitDoc(raw)
			if err != nil {
				return nil, "", err
			}
			next.doc = doc
		}
		rows = append(rows, next)
	}
	if err := changes.Err(); err != nil {
		return nil, "", err
	}
	meta, err := changes.Metadata()
	if err != nil {
		return nil, "", err
	}
	return rows, meta.LastSeq, nil
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
