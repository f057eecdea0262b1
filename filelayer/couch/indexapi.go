package couch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/libpaul/paul/filelayer/couch/mango"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// Texts of CouchDB that several requests share.
var (
	errIndexParams = &Error{http.StatusInternalServerError, "invalid_list_index_params", "Index parameter ranges: limit > 1, skip > 0"}
	errNoText      = &Error{http.StatusServiceUnavailable, "required index service unavailable", "text"}
)

// listIndexes answers GET /{db}/_index.
func (r *request) listIndexes() error {
	indexes, err := r.db.indexes(r.Context())
	if err != nil {
		return err
	}
	indexes = append([]*mango.Index{nil}, indexes...) // _all_docs
	total := len(indexes)
	limit, skip := r.count("limit", total), r.count("skip", 0)
	if r.err != nil || limit < 1 {
		return errIndexParams
	}
	indexes = indexes[min(skip, total):]
	indexes = indexes[:min(limit, len(indexes))]
	list := make([]json.RawMessage, len(indexes))
	for i, ix := range indexes {
		list[i] = ix.Append(nil)
	}
	return r.answer(http.StatusOK, map[string]any{"total_rows": total, "indexes": list})
}

// indexPath answers for what is below /{db}/_index/.
func (r *request) indexPath(path []string) error {
	if len(path) == 1 && path[0] == "_bulk_delete" {
		if r.Method != http.MethodPost {
			return notAllowed(r.w, http.MethodPost)
		}
		return r.deleteIndexes()
	}
	if r.Method != http.MethodDelete {
		return notAllowed(r.w, http.MethodDelete)
	}
	if len(path) == 4 && path[0] == "_design" {
		path = append([]string{designPrefix + path[1]}, path[2:]...)
	}
	if len(path) != 3 || path[1] != "json" {
		return errMissing
	}
	if err := r.db.removeIndex(r.Context(), designID(path[0]), path[2], r.server.opts.MaxDocument); err != nil {
		return err
	}
	return r.answer(http.StatusOK, ok)
}

func designID(name string) string { return designPrefix + strings.TrimPrefix(name, designPrefix) }

// createIndex answers POST /{db}/_index.
func (r *request) createIndex() error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	ix, err := parseNewIndex(b)
	if err != nil {
		return err
	}
	made := ix.AutoName()
	ix.Index.Name, ix.DesignID = made, designPrefix+made
	if ix.Name != nil {
		ix.Index.Name = *ix.Name
	}
	if ix.DDoc != nil {
		ix.DesignID = designID(*ix.DDoc)
	}
	changed, err := r.db.editViews(r.Context(), ix.DesignID, r.server.opts.MaxDocument, func(raw []byte) ([]byte, error) {
		return setView(raw, ix.Index.Name, ix.View()), nil
	})
	if err != nil {
		return err
	}
	result := "exists"
	if changed {
		result = "created"
	}
	return r.answer(http.StatusOK, map[string]any{"result": result, "id": ix.DesignID, "name": ix.Index.Name})
}

