package mango

import "github.com/libpaul/paul/filelayer/internal/rawjson"

// A Sort is the fields of an index or of a sort, all in one direction.
type Sort struct {
	Fields     []Field
	Descending bool
}

// maxFields is how many fields a sort, an index or a projection may name.
const maxFields = 1000

// ParseSort reads the member "sort" of a query, or the fields of an index: an
// array of names, or of objects of a name and "asc" or "desc".
func ParseSort(v []byte) (Sort, error) {
	if !rawjson.IsArray(v) {
		return Sort{}, errorf("invalid_sort_json", "Sort must be an array of sort specs, not: %.200s", v)
	}
	if rawjson.Count(v, maxFields+1) > maxFields {
		return Sort{}, errorf("invalid_sort_json", "Sort must not name more than %d fields", maxFields)
	}
	var s Sort
	for i, spec := range list(v) {
		name, descending, err := parseSortField(spec)
		if err != nil {
			return Sort{}, err
		}
		if i > 0 && descending != s.Descending {
			return Sort{}, errorf("unsupported_mixed_sort", "Sorts currently only support a single direction for all fields.")
		}
		s.Descending = descending
		f, err := ParseField(name)
		if err != nil {
			return Sort{}, err
		}
		s.Fields = append(s.Fields, f)
	}
	return s, nil
}

func parseSortField(spec []byte) (name string, descending bool, err error) {
	bad := errorf("invalid_sort_field", "Invalid sort field: %.200s", spec)
	switch {
	case rawjson.IsString(spec):
		name = rawjson.Text(spec)
	case rawjson.IsObject(spec):
		all := object(spec)
		if len(all) != 1 {
			return "", false, bad
		}
		name = all[0].name
		switch direction := string(all[0].value); direction {
		case `"asc"`:
		case `"desc"`:
			descending = true
		default:
			return "", false, errorf("invalid_sort_dir", "Invalid sort direction: %.200s", direction)
		}
	}
	if name == "" {
		return "", false, bad
	}
	return name, descending, nil
}

func (s Sort) direction() string {
	if s.Descending {
		return "desc"
	}
	return "asc"
}

// names returns the names of the fields.
func (s Sort) names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// appendList appends s as an array of objects, as _index lists it.
func (s Sort) appendList(dst []byte) []byte {
	dst = append(dst, '[')
	for i, name := range s.names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOperator(dst, name, rawjson.AppendString(nil, s.direction()))
	}
	return append(dst, ']')
}

// MarshalJSON returns s as one object, as a design document has it.
func (s Sort) MarshalJSON() ([]byte, error) { return s.appendObject(nil), nil }

func (s Sort) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range s.names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendString(dst, name), ':')
		dst = rawjson.AppendString(dst, s.direction())
	}
	return append(dst, '}')
}
