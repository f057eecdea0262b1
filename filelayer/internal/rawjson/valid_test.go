package rawjson

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is valid is what the standard library finds so, and in UTF-8.
func FuzzValid(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e3,true,null,{}],"b":false}`, ` [ ] `, `"\ud800\"\\\/\b\f\n\r\t"`, `"\u12x4"`, `-`, `-0`, `01`, `1.`, `.5`, `1e`, `1E+07`, `1e-`,
		`nul`, `nulll`, `tru`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `[,]`, `[1,]`, `[1 2]`, `{"a":1 "b":2}`, `{1:2}`, `{]`, `[}`, `"`, `"\`, `"\u00`, "\"\x01\"", "\"\xff\"", "\v1", `1 2`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := Valid(text), utf8.Valid(text) && json.Valid(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	})
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`["a", "\u0062"]`: "a b", `[]`: "", `["a","b","c"]`: "not", `["a",1]`: "not", `[null]`: "not", `"a"`: "not", `null`: "not", `{}`: "not",
	} {
		got, ok := Strings([]byte(text), 2)
		if ok != (want != "not") || ok && strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1,"b":2}`: "1", ` {"b":2, "\u0061" : [ 3 ] }`: "[ 3 ]", `{"a":1,"a":2}`: "2", `{"A":1}`: "", `{"a":null}`: "", `[1]`: "", `null`: "",
	} {
		if got := Member([]byte(text), "a"); string(got) != want || (got == nil) != (want == "") {
			t.Errorf("%s: %s", text, got)
		}
	}
}
