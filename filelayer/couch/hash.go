package couch

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// nextRevision returns the revision that the edit d makes of parent, or the
// first one if parent is nil. Its digest is the first half of the SHA-256 of
// the parent's revision, the deleted flag, the attachments by name, type and
// digest, and the body in a form that does not depend on the order of members,
// white space, or how a character is escaped.
func nextRevision(parent *Revision, d *document) Revision {
	b := make([]byte, 0, 256+len(d.body))
	gen := 1
	if parent != nil {
		b = parent.append(b)
		gen = parent.Generation + 1
	}
	b = append(b, '\n')
	if d.deleted {
		b = append(b, "deleted"...)
	}
	b = append(b, '\n')
	for _, name := range d.attachmentNames() {
		a := d.attachments[name]
		b = appendString(b, name)
		b = appendString(b, a.ContentType)
		b = appendString(b, a.Digest)
	}
	b = append(b, '\n')
	b = appendCanonical(b, d.body)
	sum := sha256.Sum256(b)
	return Revision{gen, hex.EncodeToString(sum[:16])}
}

// appendCanonical appends the value b with the members of objects in order of
// their names, without white space, and with strings escaped in one way.
// Numbers stay as they are written.
func appendCanonical(dst, b []byte) []byte {
	b = b[skipSpace(b, 0):]
	switch b[0] {
	case '"':
		return appendString(dst, unquote(b[:stringEnd(b, 0)]))
	case '[':
		dst = append(dst, '[')
		_, _ = elements(b, func(v []byte) error { // an array, and fn does not fail
			dst = append(appendCanonical(dst, v), ',')
			return nil
		})
		return append(dst, ']')
	case '{':
		return appendCanonicalObject(dst, b)
	default:
		return append(dst, b[:valueEnd(b, 0)]...)
	}
}

func appendCanonicalObject(dst, b []byte) []byte {
	type member struct {
		name  string
		value []byte
	}
	var all []member
	_, _ = members(b, func(name, value []byte) error { // an object, and fn does not fail
		all = append(all, member{unquote(name), value})
		return nil
	})
	slices.SortStableFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	for _, m := range all {
		dst = append(appendString(dst, m.name), ':')
		dst = append(appendCanonical(dst, m.value), ',')
	}
	return append(dst, '}')
}
