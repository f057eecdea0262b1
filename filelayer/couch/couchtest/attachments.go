package couchtest

import (
	"bytes"
	"compress/gzip"
	"net/http"
)

// headers returns a header of names and values in turn.
func headers(list ...string) http.Header {
	h := make(http.Header)
	for i := 0; i < len(list); i += 2 {
		h.Set(list[i], list[i+1])
	}
	return h
}

var (
	octets     = header("Content-Type", "application/octet-stream")
	related    = header("Content-Type", `multipart/related; boundary="cut"`)
	asRelated  = header("Accept", "multipart/related")
	asMixed    = header("Accept", "multipart/mixed")
	helloSum   = "XUFAKrxLKna5cZ2REBfFkg=="
	helloThere = `{"hello.bin":{"content_type":"application/octet-stream","data":"aGVsbG8="},"there.bin":{"content_type":"application/octet-stream","data":"dGhlcmU="}}`
)

// parts joins the parts of a multipart body with the boundary "cut".
func parts(list ...string) string {
	b := ""
	for _, part := range list {
		b += "--cut\r\n" + part + "\r\n"
	}
	return b + "--cut--"
}

func jsonPart(text string) string { return "Content-Type: application/json\r\n\r\n" + text }

func filePart(text string) string { return "Content-Type: application/octet-stream\r\n\r\n" + text }

// packedHello is "hello" in gzip format.
var packedHello = func() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte("hello")) // into memory
	_ = z.Close()
	return b.String()
}()

