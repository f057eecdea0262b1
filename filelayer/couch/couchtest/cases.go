package couchtest

import (
	"net/http"
	"slices"
	"strings"
)

var cases = slices.Concat(serverCases, documentCases, conflictCases, bulkCases, localCases, feedCases, listCases, attachmentCases, adminCases, listingCases, purgeCases, findCases, indexCases, planCases)

func header(name, value string) http.Header {
	return http.Header{http.CanonicalHeaderKey(name): {value}}
}

const (
	conflict = `{"error":"conflict","reason":"Document update conflict."}`
	missing  = `{"error":"not_found","reason":"missing"}`
	deleted  = `{"error":"not_found","reason":"deleted"}`
)

var serverCases = []testCase{
	{"server", []step{
		{method: "GET", path: "/", status: 200, want: `{"couchdb":"Welcome","version":"*","uuid":"*","vendor":{"name":"*"}}`, wantHeader: header("Content-Type", "application/json")},
		{method: "GET", path: "/_up", status: 200, want: `{"status":"ok"}`},
		{method: "GET", path: "/_uuids?count=2", status: 200, want: `{"uuids":["*","*"]}`},
		{method: "GET", path: "/_all_dbs", status: 200, wantText: `"$db"`},
		{method: "GET", path: "/_session", status: 200, want: `{"ok":true,"userCtx":{"roles":"*"}}`},
		{method: "POST", path: "/_up", status: 405, want: `{"error":"method_not_allowed","reason":"*"}`},
	}},
	{"database", []step{
		{method: "GET", path: "/$db", status: 200, want: `{"db_name":"$db","doc_count":0,"doc_del_count":0,"update_seq":"*","instance_start_time":"*","sizes":{"file":"*"}}`},
		{method: "HEAD", path: "/$db", status: 200},
		{method: "PUT", path: "/$db", status: 412, want: `{"error":"file_exists","reason":"*"}`},
		{method: "PUT", path: "/Bad", status: 400, want: `{"error":"illegal_database_name","reason":"*"}`},
		{method: "GET", path: "/$db-none", status: 404, want: `{"error":"not_found","reason":"Database does not exist."}`},
		{method: "HEAD", path: "/$db-none", status: 404},
		{method: "DELETE", path: "/$db-none", status: 404},
		{method: "PUT", path: "/$db-none/x", body: `{}`, status: 404},
		{method: "POST", path: "/$db/_ensure_full_commit", status: 201, want: `{"ok":true,"instance_start_time":"*"}`},
		{method: "GET", path: "/$db/_revs_limit", status: 200, want: `1000`},
		{method: "PUT", path: "/$db/_revs_limit", body: `3`, status: 200, want: `{"ok":true}`},
		{method: "GET", path: "/$db/_revs_limit", status: 200, want: `3`},
		{method: "PUT", path: "/$db/_revs_limit", body: `0`, status: 400},
		{method: "GET", path: "/$db/_security", status: 200, want: `{"admins":"*","members":"*"}`},
		{method: "PUT", path: "/$db/_security", body: `{"admins":{"names":["a"],"roles":[]},"members":{"names":[],"roles":[]}}`, status: 200, want: `{"ok":true}`},
		{method: "GET", path: "/$db/_security", status: 200, want: `{"admins":{"names":["a"]}}`},
		{method: "POST", path: "/$db/_compact", status: 202, want: `{"ok":true}`},
		{method: "PATCH", path: "/$db/_changes", status: 405},
	}},
}

