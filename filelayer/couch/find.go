package couch

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/couch/mango"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// find answers POST /{db}/_find. An index is read in chunks, so documents that
// are written meanwhile may or may not be in the answer; one that is matches.
func (r *request) find() error {
	q, plan, err := r.plan()
	if err != nil {
		return err
	}
	f := &finder{db: r.db, q: q, plan: plan, out: r.stream("application/json"), skip: q.skip, left: q.limit, began: time.Now()}
	if f.after, err = parseBookmark(q.bookmark, plan); err != nil {
		return err
	}
	f.out.buf = append(f.out.buf, `{"docs":[`...)
	if err := f.read(r.Context()); err != nil {
		return f.out.fail(err)
	}
	f.appendTail()
	return f.out.flush()
}

// plan reads the query of the request, and chooses how to answer it.
func (r *request) plan() (*findQuery, *mango.Plan, error) {
	q, err := r.findQuery()
	if err != nil {
		return nil, nil, err
	}
	indexes, err := r.db.indexes(r.Context())
	if err != nil {
		return nil, nil, err
	}
	plan, err := mango.Choose(indexes, &q.Query)
	return q, plan, err
}

// A finder reads the documents of one answer into a stream.
type finder struct {
	db    *database
	q     *findQuery
	plan  *mango.Plan
	out   *stream
	began time.Time

	after          *place // the last document that was read; nil at the start
	last           *place // the last that matched
	skip, left     int
	examined, rows int
	doc            []byte
}

// A place is where in an index, or in _all_docs, a document is.
type place struct {
	Index string `json:"i,omitempty"` // the signature of the index; "" for _all_docs
	Key   []byte `json:"k,omitempty"`
	ID    string `json:"d"`
}

func (f *finder) read(ctx context.Context) error {
	switch {
	case f.plan.Empty || f.left == 0:
		return nil
	case f.plan.Index == nil:
		return f.readAllDocs(ctx)
	}
	return f.readIndex(ctx)
}

func (f *finder) readIndex(ctx context.Context) error {
	number, err := f.number(ctx)
	if err != nil {
		return err
	}
	const rows = `SELECT r.key, d.id, d.seq, d.tree, d.body, d.attachments FROM index_rows r CROSS JOIN docs d ON d.id=r.id
		WHERE d.deleted=0 AND r.number=? AND `
	query := rows + "(r.key, r.id)>(?,?) AND r.key<? ORDER BY r.key, r.id LIMIT ?"
	from, to := f.plan.Keys()
	if f.plan.Descending {
		query = rows + "(r.key, r.id)<(?,?) AND r.key>=? ORDER BY r.key DESC, r.id DESC LIMIT ?"
		from, to = to, from
	}
	stmt, err := f.db.prepare(ctx, query)
	if err != nil {
		return err
	}
	if f.after == nil {
		f.after = &place{Key: from}
	}
	signature := f.plan.Index.Signature()
	err = f.chunks(ctx, func(row func(*record) (bool, error)) error {
		var key []byte
		return f.db.scanRows(ctx, stmt, []any{number, f.after.Key, f.after.ID, to, chunkRows}, func(rec *record) (bool, error) {
			f.after = &place{Index: signature, Key: key, ID: rec.id}
			return row(rec)
		}, &key)
	})
	return errors.Join(err, stmt.Close())
}

// number returns the number of the index to read, up to date unless the query
// takes it as it is.
func (f *finder) number(ctx context.Context) (int64, error) {
	if f.q.stale || !f.q.update {
		number, _, err := f.db.findIndex(ctx, f.plan.Index)
		return number, err
	}
	return f.db.refresh(ctx, f.plan.Index)
}

func (f *finder) readAllDocs(ctx context.Context) error {
	q := &allDocsQuery{descending: f.plan.Descending}
	var ok bool
	if q.start, q.end, ok = f.plan.IDs(); !ok {
		return nil
	}
	if q.descending {
		q.start, q.end = q.end, q.start
	}
	return f.chunks(ctx, func(row func(*record) (bool, error)) error {
		var after *string
		if f.after != nil {
			after = &f.after.ID
		}
		where, args := q.sql(after, 0)
		stmt, err := f.db.prepare(ctx, "SELECT id, seq, tree, body, attachments FROM docs WHERE deleted=0"+where)
		if err != nil {
			return err
		}
		err = f.db.scanRows(ctx, stmt, args, func(rec *record) (bool, error) {
			f.after = &place{ID: rec.id}
			if isDesign(rec.id) {
				return true, nil
			}
			return row(rec)
		})
		return errors.Join(err, stmt.Close())
	})
}

