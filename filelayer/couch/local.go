package couch

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// Local documents count their revisions, "0-1", "0-2", and have no tree.

const localPrefix = "_local/"

func localRevision(n int) Revision { return Revision{0, strconv.Itoa(n)} }

// localDocument answers for /{db}/_local/….
func (r *request) localDocument(id string) error {
	if err := checkLocalID(id); err != nil {
		return err
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
	b = rawjson.AppendString(b, id)
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
	doc.id = id
	doc.localRev = cmp.Or(r.localParent(), doc.localRev)
	return r.editOne(doc, true, http.StatusCreated)
}

func (r *request) deleteLocal(id string) error {
	doc := &document{id: id, localRev: r.localParent(), deleted: true, body: []byte("{}")}
	return r.editOne(doc, true, http.StatusOK)
}

// localParent returns the revision that a request's rev or If-Match names, as
// it is written; "" if neither is there.
func (r *request) localParent() string {
	return cmp.Or(r.text("rev"), strings.Trim(r.Header.Get("If-Match"), `"`))
}

func isLocal(id string) bool { return strings.HasPrefix(id, localPrefix) }

// checkLocalID refuses an ID that no local document can have.
func checkLocalID(id string) error {
	if id == localPrefix || len(id) > maxID {
		return &Error{http.StatusBadRequest, "illegal_docid", "Illegal local document id"}
	}
	return nil
}

// applyLocal writes or deletes one local document. An error of type [*Error]
// refuses it.
func (t *transaction) applyLocal(doc *document) (Revision, error) {
	if err := checkLocalID(doc.id); err != nil {
		return Revision{}, err
	}
	if doc.attachments != nil {
		return Revision{}, errLocalAttachment
	}
	n, err := t.localRev(doc.id)
	switch {
	case err != nil:
		return Revision{}, err
	case n == 0 && doc.deleted:
		return Revision{}, errMissing
	case n == 0 && doc.localRev != "", n > 0 && doc.localRev != localRevision(n).String():
		return Revision{}, errConflict
	case doc.deleted:
		_, err = t.tx.ExecContext(t.ctx, "DELETE FROM locals WHERE id=?", doc.id)
		return localRevision(0), err
	}
	_, err = t.tx.ExecContext(t.ctx, "INSERT OR REPLACE INTO locals VALUES (?,?,?)", doc.id, n+1, doc.body)
	return localRevision(n + 1), err
}

func (t *transaction) localRev(id string) (n int, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT n FROM locals WHERE id=?", id).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
