package couchtest

// people are written by the cases of _find.
var people = step{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[
	{"_id":"a","name":{"first":"Ada","last":"Byron"},"age":36,"tags":["x","y"],"city":"London"},
	{"_id":"b","name":{"first":"Bob","last":"Ames"},"age":20,"tags":["y"],"city":null},
	{"_id":"c","name":{"first":"Cy","last":"ames"},"age":20.5,"tags":[]},
	{"_id":"d","name":{"first":"Dee","last":"Élan"},"age":"20","city":"Paris"},
	{"_id":"e","name":{"first":"Eve"},"age":50,"city":"Oslo"},
	{"_id":"_design/other","views":{"v":{"map":"function(doc){}"}}}]}`, status: 201}

func find(body, want string) step {
	return step{method: "POST", path: "/$db/_find", body: body, status: 200, want: want}
}

func explain(body, want string) step {
	return step{method: "POST", path: "/$db/_explain", body: body, status: 200, want: want}
}

func index(body string) step {
	return step{method: "POST", path: "/$db/_index", body: body, status: 200, want: `{"result":"created","id":"*","name":"*"}`}
}

// refused is a query that is answered with an error.
func refused(body, name string) step {
	return step{method: "POST", path: "/$db/_find", body: body, status: 400, want: `{"error":"` + name + `","reason":"*"}`}
}

const fullScan = `"warning":"No matching index found, create an index to optimize query time."`

var findCases = []testCase{
	{"find without an index", []step{
		people,
		find(`{"selector":{}}`, `{"docs":[{"_id":"a","_rev":"*","age":36},{"_id":"b"},{"_id":"c"},{"_id":"d"},{"_id":"e"}],"bookmark":"*",`+fullScan+`}`),
		find(`{"selector":{"age":{"$gt":20,"$lt":50}}}`, `{"docs":[{"_id":"a"},{"_id":"c"}]}`),
		find(`{"selector":{"age":20}}`, `{"docs":[{"_id":"b"}]}`),
		find(`{"selector":{"name.last":{"$gte":"b"}},"fields":["_id","name.first","city"]}`, `{"docs":[{"_id":"a","name":{"first":"Ada","last":"~"},"city":"London","age":"~"},{"_id":"d","city":"Paris"}]}`),
		find(`{"selector":{"name":{"last":{"$exists":false}}},"fields":["name.last","nothing"]}`, `{"docs":[{"name":"~","_id":"~"}]}`),
		find(`{"selector":{"_id":{"$gte":"b","$lt":"d"}}}`, `{"docs":[{"_id":"b"},{"_id":"c"}]}`),
		find(`{"selector":{"_id":{"$gt":null}},"sort":[{"_id":"desc"}],"limit":2}`, `{"docs":[{"_id":"e"},{"_id":"d"}]}`),
		find(`{"selector":{"tags":{"$all":["y"]}},"skip":1}`, `{"docs":[{"_id":"b"}]}`),
		find(`{"selector":{"tags":{"$elemMatch":{"$eq":"x"}}}}`, `{"docs":[{"_id":"a"}]}`),
		find(`{"selector":{"city":null}}`, `{"docs":[{"_id":"b"}]}`),
		find(`{"selector":{"$or":[]}}`, `{"docs":[]}`),
		find(`{"selector":{},"limit":0}`, `{"docs":[]}`),
		find(`{"selector":{"age":50},"execution_stats":true}`, `{"docs":[{"_id":"e"}],"execution_stats":{"total_keys_examined":"*","total_docs_examined":"*","total_quorum_docs_examined":0,"results_returned":1,"execution_time_ms":"*"}}`),
	}},
	{"find with an index", []step{
		people,
		index(`{"index":{"fields":["age"]},"name":"by-age","ddoc":"ages"}`),
		find(`{"selector":{"age":{"$gte":20}}}`, `{"docs":[{"_id":"b"},{"_id":"c"},{"_id":"a"},{"_id":"e"},{"_id":"d"}],"warning":"~"}`),
		find(`{"selector":{"age":{"$gt":20,"$lt":50}}}`, `{"docs":[{"_id":"c"},{"_id":"a"}],"warning":"~"}`),
		find(`{"selector":{"age":{"$gt":null}},"sort":[{"age":"desc"}],"limit":2}`, `{"docs":[{"_id":"d"},{"_id":"e"}],"warning":"~"}`),
		find(`{"selector":{"age":{"$gt":20}},"sort":["age"],"skip":1,"limit":1}`, `{"docs":[{"_id":"a"}]}`),
		find(`{"selector":{"age":{"$gt":5,"$lt":1}}}`, `{"docs":[]}`),
		{method: "PUT", path: "/$db/f", body: `{"age":21}`, status: 201, as: "f"},
		find(`{"selector":{"age":{"$gt":20,"$lt":30}}}`, `{"docs":[{"_id":"c"},{"_id":"f"}]}`),
		{method: "PUT", path: "/$db/f", body: `{"age":31,"_rev":"$f"}`, status: 201, as: "f"},
		find(`{"selector":{"age":{"$gt":20,"$lt":32}}}`, `{"docs":[{"_id":"c"},{"_id":"f"}]}`),
		{method: "DELETE", path: "/$db/f?rev=$f", status: 200},
		find(`{"selector":{"age":{"$gt":20,"$lt":32}}}`, `{"docs":[{"_id":"c"}]}`),
		index(`{"index":{"fields":[{"name.last":"desc"},{"name.first":"desc"}]},"ddoc":"names"}`),
		find(`{"selector":{"name.last":{"$gt":null}},"sort":["name.last","name.first"],"fields":["_id"]}`, `{"docs":[{"_id":"c"},{"_id":"b"},{"_id":"a"},{"_id":"d"}]}`),
		find(`{"selector":{"name.last":"Ames","name.first":{"$gt":null}},"sort":["name.first"]}`, `{"docs":[{"_id":"b"}]}`),
	}},
	{"find in pages", []step{
		people,
		index(`{"index":{"fields":["age"]}}`),
		{method: "POST", path: "/$db/_find", body: `{"selector":{"age":{"$gt":0}},"limit":2}`, status: 200, want: `{"docs":[{"_id":"b"},{"_id":"c"}]}`, as: "page"},
		{method: "POST", path: "/$db/_find", body: `{"selector":{"age":{"$gt":0}},"limit":2,"bookmark":"$page"}`, status: 200, want: `{"docs":[{"_id":"a"},{"_id":"e"}]}`, as: "page"},
		{method: "POST", path: "/$db/_find", body: `{"selector":{"age":{"$gt":0}},"limit":2,"bookmark":"$page"}`, status: 200, want: `{"docs":[{"_id":"d"}]}`, as: "page"},
		{method: "POST", path: "/$db/_find", body: `{"selector":{"age":{"$gt":0}},"limit":2,"bookmark":"$page"}`, status: 200, want: `{"docs":[],"bookmark":"$page"}`},
		{method: "POST", path: "/$db/_find", body: `{"selector":{"city":{"$exists":true}},"limit":1,"skip":1}`, status: 200, want: `{"docs":[{"_id":"b"}]}`, as: "scan"},
		{method: "POST", path: "/$db/_find", body: `{"selector":{"city":{"$exists":true}},"limit":5,"bookmark":"$scan"}`, status: 200, want: `{"docs":[{"_id":"d"},{"_id":"e"}]}`},
		refused(`{"selector":{},"bookmark":"nonsense"}`, "invalid_bookmark"),
		refused(`{"selector":{},"bookmark":7}`, "invalid_bookmark"),
	}},
	{"find conflicts", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_rev":"1-a","n":1},{"_id":"x","_rev":"1-b","n":2}]}`, status: 201},
		find(`{"selector":{"n":2}}`, `{"docs":[{"_rev":"1-b","_conflicts":"~"}]}`),
		find(`{"selector":{"n":1}}`, `{"docs":[]}`),
		find(`{"selector":{"_conflicts":{"$exists":true}},"conflicts":true}`, `{"docs":[{"_rev":"1-b","_conflicts":["1-a"]}]}`),
	}},
	{"find refuses", []step{
		people,
		{method: "GET", path: "/$db/_find", status: 405, want: `{"error":"method_not_allowed","reason":"*"}`},
		{method: "POST", path: "/$db/_find", body: `{"selector":{}}`, header: header("Content-Type", "text/plain"), status: 415},
		{method: "POST", path: "/$db/_find", body: `{`, status: 400},
		{method: "POST", path: "/$db/_find", body: `[]`, status: 400},
		refused(`{}`, "missing_required_key"),
		refused(`{"selector":{},"odd":1}`, "invalid_key"),
		refused(`{"selector":[]}`, "invalid_selector_json"),
		refused(`{"selector":{"a":{"$odd":1}}}`, "invalid_operator"),
		refused(`{"selector":{"a":{"$in":1}}}`, "bad_arg"),
		refused(`{"selector":{"a":{"$regex":"("}}}`, "bad_arg"),
		refused(`{"selector":{"$gt":1}}`, "invalid_selector"),
		refused(`{"selector":{"a":{"$where":1}}}`, "not_supported"),
		refused(`{"selector":{},"limit":-1}`, "invalid_non_neg_integer"),
		refused(`{"selector":{},"skip":"1"}`, "invalid_non_neg_integer"),
		refused(`{"selector":{},"r":0}`, "invalid_pos_integer"),
		refused(`{"selector":{},"conflicts":1}`, "invalid_boolean"),
		refused(`{"selector":{},"fields":"x"}`, "invalid_fields"),
		refused(`{"selector":{},"fields":[1]}`, "invalid_field"),
		refused(`{"selector":{},"sort":"x"}`, "invalid_sort_json"),
		refused(`{"selector":{},"sort":[1]}`, "invalid_sort_field"),
		refused(`{"selector":{},"sort":["a",{"b":"desc"}]}`, "unsupported_mixed_sort"),
		refused(`{"selector":{},"use_index":{}}`, "invalid_index_name"),
		refused(`{"selector":{"age":{"$gt":0}},"sort":["age"]}`, "no_usable_index"),
		{method: "GET", path: "/$db/_index/foo", status: 405},
	}},
}

