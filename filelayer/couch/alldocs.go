package couch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// allDocsQuery is what a request to _all_docs asks for.
type allDocsQuery struct {
	keys       []string // in place of a range, if not nil
	start, end *string
	endsBefore bool // end itself is not part of the range
	descending bool
	skip       int
	limit      int // negative: no limit
	include    bool
	show       show
	design     bool // design documents only
}

const designRange = " AND id>='_design/' AND id<'_design0'"

// allDocs answers GET and POST /{db}/_all_docs. A range is read in chunks, so
// documents that are written meanwhile may or may not be in the answer.
func (r *request) allDocs() error { return r.listDocs(false) }

// designDocs answers GET and POST /{db}/_design_docs.
func (r *request) designDocs() error { return r.listDocs(true) }

func (r *request) listDocs(design bool) error {
	q, err := r.allDocsQuery()
	if err != nil {
		return err
	}
	q.design = design
	out := r.stream("application/json")
	if err := r.appendAllDocs(out, q); err != nil {
		return out.fail(err)
	}
	out.buf = append(out.buf, '\n')
	return out.flush()
}

// allDocsQueries answers POST /{db}/_all_docs/queries: several in one.
func (r *request) allDocsQueries() error {
	var body struct {
		Queries *[]json.RawMessage `json:"queries"`
	}
	if err := r.decodePost(&body); err != nil {
		return err
	}
	if body.Queries == nil {
		return badRequest("POST body must include `queries` parameter.")
	}
	queries := make([]*allDocsQuery, len(*body.Queries))
	for i, raw := range *body.Queries {
		queries[i] = &allDocsQuery{limit: -1}
		if err := queries[i].decode(raw); err != nil {
			return err
		}
	}
	out := r.stream("application/json")
	out.buf = append(out.buf, `{"results":[`...)
	for i, q := range queries {
		out.buf = appendRowBreak(out.buf, i)
		if err := r.appendAllDocs(out, q); err != nil {
			return out.fail(err)
		}
	}
	out.buf = append(out.buf, "\n]}\n"...)
	return out.flush()
}

// appendAllDocs writes the answer to q.
func (r *request) appendAllDocs(out *stream, q *allDocsQuery) error {
	q.show.spill = out.take
	total, err := r.db.countDocs(r.Context(), q.design)
	if err != nil {
		return err
	}
	out.buf = append(out.buf, `{"total_rows":`...)
	out.buf = strconv.AppendInt(out.buf, total, 10)
	out.buf = append(out.buf, `,"offset":`...)
	if q.start == nil && q.keys == nil {
		out.buf = strconv.AppendInt(out.buf, int64(q.skip), 10)
	} else {
		out.buf = append(out.buf, "null"...) // it would have to be counted
	}
	out.buf = append(out.buf, `,"rows":[`...)
	if q.keys != nil {
		err = r.allDocsByKey(out, q)
	} else {
		err = r.allDocsRange(out, q)
	}
	out.buf = append(out.buf, "\n]}"...)
	return err
}

// countDocs returns how many documents are not deleted; of the design
// documents, which are few, if only those count.
func (d *database) countDocs(ctx context.Context, design bool) (n int64, err error) {
	if !design {
		return d.state.Load().docs, nil
	}
	release, err := d.use()
	if err != nil {
		return 0, err
	}
	defer release()
	err = d.reader.QueryRowContext(context.WithoutCancel(ctx), "SELECT count(*) FROM docs WHERE deleted=0"+designRange).Scan(&n)
	return n, err
}

func (r *request) allDocsQuery() (*allDocsQuery, error) {
	q := &allDocsQuery{
		descending: r.flag("descending"),
		endsBefore: !r.flagOr("inclusive_end", true),
		skip:       r.count("skip", 0),
		limit:      r.count("limit", -1),
		include:    r.flag("include_docs"),
		show:       r.show(),
	}
	r.json(&q.keys, "keys")
	r.json(&q.start, "startkey", "start_key")
	r.json(&q.end, "endkey", "end_key")
	var key *string
	if r.json(&key, "key"); key != nil {
		q.start, q.end = key, key
	}
	if r.err != nil {
		return nil, r.err
	}
	if r.Method != http.MethodPost {
		return q, nil
	}
	b, err := r.readPost()
	if err != nil {
		return nil, err
	}
	return q, q.decode(b)
}

