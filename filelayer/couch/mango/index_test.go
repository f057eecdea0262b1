package mango

import "testing"

// TestAutoName holds a name against what CouchDB 3 makes of the same request,
// and checks that two requests that differ in any part differ in it.
func TestAutoName(t *testing.T) {
	t.Parallel()
	name := func(def, name string, quorum int64) string {
		ix, err := ParseIndex([]byte(def))
		if err != nil {
			t.Fatal(err)
		}
		n := NewIndex{Index: ix, Quorum: quorum}
		if name != "" {
			n.Name = &name
		}
		return n.AutoName()
	}
	if got, want := name(`{"fields":["foo"]}`, "foo-index", 2), "74644dcd981a77aa2a982e4eb0956fbad86c5a3f"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, def := range []string{
		`{"fields":["a"]}`, `{"fields":[{"a":"asc"}]}`, `{"fields":["a","b"]}`,
		`{"fields":["a"],"partial_filter_selector":{"x":{"$in":[1,2]}}}`,
		`{"fields":["a"],"partial_filter_selector":{"x":{"$in":[1,2.5,-70000,123456789012345678901,null,true,false,[]]}}}`,
	} {
		if got := name(def, "", 2); seen[got] {
			t.Errorf("%s has the name of another", def)
		} else {
			seen[got] = true
		}
	}
}

func TestIndexRoundTrip(t *testing.T) {
	t.Parallel()
	ix, err := ParseIndex([]byte(`{"fields":[{"a":"desc"},{"b.c":"desc"}],"partial_filter_selector":{"x":{"$gt":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"language":"query","views":{"bad":{"map":"function(){}"},"n":` + string(ix.View()) + `}}`
	all := Indexes("_design/d", []byte(body))
	if len(all) != 1 || all[0].Signature() != ix.Signature() {
		t.Fatalf("%v from %s", all, body)
	}
	const want = `{"ddoc":"_design/d","name":"n","type":"json","partitioned":false,"def":{"fields":[{"a":"desc"},{"b.c":"desc"}],"partial_filter_selector":{"x":{"$gt":1}}}}`
	if got := string(all[0].Append(nil)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if all := Indexes("_design/d", []byte(`{"language":"javascript","views":{"n":{}}}`)); all != nil {
		t.Errorf("views of another language are indexes: %v", all)
	}
}
