package couch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

const defaultContentType = "application/octet-stream"

// An attachment is a file that hangs on a document. Its bytes are stored once,
// under their digest ("md5-" and base64, as in CouchDB). An encoding, "gzip",
// is how a client sent the bytes, and how they are stored and digested.
type attachment struct {
	ContentType   string `json:"content_type"`
	Digest        string `json:"digest"`
	Length        int64  `json:"length"` // without the encoding
	RevPos        int    `json:"revpos"` // the generation that it came with
	Encoding      string `json:"encoding,omitempty"`
	EncodedLength int64  `json:"encoded_length,omitempty"` // if Encoding is not ""

	stub    bool     // the bytes are here already
	follows bool     // the bytes are a later part of the request
	content *content // the bytes, if they came with the request
	wants   int64    // how many bytes are to follow; negative if the client did not say
}

// carry makes c the bytes of a.
func (a *attachment) carry(c *content) {
	a.content, a.follows = c, false
	a.Digest, a.Length, a.EncodedLength = c.digest, c.unpacked, 0
	if a.Encoding != "" {
		a.EncodedLength = c.length
	}
}

// maxAttachments is how many a document may have: each is looked up within the
// write.
const maxAttachments = 10_000

// setAttachments reads the member _attachments.
func (d *document) setAttachments(value []byte) error {
	if !rawjson.IsObject(value) {
		return badRequest("_attachments must be an object")
	}
	d.attachments, d.following = make(map[string]*attachment), nil
	for quoted, value := range rawjson.Members(value) {
		if len(d.attachments) == maxAttachments {
			return errLongDocument
		}
		name := rawjson.Text(quoted)
		if err := checkAttachmentName(name); err != nil {
			return err
		}
		a, err := parseAttachment(name, value)
		if err != nil {
			return err
		}
		if d.attachments[name] != nil {
			return badRequest("Attachment %.200s is there twice", name)
		}
		d.attachments[name] = a
		if a.follows {
			d.following = append(d.following, name)
		}
	}
	return nil
}

func checkAttachmentName(name string) error {
	switch {
	case name == "":
		return badRequest("An attachment must have a name")
	case name[0] == '_':
		return badRequest("Attachment name '%.200s' starts with prohibited character '_'", name)
	case !utf8.ValidString(name):
		return badRequest("Attachment name is not UTF-8 encoded")
	}
	return nil
}

func parseAttachment(name string, value []byte) (*attachment, error) {
	var wire struct {
		ContentType   string          `json:"content_type"`
		Digest        string          `json:"digest"`
		Length        *int64          `json:"length"`
		EncodedLength *int64          `json:"encoded_length"`
		Encoding      string          `json:"encoding"`
		RevPos        int             `json:"revpos"`
		Stub          bool            `json:"stub"`
		Follows       bool            `json:"follows"`
		Data          json.RawMessage `json:"data"`
	}
	if value[0] != '{' || json.Unmarshal(value, &wire) != nil {
		return nil, badRequest("Attachment %.200s is not described by a sound object", name)
	}
	a := &attachment{ContentType: wire.ContentType, Digest: wire.Digest, RevPos: wire.RevPos, wants: -1}
	if a.ContentType == "" {
		a.ContentType = defaultContentType
	}
	if !wire.Stub && !wire.Follows { // what is inline is not encoded, whatever the rest says
		data, ok := decodeBase64(wire.Data)
		if !ok {
			return nil, badRequest("Invalid attachment data for %.200s", name)
		}
		a.carry(newContent(data))
		return a, nil
	}
	if wire.Encoding != "" && wire.Encoding != "gzip" && wire.Encoding != "identity" {
		return nil, badRequest("Attachment %.200s has an encoding that is not supported: %.50q", name, wire.Encoding)
	}
	a.stub, a.follows = wire.Stub, wire.Follows && !wire.Stub
	if wire.Length != nil {
		a.Length, a.wants = *wire.Length, *wire.Length
	}
	if wire.Encoding == "gzip" {
		a.Encoding = wire.Encoding
		if wire.EncodedLength != nil {
			a.wants = *wire.EncodedLength
		}
	}
	return a, nil
}

// decodeBase64 decodes a JSON string.
func decodeBase64(quoted []byte) (data []byte, ok bool) {
	if len(quoted) < 2 || quoted[0] != '"' {
		return nil, false
	}
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 || bytes.ContainsAny(text, " \t") {
		text = []byte(strings.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\r\n", c) {
				return -1
			}
			return c
		}, rawjson.Text(quoted)))
	}
	data = make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(data, text)
	return data[:n], err == nil
}

func (d *document) attachmentNames() []string { return slices.Sorted(maps.Keys(d.attachments)) }

// encodeAttachments returns what is stored of a document's attachments beside
// their bytes; nil if there are none.
func encodeAttachments(all map[string]*attachment) []byte {
	if len(all) == 0 {
		return nil
	}
	b, _ := json.Marshal(all) // strings and numbers always can be
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
