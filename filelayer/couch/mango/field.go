package mango

import (
	"slices"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// idField is the field that is ordered by its bytes, as in _all_docs.
const idField = "_id"

// A Field is the path to a value in a document, such as "name.first" or
// `a\.b` for a member whose name has a dot.
type Field struct {
	Name string // as a query has it
	path []string
}

// ParseField reads a path. It fails with an [*Error] if part of it is empty.
func ParseField(name string) (Field, error) {
	f := Field{Name: name}
	var part strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '\\' && i+1 < len(name) && name[i+1] == '.':
			i++
			part.WriteByte('.')
		case c == '\\':
		case c == '.':
			f.path = append(f.path, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	f.path = append(f.path, part.String())
	if slices.Contains(f.path, "") {
		return f, errorf("invalid_field_name", "Invalid field name: %.200s", name)
	}
	return f, nil
}

// find returns the value at f in the value v; found is false if there is none.
// A number in the path is also an index into an array.
func (f Field) find(v []byte) (value []byte, found bool) {
	for _, name := range f.path {
		switch {
		case rawjson.IsObject(v):
			v, found = memberOf(v, name)
		case rawjson.IsArray(v):
			v, found = elementOf(v, name)
		default:
			found = false
		}
		if !found {
			return nil, false
		}
	}
	return v, true
}

func memberOf(object []byte, name string) (value []byte, found bool) {
	for quoted, value := range rawjson.Members(object) {
		if rawjson.Is(quoted, name) {
			return value, true
		}
	}
	return nil, false
}

func elementOf(array []byte, name string) (value []byte, found bool) {
	at, err := strconv.Atoi(name)
	if err != nil {
		return nil, false
	}
	for value := range rawjson.Elements(array) {
		if at == 0 {
			return value, true
		}
		at--
	}
	return nil, false
}

// A Projection picks fields of a document. An empty one picks all of it.
type Projection []Field

// ParseProjection reads the member "fields" of a query.
func ParseProjection(v []byte) (Projection, error) {
	if !rawjson.IsArray(v) {
		return nil, errorf("invalid_fields", "Fields must be an array of strings, not: %.200s", v)
	}
	if rawjson.Count(v, maxFields+1) > maxFields {
		return nil, errorf("invalid_fields", "Fields must not name more than %d fields", maxFields)
	}
	var p Projection
	for _, name := range list(v) {
		if !rawjson.IsString(name) {
			return nil, errorf("invalid_field", "Invalid JSON for field spec: %.200s", name)
		}
		f, err := ParseField(rawjson.Text(name))
		if err != nil {
			return nil, err
		}
		p = append(p, f)
	}
	return p, nil
}

// Append appends what p picks of doc, an object, to dst. A field that the
// document does not have is left out.
func (p Projection) Append(dst, doc []byte) []byte {
	if len(p) == 0 {
		return append(dst, doc...)
	}
	var picked tree
	for _, f := range p {
		if value, found := f.find(doc); found {
			picked.set(f.path, value)
		}
	}
	return picked.append(dst)
}

// A tree is an object that is being built: a value, or members.
type tree struct {
	name    string
	value   []byte
	members []*tree
}

func (t *tree) set(path []string, value []byte) {
	if len(path) == 0 {
		t.value, t.members = value, nil
		return
	}
	if t.value != nil { // all of it is picked already
		return
	}
	i := slices.IndexFunc(t.members, func(m *tree) bool { return m.name == path[0] })
	if i < 0 {
		i = len(t.members)
		t.members = append(t.members, &tree{name: path[0]})
	}
	t.members[i].set(path[1:], value)
}

func (t *tree) append(dst []byte) []byte {
	if t.value != nil {
		return append(dst, t.value...)
	}
	dst = append(dst, '{')
	for i, m := range t.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, m.name)
		dst = append(dst, ':')
		dst = m.append(dst)
	}
	return append(dst, '}')
}