func parseNewIndex(b []byte) (*mango.NewIndex, error) {
	const quorum = 2
	ix := &mango.NewIndex{Quorum: quorum}
	err := readMembers(b, func(name string, v []byte) (err error) {
		switch name {
		case "index":
			ix.Index, err = mango.ParseIndex(v)
		case "name":
			err = parseText(v, &ix.Name)
		case "ddoc":
			err = parseText(v, &ix.DDoc)
		case "type":
			err = checkIndexType(v)
		case "w":
			var n int
			err = parseCount(v, 1, &n)
			ix.Quorum = int64(n)
		case "partitioned":
			ix.Partitioned = new(bool)
			err = parseFlag(v, ix.Partitioned)
		default:
			err = invalidKey(name)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case ix.Index == nil:
		return nil, missingKey("index")
	case ix.Partitioned != nil && *ix.Partitioned:
		return nil, badRequest("`partitioned` is not supported on this database")
	}
	return ix, nil
}

func checkIndexType(v []byte) error {
	var name *string
	if err := parseText(v, &name); err != nil {
		return err
	}
	switch *name {
	case "json":
		return nil
	case "text":
		return errNoText
	}
	return invalid("invalid_index", "Invalid type for index: %.200s", *name)
}

// deleteIndexes answers POST /{db}/_index/_bulk_delete: it deletes all indexes
// of some design documents.
func (r *request) deleteIndexes() error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	var names []string
	err = readMembers(b, func(name string, v []byte) error {
		var n int
		switch name {
		case "docids":
			if json.Unmarshal(v, &names) != nil || names == nil {
				return invalid("invalid_bulk_docs", "Bulk Delete requires an array of non-null docids. Docids: %.200s", v)
			}
			return nil
		case "w":
			return parseCount(v, 1, &n)
		}
		return invalidKey(name)
	})
	if err != nil {
		return err
	}
	if names == nil {
		return missingKey("docids")
	}
	success, fail := []map[string]any{}, []map[string]any{}
	for _, name := range names {
		id := designID(name)
		err := r.db.removeIndex(r.Context(), id, "", r.server.opts.MaxDocument)
		var refused *Error
		switch {
		case err == nil:
			success = append(success, map[string]any{"id": id, "ok": true})
		case errors.As(err, &refused):
			fail = append(fail, map[string]any{"id": id, "error": refused.Name})
		default:
			return err
		}
	}
	return r.answer(http.StatusOK, map[string]any{"success": success, "fail": fail})
}

// removeIndex takes an index, or with no name all of them, out of a design
// document, and deletes the document if nothing else is in it.
func (d *database) removeIndex(ctx context.Context, id, name string, limit int) error {
	_, err := d.editViews(ctx, id, limit, func(raw []byte) ([]byte, error) {
		var found []*mango.Index
		for _, ix := range mango.Indexes(id, raw) {
			if name == "" || ix.Name == name {
				found = append(found, ix)
			}
		}
		if len(found) == 0 {
			return nil, errMissing
		}
		for _, ix := range found {
			raw = setView(raw, ix.Name, nil)
		}
		return raw, nil
	})
	return err
}

// editViews rewrites a design document of language "query", or makes one, and
// reports whether it changed. Who loses a race for the document tries again.
func (d *database) editViews(ctx context.Context, id string, limit int, edit func(raw []byte) ([]byte, error)) (changed bool, err error) {
	for {
		raw, err := d.designDocument(ctx, id)
		if err != nil {
			return false, err
		}
		after, err := edit(raw)
		if err != nil || bytes.Equal(after, raw) {
			return false, err
		}
		doc, err := parseDocument(after, limit)
		if err != nil {
			return false, err
		}
		if string(doc.body) == `{"language":"query"}` {
			doc.deleted, doc.body = true, []byte("{}")
		}
		outcomes, err := d.edit(ctx, []*document{doc}, true)
		switch {
		case err != nil:
			return false, err
		case outcomes[0].err == nil:
			return true, nil
		case outcomes[0].err != errConflict:
			return false, outcomes[0].err
		}
	}
}

// designDocument returns a design document that may hold indexes, as JSON: a
// new one if there is none.
func (d *database) designDocument(ctx context.Context, id string) ([]byte, error) {
	rec, err := d.get(ctx, id)
	if err != nil && !errors.Is(err, errMissing) {
		return nil, err
	}
	if err != nil || rec.tree[rec.tree.winner()].deleted {
		return append(rawjson.AppendString([]byte(`{"_id":`), id), `,"language":"query"}`...), nil
	}
	raw, _, err := d.appendDocument(ctx, nil, rec, rec.tree.winner(), show{})
	if err != nil {
		return nil, err
	}
	var body struct {
		Language any `json:"language"`
	}
	if err := json.Unmarshal(raw, &body); err != nil || body.Language != "query" {
		return nil, invalid("invalid_ddoc_lang", "Existing design doc has an invalid language: %v", body.Language)
	}
	return raw, nil
}

// setView returns the design document raw with the view of that name in place
// of the one it has; without it if view is nil.
func setView(raw []byte, name string, view []byte) []byte {
	var out, views []byte
	put := func(b, quoted, value []byte) []byte {
		b = append(append(b, ','), quoted...)
		return append(append(b, ':'), value...)
	}
	for quoted, value := range rawjson.Members(raw) {
		if !rawjson.Is(quoted, "views") {
			out = put(out, quoted, value)
			continue
		}
		if !rawjson.IsObject(value) {
			continue
		}
		for quoted, value := range rawjson.Members(value) {
			switch {
			case !rawjson.Is(quoted, name):
				views = put(views, quoted, value)
			case view != nil:
				views, view = put(views, quoted, view), nil
			}
		}
	}
	if view != nil {
		views = put(views, rawjson.AppendString(nil, name), view)
	}
	if views != nil {
		views[0] = '{'
		out = put(out, []byte(`"views"`), append(views, '}'))
	}
	out[0] = '{'
	return append(out, '}')
}