// decode takes over what the body of a POST names.
func (q *allDocsQuery) decode(b []byte) error {
	body := struct {
		Keys         *[]string `json:"keys"`
		Key          *string   `json:"key"`
		StartKey     *string   `json:"startkey"`
		EndKey       *string   `json:"endkey"`
		Start        *string   `json:"start_key"`
		End          *string   `json:"end_key"`
		Descending   *bool     `json:"descending"`
		IncludeDocs  *bool     `json:"include_docs"`
		InclusiveEnd *bool     `json:"inclusive_end"`
		Limit        *uint32   `json:"limit"`
		Skip         *uint32   `json:"skip"`
	}{}
	if err := json.Unmarshal(b, &body); err != nil {
		return badRequest("The body does not have the form that this request needs: %v", err)
	}
	if body.Keys != nil {
		q.keys = *body.Keys
	}
	for _, start := range []*string{body.StartKey, body.Start, body.Key} {
		if start != nil {
			q.start = start
		}
	}
	for _, end := range []*string{body.EndKey, body.End, body.Key} {
		if end != nil {
			q.end = end
		}
	}
	if body.Descending != nil {
		q.descending = *body.Descending
	}
	if body.IncludeDocs != nil {
		q.include = *body.IncludeDocs
	}
	if body.InclusiveEnd != nil {
		q.endsBefore = !*body.InclusiveEnd
	}
	if body.Limit != nil {
		q.limit = int(*body.Limit)
	}
	if body.Skip != nil {
		q.skip = int(*body.Skip)
	}
	return nil
}

func (r *request) allDocsByKey(out *stream, q *allDocsQuery) error {
	keys := q.keys
	keys = keys[min(q.skip, len(keys)):]
	if q.limit >= 0 {
		keys = keys[:min(q.limit, len(keys))]
	}
	for k := range keys {
		key := keys[k]
		if q.descending {
			key = keys[len(keys)-1-k]
		}
		out.buf = appendRowBreak(out.buf, k)
		rec, err := r.db.get(r.Context(), key)
		if q.design && err == nil && !strings.HasPrefix(key, "_design/") {
			err = errMissing
		}
		switch {
		case errors.Is(err, errMissing):
			out.buf = append(out.buf, `{"key":`...)
			out.buf = rawjson.AppendString(out.buf, key)
			out.buf = append(out.buf, `,"error":"not_found"}`...)
		case err != nil:
			return err
		default:
			if out.buf, err = r.db.appendAllDocsRow(r.Context(), out.buf, rec, q); err != nil {
				return err
			}
		}
		if err := out.spill(); err != nil {
			return err
		}
	}
	return nil
}

func appendRowBreak(b []byte, row int) []byte {
	if row > 0 {
		b = append(b, ',')
	}
	return append(b, '\n')
}

func (r *request) allDocsRange(out *stream, q *allDocsQuery) error {
	rows, skip := 0, q.skip
	var after *string // the last document that was read
	for q.limit < 0 || rows < q.limit {
		where, args := q.sql(after, skip)
		query := "SELECT id, seq, tree, body, attachments FROM docs WHERE deleted=0"
		if q.design {
			query += designRange
		}
		stmt, err := r.db.prepare(r.Context(), query+where)
		if err != nil {
			return err
		}
		read := 0
		err = r.db.scan(r.Context(), stmt, args, q.show.attachments, func(rec *record) (bool, error) {
			read++
			id := rec.id
			after = &id
			out.buf = appendRowBreak(out.buf, rows)
			rows++
			var err error
			out.buf, err = r.db.appendAllDocsRow(r.Context(), out.buf, rec, q)
			return len(out.buf) < chunkBytes && rows != q.limit, err
		})
		if err = errors.Join(err, stmt.Close()); err != nil {
			return err
		}
		if read == 0 {
			return nil
		}
		skip = 0
		if err := out.spill(); err != nil {
			return err
		}
	}
	return nil
}

// sql returns what selects the next chunk of the range, after a WHERE.
func (q *allDocsQuery) sql(after *string, skip int) (string, []any) {
	lower, upper, order := ">", "<", ""
	if q.descending {
		lower, upper, order = "<", ">", " DESC"
	}
	where, args := "", []any{}
	switch {
	case after != nil:
		where, args = where+" AND id"+lower+"?", append(args, *after)
	case q.start != nil:
		where, args = where+" AND id"+lower+"=?", append(args, *q.start)
	}
	if q.end != nil {
		if !q.endsBefore {
			upper += "="
		}
		where, args = where+" AND id"+upper+"?", append(args, *q.end)
	}
	return where + " ORDER BY id" + order + " LIMIT ? OFFSET ?", append(args, chunkRows, skip)
}

func (d *database) appendAllDocsRow(ctx context.Context, b []byte, rec *record, q *allDocsQuery) ([]byte, error) {
	i := rec.tree.winner()
	b = append(b, `{"id":`...)
	b = rawjson.AppendString(b, rec.id)
	b = append(b, `,"key":`...)
	b = rawjson.AppendString(b, rec.id)
	b = append(b, `,"value":{"rev":"`...)
	b = rec.tree[i].rev.append(b)
	b = append(b, '"')
	if rec.tree[i].deleted {
		b = append(b, `,"deleted":true`...)
	}
	b = append(b, '}')
	if q.include {
		b = append(b, `,"doc":`...)
		if rec.tree[i].deleted {
			b = append(b, "null"...)
		} else {
			var err error
			if b, _, err = d.appendDocument(ctx, b, rec, i, q.show); err != nil {
				return b, err
			}
		}
	}
	return append(b, '}'), nil
}
