package couch

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

const maxID = 4096

// A document is an edit as a client sent it.
type document struct {
	id          string
	rev         *Revision // "_rev": the parent of a new edit; nil if none
	lineage     lineage   // "_revisions", or rev alone; empty if neither
	localRev    string    // "_rev" as it is written, for local documents
	deleted     bool
	body        []byte // JSON object, compact, without underscore members
	form        []byte // see canonical
	attachments map[string]*attachment
	following   []string // names of the attachments that are yet to come, in order
}

// parseDocument reads a document from JSON that is valid. Attachments do not
// count to limit.
func parseDocument(raw []byte, limit int) (*document, error) {
	if !rawjson.IsObject(raw) {
		return nil, badRequest("Document must be a JSON object")
	}
	d := &document{body: make([]byte, 1, min(len(raw), limit))}
	d.body[0] = '{'
	for name, value := range rawjson.Members(raw) {
		if len(name) > 2 && (name[1] == '_' || name[1] == '\\') {
			if name := rawjson.Text(name); name[0] == '_' && !isOfReplicator(name) {
				if err := d.setSpecial(name, value); err != nil {
					return nil, err
				}
				continue
			}
		}
		if len(d.body) > 1 {
			d.body = append(d.body, ',')
		}
		d.body = append(d.body, name...)
		d.body = append(d.body, ':')
		d.body = rawjson.AppendCompact(d.body, value)
		if len(d.body) >= limit {
			return nil, errLongDocument
		}
	}
	d.body = append(d.body, '}')
	if len(d.lineage.digests) == 0 && d.rev != nil {
		d.lineage = lineage{d.rev.Generation, []string{d.rev.Digest}}
	}
	return d, nil
}

// isOfReplicator reports whether a member is one of those by which a
// replicator says in a document what became of it: they are part of the body.
func isOfReplicator(name string) bool {
	switch name {
	case "_replication_id", "_replication_state", "_replication_state_time", "_replication_state_reason", "_replication_stats":
		return true
	}
	return false
}

func (d *document) setSpecial(name string, value []byte) error {
	switch name {
	case "_id":
		var isText bool
		if d.id, isText = rawjson.String(value); !isText {
			return &Error{http.StatusBadRequest, "illegal_docid", "Document id must be a string"}
		}
		if d.id == "" {
			return &Error{http.StatusBadRequest, "illegal_docid", "Document id must not be empty"}
		}
	case "_rev":
		text, ok := rawjson.String(value)
		if !ok {
			return errBadRev
		}
		return d.setRev(text)
	case "_deleted":
		if json.Unmarshal(value, &d.deleted) != nil {
			return badRequest("_deleted must be true or false")
		}
	case "_revisions":
		return d.setLineage(value)
	case "_attachments":
		return d.setAttachments(value)
	case "_conflicts", "_deleted_conflicts", "_revs_info", "_local_seq": // what a read adds
	default:
		return &Error{http.StatusBadRequest, "doc_validation", "Bad special document member: " + name}
	}
	return nil
}

// setRev sets the revision that the edit follows. The text "0-…", which local
// documents have, is no revision; it is left to them.
func (d *document) setRev(text string) error {
	d.localRev = text
	if strings.HasPrefix(text, "0-") {
		return nil
	}
	rev, err := ParseRevision(text)
	if err != nil {
		return errBadRev
	}
	d.rev = &rev
	return nil
}

// maxLineage is how many revisions a document may name as its own. A write
// takes longer the more they are; far more than any _revs_limit that serves.
const maxLineage = 100_000

func (d *document) setLineage(value []byte) error {
	ids := rawjson.Member(value, "ids")
	if ids != nil && rawjson.IsArray(ids) && rawjson.Count(ids, maxLineage+1) > maxLineage {
		return errLongDocument
	}
	start, err := strconv.Atoi(string(rawjson.Member(value, "start")))
	digests, ok := rawjson.Strings(ids, maxLineage)
	if err != nil || !ok {
		return badRequest("_revisions must have a start and ids")
	}
	d.lineage = lineage{start, digests}
	if !d.lineage.valid() {
		return badRequest("_revisions has no valid revisions")
	}
	return nil
}

// checkID refuses an ID that no document can have.
func checkID(id string) error {
	switch {
	case id == "":
		return &Error{http.StatusBadRequest, "illegal_docid", "Document id must not be empty"}
	case len(id) > maxID:
		return &Error{http.StatusBadRequest, "illegal_docid", "Document id is too long"}
	case id[0] == '_' && !strings.HasPrefix(id, "_design/"), id == "_design/":
		return &Error{http.StatusBadRequest, "illegal_docid", "Only reserved document ids may start with underscore."}
	}
	return nil
}
