package couchtest

// threeDocs writes a, b and c, and deletes b.
var threeDocs = []step{
	{method: "PUT", path: "/$db/a", body: `{"n":1}`, status: 201, as: "ra"},
	{method: "PUT", path: "/$db/b", body: `{"n":2}`, status: 201, as: "rb"},
	{method: "PUT", path: "/$db/c", body: `{"n":3,"tag":"x"}`, status: 201, as: "rc"},
	{method: "DELETE", path: "/$db/b?rev=$rb", status: 200, as: "rd"},
}

func after(first []step, then ...step) []step { return append(append([]step(nil), first...), then...) }

var feedCases = []testCase{
	{"changes", after(threeDocs,
		step{method: "GET", path: "/$db/_changes", status: 200, as: "last", want: `{"results":[{"seq":"*","id":"a","changes":[{"rev":"$ra"}],"deleted":"~","doc":"~"},{"id":"c"},{"id":"b","changes":[{"rev":"$rd"}],"deleted":true}],"last_seq":"*","pending":0}`},
		step{method: "GET", path: "/$db/_changes?limit=1", status: 200, as: "first", want: `{"results":[{"id":"a"}],"pending":"*"}`},
		step{method: "GET", path: "/$db/_changes?limit=0", status: 200, want: `{"results":[{"id":"a"}]}`},
		step{method: "GET", path: "/$db/_changes?since=$first", status: 200, want: `{"results":[{"id":"c"},{"id":"b"}]}`},
		step{method: "GET", path: "/$db/_changes?since=%22$first%22&limit=1", status: 200, want: `{"results":[{"id":"c"}]}`},
		step{method: "GET", path: "/$db/_changes?since=$last", status: 200, want: `{"results":[],"last_seq":"$last"}`},
		step{method: "GET", path: "/$db/_changes?since=now", status: 200, want: `{"results":[],"last_seq":"$last"}`},
		step{method: "GET", path: "/$db/_changes?descending=true&limit=2", status: 200, want: `{"results":[{"id":"b"},{"id":"c"}]}`},
		step{method: "GET", path: "/$db/_changes?include_docs=true", status: 200, want: `{"results":[{"doc":{"_id":"a","_rev":"$ra","n":1}},{"doc":{"n":3}},{"doc":{"_id":"b","_deleted":true}}]}`},
		step{method: "POST", path: "/$db/_changes", body: `{}`, status: 200, want: `{"results":["*","*","*"]}`},
		step{method: "POST", path: "/$db/_changes?filter=_doc_ids", body: `{"doc_ids":["c","none","b"]}`, status: 200, want: `{"results":[{"id":"c"},{"id":"b"}]}`},
		step{method: "POST", path: "/$db/_changes?filter=_selector&include_docs=true", body: `{"selector":{"n":{"$gt":1}}}`, status: 200, want: `{"results":[{"id":"c","doc":{"tag":"x"}}]}`},
		step{method: "GET", path: "/$db/_changes?since=nonsense", status: 400},
		step{method: "GET", path: "/$db/_changes?limit=x", status: 400, want: `{"error":"query_parse_error","reason":"*"}`},
	)},
	{"changes that wait", after(threeDocs,
		step{method: "GET", path: "/$db/_changes?feed=longpoll", status: 200, want: `{"results":["*","*","*"],"last_seq":"*"}`},
		step{method: "GET", path: "/$db/_changes?feed=longpoll&since=now&timeout=100", status: 200, want: `{"results":[],"last_seq":"*"}`},
		step{method: "GET", path: "/$db/_changes?feed=continuous&timeout=100&limit=2", status: 200, wantText: `"id":"c"`},
		step{method: "GET", path: "/$db/_changes?feed=continuous&timeout=100", status: 200, wantText: `{"last_seq":`},
		step{method: "GET", path: "/$db/_changes?feed=eventsource&timeout=100&limit=1", status: 200, wantText: `data: {"seq":`, wantHeader: header("Content-Type", "text/event-stream")},
	)},
}

var listCases = []testCase{
	{"all docs", after(threeDocs,
		step{method: "PUT", path: "/$db/d", body: `{}`, status: 201},
		step{method: "GET", path: "/$db/_all_docs", status: 200, want: `{"total_rows":3,"offset":0,"rows":[{"id":"a","key":"a","value":{"rev":"$ra"},"doc":"~"},{"id":"c"},{"id":"d"}]}`},
		step{method: "GET", path: "/$db/_all_docs?include_docs=true&limit=1", status: 200, want: `{"rows":[{"doc":{"_id":"a","n":1}}]}`},
		step{method: "GET", path: "/$db/_all_docs?descending=true", status: 200, want: `{"rows":[{"id":"d"},{"id":"c"},{"id":"a"}]}`},
		step{method: "GET", path: `/$db/_all_docs?startkey="b"&endkey="c"`, status: 200, want: `{"rows":[{"id":"c"}]}`},
		step{method: "GET", path: `/$db/_all_docs?start_key="a"&end_key="c"&inclusive_end=false`, status: 200, want: `{"rows":[{"id":"a"}]}`},
		step{method: "GET", path: `/$db/_all_docs?startkey="c"&endkey="a"&descending=true`, status: 200, want: `{"rows":[{"id":"c"},{"id":"a"}]}`},
		step{method: "GET", path: "/$db/_all_docs?skip=1&limit=1", status: 200, want: `{"rows":[{"id":"c"}]}`},
		step{method: "GET", path: "/$db/_all_docs?limit=0", status: 200, want: `{"total_rows":3,"rows":[]}`},
		step{method: "GET", path: `/$db/_all_docs?key="c"`, status: 200, want: `{"rows":[{"id":"c"}]}`},
		step{method: "GET", path: `/$db/_all_docs?keys=["c","a"]`, status: 200, want: `{"rows":[{"id":"c"},{"id":"a"}]}`},
		step{method: "POST", path: "/$db/_all_docs?include_docs=true", body: `{"keys":["c","b","none"]}`, status: 200, want: `{"rows":[{"id":"c","doc":{"n":3}},{"id":"b","value":{"rev":"$rd","deleted":true},"doc":null},{"key":"none","error":"not_found"}]}`},
		step{method: "POST", path: "/$db/_all_docs", body: `{"startkey":"b","limit":1}`, status: 200, want: `{"rows":[{"id":"c"}]}`},
		step{method: "GET", path: "/$db/_all_docs?startkey=b", status: 400},
		step{method: "GET", path: "/$db/_all_docs?skip=-1", status: 400},
	)},
}
