package mango

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// matchCases are a selector, documents that it selects, and documents that it
// does not. They follow CouchDB's documentation of _find, and the tests of its
// own query server.
var matchCases = []struct {
	name, selector string
	yes, no        []string
}{
	{"empty", `{}`, []string{`{}`, `{"a":1}`}, nil},
	{"implicit $eq", `{"a":1}`, []string{`{"a":1}`, `{"a":1.0}`}, []string{`{}`, `{"a":2}`, `{"a":"1"}`, `{"a":[1]}`}},
	{"$eq null is not missing", `{"a":null}`, []string{`{"a":null}`}, []string{`{}`, `{"a":false}`}},
	{"$eq object", `{"a":{"$eq":{"x":1}}}`, []string{`{"a":{"x":1}}`}, []string{`{"a":{"x":1,"y":2}}`}},
	{"$eq empty object", `{"a":{}}`, []string{`{"a":{}}`}, []string{`{"a":{"x":1}}`, `{}`}},
	{"$eq array", `{"a":[1,2]}`, []string{`{"a":[1,2]}`, `{"a":[1, 2.0]}`}, []string{`{"a":[2,1]}`, `{"a":1}`}},
	{"$eq across normal forms", `{"a":"é"}`, []string{"{\"a\":\"e\u0301\"}"}, []string{`{"a":"e"}`}},
	{"implicit $and", `{"a":1,"b":2}`, []string{`{"a":1,"b":2}`}, []string{`{"a":1}`, `{"a":1,"b":3}`}},
	{"several operators", `{"a":{"$gt":1,"$lt":5}}`, []string{`{"a":1.5}`, `{"a":4}`}, []string{`{"a":1}`, `{"a":5}`, `{}`}},
	{"fractions", `{"a":{"$lt":0.5}}`, []string{`{"a":0.4}`}, []string{`{"a":0.5}`, `{"a":0.6}`}},
	{"$lt crosses types", `{"a":{"$lt":1}}`, []string{`{"a":null}`, `{"a":true}`, `{"a":-1e300}`}, []string{`{"a":1}`, `{"a":"0"}`, `{}`}},
	{"$lte", `{"a":{"$lte":"b"}}`, []string{`{"a":"b"}`, `{"a":"A"}`, `{"a":7}`}, []string{`{"a":"B"}`, `{"a":[]}`}},
	{"$gte", `{"a":{"$gte":[]}}`, []string{`{"a":[]}`, `{"a":[null]}`, `{"a":{}}`}, []string{`{"a":"z"}`}},
	{"$gt null", `{"a":{"$gt":null}}`, []string{`{"a":false}`, `{"a":{}}`}, []string{`{"a":null}`, `{}`}},
	{"$ne needs the field", `{"a":{"$ne":1}}`, []string{`{"a":2}`, `{"a":null}`}, []string{`{"a":1}`, `{}`}},
	{"order of members", `{"a":{"$gt":{"x":1,"y":2}}}`, []string{`{"a":{"y":0}}`, `{"a":{"x":1,"y":2,"z":3}}`}, []string{`{"a":{"x":1}}`}},
	{"$exists true", `{"a":{"$exists":true}}`, []string{`{"a":null}`}, []string{`{}`}},
	{"$exists false", `{"a":{"$exists":false}}`, []string{`{}`, `{"b":1}`}, []string{`{"a":null}`}},
	{"$exists below", `{"a.b":{"$exists":false}}`, []string{`{}`, `{"a":{}}`}, []string{`{"a":{"b":1}}`}},
	{"$type", `{"a":{"$type":"number"}}`, []string{`{"a":1}`, `{"a":-2.5}`}, []string{`{"a":"1"}`, `{"a":null}`, `{}`}},
	{"$type null", `{"a":{"$type":"null"}}`, []string{`{"a":null}`}, []string{`{"a":false}`, `{}`}},
	{"$type boolean", `{"a":{"$type":"boolean"}}`, []string{`{"a":true}`, `{"a":false}`}, []string{`{"a":0}`}},
	{"$type array", `{"a":{"$type":"array"}}`, []string{`{"a":[]}`}, []string{`{"a":{}}`}},
	{"$in", `{"a":{"$in":[1,"x",null]}}`, []string{`{"a":1}`, `{"a":null}`, `{"a":["y","x"]}`}, []string{`{"a":2}`, `{}`, `{"a":[]}`}},
	{"$in empty", `{"a":{"$in":[]}}`, nil, []string{`{"a":1}`, `{}`}},
	{"$nin", `{"a":{"$nin":[1,2]}}`, []string{`{"a":3}`, `{"a":[3]}`}, []string{`{"a":1}`, `{"a":[3,2]}`, `{}`}},
	{"$nin empty", `{"a":{"$nin":[]}}`, []string{`{"a":1}`}, []string{`{}`}},
	{"$size", `{"a":{"$size":2}}`, []string{`{"a":[1,[2,3]]}`}, []string{`{"a":[]}`, `{"a":[1,2,3]}`, `{"a":"xy"}`}},
	{"$size 0", `{"a":{"$size":0}}`, []string{`{"a":[]}`, `{"a":[ ]}`}, []string{`{"a":[1]}`}},
	{"$mod", `{"a":{"$mod":[3,1]}}`, []string{`{"a":4}`, `{"a":1}`, `{"a":4.0}`}, []string{`{"a":3}`, `{"a":4.5}`, `{"a":-2}`, `{"a":"4"}`}},
	{"$mod negative", `{"a":{"$mod":[3,-2]}}`, []string{`{"a":-2}`}, []string{`{"a":2}`}},
	{"$regex", `{"a":{"$regex":"(?i)^new.*k$"}}`, []string{`{"a":"New York"}`}, []string{`{"a":"York"}`, `{"a":1}`}},
	{"$regex of escaped text", `{"a":{"$regex":"^\"é$"}}`, []string{`{"a":"\"\u00e9"}`}, nil},
	{"$all", `{"a":{"$all":["x","y"]}}`, []string{`{"a":["y","z","x"]}`}, []string{`{"a":["x"]}`, `{"a":"x"}`, `{}`}},
	{"$all of one array", `{"a":{"$all":[["x"]]}}`, []string{`{"a":["x"]}`, `{"a":[["x"],1]}`}, []string{`{"a":["y"]}`}},
	{"$all empty", `{"a":{"$all":[]}}`, nil, []string{`{"a":[]}`, `{"a":[1]}`}},
	{"$elemMatch", `{"a":{"$elemMatch":{"$gte":80,"$lt":85}}}`, []string{`{"a":[1,82]}`}, []string{`{"a":[90,79]}`, `{"a":82}`, `{"a":[]}`}},
	{"$elemMatch of objects", `{"a":{"$elemMatch":{"x":{"$gte":1},"y":true}}}`, []string{`{"a":[{"x":2,"y":true}]}`}, []string{`{"a":[{"x":2},{"y":true}]}`}},
	{"$elemMatch with $not", `{"a":{"$elemMatch":{"$not":{"x":1}}}}`, []string{`{"a":[{}]}`, `{"a":[{"x":2}]}`}, []string{`{"a":[{"x":1}]}`, `{"a":[]}`}},
	{"$allMatch", `{"a":{"$allMatch":{"x":{"$mod":[2,1]}}}}`, []string{`{"a":[{"x":1},{"x":3}]}`}, []string{`{"a":[{"x":1},{"x":2}]}`, `{"a":[]}`, `{"a":{"x":1}}`}},
	{"$keyMapMatch", `{"a":{"$keyMapMatch":{"$eq":"k"}}}`, []string{`{"a":{"j":1,"k":2}}`}, []string{`{"a":{"j":"k"}}`, `{"a":["k"]}`, `{"a":{}}`}},
	{"$keyMapMatch with operators", `{"a":{"$keyMapMatch":{"$gt":"b","$regex":"x$"}}}`, []string{`{"a":{"cx":1}}`}, []string{`{"a":{"ax":1,"c":2}}`}},
	{"nested", `{"a":{"b":{"c":1}}}`, []string{`{"a":{"b":{"c":1,"d":2}}}`}, []string{`{"a":{"b":{}}}`, `{"a":1}`}},
	{"dotted", `{"a.b":{"c":1}}`, []string{`{"a":{"b":{"c":1}}}`}, []string{`{"a.b":{"c":1}}`}},
	{"escaped dot", `{"a\\.b":1}`, []string{`{"a.b":1}`}, []string{`{"a":{"b":1}}`}},
	{"array index", `{"a.1.b":2}`, []string{`{"a":[0,{"b":2}]}`}, []string{`{"a":[{"b":2}]}`, `{"a":{"x":1}}`}},
	{"escaped name", `{"é\"":1}`, []string{`{"\u00e9\"":1}`}, []string{`{"é":1}`}},
	{"first of two members", `{"a":1}`, []string{`{"a":1,"a":2}`}, []string{`{"a":2,"a":1}`}},
	{"$and", `{"$and":[{"a":1},{"b":2}]}`, []string{`{"a":1,"b":2}`}, []string{`{"a":1}`}},
	{"$and below a field", `{"a":{"$and":[{"$gt":1},{"$lt":3}]}}`, []string{`{"a":2}`}, []string{`{"a":3}`, `{}`}},
	{"$or", `{"$or":[{"a":1},{"b":2}]}`, []string{`{"a":1}`, `{"b":2}`}, []string{`{"a":2}`}},
	{"$or below a field", `{"a":{"$or":[1,{"$gt":5}]}}`, []string{`{"a":1}`, `{"a":6}`}, []string{`{"a":2}`}},
	{"$or empty beside others", `{"a":22,"$or":[]}`, []string{`{"a":22}`}, []string{`{"a":1}`}},
	{"$nor", `{"$nor":[{"a":1},{"b":2}]}`, []string{`{"a":2,"b":1}`}, []string{`{"a":1,"b":1}`, `{"a":2}`}},
	{"$not", `{"$not":{"a":1}}`, []string{`{"a":2}`}, []string{`{"a":1}`, `{}`}},
	{"$not below a field", `{"a":{"$not":{"$gt":1}}}`, []string{`{"a":1}`, `{"a":null}`}, []string{`{"a":2}`, `{}`}},
	{"$not twice", `{"$not":{"$not":{"a":1}}}`, []string{`{"a":1}`}, []string{`{"a":2}`}},
	{"$not $regex", `{"a":{"$not":{"$regex":"^x"}}}`, []string{`{"a":"y"}`, `{"a":1}`}, []string{`{"a":"x"}`, `{}`}},
	{"$not $exists", `{"a":{"$not":{"$exists":true}}}`, []string{`{}`}, []string{`{"a":1}`}},
	{"$not $and", `{"$not":{"a":1,"b":2}}`, []string{`{"a":1,"b":3}`, `{"a":2,"b":2}`}, []string{`{"a":1,"b":2}`, `{"a":1}`}},
	{"_id by bytes", `{"_id":{"$gt":"B"}}`, []string{`{"_id":"a"}`, `{"_id":"C"}`}, []string{`{"_id":"A"}`, `{"_id":"B"}`}},
	{"_id above all else", `{"_id":{"$gt":{}}}`, []string{`{"_id":""}`}, nil},
	{"white space", `{"a" : { "$gt" : [ 1 , 2 ] } }`, []string{`{"a":[1,3]}`, `{ "a" : [ 2 ] }`}, []string{`{"a":[1,2]}`}},
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range matchCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := ParseSelector([]byte(tt.selector))
			if err != nil {
				t.Fatal(err)
			}
			for _, doc := range tt.yes {
				if !s.Match([]byte(doc)) {
					t.Errorf("%s does not match %s", tt.selector, doc)
				}
			}
			for _, doc := range tt.no {
				if s.Match([]byte(doc)) {
					t.Errorf("%s matches %s", tt.selector, doc)
				}
			}
		})
	}
}

