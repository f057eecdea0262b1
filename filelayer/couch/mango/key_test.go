package mango

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// ascending is CouchDB's example of its collation.
var ascending = []string{
	`null`, `false`, `true`,
	`-1e400`, `-10`, `-1.5`, `-1`, `0`, `0.25`, `0.5`, `1`, `2`, `3.0`, `4`, `1e400`,
	`""`, `"_"`, `"-"`, `"0"`, `"a"`, `"A"`, `"a b"`, `"aa"`, `"b"`, `"B"`, `"ba"`, `"bb"`, `"é"`, `"f"`, `"字"`,
	`[]`, `[null]`, `["a"]`, `["b"]`, `["b","c"]`, `["b","c","a"]`, `["b","d"]`, `["b","d","e"]`, `[[]]`, `[{}]`,
	`{}`, `{"a":1}`, `{"a":2}`, `{"b":1}`, `{"b":2}`, `{"b":2,"a":1}`, `{"b":2,"c":2}`,
}

func TestKeyOrder(t *testing.T) {
	t.Parallel()
	shuffled := slices.Clone(ascending)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.SortFunc(shuffled, func(a, b string) int {
		return bytes.Compare(keyOf([]byte(a), collated), keyOf([]byte(b), collated))
	})
	if !slices.Equal(shuffled, ascending) {
		t.Errorf("%v\nwant %v", shuffled, ascending)
	}
	if !bytes.Equal(keyOf([]byte("0"), collated), keyOf([]byte("-0.0"), collated)) {
		t.Error("0 and -0 have different keys")
	}
}

// compareValues is the collation, said without keys.
func compareValues(a, b any, c *collate.Collator) int {
	rank := func(v any) int {
		switch v := v.(type) {
		case nil:
			return 0
		case bool:
			if v {
				return 2
			}
			return 1
		case float64:
			return 3
		case string:
			return 4
		case []any:
			return 5
		}
		return 6
	}
	if rank(a) != rank(b) {
		return rank(a) - rank(b)
	}
	switch a := a.(type) {
	case float64:
		switch b := b.(float64); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
	case string:
		return c.CompareString(a, b.(string))
	case []any:
		return slices.CompareFunc(a, b.([]any), func(x, y any) int { return compareValues(x, y, c) })
	}
	return 0
}

// FuzzKey holds the order of keys against the collation itself, for all that
// has no objects (whose order of members is lost in Go's maps), and checks that
// a key ends where it says.
func FuzzKey(f *testing.F) {
	for i, v := range ascending {
		f.Add(v, ascending[len(ascending)-1-i])
	}
	f.Add(`"a\u0000b"`, `"a"`)
	f.Add(`"ß"`, `"ss"`)
	f.Add(`["a","\u00ff"]`, `["a\u0301",0]`)
	f.Fuzz(func(t *testing.T, x, y string) {
		var a, b any
		if !utf8.ValidString(x + y) {
			return
		}
		if json.Unmarshal([]byte(x), &a) != nil || json.Unmarshal([]byte(y), &b) != nil {
			return
		}
		keyX, keyY := keyOf(compact([]byte(x)), collated), keyOf(compact([]byte(y)), collated)
		if got, want := bytes.Compare(keyX, keyY), compareValues(a, b, collate.New(language.Und)); !bytes.Contains([]byte(x+y), []byte{'{'}) && got != sign(want) {
			t.Errorf("%s and %s: keys %d, values %d\n%x\n%x", x, y, got, want, keyX, keyY)
		}
		if !bytes.Equal(keyX, keyY) && (bytes.HasPrefix(keyX, keyY) || bytes.HasPrefix(keyY, keyX)) {
			t.Errorf("the key of one of %s, %s begins with the other's", x, y)
		}
	})
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func BenchmarkKey(b *testing.B) {
	for name, v := range map[string]string{"ASCII": `"IMG_20230401_123456.jpg"`, "Unicode": `"Ünïcödé photo.jpg"`} {
		b.Run(name, func(b *testing.B) {
			k := newKeyer()
			for b.Loop() {
				k.key([]byte(v), collated)
			}
		})
	}
}