var indexCases = []testCase{
	{"indexes", []step{
		{method: "GET", path: "/$db/_index", status: 200, want: `{"total_rows":1,"indexes":[{"ddoc":null,"name":"_all_docs","type":"special","def":{"fields":[{"_id":"asc"}]}}]}`},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["a",{"b.c":"asc"}]},"name":"one","ddoc":"d","type":"json"}`, status: 200, want: `{"result":"created","id":"_design/d","name":"one"}`},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["a",{"b.c":"asc"}]},"name":"one","ddoc":"_design/d"}`, status: 200, want: `{"result":"exists","id":"_design/d","name":"one"}`},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":[{"x":"desc"}],"partial_filter_selector":{"n":{"$gt":1}}},"name":"two","ddoc":"d"}`, status: 200, want: `{"result":"created","name":"two"}`},
		{method: "GET", path: "/$db/_design/d", status: 200, want: `{"language":"query","views":{
			"one":{"map":{"fields":{"a":"asc","b.c":"asc"},"partial_filter_selector":{}},"reduce":"_count","options":{"def":{"fields":["a",{"b.c":"asc"}]}}},
			"two":{"map":{"fields":{"x":"desc"},"partial_filter_selector":{"n":{"$gt":1}}}}}}`},
		{method: "GET", path: "/$db/_index", status: 200, want: `{"total_rows":3,"indexes":["*",
			{"ddoc":"_design/d","name":"one","type":"json","def":{"fields":[{"a":"asc"},{"b.c":"asc"}],"partial_filter_selector":"~"}},
			{"ddoc":"_design/d","name":"two","def":{"fields":[{"x":"desc"}],"partial_filter_selector":{"n":{"$gt":1}}}}]}`},
		{method: "GET", path: "/$db/_index?skip=1&limit=1", status: 200, want: `{"total_rows":3,"indexes":[{"name":"one"}]}`},
		{method: "GET", path: "/$db/_index?skip=9", status: 200, want: `{"indexes":[]}`},
		{method: "GET", path: "/$db/_index?limit=0", status: 500, want: `{"error":"invalid_list_index_params"}`},
		{method: "DELETE", path: "/$db/_index/d/json/none", status: 404, want: missing},
		{method: "DELETE", path: "/$db/_index/none/json/one", status: 404, want: missing},
		{method: "DELETE", path: "/$db/_index/d/text/one", status: 404, want: missing},
		{method: "DELETE", path: "/$db/_index/_design/d/json/one", status: 200, want: `{"ok":true}`},
		{method: "GET", path: "/$db/_design/d", status: 200, want: `{"views":{"one":"~","two":"*"}}`},
		{method: "DELETE", path: "/$db/_index/_design%2Fd/json/two", status: 200, want: `{"ok":true}`},
		{method: "GET", path: "/$db/_design/d", status: 404, want: deleted},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["a"]},"ddoc":"d","name":"again"}`, status: 200, want: `{"result":"created","id":"_design/d"}`},
		{method: "POST", path: "/$db/_index/_bulk_delete", body: `{"docids":["_design/d","none"]}`, status: 200, want: `{"success":[{"id":"_design/d","ok":true}],"fail":[{"id":"_design/none","error":"not_found"}]}`},
		{method: "GET", path: "/$db/_index", status: 200, want: `{"total_rows":1}`},
	}},
	{"index names", []step{
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["foo"]},"name":"foo-index"}`, status: 200, want: `{"result":"created","id":"*","name":"foo-index"}`},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["foo"]},"name":"foo-index"}`, status: 200, want: `{"result":"exists"}`},
		{method: "POST", path: "/$db/_index", body: `{"index":{"fields":["foo"]}}`, status: 200, want: `{"result":"created"}`},
		{method: "GET", path: "/$db/_index", status: 200, want: `{"total_rows":3}`},
	}},
	{"index refuses", []step{
		badIndex(`{}`, "missing_required_key"),
		badIndex(`{"index":{"fields":["a"]},"odd":1}`, "invalid_key"),
		badIndex(`{"index":[]}`, "invalid_index"),
		badIndex(`{"index":{}}`, "missing_required_key"),
		badIndex(`{"index":{"fields":"a"}}`, "invalid_sort_json"),
		badIndex(`{"index":{"fields":[""]}}`, "invalid_sort_field"),
		badIndex(`{"index":{"fields":[{"a":2}]}}`, "*"),
		badIndex(`{"index":{"fields":[{"a":"asc"},{"b":"desc"}]}}`, "unsupported_mixed_sort"),
		badIndex(`{"index":{"fields":["a"],"partial_filter_selector":{"a":{"$odd":1}}}}`, "invalid_operator"),
		badIndex(`{"index":{"fields":["a"]},"type":"geo"}`, "invalid_index"),
		badIndex(`{"index":{"fields":["a"]},"type":null}`, "*"),
		badIndex(`{"index":{"fields":["a"]},"name":1}`, "invalid_string"),
		badIndex(`{"index":{"fields":["a"]},"ddoc":true}`, "invalid_string"),
		{method: "PUT", path: "/$db/_design/js", body: `{"language":"javascript"}`, status: 201},
		badIndex(`{"index":{"fields":["a"]},"ddoc":"js"}`, "invalid_ddoc_lang"),
		{method: "GET", path: "/$db/_index", status: 200, want: `{"total_rows":1}`},
	}},
	{"partial index", []step{
		people,
		index(`{"index":{"fields":["age"],"partial_filter_selector":{"city":{"$type":"string"}}},"name":"p","ddoc":"p"}`),
		explain(`{"selector":{"age":{"$gt":0}}}`, `{"index":{"type":"special"}}`),
		explain(`{"selector":{"age":{"$gt":0}},"use_index":"p"}`, `{"index":{"ddoc":"_design/p"}}`),
		find(`{"selector":{"age":{"$gt":0}},"use_index":["p","p"]}`, `{"docs":[{"_id":"a"},{"_id":"e"},{"_id":"d"}],"warning":"~"}`),
	}},
}

func badIndex(body, name string) step {
	return step{method: "POST", path: "/$db/_index", body: body, status: 400, want: `{"error":"` + name + `","reason":"*"}`}
}

var planCases = []testCase{
	{"plans", []step{
		index(`{"index":{"fields":["name","age","user"]},"ddoc":"aaa","name":"n"}`),
		index(`{"index":{"fields":["name","age"]},"ddoc":"bbb","name":"n"}`),
		index(`{"index":{"fields":["name"]},"ddoc":"zzz","name":"n"}`),
		index(`{"index":{"fields":["name"]},"ddoc":"ccc","name":"n"}`),
		explain(`{"selector":{"name":"x"}}`, `{"dbname":"$db","index":{"ddoc":"_design/ccc","name":"n","type":"json"},"partitioned":false,"selector":{"name":{"$eq":"x"}},"limit":25,"skip":0,
			"opts":{"use_index":[],"bookmark":"nil","limit":25,"skip":0,"sort":{},"conflicts":false,"stale":false,"update":true,"stable":false,"execution_stats":false},
			"mrargs":{"include_docs":true,"view_type":"map","reduce":false,"start_key":["x"],"end_key":["x","<MAX>"],"direction":"fwd","stable":false,"update":true,"conflicts":"undefined"}}`),
		explain(`{"selector":{"name":"x","age":{"$gte":12}}}`, `{"index":{"ddoc":"_design/bbb"},"mrargs":{"start_key":["x",12],"end_key":["x","<MAX>"]}}`),
		explain(`{"selector":{"name":"x","age":{"$gte":12,"$lt":15},"user":{"$gt":1}}}`, `{"index":{"ddoc":"_design/aaa"},"mrargs":{"start_key":["x",12,1],"end_key":["x",15,"<MAX>"]}}`),
		explain(`{"selector":{"name":{"$lt":"x"},"number":{"$lte":12}}}`, `{"index":{"ddoc":"_design/ccc"},"mrargs":{"start_key":[],"end_key":["x","<MAX>"]}}`),
		explain(`{"selector":{"name":{"$exists":true}}}`, `{"index":{"ddoc":"_design/ccc"},"mrargs":{"start_key":[],"end_key":["<MAX>"]}}`),
		explain(`{"selector":{"name":{"$exists":false}}}`, `{"index":{"type":"special","ddoc":null},"mrargs":{"start_key":"","end_key":"<MAX>"}}`),
		explain(`{"selector":{"$or":[{"name":"x"},{"name":"y"}]}}`, `{"index":{"ddoc":"_design/ccc"},"mrargs":{"start_key":[],"end_key":["<MAX>"]}}`),
		explain(`{"selector":{"$or":[{"name":"x"},{"age":1}]}}`, `{"index":{"type":"special"}}`),
		explain(`{"selector":{"$not":{"name":{"$gt":"x"}}}}`, `{"index":{"ddoc":"_design/ccc"},"mrargs":{"end_key":["x","<MAX>"]}}`),
		explain(`{"selector":{"_id":"q"}}`, `{"index":{"type":"special"},"mrargs":{"start_key":"q","end_key":"q"}}`),
		explain(`{"selector":{"name":"x","age":1},"sort":[{"age":"desc"}],"fields":["age"]}`, `{"index":{"ddoc":"_design/bbb"},"fields":["age"],"opts":{"sort":{"age":"desc"}},"mrargs":{"start_key":["x",1,"<MAX>"],"end_key":["x",1],"direction":"rev"}}`),
		explain(`{"selector":{"name":"x"},"sort":["name","age"]}`, `{"index":{"ddoc":"_design/bbb"}}`),
		explain(`{"selector":{"name":"x"},"use_index":"zzz"}`, `{"index":{"ddoc":"_design/zzz"},"opts":{"use_index":["zzz"]}}`),
		explain(`{"selector":{"name":"x"},"use_index":"_design/zzz"}`, `{"index":{"ddoc":"_design/zzz"}}`),
		explain(`{"selector":{"name":"x"},"use_index":["zzz","n"]}`, `{"index":{"ddoc":"_design/zzz"}}`),
		explain(`{"selector":{"name":"x"},"use_index":"aaa"}`, `{"index":{"ddoc":"_design/ccc"}}`),
		find(`{"selector":{"name":"x"},"use_index":"aaa"}`, `{"docs":[],"warning":"_design/aaa was not used because it does not contain a valid index for this query."}`),
		find(`{"selector":{"name":"x"},"use_index":["aaa","n"]}`, `{"docs":[],"warning":"_design/aaa, n was not used because it is not a valid index for this query."}`),
		{method: "POST", path: "/$db/_explain", body: `{"selector":{"name":"x"},"sort":["user"]}`, status: 400, want: `{"error":"no_usable_index"}`},
	}},
}
