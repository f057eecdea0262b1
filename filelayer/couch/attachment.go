package couch

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// An attachment is a file that hangs on a document. Its bytes are stored once,
// under their digest ("md5-" and base64, as in CouchDB).
type attachment struct {
	ContentType string `json:"content_type"`
	Digest      string `json:"digest"`
	Length      int64  `json:"length"`
	RevPos      int    `json:"revpos"` // the generation that it came with
	Data        []byte `json:"data,omitempty"`
	Stub        bool   `json:"stub,omitempty"` // the bytes are stored already
	Follows     bool   `json:"follows,omitempty"`
}

func newAttachment(contentType string, data []byte) *attachment {
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	if data == nil {
		data = []byte{}
	}
	sum := md5.Sum(data)
	return &attachment{
		ContentType: contentType,
		Digest:      "md5-" + base64.StdEncoding.EncodeToString(sum[:]),
		Length:      int64(len(data)),
		Data:        data,
	}
}

func (d *document) setAttachments(value []byte) error {
	var all map[string]*attachment
	if json.Unmarshal(value, &all) != nil {
		return badRequest("_attachments must name objects with base64 data")
	}
	for name, a := range all {
		switch {
		case a == nil || name == "":
			return badRequest("_attachments must name objects with base64 data")
		case name[0] == '_':
			return &Error{http.StatusBadRequest, "bad_request", "Attachment name must not start with an underscore."}
		case a.Follows:
			return &Error{http.StatusNotImplemented, "not_implemented", "Attachments that follow in a multipart body are not taken; send them inline."}
		case !a.Stub:
			revPos := a.RevPos
			all[name] = newAttachment(a.ContentType, a.Data)
			all[name].RevPos = revPos
		}
	}
	d.attachments = all
	return nil
}

func (d *document) attachmentNames() []string { return slices.Sorted(maps.Keys(d.attachments)) }

// encodeAttachments returns what is stored of a document's attachments beside
// their bytes; nil if there are none.
func encodeAttachments(all map[string]*attachment) []byte {
	if len(all) == 0 {
		return nil
	}
	stored := make(map[string]attachment, len(all))
	for name, a := range all {
		stored[name] = attachment{ContentType: a.ContentType, Digest: a.Digest, Length: a.Length, RevPos: a.RevPos}
	}
	b, _ := json.Marshal(stored) // strings and numbers always can be
	return b
}

func decodeAttachments(b []byte) (map[string]*attachment, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var all map[string]*attachment
	err := json.Unmarshal(b, &all)
	return all, err
}
