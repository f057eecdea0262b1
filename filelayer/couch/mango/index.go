package mango

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// keyVersion is part of each index's signature. It goes up when the keys of
// equal documents change, so that indexes are made anew.
const keyVersion = "1"

// An Index is a JSON index: the documents that have all its fields, in the
// order of their values.
type Index struct {
	DesignID string // "_design/…" of the design document that defines it
	Name     string
	Sort     Sort
	partial  *Selector // which documents it is of; nil for all
	def      []byte    // of the design document's "options", as it was asked for
}

// ParseIndex reads the definition of an index, the member "index" of a request
// to _index.
func ParseIndex(v []byte) (*Index, error) {
	if !rawjson.IsObject(v) {
		return nil, errorf("invalid_index", "JSON indexes must be an object, not: %.200s", v)
	}
	ix := &Index{def: compact(v)}
	for _, m := range object(ix.def) {
		var err error
		switch m.name {
		case "fields":
			ix.Sort, err = ParseSort(m.value)
		case "partial_filter_selector":
			err = ix.setPartial(m.value)
		default:
			err = errorf("invalid_key", "Invalid key %.200s for this request.", m.name)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(ix.Sort.Fields) == 0 {
		return nil, errorf("missing_required_key", "Missing required key: fields")
	}
	return ix, nil
}

func (ix *Index) setPartial(v []byte) error {
	s, err := ParseSelector(v)
	if err == nil && s.root != nil {
		ix.partial = s
	}
	return err
}

// Indexes returns the indexes that a design document, its body as JSON,
// defines. A view that is no index of this kind is passed over.
func Indexes(designID string, body []byte) (all []*Index) {
	var views []byte
	isQuery := false
	for _, m := range object(body) {
		switch m.name {
		case "language":
			isQuery = string(m.value) == `"query"`
		case "views":
			views = m.value
		}
	}
	if !isQuery || views == nil || !rawjson.IsObject(views) {
		return nil
	}
	for _, view := range object(views) {
		if ix := viewIndex(view.value); ix != nil {
			ix.DesignID, ix.Name = designID, view.name
			all = append(all, ix)
		}
	}
	return all
}

// viewIndex reads a view of a design document; nil if it is no index.
func viewIndex(view []byte) *Index {
	if !rawjson.IsObject(view) {
		return nil
	}
	var ix Index
	for _, m := range object(view) {
		if m.name != "map" || !rawjson.IsObject(m.value) {
			continue
		}
		for _, m := range object(m.value) {
			var err error
			switch m.name {
			case "fields":
				ix.Sort, err = parseSortObject(m.value)
			case "partial_filter_selector":
				err = ix.setPartial(m.value)
			}
			if err != nil {
				return nil
			}
		}
	}
	if len(ix.Sort.Fields) == 0 {
		return nil
	}
	return &ix
}

// parseSortObject reads fields in the form of a design document, an object.
func parseSortObject(v []byte) (Sort, error) {
	if !rawjson.IsObject(v) {
		return ParseSort(v)
	}
	specs := []byte{'['}
	for i, m := range object(v) {
		if i > 0 {
			specs = append(specs, ',')
		}
		specs = appendOperator(specs, m.name, m.value)
	}
	return ParseSort(append(specs, ']'))
}

// View returns the view of a design document that defines ix.
func (ix *Index) View() []byte {
	b := append([]byte(nil), `{"map":{"fields":`...)
	b = ix.Sort.appendObject(b)
	b = append(b, `,"partial_filter_selector":`...)
	b = append(b, ix.partialJSON()...)
	b = append(b, `},"reduce":"_count","options":{"def":`...)
	b = append(b, ix.def...)
	return append(b, "}}"...)
}

func (ix *Index) partialJSON() []byte {
	if ix.partial == nil {
		return []byte("{}")
	}
	return ix.partial.root.append(nil)
}

// Append appends ix as _index lists it. A nil ix is _all_docs.
func (ix *Index) Append(dst []byte) []byte {
	if ix == nil {
		return append(dst, `{"ddoc":null,"name":"_all_docs","type":"special","def":{"fields":[{"_id":"asc"}]}}`...)
	}
	dst = rawjson.AppendString(append(dst, `{"ddoc":`...), ix.DesignID)
	dst = rawjson.AppendString(append(dst, `,"name":`...), ix.Name)
	dst = append(dst, `,"type":"json","partitioned":false,"def":{"fields":`...)
	dst = ix.Sort.appendList(dst)
	if ix.partial != nil {
		dst = append(dst, `,"partial_filter_selector":`...)
		dst = append(dst, ix.partialJSON()...)
	}
	return append(dst, "}}"...)
}

// Signature names what ix holds: two indexes of the same fields and documents
// have the same.
func (ix *Index) Signature() string {
	b := append([]byte(keyVersion), '\n')
	for _, name := range ix.Sort.names() {
		b = append(rawjson.AppendString(b, name), '\n')
	}
	sum := sha256.Sum256(append(b, ix.partialJSON()...))
	return hex.EncodeToString(sum[:16])
}

// AppendKey appends the key of doc in ix, and reports whether doc has one:
// whether it has all the fields, and is one of the documents that ix is of.
// Keys sort by bytes as the documents do.
func (ix *Index) AppendKey(dst, doc []byte) (key []byte, ok bool) {
	if ix.partial != nil && !ix.partial.Match(doc) {
		return dst, false
	}
	k := newKeyer()
	defer k.done()
	key = dst
	for _, f := range ix.Sort.Fields {
		value, found := f.find(doc)
		if !found {
			return dst, false
		}
		key = k.append(key, value, orderOf(f))
	}
	return key, true
}

func orderOf(f Field) order {
	if f.Name == idField {
		return byBytes
	}
	return collated
}

// compareIndexes orders indexes as CouchDB does when nothing else decides.
func compareIndexes(a, b *Index) int {
	if c := strings.Compare(a.DesignID, b.DesignID); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}