var attachmentCases = []testCase{
	{"attachments that stand alone", []step{
		{method: "PUT", path: "/$db/x/a.bin", body: "hello", header: octets, status: 201, want: `{"ok":true,"id":"x","rev":"*"}`, as: "r1"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_rev":"$r1","_attachments":{"a.bin":{"content_type":"application/octet-stream","length":5,"revpos":1,"stub":true,"digest":"md5-` + helloSum + `","data":"~","encoding":"~"}}}`},
		{method: "GET", path: "/$db/x/a.bin", status: 200, wantText: "hello", wantHeader: headers("Content-Type", "application/octet-stream", "Content-Length", "5", "ETag", `"`+helloSum+`"`, "Accept-Ranges", "bytes")},
		{method: "HEAD", path: "/$db/x/a.bin", status: 200, wantHeader: headers("Content-Length", "5", "ETag", `"`+helloSum+`"`)},
		{method: "GET", path: "/$db/x/a.bin", header: header("If-None-Match", `"`+helloSum+`"`), status: 304},
		{method: "PUT", path: "/$db/x/b.bin", body: "there", header: octets, status: 409, want: conflict},
		{method: "PUT", path: "/$db/x/b.bin", body: "there", header: headers("Content-Type", "x/y", "If-Match", `"$r1"`), status: 201, as: "r2"},
		{method: "PUT", path: "/$db/x/b.bin?rev=$r2", body: "there", header: headers("If-Match", "$r1"), status: 400},
		{method: "PUT", path: "/$db/x/b.bin?rev=$r1", body: "there", header: octets, status: 409, want: conflict},
		{method: "GET", path: "/$db/x/b.bin?rev=$r2", status: 200, wantText: "there", wantHeader: header("Content-Type", "x/y")},
		{method: "PUT", path: "/$db/x/b.bin?rev=$r2", body: "again", header: octets, status: 201, as: "r3"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_attachments":{"a.bin":{"revpos":1},"b.bin":{"revpos":3,"content_type":"application/octet-stream"}}}`},
		{method: "DELETE", path: "/$db/x/a.bin", status: 409, want: conflict},
		{method: "DELETE", path: "/$db/x/none?rev=$r3", status: 404, want: `{"error":"not_found","reason":"Document is missing attachment"}`},
		{method: "DELETE", path: "/$db/none/a.bin", status: 404},
		{method: "DELETE", path: "/$db/x/a.bin?rev=$r3", status: 200, want: `{"ok":true,"id":"x"}`, as: "r4"},
		{method: "GET", path: "/$db/x/a.bin", status: 404},
		{method: "GET", path: "/$db/x/b.bin", status: 200, wantText: "again"},
		{method: "GET", path: "/$db/none/b.bin", status: 404},
		{method: "PUT", path: "/$db/x/_b?rev=$r4", body: "x", header: octets, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "POST", path: "/$db/x/b.bin", status: 405},
		{method: "PUT", path: "/$db/x/c?rev=$r4", body: "x", header: headers("Content-Encoding", "br"), status: 415},
		{method: "PUT", path: "/$db/_local/x/a.bin", body: "x", header: octets, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "PUT", path: "/$db/_design/d/a%20%C3%A9/b%2Fc.html", body: "<p>", header: header("Content-Type", "text/html"), status: 201},
		{method: "GET", path: "/$db/_design/d/a%20%C3%A9/b/c.html", status: 200, wantText: "<p>", wantHeader: header("Content-Type", "text/html")},
	}},
	{"ranges of attachments", []step{
		{method: "PUT", path: "/$db/x/a.bin", body: "0123456789", header: octets, status: 201},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=2-4"), status: 206, wantText: "234", wantHeader: headers("Content-Range", "bytes 2-4/10", "Content-Length", "3")},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=8-"), status: 206, wantText: "89", wantHeader: header("Content-Range", "bytes 8-9/10")},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=-3"), status: 206, wantText: "789", wantHeader: header("Content-Range", "bytes 7-9/10")},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=8-100"), status: 206, wantText: "89", wantHeader: header("Content-Range", "bytes 8-9/10")},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=10-12"), status: 416, want: `{"error":"requested_range_not_satisfiable","reason":"*"}`},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=4-2"), status: 416},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "nonsense"), status: 200, wantText: "0123456789"},
		{method: "GET", path: "/$db/x/a.bin", header: header("Range", "bytes=0-1,5-6"), status: 206, wantText: "\r\n\r\n56\r\n--"},
	}},
	{"attachments in documents", []step{
		{method: "PUT", path: "/$db/x", body: `{"_attachments":` + helloThere + `}`, status: 201, as: "r1"},
		{method: "GET", path: "/$db/x?attachments=true", status: 200, want: `{"_attachments":{"hello.bin":{"data":"aGVsbG8=","revpos":1,"stub":"~","length":"~"},"there.bin":{"data":"dGhlcmU="}}}`},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r1","n":1,"_attachments":{"hello.bin":{"stub":true,"revpos":1},"there.bin":{"stub":true}}}`, status: 201, as: "r2"},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r2","_attachments":{"hello.bin":{"stub":true,"revpos":2}}}`, status: 412, want: `{"error":"missing_stub","reason":"*"}`},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r2","_attachments":{"none":{"stub":true}}}`, status: 412, want: `{"error":"missing_stub","reason":"*"}`},
		{method: "PUT", path: "/$db/y", body: `{"_attachments":{"a":{"stub":true}}}`, status: 412, want: `{"error":"missing_stub","reason":"*"}`},
		{method: "PUT", path: "/$db/y", body: `{"_attachments":{"a":{"data":"a%"}}}`, status: 400, want: `{"error":"bad_request","reason":"Invalid attachment data for a"}`},
		{method: "PUT", path: "/$db/y", body: `{"_attachments":{"a":{}}}`, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "PUT", path: "/$db/y", body: `{"_attachments":{"_a":{"data":""}}}`, status: 400, want: `{"error":"bad_request","reason":"*"}`},
		{method: "PUT", path: "/$db/x", body: `{"_rev":"$r2","n":2,"_attachments":{"there.bin":{"stub":true},"new":{"data":"AAE="}}}`, status: 201, as: "r3"},
		{method: "GET", path: "/$db/x", status: 200, want: `{"n":2,"_attachments":{"hello.bin":"~","there.bin":{"revpos":1},"new":{"revpos":3,"content_type":"application/octet-stream","length":2}}}`},
		{method: "GET", path: `/$db/x?atts_since=["$r2"]`, status: 200, want: `{"_attachments":{"there.bin":{"stub":true,"data":"~"},"new":{"data":"AAE=","stub":"~"}}}`},
		{method: "GET", path: `/$db/x?atts_since=["9-a"]`, status: 200, want: `{"_attachments":{"there.bin":{"data":"dGhlcmU="},"new":{"data":"AAE="}}}`},
		{method: "GET", path: `/$db/x?atts_since=["x"]`, status: 400},
		{method: "GET", path: "/$db/_all_docs?include_docs=true&attachments=true", status: 200, want: `{"rows":[{"doc":{"_attachments":{"new":{"data":"AAE="}}}}]}`},
		{method: "GET", path: "/$db/_changes?include_docs=true&attachments=true", status: 200, want: `{"results":[{"doc":{"_attachments":{"new":{"data":"AAE="}}}}]}`},
		{method: "GET", path: "/$db/_changes?include_docs=true", status: 200, want: `{"results":[{"doc":{"_attachments":{"new":{"stub":true}}}}]}`},
		{method: "POST", path: "/$db/_bulk_docs", body: `{"docs":[{"_id":"b","_attachments":{"a":{"data":"AAE="}}},{"_id":"c","_attachments":{"a":{"data":"aGVsbG8="}}}]}`, status: 201, want: `[{"ok":true},{"ok":true}]`},
		{method: "GET", path: "/$db/c/a", status: 200, wantText: "hello"},
		{method: "DELETE", path: "/$db/x?rev=$r3", status: 200, as: "r4"},
		{method: "GET", path: "/$db/x?rev=$r4", status: 200, want: `{"_deleted":true,"_attachments":"~"}`},
	}},
	{"attachments of replicas", []step{
		{method: "POST", path: "/$db/_bulk_docs", status: 201, want: `[]`, body: `{"new_edits":false,"docs":[{"_id":"x","_revisions":{"start":2,"ids":["b","a"]},"_attachments":{"f":{"data":"aGVsbG8=","revpos":1}}},{"_id":"x","_revisions":{"start":2,"ids":["c","a"]},"_attachments":{"f":{"data":"dGhlcmU=","revpos":2}}}]}`},
		{method: "GET", path: "/$db/x/f", status: 200, wantText: "there"},
		{method: "GET", path: "/$db/x/f?rev=2-b", status: 200, wantText: "hello"},
		{method: "GET", path: "/$db/x?rev=2-b", status: 200, want: `{"_attachments":{"f":{"revpos":1,"length":5}}}`},
		{method: "PUT", path: "/$db/x?new_edits=false", body: `{"_revisions":{"start":3,"ids":["d","b","a"]},"_attachments":{"f":{"stub":true,"revpos":1,"length":5,"digest":"md5-` + helloSum + `"}}}`, status: 201},
		{method: "GET", path: "/$db/x/f", status: 200, wantText: "hello"},
		{method: "PUT", path: "/$db/y?new_edits=false", body: `{"_rev":"1-a","_attachments":{"f":{"stub":true,"revpos":1,"length":1,"digest":"md5-AAAAAAAAAAAAAAAAAAAAAA=="}}}`, status: 412, want: `{"error":"missing_stub","reason":"*"}`},
		{method: "DELETE", path: "/$db/x?rev=3-d", status: 200},
		{method: "POST", path: "/$db/_compact", status: 202},
		{method: "GET", path: "/$db/x/f", status: 200, wantText: "there"},
	}},
	{"packed attachments", []step{
		{method: "PUT", path: "/$db/x/a.bin", body: packedHello, header: headers("Content-Type", "application/octet-stream", "Content-Encoding", "gzip"), status: 201},
		{method: "GET", path: "/$db/x?att_encoding_info=true", status: 200, want: `{"_attachments":{"a.bin":{"encoding":"gzip","encoded_length":29,"stub":true}}}`},
		{method: "GET", path: "/$db/x", status: 200, want: `{"_attachments":{"a.bin":{"encoding":"~","encoded_length":"~"}}}`},
		{method: "GET", path: "/$db/x?attachments=true", status: 200, want: `{"_attachments":{"a.bin":{"data":"aGVsbG8="}}}`},
		{method: "GET", path: "/$db/x/a.bin", header: header("Accept-Encoding", "identity"), status: 200, wantText: "hello", wantHeader: header("Accept-Ranges", "none")},
		{method: "GET", path: "/$db/x/a.bin", header: header("Accept-Encoding", "gzip"), status: 200, wantText: packedHello, wantHeader: headers("Content-Encoding", "gzip", "Content-Length", "29")},
		{method: "GET", path: "/$db/x?attachments=true", header: asRelated, status: 200, wantText: "\r\nContent-Length: 29\r\nContent-Encoding: gzip\r\n\r\n" + packedHello + "\r\n--"},
		{method: "PUT", path: "/$db/y", header: related, status: 201, body: parts(jsonPart(`{"_attachments":{"f":{"follows":true,"encoding":"gzip","length":5,"encoded_length":29}}}`), filePart(packedHello))},
		{method: "GET", path: "/$db/y/f", header: header("Accept-Encoding", "identity"), status: 200, wantText: "hello"},
		{method: "GET", path: "/$db/_all_docs?include_docs=true&att_encoding_info=true&limit=1", status: 200, want: `{"rows":[{"doc":{"_attachments":{"a.bin":{"encoding":"gzip","encoded_length":29}}}}]}`},
		{method: "GET", path: "/$db/_changes?include_docs=true&att_encoding_info=true&limit=1", status: 200, want: `{"results":[{"doc":{"_attachments":{"a.bin":{"encoding":"gzip"}}}}]}`},
	}},
	{"multipart documents", []step{
		{method: "PUT", path: "/$db/x", header: related, status: 201, want: `{"ok":true,"id":"x","rev":"*"}`, as: "r1", body: parts(
			jsonPart(`{"n":1,"_attachments":{"z":{"follows":true,"length":5,"content_type":"x/z"},"a":{"follows":true,"length":4,"content_type":"x/a"},"i":{"data":"AAE="}}}`), filePart("hello"), filePart("\r\n--"))},
		{method: "GET", path: "/$db/x", status: 200, want: `{"n":1,"_attachments":{"z":{"length":5,"content_type":"x/z","digest":"md5-` + helloSum + `"},"a":{"length":4},"i":{"length":2}}}`},
		{method: "GET", path: "/$db/x/z", status: 200, wantText: "hello"},
		{method: "GET", path: "/$db/x/a", status: 200, wantText: "\r\n--", wantHeader: header("Content-Length", "4")},
		{method: "PUT", path: "/$db/x", header: related, status: 409, want: conflict, body: parts(jsonPart(`{"_attachments":{"z":{"follows":true,"length":5}}}`), filePart("hello"))},
		{method: "PUT", path: "/$db/x?rev=$r1", header: related, status: 201, as: "r2", body: parts(jsonPart(`{"_attachments":{"z":{"stub":true},"n":{"follows":true,"length":5}}}`), filePart("again"))},
		{method: "GET", path: "/$db/x?attachments=true", status: 200, want: `{"n":"~","_attachments":{"a":"~","z":{"data":"aGVsbG8=","revpos":1},"n":{"data":"YWdhaW4=","revpos":2}}}`},
		{method: "PUT", path: "/$db/y?new_edits=false", header: related, status: 201, want: `{"rev":"2-b"}`, body: parts(jsonPart(`{"_revisions":{"start":2,"ids":["b","a"]},"_attachments":{"f":{"follows":true,"length":5,"revpos":1,"digest":"md5-`+helloSum+`"}}}`), filePart("hello"))},
		{method: "GET", path: "/$db/y", status: 200, want: `{"_rev":"2-b","_attachments":{"f":{"revpos":1}}}`},
		{method: "GET", path: "/$db/y?attachments=true", header: asRelated, status: 200, wantText: "\r\nContent-Type: application/json\r\n\r\n{"},
		{method: "GET", path: "/$db/y?attachments=true", header: asRelated, status: 200, wantText: `"follows":true`},
		{method: "GET", path: "/$db/y?attachments=true", header: asRelated, status: 200, wantText: "\r\nContent-Disposition: attachment; filename=\"f\"\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\nhello\r\n--"},
		{method: "GET", path: "/$db/y?attachments=true&revs=true", status: 200, want: `{"_revisions":{"start":2,"ids":["b","a"]},"_attachments":{"f":{"data":"aGVsbG8="}}}`},
		{method: "GET", path: `/$db/y?atts_since=["2-b"]`, header: asRelated, status: 200, want: `{"_attachments":{"f":{"stub":true}}}`, wantHeader: header("Content-Type", "application/json")},
		{method: "PUT", path: "/$db/z", header: related, status: 415, body: parts(filePart("hello"))},
	}},
	{"open revisions with attachments", []step{
		{method: "POST", path: "/$db/_bulk_docs", status: 201, body: `{"new_edits":false,"docs":[{"_id":"x","_rev":"1-a","_attachments":{"f":{"data":"aGVsbG8="}}},{"_id":"x","_rev":"1-b"}]}`},
		{method: "GET", path: "/$db/x?open_revs=all&revs=true", header: asMixed, status: 200, wantText: `Content-Type: multipart/related; boundary="`},
		{method: "GET", path: "/$db/x?open_revs=all", header: asMixed, status: 200, wantText: "Content-Type: application/json\r\n\r\n{\"_id\":\"x\",\"_rev\":\"1-b\"}\r\n--"},
		{method: "GET", path: `/$db/x?open_revs=["1-a"]`, header: asMixed, status: 200, wantText: "\r\nContent-Length: 5\r\n\r\nhello\r\n--"},
		{method: "GET", path: `/$db/x?open_revs=["1-c"]`, header: asMixed, status: 200, wantText: "Content-Type: application/json; error=\"true\"\r\n\r\n{\"missing\":\"1-c\"}\r\n--"},
		{method: "GET", path: `/$db/x?open_revs=["1-a","1-c"]`, status: 200, want: `[{"ok":{"_rev":"1-a","_attachments":{"f":{"stub":true}}}},{"missing":"1-c"}]`},
		{method: "GET", path: `/$db/x?open_revs=["1-a"]&attachments=true`, status: 200, want: `[{"ok":{"_attachments":{"f":{"data":"aGVsbG8="}}}}]`},
		{method: "POST", path: "/$db/_bulk_get?attachments=true", body: `{"docs":[{"id":"x","rev":"1-a"}]}`, status: 200, want: `{"results":[{"id":"x","docs":[{"ok":{"_attachments":{"f":{"data":"aGVsbG8="}}}}]}]}`},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[{"id":"x","rev":"1-a"}]}`, status: 200, want: `{"results":[{"docs":[{"ok":{"_attachments":{"f":{"stub":true}}}}]}]}`},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[{"id":"x","rev":"1-a","atts_since":["1-a"]}]}`, status: 200, want: `{"results":[{"docs":[{"ok":{"_attachments":{"f":{"stub":true}}}}]}]}`},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[{"id":"x","rev":"1-a","atts_since":["1-c"]}]}`, status: 200, want: `{"results":[{"docs":[{"ok":{"_attachments":{"f":{"data":"aGVsbG8="}}}}]}]}`},
		{method: "POST", path: "/$db/_bulk_get?atts_since=[]", body: `{"docs":[]}`, status: 400},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[{"id":"x","rev":"1-a"},{"id":"y"}]}`, header: asMixed, status: 200, wantText: "X-Doc-Id: x\r\nX-Rev-Id: 1-a\r\n"},
		{method: "POST", path: "/$db/_bulk_get", body: `{"docs":[{"id":"y"}]}`, header: asRelated, status: 200, wantText: "Content-Type: application/json; error=\"true\"\r\n\r\n"},
	}},
}