// What takes long to read or to match is refused.
func TestBounds(t *testing.T) {
	t.Parallel()
	deep := func(levels int, open, inner, end string) string {
		return strings.Repeat(open, levels) + inner + strings.Repeat(end, levels)
	}
	for name, tt := range map[string]struct{ selector, want string }{
		"deep":               {deep(maxDepth-2, `{"$not":`, `{"a":1}`, `}`), ""},
		"too deep":           {deep(maxDepth+1, `{"$not":`, `{"a":1}`, `}`), "invalid_selector"},
		"too deep by lists":  {deep(maxDepth+1, `{"$and":[`, `{"a":1}`, `]}`), "invalid_selector"},
		"too deep by fields": {deep(maxDepth+1, `{"a":`, `1`, `}`), "invalid_selector"},
		"too deep a value":   {`{"a":` + deep(maxDepth+1, `[`, `1`, `]`) + `}`, "invalid_selector"},
		"long":               {`{"a":{"$in":["` + strings.Repeat("x", maxSelector-100) + `"]}}`, ""},
		"too long":           {`{"a":{"$in":["` + strings.Repeat("x", maxSelector) + `"]}}`, "invalid_selector"},
		"a long pattern":     {`{"a":{"$regex":"` + strings.Repeat("x", maxPattern) + `"}}`, ""},
		"too long a pattern": {`{"a":{"$regex":"` + strings.Repeat("x", maxPattern+1) + `"}}`, "bad_arg"},
	} {
		_, err := ParseSelector([]byte(tt.selector))
		var e *Error
		if errors.As(err, &e) != (tt.want != "") || e != nil && e.Name != tt.want {
			t.Errorf("%s: err = %.100v, want %q", name, err, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]string{
		`[]`:                                 "invalid_selector_json",
		`1`:                                  "invalid_selector_json",
		`{"a":{"$foo":1}}`:                   "invalid_operator",
		`{"$foo":1}`:                         "invalid_operator",
		`{"$or":[{"a":{"$x":1}}]}`:           "invalid_operator",
		`{"a":{"$where":"x"}}`:               "not_supported",
		`{"$text":"x"}`:                      "not_supported",
		`{"$gt":1}`:                          "invalid_selector",
		`{"":1}`:                             "invalid_selector",
		`{"$not":{}}`:                        "invalid_selector",
		`{"a..b":1}`:                         "invalid_field_name",
		`{"a":{"":1}}`:                       "invalid_field_name",
		`{"$and":{}}`:                        "bad_arg",
		`{"$or":1}`:                          "bad_arg",
		`{"$nor":"x"}`:                       "bad_arg",
		`{"$not":[]}`:                        "bad_arg",
		`{"a":{"$in":1}}`:                    "bad_arg",
		`{"a":{"$nin":{}}}`:                  "bad_arg",
		`{"a":{"$exists":"true"}}`:           "bad_arg",
		`{"a":{"$type":1}}`:                  "bad_arg",
		`{"a":{"$mod":[1]}}`:                 "bad_arg",
		`{"a":{"$mod":[0,1]}}`:               "bad_arg",
		`{"a":{"$mod":[1.5,1]}}`:             "bad_arg",
		`{"a":{"$regex":"("}}`:               "bad_arg",
		`{"a":{"$all":1}}`:                   "bad_arg",
		`{"a":{"$size":-1}}`:                 "bad_arg",
		`{"a":{"$size":1.5}}`:                "bad_arg",
		`{"a":{"$elemMatch":1}}`:             "bad_arg",
		`{"a":{"$allMatch":[]}}`:             "bad_arg",
		`{"a":{"$keyMapMatch":"x"}}`:         "bad_arg",
		`{"a":{"$elemMatch":{"$nope":"x"}}}`: "invalid_operator",
	} {
		_, err := ParseSelector([]byte(selector))
		var e *Error
		if !errors.As(err, &e) || e.Name != want {
			t.Errorf("%s: %v, want %s", selector, err, want)
		}
	}
}

// TestNormalForm checks the form that _explain shows, and that reading it
// again gives it back.
func TestNormalForm(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]string{
		`{}`:                                     `{}`,
		`{"a":1}`:                                `{"a":{"$eq":1}}`,
		`{"a":{"$gt":1,"$lt":2},"b":"x"}`:        `{"$and":[{"$and":[{"a":{"$gt":1}},{"a":{"$lt":2}}]},{"b":{"$eq":"x"}}]}`,
		`{"a":{"b":{"$gt":1}}}`:                  `{"a.b":{"$gt":1}}`,
		`{"$not":{"a":{"$gt":1}}}`:               `{"a":{"$lte":1}}`,
		`{"$nor":[{"a":1},{"b":{"$in":[ 1 ]}}]}`: `{"$and":[{"a":{"$ne":1}},{"b":{"$nin":[1]}}]}`,
		`{"$not":{"$or":[{"a":1}]}}`:             `{"$and":[{"a":{"$ne":1}}]}`,
		`{"a":{"$not":{"$size":1}}}`:             `{"a":{"$not":{"$size":1}}}`,
		`{"a":{"$elemMatch":{"$gt":1,"$lt":3}}}`: `{"a":{"$elemMatch":{"$and":[{"":{"$gt":1}},{"":{"$lt":3}}]}}}`,
		`{"a":{"$mod":[3,1],"$type":"number"}}`:  `{"$and":[{"a":{"$mod":[3,1]}},{"a":{"$type":"number"}}]}`,
		`{"a":{"$exists":false}}`:                `{"a":{"$exists":false}}`,
		`{"a":{"$all":[1],"$regex":"x\"y"}}`:     `{"$and":[{"a":{"$all":[1]}},{"a":{"$regex":"x\"y"}}]}`,
	} {
		for _, text := range []string{selector, want} {
			s, err := ParseSelector([]byte(text))
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if got, err := json.Marshal(s); err != nil || string(got) != want {
				t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
			}
		}
	}
}

func FuzzSelector(f *testing.F) {
	for _, tt := range matchCases {
		f.Add(tt.selector, `{"a":[1,{"b":"x"}],"_id":"y"}`)
	}
	f.Fuzz(func(t *testing.T, selector, doc string) {
		if !utf8.ValidString(selector+doc) || !json.Valid([]byte(selector)) || !json.Valid([]byte(doc)) {
			return
		}
		raw, body := compact([]byte(selector)), compact([]byte(doc))
		s, err := ParseSelector(raw)
		if err != nil || !rawjson.IsObject(body) {
			return
		}
		form, err := s.MarshalJSON()
		if err != nil || !json.Valid(form) {
			t.Fatalf("%s: %s, %v", selector, form, err)
		}
		again, err := ParseSelector(form)
		if err != nil {
			t.Fatalf("%s: %s: %v", selector, form, err)
		}
		if second, _ := again.MarshalJSON(); string(second) != string(form) {
			t.Fatalf("%s: %s, then %s", selector, form, second)
		}
		if s.Match(body) != again.Match(body) {
			t.Fatalf("%s and its form %s differ on %s", selector, form, doc)
		}
	})
}