var documentCases = []testCase{
	{"write and read", []step{
		{method: "PUT", path: "/$db/x", body: `{"a":1}`, status: 201, want: `{"ok":true,"id":"x","rev":"*"}`, as: "r1"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_id":"x","_rev":"$r1","a":1,"_revisions":"~","_conflicts":"~"}`, wantHeader: header("ETag", `"$r1"`)},
		{method: "HEAD", path: "/$db/x", status: 200, wantHeader: header("ETag", `"$r1"`)},
		{method: "GET", path: "/$db/x", header: header("If-None-Match", `"$r1"`), status: 304},
		{method: "PUT", path: "/$db/x", body: `{"a":2}`, status: 409, want: conflict},
		{method: "PUT", path: "/$db/x", body: `{"a":2,"_rev":"1-00000000000000000000000000000000"}`, status: 409, want: conflict},
		{method: "PUT", path: "/$db/x?rev=$r1", body: `{"a":2,"_rev":"1-a"}`, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "PUT", path: "/$db/x", body: `{"a":2,"_rev":"$r1"}`, status: 201, as: "r2"},
		{method: "PUT", path: "/$db/x?rev=$r2", body: `{"a":3}`, status: 201, as: "r3"},
		{method: "PUT", path: "/$db/x", body: `{"a":4}`, header: header("If-Match", `"$r3"`), status: 201, as: "r4"},
		{method: "GET", path: "/$db/x?revs=true&revs_info=true&local_seq=true", status: 200, want: `{"a":4,"_local_seq":"*","_revisions":{"start":4,"ids":["*","*","*","*"]},"_revs_info":[{"rev":"$r4","status":"available"},{"rev":"$r3","status":"*"},{"rev":"$r2","status":"*"},{"rev":"$r1","status":"*"}]}`},
		{method: "GET", path: "/$db/x?rev=$r4", status: 200, want: `{"a":4}`},
		{method: "GET", path: "/$db/x?rev=$r1&latest=true", status: 200, want: `{"_rev":"$r4"}`},
		{method: "GET", path: "/$db/x?rev=7-a", status: 404, want: `{"error":"not_found","reason":"missing"}`},
		{method: "GET", path: "/$db/x?rev=nonsense", status: 400},
		{method: "GET", path: "/$db", status: 200, want: `{"doc_count":1,"doc_del_count":0}`},
	}},
	{"delete", []step{
		{method: "DELETE", path: "/$db/x", status: 404, want: missing},
		{method: "PUT", path: "/$db/x", body: `{"a":1}`, status: 201, as: "r1"},
		{method: "DELETE", path: "/$db/x", status: 409, want: conflict},
		{method: "DELETE", path: "/$db/x?rev=1-a", status: 409, want: conflict},
		{method: "DELETE", path: "/$db/x?rev=$r1", status: 200, want: `{"ok":true,"id":"x"}`, as: "r2"},
		{method: "GET", path: "/$db/x", status: 404, want: deleted},
		{method: "GET", path: "/$db/y", status: 404, want: missing},
		{method: "GET", path: "/$db/x?rev=$r2", status: 200, want: `{"_id":"x","_rev":"$r2","_deleted":true,"a":"~"}`},
		{method: "GET", path: "/$db", status: 200, want: `{"doc_count":0,"doc_del_count":1}`},
		{method: "PUT", path: "/$db/x", body: `{"a":2}`, status: 201, as: "r3"},
		{method: "GET", path: "/$db/x?revs=true", status: 200, want: `{"a":2,"_revisions":{"start":3,"ids":["*","*","*"]}}`},
		{method: "PUT", path: "/$db/x", body: `{"_deleted":true,"why":"gone","_rev":"$r3"}`, status: 201, as: "r4"},
		{method: "GET", path: "/$db/x?rev=$r4", status: 200, want: `{"_deleted":true,"why":"gone"}`},
	}},
	{"identifiers", []step{
		{method: "PUT", path: "/$db/a%2Fb%20c%2Bd%25e", body: `{}`, status: 201, want: `{"id":"a/b c+d%e"}`},
		{method: "GET", path: "/$db/a%2Fb%20c%2Bd%25e", status: 200, want: `{"_id":"a/b c+d%e"}`},
		{method: "PUT", path: "/$db/%F0%9F%99%82", body: `{"_id":"🙂"}`, status: 201, want: `{"id":"🙂"}`},
		{method: "GET", path: "/$db/%F0%9F%99%82", status: 200, want: `{"_id":"🙂"}`},
		{method: "PUT", path: "/$db/" + strings.Repeat("x", 1024), body: `{}`, status: 201},
		{method: "GET", path: "/$db/" + strings.Repeat("x", 1024), status: 200},
		{method: "PUT", path: "/$db/x%22%0A", body: `{}`, status: 201, want: `{"id":"x\"\n"}`},
		{method: "PUT", path: "/$db/_x", body: `{}`, status: 400},
		{method: "PUT", path: "/$db/x", body: `{"_id":"y"}`, status: 400},
		{method: "PUT", path: "/$db/_design/app", body: `{"views":{}}`, status: 201, want: `{"id":"_design/app"}`},
		{method: "GET", path: "/$db/_design%2Fapp", status: 200, want: `{"_id":"_design/app"}`},
		{method: "POST", path: "/$db", body: `{"a":1}`, status: 201, want: `{"ok":true,"id":"*","rev":"*"}`},
		{method: "POST", path: "/$db", body: `{"_id":"named"}`, status: 201, want: `{"id":"named"}`},
		{method: "POST", path: "/$db", body: `{}`, header: header("Content-Type", "text/plain"), status: 415},
	}},
	{"bad documents", []step{
		{method: "PUT", path: "/$db/x", body: `{`, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "PUT", path: "/$db/x", body: ``, status: 400},
		{method: "PUT", path: "/$db/x", body: `[]`, status: 400},
		{method: "PUT", path: "/$db/x", body: "{\"a\":\"\xff\"}", status: 400},
		{method: "PUT", path: "/$db/x", body: `{"_odd":1}`, status: 400, want: `{"error":"doc_validation","reason":"*"}`},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"x"}`, status: 400},
		{method: "PUT", path: "/$db/x", body: strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000), status: 400},
		{method: "GET", path: "/$db/x", status: 404},
	}},
}

var conflictCases = []testCase{
	{"conflicts", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[
			{"_id":"x","_rev":"1-a","n":1},
			{"_id":"x","_revisions":{"start":2,"ids":["b","a"]},"n":2},
			{"_id":"x","_revisions":{"start":2,"ids":["c","a"]},"n":3},
			{"_id":"x","_revisions":{"start":3,"ids":["d","e","a"]},"_deleted":true}]}`, status: 201, want: `[]`},
		{method: "GET", path: "/$db/x?conflicts=true&deleted_conflicts=true", status: 200, want: `{"_rev":"2-c","n":3,"_conflicts":["2-b"],"_deleted_conflicts":["3-d"]}`},
		{method: "GET", path: "/$db/x?rev=2-b", status: 200, want: `{"_rev":"2-b","n":2}`},
		{method: "GET", path: "/$db/x?rev=1-a&latest=true", status: 200, want: `{"_rev":"2-c"}`},
		{method: "GET", path: "/$db/x?open_revs=all", status: 200, want: `[{"ok":{"_rev":"2-c"}},{"ok":{"_rev":"2-b"}},{"ok":{"_rev":"3-d","_deleted":true}}]`},
		{method: "GET", path: `/$db/x?open_revs=["2-b","7-z"]&revs=true`, status: 200, want: `[{"ok":{"_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}},{"missing":"7-z"}]`},
		{method: "GET", path: `/$db/none?open_revs=["7-z"]`, status: 200, want: `[{"missing":"7-z"}]`},
		{method: "GET", path: `/$db/x?open_revs=["2-b","7-z"]`, header: header("Accept", "multipart/mixed"), status: 200, wantText: `"_rev":"2-b"`},
		{method: "GET", path: "/$db/_changes?style=all_docs", status: 200, want: `{"results":[{"id":"x","changes":[{"rev":"2-c"},{"rev":"2-b"},{"rev":"3-d"}]}]}`},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"2-c","n":4}`, status: 201, as: "r3"},
		{method: "DELETE", path: "/$db/x?rev=2-b", status: 200},
		{method: "GET", path: "/$db/x?conflicts=true", status: 200, want: `{"_rev":"$r3","n":4,"_conflicts":"~"}`},
		{method: "GET", path: "/$db", status: 200, want: `{"doc_count":1,"doc_del_count":0}`},
	}},
	{"a loser changes", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_rev":"1-b","n":1},{"_id":"x","_rev":"1-a","n":2}]}`, status: 201},
		{method: "GET", path: "/$db/_changes", status: 200, want: `{"results":[{"id":"x","changes":[{"rev":"1-b"}]}]}`, as: "s"},
		{method: "DELETE", path: "/$db/x?rev=1-a", status: 200},
		{method: "GET", path: "/$db/_changes?since=$s", status: 200, want: `{"results":[{"id":"x","changes":[{"rev":"1-b"}]}]}`},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_rev":"1-b","n":1}`},
	}},
	{"the winner falls back", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_rev":"1-b","n":1},{"_id":"x","_rev":"1-a","n":2}]}`, status: 201},
		{method: "DELETE", path: "/$db/x?rev=1-b", status: 200},
		{method: "GET", path: "/$db/x?conflicts=true", status: 200, want: `{"_rev":"1-a","n":2,"_conflicts":"~"}`},
		{method: "DELETE", path: "/$db/x?rev=1-a", status: 200},
		{method: "GET", path: "/$db/x", status: 404, want: deleted},
	}},
	{"stemming", []step{
		{method: "PUT", path: "/$db/_revs_limit", body: `2`, status: 200},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_revisions":{"start":4,"ids":["d","c","b","a"]}}]}`, status: 201},
		{method: "GET", path: "/$db/x?revs=true", status: 200, want: `{"_revisions":{"start":4,"ids":["d","c"]}}`},
	}},
}

