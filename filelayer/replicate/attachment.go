package replicate

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An attachment is what a document says of a file that hangs on it.
type attachment struct {
	ContentType   string  `json:"content_type"`
	Digest        string  `json:"digest"` // of the bytes as stored, so of the encoded ones
	Length        int64   `json:"length"`
	RevPos        int     `json:"revpos"`
	Encoding      string  `json:"encoding"` // "gzip" for what CouchDB keeps packed, else ""
	EncodedLength int64   `json:"encoded_length"`
	Data          *string `json:"data"` // base64; nil for a stub
}

const (
	// inlineMost is how long all attachments of a document may be, in bytes,
	// to come inside it. Longer ones are streamed.
	inlineMost = 64 << 10
	// inlineBatch is how long the attachments of documents that are fetched at
	// once may be, in bytes.
	inlineBatch = 2 << 20
)

// stubs reports whether bytes of d's attachments are still to come, and how
// many. Small means that they may come inside the document.
func (d *doc) stubs() (any bool, size int64, small bool) {
	small = true
	for _, a := range d.attachments {
		if a == nil || a.Data != nil {
			continue
		}
		any = true
		size += max(0, a.Length)
		small = small && a.Encoding == "" && a.Length >= 0 && size <= inlineMost
	}
	return any, size, small
}

// check compares the attachments that came inside d with what d says of them.
func (d *doc) check() error {
	for name, a := range d.attachments {
		if a == nil {
			return fmt.Errorf("%w: attachment %.100q is null", ErrAnswer, name)
		}
		if a.Data == nil {
			return fmt.Errorf("%w: attachment %.100q is missing", ErrAnswer, name)
		}
		data, err := base64.StdEncoding.DecodeString(*a.Data)
		if err != nil {
			return fmt.Errorf("%w: attachment %.100q: %w", ErrAnswer, name, err)
		}
		if sum := md5.Sum(data); a.Encoding == "" && !a.hasDigest(sum[:]) {
			return fmt.Errorf("%w: attachment %.100q does not have its digest", ErrAnswer, name)
		}
		a.Data = nil // it is in raw
	}
	return nil
}

// hasDigest reports whether sum is the attachment's MD5 digest. One of another
// kind cannot be checked.
func (a *attachment) hasDigest(sum []byte) bool {
	text, ok := strings.CutPrefix(a.Digest, "md5-")
	return !ok || text == base64.StdEncoding.EncodeToString(sum)
}

// names returns the names of d's attachments, sorted.
func (d *doc) names() []string { return slices.Sorted(maps.Keys(d.attachments)) }

// following returns the JSON of d for a multipart body, and the names of the
// attachments that follow it there, in order. Those that came with generation
// have or earlier stay stubs.
func (d *doc) following(have int) (body []byte, follow []string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(d.raw, &members); err != nil {
		return nil, nil, err
	}
	all := make(map[string]map[string]any, len(d.attachments))
	for _, name := range d.names() {
		a := d.attachments[name]
		if a == nil || a.Length < 0 || strings.ContainsAny(a.ContentType, "\r\n") {
			return nil, nil, fmt.Errorf("%w: attachment %.100q makes no sense", ErrAnswer, name)
		}
		all[name] = map[string]any{"content_type": a.ContentType, "revpos": a.RevPos, "length": a.Length}
		if a.RevPos > 0 && a.RevPos <= have {
			all[name]["stub"], all[name]["digest"] = true, a.Digest
			continue
		}
		all[name]["follows"] = true
		if a.Encoding == "" && strings.HasPrefix(a.Digest, "md5-") {
			all[name]["digest"] = a.Digest
		}
		follow = append(follow, name)
	}
	if members["_attachments"], err = json.Marshal(all); err != nil { // sorted, as the parts are
		return nil, nil, err
	}
	body, err = json.Marshal(members)
	return body, follow, err
}
