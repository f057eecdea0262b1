package couch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

const relatedType = `multipart/related; boundary="b"`

// multi joins parts, the first one JSON, with the boundary "b".
func multi(doc string, parts ...string) string {
	b := "--b\r\nContent-Type: application/json\r\n\r\n" + doc
	for _, part := range parts {
		b += "\r\n--b\r\n" + part
	}
	return b + "\r\n--b--"
}

func TestMultipartDocuments(t *testing.T) {
	t.Parallel()
	const two = `{"_attachments":{"a":{"follows":true,"length":1},"b":{"follows":true,"length":2}}}`
	const hello = `{"_attachments":{"a":{"follows":true,"length":5,"digest":"md5-XUFAKrxLKna5cZ2REBfFkg=="}}}`
	many, manyParts := "", make([]string, 2000)
	for i := range manyParts {
		many += fmt.Sprintf(`,"%d":{"follows":true,"length":1000}`, i)
		manyParts[i] = "\r\n" + strings.Repeat("x", 1000)
	}
	named := func(name, text string) string {
		return "Content-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + text
	}
	for name, tt := range map[string]struct {
		contentType, body string
		want              int
		reason            string
	}{
		"in order":             {relatedType, multi(two, "\r\nA", "\r\nBB"), 201, ""},
		"by name":              {relatedType, multi(two, named("b", "BB"), named("a", "A")), 201, ""},
		"one named":            {relatedType, multi(two, named("b", "BB"), "\r\nA"), 201, ""},
		"other names":          {relatedType, multi(two, named("x", "A"), named("y", "BB")), 201, ""},
		"odd name":             {relatedType, multi(`{"_attachments":{"a/\"é":{"follows":true}}}`, named(`a/\"é`, "A")), 201, ""},
		"thousands":            {relatedType, multi(`{"_attachments":{`+many[1:]+`}}`, manyParts...), 201, ""},
		"preamble and more":    {relatedType, "before\r\n" + multi(two, "\r\nA", "\r\nBB") + "\r\nafter", 201, ""},
		"digest":               {relatedType, multi(hello, "\r\nhello"), 201, ""},
		"only the document":    {relatedType, multi(`{"a":1}`), 201, ""},
		"wrong digest":         {relatedType, multi(hello, "\r\nolleh"), 400, "corruption"},
		"too long":             {relatedType, multi(two, "\r\nA", "\r\nBBB"), 400, "longer"},
		"too short":            {relatedType, multi(two, "\r\nA", "\r\nB"), 400, "shorter"},
		"too few":              {relatedType, multi(two, "\r\nA"), 400, "shorter"},
		"too many":             {relatedType, multi(two, "\r\nA", "\r\nBB", "\r\nC"), 400, "More"},
		"the same twice":       {relatedType, multi(`{"_attachments":{"a":{"follows":true},"a":{"follows":true}}}`, "\r\nA", "\r\nA"), 400, "twice"},
		"lengths that differ":  {relatedType, multi(two, "Content-Length: 2\r\n\r\nA", "\r\nBB"), 400, "Content-Length"},
		"wrong Content-Length": {relatedType, multi(`{"_attachments":{"a":{"follows":true}}}`, "Content-Length: 2\r\n\r\nA"), 400, "shorter"},
		"thousands of parts":   {relatedType, multi(two, append([]string{"\r\nA", "\r\nBB"}, make([]string, 5000)...)...), 400, ""},
		"endless head":         {relatedType, multi(two, "X: "+strings.Repeat("x", 200_000)+"\r\n\r\nA"), 413, ""},
		"endless preamble":     {relatedType, strings.Repeat("x\r\n", 100_000) + multi(two), 413, ""},
		"cut in the document":  {relatedType, multi(two)[:60], 400, "incomplete"},
		"cut in a part":        {relatedType, strings.TrimSuffix(multi(two, "\r\nA", "\r\nBB"), "\r\n--b--"), 400, "incomplete"},
		"cut in the end":       {relatedType, strings.TrimSuffix(multi(two, "\r\nA", "\r\nBB"), "--"), 400, "incomplete"},
		"no parts":             {relatedType, "--b--", 400, "no parts"},
		"nothing":              {relatedType, "", 400, "incomplete"},
		"another boundary":     {`multipart/related; boundary="c"`, multi(two, "\r\nA", "\r\nBB"), 400, "incomplete"},
		"no boundary":          {"multipart/related", multi(two, "\r\nA", "\r\nBB"), 400, "boundary"},
		"no JSON":              {relatedType, multi(`{"a"}`), 400, "JSON"},
		"an array":             {relatedType, multi(`[]`), 400, "object"},
		"another id":           {relatedType, multi(`{"_id":"y"}`), 400, "ID"},
		"no gzip":              {relatedType, multi(`{"_attachments":{"a":{"follows":true,"encoding":"gzip"}}}`, "\r\nA"), 400, "gzip"},
		"unknown encoding":     {relatedType, multi(`{"_attachments":{"a":{"follows":true,"encoding":"br"}}}`, "\r\nA"), 400, "encoding"},
		"nowhere to follow":    {"application/json", `{"_attachments":{"a":{"follows":true}}}`, 400, "follow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newDB(t)
			resp := do(t, s, "PUT", "/db/x", strings.NewReader(tt.body), "Content-Type", tt.contentType)
			answer := text(t, resp)
			if resp.StatusCode != tt.want || !strings.Contains(answer, tt.reason) {
				t.Errorf("%d %s", resp.StatusCode, answer)
			}
			doc := do(t, s, "GET", "/db/x", http.NoBody)
			if (doc.StatusCode == 200) != (tt.want == 201) {
				t.Errorf("the document: %d", doc.StatusCode)
			}
			if got := text(t, doc); tt.want == 201 && strings.Contains(tt.body, two) && (!strings.Contains(got, `"length":1`) || !strings.Contains(got, `"length":2`)) {
				t.Error(got)
			}
			if named, unnamed, _ := rows(t, s); unnamed != 0 || tt.want != 201 && named != 0 {
				t.Errorf("left: %d with a digest, %d without", named, unnamed)
			}
		})
	}
}

