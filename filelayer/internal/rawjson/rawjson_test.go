package rawjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"a":[1,-2.5e3,true,null]}`: true, ` "é" `: true, `"\ud800"`: true,
		``: false, `{`: false, `{"a":1,}`: false, `[1] 2`: false, "\"\xff\"": false, "\"\n\"": false, `01`: false, `'a'`: false,
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000): true,
		strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001): false,
	} {
		if got := Valid([]byte(text)); got != want {
			t.Errorf("%.40s: %v", text, got)
		}
	}
}

func TestCountAndDepth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		`[]`: {0, 1}, ` [ 1 ] `: {1, 1}, `["[[[",{"a":[]}]`: {2, 3}, `[1,2,3,4,5]`: {4, 1}, `[[],[[]],[]]`: {3, 3},
	} {
		if n, depth := Count([]byte(text), 4), Depth([]byte(text)); n != want[0] || depth != want[1] {
			t.Errorf("%s: %d elements, %d deep", text, n, depth)
		}
	}
}

// What is cut out is what a decoder finds.
func FuzzCut(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"b":[2,{"c":"]\"}"}],"\u0061\\":null}`, ` [ 1 , "x" , [ ] , { } , -1.5e+3 , true ] `, `[]`, `{}`, `"a\\\"b"`, `0`, "{\n\t\"a\" : {\"b\" : [[[]]]}\r}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !Valid(text) {
			return
		}
		compact := AppendCompact(nil, text)
		var want bytes.Buffer
		if err := json.Compact(&want, text); err != nil || !bytes.Equal(compact, want.Bytes()) {
			t.Fatalf("%q became %q, %v", text, compact, err)
		}
		if ValueEnd(compact, 0) != len(compact) {
			t.Errorf("%q ends at %d", compact, ValueEnd(compact, 0))
		}
		switch {
		case IsArray(text):
			var plain []json.RawMessage
			_ = json.Unmarshal(text, &plain)
			var got []json.RawMessage
			for v := range Elements(text) {
				got = append(got, v)
			}
			if len(got) != len(plain) || len(got) > 0 && !reflect.DeepEqual(got, plain) {
				t.Errorf("%q: %q", text, got)
			}
		case IsObject(text):
			var plain map[string]json.RawMessage
			_ = json.Unmarshal(text, &plain)
			got := make(map[string]json.RawMessage)
			for name, v := range Members(text) {
				if !Is(name, Text(name)) {
					t.Errorf("%s is not %q", name, Text(name))
				}
				got[Text(name)] = v
			}
			if !reflect.DeepEqual(got, plain) {
				t.Errorf("%q: %q", text, got)
			}
		case IsString(text):
			var plain, again string
			_ = json.Unmarshal(compact, &plain)
			if Text(compact) != plain {
				t.Errorf("%s is %q", compact, Text(compact))
			}
			if _ = json.Unmarshal(AppendString(nil, plain), &again); again != plain {
				t.Errorf("%q became %q", plain, again)
			}
		}
	})
}
