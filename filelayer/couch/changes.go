package couch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/couch/mango"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// changesQuery is what a request to _changes asks for.
type changesQuery struct {
	feed       feed
	since      int64
	limit      int // negative: no limit
	descending bool
	allLeaves  bool // style=all_docs
	include    bool
	show       show
	ids        map[string]bool // filter=_doc_ids, if not nil
	selector   *mango.Selector // filter=_selector, if not nil
	heartbeat  time.Duration   // 0: none
	timeout    time.Duration   // 0: none
}

const (
	defaultTimeout = time.Minute // also of the heartbeat, as in CouchDB
	minHeartbeat   = 50 * time.Millisecond
)

func (r *request) changesQuery() (*changesQuery, error) {
	q := &changesQuery{
		limit:      r.count("limit", -1),
		descending: r.flag("descending"),
		include:    r.flag("include_docs"),
		show:       r.show(),
		timeout:    r.milliseconds("timeout", defaultTimeout),
	}
	if q.limit == 0 {
		q.limit = 1 // as in CouchDB
	}
	switch style := r.text("style"); style {
	case "", "main_only":
	case "all_docs":
		q.allLeaves = true
	default:
		r.fail("style", "style", style)
	}
	switch hb := r.text("heartbeat"); hb {
	case "", "false":
	case "true":
		q.heartbeat = defaultTimeout
	default:
		q.heartbeat = max(r.milliseconds("heartbeat", 0), minHeartbeat)
	}
	if q.heartbeat > 0 {
		q.timeout = 0
	}
	if q.feed = feeds[r.text("feed")]; q.feed == "" {
		r.fail("feed", "feed", r.text("feed"))
	}
	if r.err != nil {
		return nil, r.err
	}
	since := r.text("since")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		since = id
	}
	var err error
	if q.since, err = r.db.parseSince(since); err != nil {
		return nil, err
	}
	return q, r.filter(q)
}

// parseSince reads a seq: "now", what appendSeq wrote with or without quotes,
// or a number. One that another file gave, or that is still to come, as after
// the file was put back from a backup, means the beginning.
func (d *database) parseSince(text string) (int64, error) {
	present := d.state.Load().seq
	text = strings.Trim(text, `"`)
	switch text {
	case "", "0":
		return 0, nil
	case "now":
		return present, nil
	}
	number, epoch, marked := strings.Cut(text, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest("Malformed sequence supplied in 'since' parameter.")
	}
	if n > present || marked && epoch != d.epoch {
		return 0, nil
	}
	return n, nil
}

// filter reads the filter of a changes request.
func (r *request) filter(q *changesQuery) error {
	var body struct {
		DocIDs   *[]string       `json:"doc_ids"`
		Selector json.RawMessage `json:"selector"`
	}
	if r.Method == http.MethodPost {
		b, err := r.readBody()
		if err != nil {
			return err
		}
		if len(b) > 0 && (!rawjson.Valid(b) || json.Unmarshal(b, &body) != nil) {
			return badRequest("invalid UTF-8 JSON")
		}
	}
	if r.json(&body.DocIDs, "doc_ids"); r.err != nil {
		return r.err
	}
	switch name := r.text("filter"); {
	case name == "_doc_ids" || name == "" && body.DocIDs != nil:
		if body.DocIDs == nil {
			return badRequest("`doc_ids` filter parameter is not provided.")
		}
		q.ids = make(map[string]bool, len(*body.DocIDs))
		for _, id := range *body.DocIDs {
			q.ids[id] = true
		}
	case name == "_selector":
		if len(body.Selector) == 0 {
			return badRequest("Selector error: filter=_selector needs a `selector` object")
		}
		var err error
		if q.selector, err = mango.ParseSelector(body.Selector); err != nil {
			return err
		}
	case name != "":
		return notImplemented("There is no filter " + name + " here: only _doc_ids and _selector.")
	}
	return nil
}

// A changesReader reads rows of the feed into a stream.
type changesReader struct {
	db   *database
	q    *changesQuery
	out  *stream
	last int64 // the seq up to which rows are read
	rows int
}

func (c *changesReader) full() bool { return c.q.limit >= 0 && c.rows >= c.q.limit }