// A name or a type that would break out of its header does not.
func TestPartsOfOddAttachments(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	const doc = `{"_attachments":{"a\r\n\r\n--\"b\\é":{"content_type":"x/y\r\nEvil: 1","data":"aGVsbG8="}}}`
	if status, body := call(t, s, "PUT", "/db/x", doc); status != 201 {
		t.Fatal(body)
	}
	resp := do(t, s, "GET", "/db/x?attachments=true&revs=true", http.NoBody, "Accept", "multipart/related")
	contentType := resp.Header.Get("Content-Type")
	body := text(t, resp)
	if resp.Header.Get("Content-Length") != fmt.Sprint(len(body)) || strings.Contains(body, "\nEvil") {
		t.Errorf("%v\n%s", resp.Header, body)
	}
	if resp := do(t, s, "DELETE", "/db/x?rev="+decode[struct {
		Rev string `json:"_rev"`
	}](t, text(t, do(t, s, "GET", "/db/x", http.NoBody))).Rev, http.NoBody); resp.StatusCode != 200 {
		t.Fatal(text(t, resp))
	}
	other, _ := newDB(t)
	if resp := do(t, other, "PUT", "/db/x?new_edits=false", strings.NewReader(body), "Content-Type", contentType); resp.StatusCode != 201 {
		t.Fatal(text(t, resp))
	}
	if got := text(t, do(t, other, "GET", "/db/x?attachments=true", http.NoBody, "Accept", "application/json")); !strings.Contains(got, `"a\r\n\r\n--\"b\\é":{"content_type":"x/y\r\nEvil: 1"`) || !strings.Contains(got, "aGVsbG8=") {
		t.Error(got)
	}
}

// Whatever comes as multipart, in whatever pieces, is refused with an error
// for the client, or is what the document says.
func FuzzMultipart(f *testing.F) {
	const doc = `{"_attachments":{"a":{"follows":true},"b":{"follows":true,"length":2,"encoding":"identity"}}}`
	for _, body := range []string{
		multi(doc, "\r\nA", "\r\nBB"), multi(doc, "\r\nA"), multi(doc), multi(`{}`), "--b--", "--b\r\n", "--b\r\n\r\n--b--", "", "\r\n--b\n\n{}\n--b--",
		multi(`{"_attachments":{"a":{"follows":true,"encoding":"gzip","length":1,"encoded_length":2}}}`, "Content-Length: x\r\nContent-Disposition: a; filename=\"a\r\n\r\n\x1f\x8b"),
	} {
		f.Add([]byte(body), "b")
	}
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		p := newParts(iotest.OneByteReader(bytes.NewReader(body)), boundary)
		d, err := p.document(Options{MaxRequest: 1 << 20, MaxDocument: 1 << 20})
		var received int
		if err == nil {
			received = len(d.following)
			err = p.attachments(d, 1<<20, func(part io.Reader, _ bool) (*content, error) {
				b, err := io.ReadAll(part)
				return newContent(b), err
			})
		}
		if err != nil {
			if e := new(Error); !errors.As(err, &e) || e.Status >= 500 {
				t.Fatalf("%v", err)
			}
			return
		}
		n := 0
		for _, a := range d.attachments {
			if a.follows {
				t.Errorf("an attachment is still to follow: %+v", a)
			}
			if !a.stub && a.wants >= 0 && a.content.length != a.wants {
				t.Errorf("%d bytes, not %d", a.content.length, a.wants)
			}
			n++
		}
		if received > n {
			t.Errorf("%d followed, of %d", received, n)
		}
	})
}
