package couch

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// nextRevision returns the revision that the edit d makes of parent, or the
// first one if parent is nil. Its digest is the first half of the SHA-256 of
// the parent's revision, the deleted flag, the attachments by name, type and
// digest, and the body in a form that does not depend on the order of members,
// white space, or how a character is escaped.
func nextRevision(parent *Revision, d *document) Revision {
	b := make([]byte, 0, 256)
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
		b = rawjson.AppendString(b, name)
		b = rawjson.AppendString(b, a.ContentType)
		b = rawjson.AppendString(b, a.Digest)
	}
	b = append(b, '\n')
	b = append(b, d.canonical()...)
	sum := sha256.Sum256(b)
	return Revision{gen, hex.EncodeToString(sum[:16])}
}

// canonical returns the canonical form of the body, which is made once.
func (d *document) canonical() []byte {
	if d.form == nil {
		d.form, _ = appendCanonical(nil, d.body, 0)
	}
	return d.form
}

// appendCanonical appends the canonical form of the value that starts at b[i],
// and returns where it ends. B is JSON without white space.
//
// Of an array or an object, the form is its bracket and the SHA-256 of the
// bracket and the forms of its parts, those of an object in order of their
// names: nothing is read or moved once for each level that it is nested in.
// Strings are escaped in one way; numbers stay as they are written.
func appendCanonical(dst, b []byte, i int) (_ []byte, end int) {
	switch b[i] {
	case '"':
		end = rawjson.StringEnd(b, i)
		return rawjson.AppendString(dst, rawjson.Text(b[i:end])), end
	case '[':
		return appendCanonicalArray(dst, b, i)
	case '{':
		return appendCanonicalObject(dst, b, i)
	}
	end = rawjson.ValueEnd(b, i)
	return append(dst, b[i:end]...), end
}

func appendCanonicalArray(dst, b []byte, i int) (_ []byte, end int) {
	parts := []byte{'['}
	for i++; b[i] != ']'; {
		if b[i] == ',' {
			i++
		}
		parts, i = appendCanonical(parts, b, i)
		parts = append(parts, ',')
	}
	return appendSum(dst, parts), i + 1
}

func appendCanonicalObject(dst, b []byte, i int) (_ []byte, end int) {
	type member struct {
		name     string
		from, to int // of its form in forms
	}
	var all []member
	var forms []byte
	for i++; b[i] != '}'; {
		if b[i] == ',' {
			i++
		}
		m := member{from: len(forms)}
		end := rawjson.StringEnd(b, i)
		m.name = rawjson.Text(b[i:end])
		forms = append(rawjson.AppendString(forms, m.name), ':')
		forms, i = appendCanonical(forms, b, end+1)
		forms = append(forms, ',')
		m.to = len(forms)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	parts := append(make([]byte, 0, 1+len(forms)), '{')
	for _, m := range all {
		parts = append(parts, forms[m.from:m.to]...)
	}
	return appendSum(dst, parts), i + 1
}

func appendSum(dst, parts []byte) []byte {
	sum := sha256.Sum256(parts)
	return append(append(dst, parts[0]), sum[:]...)
}
