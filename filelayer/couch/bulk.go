package couch

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// bulkDocs answers POST /{db}/_bulk_docs.
func (r *request) bulkDocs() error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	docs, newEdits, err := parseBulk(b, r.server.opts.MaxDocument, r.server.opts.MaxDocs)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		if doc.id == "" && newEdits {
			doc.id = newUUID()
		}
	}
	outcomes, err := r.db.edit(r.Context(), docs, newEdits)
	if err != nil {
		return err
	}
	if !newEdits { // a replicator asks about failures only
		outcomes = slices.DeleteFunc(outcomes, func(o outcome) bool { return o.err == nil })
	}
	writeBytes(r.w, r.Request, http.StatusCreated, appendOutcomes(nil, outcomes))
	return nil
}

func tooManyDocs(name string, most int) *Error {
	return &Error{http.StatusRequestEntityTooLarge, name, strconv.Itoa(most)}
}

// parseBulk reads a body of _bulk_docs from valid JSON: most documents, none
// longer than limit.
func parseBulk(b []byte, limit, most int) (docs []*document, newEdits bool, err error) {
	newEdits = true
	found := false
	if !rawjson.IsObject(b) {
		return nil, false, errNoObject
	}
	for name, value := range rawjson.Members(b) {
		switch rawjson.Text(name) {
		case "new_edits":
			if json.Unmarshal(value, &newEdits) != nil {
				return nil, false, badRequest("`new_edits` must be true or false.")
			}
		case "docs":
			found = true
			if docs, err = parseDocuments(value, limit, most); err != nil {
				return nil, false, err
			}
		}
	}
	if !found {
		return nil, false, badRequest("POST body must include `docs` parameter.")
	}
	return docs, newEdits, nil
}

func parseDocuments(list []byte, limit, most int) (docs []*document, err error) {
	if !rawjson.IsArray(list) {
		return nil, badRequest("`docs` parameter must be an array.")
	}
	for raw := range rawjson.Elements(list) {
		if len(docs) == most {
			return nil, tooManyDocs("max_bulk_docs_count_exceeded", most)
		}
		doc, err := parseDocument(raw, limit)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

func appendOutcomes(b []byte, outcomes []outcome) []byte {
	b = append(b, '[')
	for i, o := range outcomes {
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = appendOutcome(b, o)
	}
	return append(b, "]\n"...)
}

func appendOutcome(b []byte, o outcome) []byte {
	if o.err != nil {
		b = append(b, `{"id":`...)
		b = rawjson.AppendString(b, o.id)
		b = append(b, `,"error":`...)
		b = rawjson.AppendString(b, o.err.Name)
		b = append(b, `,"reason":`...)
		b = rawjson.AppendString(b, o.err.Reason)
		return append(b, '}')
	}
	b = append(b, `{"ok":true,"id":`...)
	b = rawjson.AppendString(b, o.id)
	b = append(b, `,"rev":"`...)
	b = o.rev.append(b)
	return append(b, `"}`...)
}