// read appends all rows there are after c.last, or, descending, all from the
// present to it.
func (c *changesReader) read(ctx context.Context) error {
	present := c.db.state.Load().seq
	switch {
	case c.q.descending:
		return c.readDown(ctx, present)
	case c.q.ids != nil && int64(len(c.q.ids)) < present-c.last: // fewer than there are rows to pass over
		return c.readIDs(ctx, present)
	}
	for c.last < present && !c.full() {
		before := c.last
		err := c.db.scan(ctx, c.db.queries.changes, []any{c.last, present, chunkRows}, c.q.show.attachments, func(rec *record) (bool, error) {
			c.last = rec.seq
			return c.row(ctx, rec)
		})
		if err != nil {
			return err
		}
		if c.last == before { // the rest has moved on past present
			c.last = present
		}
		if err := errors.Join(ctx.Err(), c.out.spill()); err != nil {
			return err
		}
	}
	return nil
}

func (c *changesReader) readDown(ctx context.Context, present int64) error {
	for before := present + 1; before > c.q.since+1 && !c.full(); {
		was := before
		err := c.db.scan(ctx, c.db.queries.changesDown, []any{c.q.since, before - 1, chunkRows}, c.q.show.attachments, func(rec *record) (bool, error) {
			before, c.last = rec.seq, rec.seq
			return c.row(ctx, rec)
		})
		if err != nil {
			return err
		}
		if before == was {
			return nil
		}
		if err := errors.Join(ctx.Err(), c.out.spill()); err != nil {
			return err
		}
	}
	return nil
}

// readIDs reads the rows of the documents that are asked for.
func (c *changesReader) readIDs(ctx context.Context, present int64) error {
	type place struct {
		seq int64
		id  string
	}
	var places []place
	for id := range c.q.ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, seq, err := c.db.revisions(ctx, id)
		if err != nil {
			return err
		}
		if seq > c.last && seq <= present {
			places = append(places, place{seq, id})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.seq, b.seq) })
	for _, p := range places {
		rec, err := c.db.get(ctx, p.id)
		if err != nil {
			return err
		}
		if rec.seq > present { // it has just moved on, and comes next time
			continue
		}
		c.last = rec.seq
		if _, err := c.row(ctx, rec); err != nil || c.full() {
			return err
		}
		if err := c.out.spill(); err != nil {
			return err
		}
	}
	c.last = present
	return nil
}

// row appends the row of rec if the filter lets it through, and reports
// whether to go on with the chunk.
func (c *changesReader) row(ctx context.Context, rec *record) (more bool, err error) {
	if c.q.ids != nil && !c.q.ids[rec.id] {
		return true, nil
	}
	if c.q.selector != nil {
		match, err := c.selected(ctx, rec)
		if err != nil || !match {
			return err == nil, err
		}
	}
	b := c.q.feed.beforeRow(c.out.buf, c.rows)
	c.rows++
	b = append(b, `{"seq":`...)
	b = c.db.appendSeq(b, rec.seq)
	b = append(b, `,"id":`...)
	b = rawjson.AppendString(b, rec.id)
	b = append(b, `,"changes":[{"rev":"`...)
	leaves := rec.tree.leaves()
	b = rec.tree[leaves[0]].rev.append(b)
	if c.q.allLeaves {
		for _, i := range leaves[1:] {
			b = append(b, `"},{"rev":"`...)
			b = rec.tree[i].rev.append(b)
		}
	}
	b = append(b, `"}]`...)
	if rec.tree[leaves[0]].deleted {
		b = append(b, `,"deleted":true`...)
	}
	if c.q.include {
		if b, _, err = c.db.appendDocument(ctx, append(b, `,"doc":`...), rec, leaves[0], c.q.show); err != nil {
			return false, err
		}
	}
	c.out.buf = c.q.feed.afterRow(append(b, '}'), rec.seq, c.db)
	return len(c.out.buf) < chunkBytes && !c.full(), nil
}

func (c *changesReader) selected(ctx context.Context, rec *record) (bool, error) {
	b, _, err := c.db.appendDocument(ctx, nil, rec, rec.tree.winner(), show{})
	return err == nil && c.q.selector.Match(b), err
}