var bulkCases = []testCase{
	{"bulk docs", []step{
		{
			method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"a"},{"_id":"b","n":1},{"_id":"a"},{"n":2},{"_id":"_x"}]}`, status: 201,
			want: `[{"ok":true,"id":"a","rev":"*"},{"ok":true,"id":"b","rev":"*"},{"id":"a","error":"conflict","reason":"*"},{"ok":true,"id":"*","rev":"*"},{"id":"_x","error":"illegal_docid"}]`,
		},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[]}`, status: 201, want: `[]`},
		{method: "POST", path: "/$db/_bulk_docs", body: `{}`, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "POST", path: "/$db/_bulk_docs", body: `[]`, status: 400},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":1}`, status: 400},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[1]}`, status: 400},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"c"}],"new_edits":1}`, status: 400},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"c"}]}`, header: header("Content-Type", "text/plain"), status: 415},
		{method: "GET", path: "/$db/_bulk_docs", status: 405},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"c","_revisions":{"start":2,"ids":["b","a"]},"n":1}]}`, status: 201, want: `[]`},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"c","_revisions":{"start":2,"ids":["b","a"]},"n":1}]}`, status: 201, want: `[]`},
		{method: "GET", path: "/$db/c?revs=true", status: 200, want: `{"_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}`},
		{method: "GET", path: "/$db", status: 200, want: `{"doc_count":4}`},
	}},
	{"bulk get", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_revisions":{"start":2,"ids":["b","a"]}},{"_id":"x","_revisions":{"start":2,"ids":["c","a"]}},{"_id":"y","_rev":"1-a","_deleted":true}]}`, status: 201},
		{
			method: "POST", path: "/$db/_bulk_get?revs=true&attachments=false", body: `{"docs":[{"id":"y","rev":"1-a"},{"id":"x","rev":"2-b"},{"id":"x","rev":"1-a"},{"id":"z","rev":"1-a"},{"id":"x","rev":"2-c"}]}`, status: 200,
			want: `{"results":[{"id":"y","docs":[{"ok":{"_id":"y","_deleted":true}}]},{"id":"x","docs":[{"ok":{"_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}}]},
				{"id":"x","docs":[{"error":{"id":"x","rev":"1-a","error":"not_found","reason":"missing"}}]},{"id":"z","docs":[{"error":{"id":"z","rev":"1-a","error":"not_found"}}]},{"id":"x","docs":[{"ok":{"_rev":"2-c"}}]}]}`,
		},
		{method: "POST", path: "/$db/_bulk_get?latest=true", body: `{"docs":[{"id":"x","rev":"2-b"}]}`, status: 200, want: `{"results":[{"id":"x","docs":[{"ok":{"_rev":"2-b","_revisions":"~"}}]}]}`},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[]}`, status: 200, want: `{"results":[]}`},
		{method: "POST", path: "/$db/_bulk_get", body: `{}`, status: 400},
	}},
	{"revs diff", []step{
		{method: "POST", path: "/$db/_bulk_docs", body: `{"new_edits":false,"docs":[{"_id":"x","_revisions":{"start":2,"ids":["b","a"]}}]}`, status: 201},
		{method: "POST", path: "/$db/_revs_diff", body: `{"x":["1-a","2-b","3-c"],"y":["1-a"],"z":[]}`, status: 200, want: `{"x":{"missing":["3-c"],"possible_ancestors":["2-b"]},"y":{"missing":["1-a"],"possible_ancestors":"~"},"z":"~"}`},
		{method: "POST", path: "/$db/_revs_diff", body: `{"x":["1-a","2-b"]}`, status: 200, want: `{"x":"~"}`},
		{method: "POST", path: "/$db/_missing_revs", body: `{"x":["1-a","3-c"]}`, status: 200, want: `{"missing_revs":{"x":["3-c"]}}`},
		{method: "POST", path: "/$db/_revs_diff", body: `{"x":1}`, status: 400},
		{method: "POST", path: "/$db/_revs_diff", body: `{"x":["nonsense"]}`, status: 400},
	}},
}

var localCases = []testCase{
	{"local documents", []step{
		{method: "GET", path: "/$db/_local/x", status: 404, want: missing},
		{method: "PUT", path: "/$db/_local/x", body: `{"a":1}`, status: 201, want: `{"ok":true,"id":"_local/x","rev":"0-1"}`},
		{method: "GET", path: "/$db/_local/x", status: 200, want: `{"_id":"_local/x","_rev":"0-1","a":1}`},
		{method: "GET", path: "/$db/_local%2Fx", status: 200, want: `{"a":1}`},
		{method: "PUT", path: "/$db/_local/x", body: `{"a":2}`, status: 409, want: conflict},
		{method: "PUT", path: "/$db/_local/x", body: `{"a":2,"_rev":"0-2"}`, status: 409, want: conflict},
		{method: "PUT", path: "/$db/_local/x", body: `{"a":2,"_rev":"0-1"}`, status: 201, want: `{"rev":"0-2"}`},
		{method: "PUT", path: "/$db/_local/y", body: `{"_rev":"0-1"}`, status: 409, want: conflict},
		{method: "GET", path: "/$db/_changes", status: 200, want: `{"results":[]}`},
		{method: "GET", path: "/$db/_all_docs", status: 200, want: `{"total_rows":0,"rows":[]}`},
		{method: "DELETE", path: "/$db/_local/x?rev=0-1", status: 409, want: conflict},
		{method: "DELETE", path: "/$db/_local/x?rev=0-2", status: 200, want: `{"ok":true}`},
		{method: "GET", path: "/$db/_local/x", status: 404},
	}},
	{"local documents among others", []step{
		{method: "POST", path: "/$db", body: `{"_id":"_local/p","a":1}`, status: 201, want: `{"ok":true,"id":"_local/p","rev":"0-1"}`},
		{
			method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"_local/x"},{"_id":"d"},{"_id":"_local/y"}]}`, status: 201,
			want: `[{"ok":true,"id":"_local/x","rev":"0-1"},{"ok":true,"id":"d"},{"ok":true,"id":"_local/y","rev":"0-1"}]`,
		},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"_local/x","_rev":"0-1","_deleted":true}]}`, status: 201, want: `[{"ok":true,"id":"_local/x","rev":"0-0"}]`},
		{method: "GET", path: "/$db/_local/x", status: 404, want: missing},
		{method: "GET", path: "/$db/_local/y", status: 200},
	}},
}
