package couch

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Local documents count their revisions, "0-1", "0-2", and have no tree.

func localRevision(n int) Revision { return Revision{0, strconv.Itoa(n)} }

// localDocument answers for /{db}/_local/….
func (r *request) localDocument(id string) error {
	if id == "_local/" || len(id) > maxID {
		return &Error{http.StatusBadRequest, "illegal_docid", "Illegal local document id"}
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.getLocal(id)
	case http.MethodPut:
		return r.putLocal(id)
	case http.MethodDelete:
		return r.deleteLocal(id)
	}
	return notAllowed(r.w, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPut)
}

func (r *request) getLocal(id string) error {
	n, body, err := r.db.local(r.Context(), id)
	if err != nil {
		return err
	}
	r.w.Header().Set("ETag", `"`+localRevision(n).String()+`"`)
	writeBytes(r.w, r.Request, http.StatusOK, append(appendLocal(nil, id, n, body), '\n'))
	return nil
}

func appendLocal(b []byte, id string, n int, body []byte) []byte {
	b = append(b, `{"_id":`...)
	b = appendString(b, id)
	b = append(b, `,"_rev":"`...)
	b = localRevision(n).append(b)
	b = append(b, '"')
	if len(body) > len("{}") {
		b = append(b, ',')
	}
	return append(b, body[1:]...)
}

func (d *database) local(ctx context.Context, id string) (n int, body []byte, err error) {
	release, err := d.use()
	if err != nil {
		return 0, nil, err
	}
	defer release()
	err = d.queries.local.QueryRowContext(context.WithoutCancel(ctx), id).Scan(&n, &body)
	if errors.Is(err, sql.ErrNoRows) {
		err = errMissing
	}
	return n, body, err
}

func (r *request) putLocal(id string) error {
	raw, err := r.readJSON()
	if err != nil {
		return err
	}
	doc, err := parseDocument(raw, r.server.opts.MaxDocument)
	if err != nil {
		return err
	}
	if doc.id != "" && doc.id != id {
		return badRequest("Document ID must match the one in the URL")
	}
	if doc.attachments != nil {
		return errLocalAttachment
	}
	rev := doc.localRev
	if v := r.text("rev"); v != "" {
		rev = v
	}
	if doc.deleted {
		return r.dropLocal(id, rev)
	}
	n, err := r.db.putLocal(r.Context(), id, rev, doc.body)
	if err != nil {
		return err
	}
	writeBytes(r.w, r.Request, http.StatusCreated, appendOutcome(nil, outcome{id: id, rev: localRevision(n)}))
	return nil
}

func (r *request) deleteLocal(id string) error {
	rev := r.text("rev")
	if rev == "" {
		rev = strings.Trim(r.Header.Get("If-Match"), `"`)
	}
	return r.dropLocal(id, rev)
}

func (r *request) dropLocal(id, rev string) error {
	var refused error
	err := r.db.write(r.Context(), func(t *transaction) error {
		n, err := t.localRev(id)
		if err != nil {
			return err
		}
		if refused = checkLocal(n, rev); n == 0 {
			refused = errMissing
		}
		if refused != nil {
			return nil
		}
		_, err = t.tx.ExecContext(t.ctx, "DELETE FROM locals WHERE id=?", id)
		return err
	})
	if err := errors.Join(err, refused); err != nil {
		return err
	}
	writeBytes(r.w, r.Request, http.StatusOK, appendOutcome(nil, outcome{id: id, rev: localRevision(0)}))
	return nil
}

// putLocal stores body under id, which must have the revision rev ("" for a
// new document), and returns the number of the new revision.
func (d *database) putLocal(ctx context.Context, id, rev string, body []byte) (n int, err error) {
	var refused error
	err = d.write(ctx, func(t *transaction) error {
		if n, err = t.localRev(id); err != nil {
			return err
		}
		if refused = checkLocal(n, rev); refused != nil {
			return nil
		}
		n++
		_, err = t.tx.ExecContext(t.ctx, "INSERT OR REPLACE INTO locals VALUES (?,?,?)", id, n, body)
		return err
	})
	return n, errors.Join(err, refused)
}

func (t *transaction) localRev(id string) (n int, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT n FROM locals WHERE id=?", id).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func checkLocal(n int, rev string) error {
	if n == 0 && rev == "" || n > 0 && rev == localRevision(n).String() {
		return nil
	}
	return errConflict
}