// chunks calls read until there is nothing left to read, or the answer is full.
func (f *finder) chunks(ctx context.Context, read func(row func(*record) (more bool, err error)) error) error {
	for f.left > 0 {
		before := f.after
		if err := read(func(rec *record) (bool, error) { return f.row(ctx, rec) }); err != nil {
			return err
		}
		if f.after == before {
			return nil
		}
		if err := errors.Join(ctx.Err(), f.out.spill()); err != nil {
			return err
		}
	}
	return nil
}

// row appends what is asked for of rec, if it matches.
func (f *finder) row(ctx context.Context, rec *record) (more bool, err error) {
	f.examined++
	f.doc, _, err = f.db.appendDocument(ctx, f.doc[:0], rec, rec.tree.winner(), show{conflicts: f.q.conflicts})
	if err != nil || !f.q.Selector.Match(f.doc) {
		return err == nil, err
	}
	f.last = f.after
	if f.skip > 0 {
		f.skip--
		return true, nil
	}
	f.out.buf = appendRowBreak(f.out.buf, f.rows)
	f.out.buf = f.q.fields.Append(f.out.buf, f.doc)
	f.rows++
	f.left--
	return f.left > 0 && len(f.out.buf) < chunkBytes, nil
}

// appendTail appends what comes after the documents.
func (f *finder) appendTail() {
	b := append(f.out.buf, "\n],\n\"bookmark\":"...)
	b = rawjson.AppendString(b, f.bookmark())
	if w := f.warning(); w != "" {
		b = append(b, ",\n\"warning\":"...)
		b = rawjson.AppendString(b, w)
	}
	if f.q.stats {
		b = append(b, ",\n\"execution_stats\":{\"total_keys_examined\":"...)
		b = strconv.AppendInt(b, int64(f.examined), 10)
		b = append(b, `,"total_docs_examined":`...)
		b = strconv.AppendInt(b, int64(f.examined), 10)
		b = append(b, `,"total_quorum_docs_examined":0,"results_returned":`...)
		b = strconv.AppendInt(b, int64(f.rows), 10)
		b = append(b, `,"execution_time_ms":`...)
		b = strconv.AppendFloat(b, float64(time.Since(f.began).Microseconds())/1000, 'f', 3, 64)
		b = append(b, '}')
	}
	f.out.buf = append(b, "}\n"...)
}

// scanWarning is how many documents may be read for one that is answered
// before a person is told.
const scanWarning = 10

func (f *finder) warning() string {
	var all []string
	if name := f.q.UseIndex; f.plan.Fallback {
		ddoc := designPrefix + strings.TrimPrefix(name[0], designPrefix)
		if len(name) == 1 {
			all = append(all, ddoc+" was not used because it does not contain a valid index for this query.")
		} else {
			all = append(all, fmt.Sprintf("%s, %s was not used because it is not a valid index for this query.", ddoc, name[1]))
		}
	}
	if f.plan.Index == nil && !f.plan.Empty {
		all = append(all, "No matching index found, create an index to optimize query time.")
	}
	if f.examined > scanWarning*max(f.rows, 1) {
		all = append(all, "The number of documents examined is high in proportion to the number of results returned. Consider adding a more specific index to improve this.")
	}
	return strings.Join(all, "\n")
}

// noBookmark is CouchDB's bookmark of an answer without documents.
const noBookmark = "nil"

// bookmark returns where the next answer goes on.
func (f *finder) bookmark() string {
	if f.last == nil {
		if f.q.bookmark != "" {
			return f.q.bookmark
		}
		return noBookmark
	}
	b, _ := json.Marshal(f.last) // strings and bytes always can be
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseBookmark reads what bookmark wrote for a query that is answered in the
// same way; nil for none.
func parseBookmark(text string, plan *mango.Plan) (*place, error) {
	if text == "" {
		return nil, nil
	}
	quoted := rawjson.AppendString(nil, text)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, invalidBookmark(quoted)
	}
	var p place
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.ID == "" {
		return nil, invalidBookmark(quoted)
	}
	signature := ""
	if plan.Index != nil {
		signature = plan.Index.Signature()
	}
	if p.Index != signature {
		return nil, invalidBookmark(quoted)
	}
	return &p, nil
}
