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

var attachmentCases = []testCase{
	{"attachments", []step{
		{method: "PUT", path: "/$db/x", body: `{"_attachments":{"a.txt":{"content_type":"text/plain","data":"aGVsbG8="}}}`, status: 201, as: "r1"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_attachments":{"a.txt":{"content_type":"text/plain","length":5,"revpos":1,"stub":true,"digest":"md5-XUFAKrxLKna5cZ2REBfFkg==","data":"~"}}}`},
		{method: "GET", path: "/$db/x?attachments=true", status: 200, want: `{"_attachments":{"a.txt":{"data":"aGVsbG8=","stub":"~"}}}`},
		{method: "GET", path: "/$db/x/a.txt", status: 200, wantText: "hello", wantHeader: header("Content-Type", "text/plain")},
		{method: "GET", path: "/$db/x/a.txt", header: header("Range", "bytes=1-2"), status: 206, wantText: "el"},
		{method: "GET", path: "/$db/x/none", status: 404},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r1","n":1,"_attachments":{"a.txt":{"stub":true}}}`, status: 201, as: "r2"},
		{method: "GET", path: "/$db/x/a.txt", status: 200, wantText: "hello"},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r2","_attachments":{"b.txt":{"stub":true}}}`, status: 412, want: `{"error":"missing_stub","reason":"*"}`},
		{method: "PUT", path: "/$db/x/b%2Fc.bin?rev=$r2", body: "\x00\x01", header: header("Content-Type", "application/x-b"), status: 201, as: "r3"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"n":1,"_attachments":{"a.txt":{"revpos":1},"b/c.bin":{"length":2,"revpos":3}}}`},
		{method: "GET", path: "/$db/x/b/c.bin", status: 200, wantText: "\x00\x01", wantHeader: header("Content-Type", "application/x-b")},
		{method: "DELETE", path: "/$db/x/a.txt?rev=$r3", status: 200, as: "r4"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_attachments":{"a.txt":"~","b/c.bin":"*"}}`},
		{method: "PUT", path: "/$db/x/empty", body: ``, header: header("Content-Type", "text/plain"), status: 409},
		{method: "PUT", path: "/$db/new/empty", body: ``, header: header("Content-Type", "text/plain"), status: 201},
		{method: "GET", path: "/$db/new/empty", status: 200},
		{method: "POST", path: "/$db/_compact", status: 202},
		{method: "GET", path: "/$db/x?rev=$r4&attachments=true", status: 200, want: `{"_attachments":{"b/c.bin":{"data":"AAE="}}}`},
	}},
}
