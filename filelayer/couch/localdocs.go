package couch

import (
	"context"
	"errors"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// localDocs answers GET and POST /{db}/_local_docs. They are not counted, as
// in CouchDB.
func (r *request) localDocs() error {
	q, err := r.allDocsQuery()
	if err != nil {
		return err
	}
	out := r.stream("application/json")
	out.buf = append(out.buf, `{"total_rows":null,"offset":null,"rows":[`...)
	if q.keys != nil {
		err = r.localDocsByKey(out, q)
	} else {
		err = r.localDocsRange(out, q)
	}
	if err != nil {
		return out.fail(err)
	}
	out.buf = append(out.buf, "\n]}\n"...)
	return out.flush()
}

func (r *request) localDocsByKey(out *stream, q *allDocsQuery) error {
	for i, key := range q.keys {
		out.buf = appendRowBreak(out.buf, i)
		n, body, err := r.db.local(r.Context(), key)
		switch {
		case errors.Is(err, errMissing):
			out.buf = append(out.buf, `{"key":`...)
			out.buf = rawjson.AppendString(out.buf, key)
			out.buf = append(out.buf, `,"error":"not_found"}`...)
		case err != nil:
			return err
		default:
			out.buf = appendLocalRow(out.buf, key, n, body, q.include)
		}
		if err := out.spill(); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) localDocsRange(out *stream, q *allDocsQuery) error {
	rows, skip := 0, q.skip
	var after *string
	for q.limit < 0 || rows < q.limit {
		read, err := r.db.localChunk(r.Context(), q, after, skip, func(id string, n int, body []byte) bool {
			after = &id
			out.buf = appendRowBreak(out.buf, rows)
			out.buf = appendLocalRow(out.buf, id, n, body, q.include)
			rows++
			return len(out.buf) < chunkBytes && rows != q.limit
		})
		if err != nil || read == 0 {
			return err
		}
		skip = 0
		if err := out.spill(); err != nil {
			return err
		}
	}
	return nil
}

// localChunk calls fn with local documents of q's range, until it returns
// false, and returns how many those were.
func (d *database) localChunk(ctx context.Context, q *allDocsQuery, after *string, skip int, fn func(id string, n int, body []byte) bool) (read int, err error) {
	release, err := d.use()
	if err != nil {
		return 0, err
	}
	defer release()
	where, args := q.sql(after, skip)
	rows, err := d.reader.QueryContext(context.WithoutCancel(ctx), "SELECT id, n, body FROM locals WHERE true"+where, args...)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var id string
		var n int
		var body []byte
		if err := rows.Scan(&id, &n, &body); err != nil {
			return read, err
		}
		read++
		if !fn(id, n, body) {
			break
		}
	}
	return read, rows.Err()
}

func appendLocalRow(b []byte, id string, n int, body []byte, include bool) []byte {
	b = append(b, `{"id":`...)
	b = rawjson.AppendString(b, id)
	b = append(b, `,"key":`...)
	b = rawjson.AppendString(b, id)
	b = append(b, `,"value":{"rev":"`...)
	b = localRevision(n).append(b)
	b = append(b, `"}`...)
	if include {
		b = appendLocal(append(b, `,"doc":`...), id, n, body)
	}
	return append(b, '}')
}
