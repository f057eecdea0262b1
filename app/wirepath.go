package app

import (
	"encoding/json"
	"unicode/utf8"
)

// rawPath is a path on its way to a running device. The names of files are bytes,
// which need not be UTF-8, as all text in JSON is: then they travel in base64.
type rawPath string

type rawPathBytes struct{ Bytes []byte }

// MarshalJSON implements [json.Marshaler].
func (p rawPath) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal(rawPathBytes{[]byte(p)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *rawPath) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(p))
	}
	var raw rawPathBytes
	err := json.Unmarshal(b, &raw)
	*p = rawPath(raw.Bytes)
	return err
}

func rawPaths(paths []string) []rawPath {
	out := make([]rawPath, len(paths))
	for i, p := range paths {
		out[i] = rawPath(p)
	}
	return out
}

func plainPaths(paths []rawPath) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = string(p)
	}
	return out
}
