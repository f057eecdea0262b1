package replicate

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b) // never fails
	return b
}

func getAttachment(tb testing.TB, p *peer, id, name string) []byte {
	tb.Helper()
	a, err := p.db.GetAttachment(tb.Context(), id, name)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = a.Content.Close() }() // read to its end
	b, err := io.ReadAll(a.Content)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestAttachmentsReplicate(t *testing.T) {
	t.Parallel()
	a, b, c := newPeer(t), newPeer(t), newPeer(t)
	fill(t, a.db, 0, 200)
	large, small := randomBytes(5<<20), []byte("small")
	rev := attach(t, a, "photo", "", `odd/na"me é.jpg`, large)
	attach(t, a, "photo", rev, "small", small)
	attach(t, a, "note", "", "small", small)
	attach(t, a, "empty", "", "nothing", nil)
	for i := range 40 { // more than are streamed, or fetched inside, at a time
		attach(t, a, fmt.Sprintf("many%d", i), "", "x", large[:100<<10])
		attach(t, a, fmt.Sprintf("few%d", i), "", "x", large[:inlineMost])
	}
	pull, push := options(a, b), options(b, c)
	push.Source.Client, push.Target.URL = nil, serve(t, c.server).URL+"/files" // over real HTTP
	push.Target.Client, push.Source.URL = nil, serve(t, b.server).URL+"/files"
	push.Source.ID, push.Target.ID = "b", "c"
	for _, opts := range []Options{pull, push} {
		if st := pullOnce(t, opts); st.DocsWritten != 283 || st.Failed != 0 || st.Streaming != 0 || !st.CaughtUp {
			t.Fatalf("status: %+v", st)
		}
	}
	for _, p := range []*peer{b, c} {
		if got, want := leavesOf(t, p), leavesOf(t, a); got != want {
			t.Errorf("the databases differ: %s, not %s", got, want)
		}
		if !bytes.Equal(getAttachment(t, p, "photo", `odd/na"me é.jpg`), large) || !bytes.Equal(getAttachment(t, p, "note", "small"), small) {
			t.Error("an attachment has other bytes")
		}
		if len(getAttachment(t, p, "empty", "nothing")) != 0 {
			t.Error("the empty attachment has bytes")
		}
	}
	if st := pullOnce(t, pull); st.Checked != 0 {
		t.Errorf("streamed documents are not settled: %+v", st)
	}
}

// counting counts the requests for an attachment.
func counting(p *peer, name string, n *atomic.Int32) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/"+name) {
			n.Add(1)
		}
		return p.server.Transport().RoundTrip(r)
	})}
}

// A change of a document does not bring its attachments again, unless the
// target has lost them.
func TestAttachmentsComeOnce(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	opts := options(a, b)
	var fetched atomic.Int32
	opts.Source.Client = counting(a, "large", &fetched)
	large := randomBytes(200 << 10)
	rev := attach(t, a, "photo", "", "large", large)
	pullOnce(t, opts)
	attach(t, a, "photo", rev, "second", large[1:])
	if st := pullOnce(t, opts); st.DocsWritten != 1 || fetched.Load() != 1 {
		t.Errorf("fetched %d times; status: %+v", fetched.Load(), st)
	}
	if !bytes.Equal(getAttachment(t, b, "photo", "large"), large) {
		t.Error("the attachment has other bytes")
	}

	forgetful := newPeer(t) // it says that it has the first revision, but has not
	opts.Target = forgetful.end("forgetful")
	opts.Target.Client = liar(forgetful, map[string]func(*http.Request) *http.Response{
		"/_revs_diff": func(r *http.Request) *http.Response {
			current := strings.TrimSpace(leavesOf(t, a))
			at := strings.Index(current, `"2-`)
			return answer(r, http.StatusOK, fmt.Sprintf(`{"photo":{"missing":[%s],"possible_ancestors":[%q]}}`, strings.TrimRight(current[at:], "]"), rev))
		},
	})
	if st := pullOnce(t, opts); st.DocsWritten != 1 || st.Failed != 0 {
		t.Errorf("status: %+v", st)
	}
	if !bytes.Equal(getAttachment(t, forgetful, "photo", "large"), large) {
		t.Error("the attachment has other bytes")
	}
}

// stubFeed and so on are a source with one document that has one attachment.
func attachmentLies(a *peer, stub string, bytesOf func(*http.Request) *http.Response) *http.Client {
	doc := `{"_id":"x","_rev":"1-abc","_revisions":{"start":1,"ids":["abc"]},"_attachments":{"file":` + stub + `}}`
	return liar(a, map[string]func(*http.Request) *http.Response{
		"/_changes": says(http.StatusOK, feedOfX), "/_bulk_get": says(http.StatusOK, `{"results":[{"id":"x","docs":[{"ok":`+doc+`}]}]}`), "/x/file": bytesOf,
	})
}

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return "md5-" + base64.StdEncoding.EncodeToString(sum[:])
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // into memory
	_ = z.Close()
	return out.Bytes()
}

func saysPacked(body []byte) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		a := answer(r, http.StatusOK, string(body))
		a.Header.Set("Content-Encoding", "gzip")
		return a
	}
}

// What a source says of an attachment that is not so is set aside, and the
// target keeps nothing of it.
func TestLyingAttachments(t *testing.T) {
	t.Parallel()
	data := randomBytes(100 << 10)
	text := bytes.Repeat([]byte("couch "), 20<<10)
	stub := func(digest string, length int64, more string) string {
		return fmt.Sprintf(`{"content_type":"text/plain","revpos":1,"digest":%q,"length":%d,"stub":true%s}`, digest, length, more)
	}
	honest := stub(md5Of(data), int64(len(data)), "")
	for _, tt := range []struct {
		name, stub string
		bytesOf    func(*http.Request) *http.Response
		written    bool
	}{
		{"honest", honest, says(http.StatusOK, string(data)), true},
		{"stored packed, digest of that", stub(md5Of(packed(text)), int64(len(text)), `,"encoding":"gzip","encoded_length":1`), saysPacked(packed(text)), true},
		{"sent packed, digest of the bytes", stub(md5Of(text), int64(len(text)), ""), saysPacked(packed(text)), true},
		{"a digest of another kind", stub("sha-1-xyz", int64(len(data)), ""), says(http.StatusOK, string(data)), true},
		{"another digest", stub(md5Of(text), int64(len(data)), ""), says(http.StatusOK, string(data)), false},
		{"too short", honest, says(http.StatusOK, string(data[1:])), false},
		{"too long", honest, says(http.StatusOK, string(data)+"x"), false},
		{"without end", honest, endless("", "xxxxxxxxxxxxxxxx"), false},
		{"a packed bomb", honest, saysPacked(packed(make([]byte, 64<<20))), false},
		{"packed, but not", honest, saysPacked(data), false},
		{"not there", honest, says(http.StatusNotFound, `{"error":"not_found"}`), false},
		{"an error", honest, says(http.StatusInternalServerError, `{}`), false},
		{"of 10 GB", stub(md5Of(data), 10<<30, ""), endless("", "x"), false},
		{"of more than all bytes", stub(md5Of(data), 1<<62, ""), endless("", "x"), false},
		{"of negative length", stub(md5Of(data), -1, ""), says(http.StatusOK, string(data)), false},
		{"null", `null`, nil, false},
		{"a type with a line break", strings.Replace(honest, "text/plain", `text/plain\r\nX: y`, 1), says(http.StatusOK, string(data)), false},
		{"inside, honest", `{"content_type":"text/plain","digest":"` + md5Of([]byte("hello")) + `","data":"aGVsbG8="}`, nil, true},
		{"inside, another digest", `{"content_type":"text/plain","digest":"` + md5Of(data) + `","data":"aGVsbG8="}`, nil, false},
		{"inside, no base64", `{"content_type":"text/plain","data":"?"}`, nil, false},
		{"small, always a stub", stub(md5Of([]byte("hello")), 5, ""), nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPeer(t), newPeer(t)
			opts := options(a, b)
			opts.Source.Client = attachmentLies(a, tt.stub, tt.bytesOf)
			st := pullOnce(t, opts)
			if all := contents(t, b.db); (len(all) == 1) != tt.written || (st.Failed == 0) != tt.written || st.Streaming != 0 {
				t.Errorf("the target holds %v; status: %+v", all, st)
			}
		})
	}
}

// However long an attachment is, little of it is in memory at once.
func TestLongAttachmentIsNotHeld(t *testing.T) {
	const length = 96 << 20
	text := strings.Repeat("0123456789abcdef", 1<<12)
	sum := md5.New()
	if _, err := io.CopyN(sum, &repeated{text: text}, length); err != nil {
		t.Fatal(err)
	}
	a, b := newPeer(t), newPeer(t)
	opts := options(a, b)
	digest := "md5-" + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	var most uint64
	sample := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	runtime.GC()
	sample()
	before := most
	opts.Source.Client = attachmentLies(a, fmt.Sprintf(`{"revpos":1,"digest":%q,"length":%d,"stub":true}`, digest, length), func(r *http.Request) *http.Response {
		resp := endless("", text)(r)
		resp.Body = io.NopCloser(io.LimitReader(resp.Body, length))
		return resp
	})
	var taken int64
	opts.Target.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/x") {
			return b.server.Transport().RoundTrip(r)
		}
		buf := make([]byte, 1<<20)
		for {
			n, err := r.Body.Read(buf)
			taken += int64(n)
			if taken%(8<<20) < int64(n) {
				sample()
			}
			if errors.Is(err, io.EOF) {
				return answer(r, http.StatusCreated, `{"ok":true}`), nil
			} else if err != nil {
				return nil, err
			}
		}
	})}
	if st := pullOnce(t, opts); st.DocsWritten != 1 || taken < length {
		t.Errorf("%d bytes came; status: %+v", taken, st)
	}
	if grown := int64(most) - int64(before); grown > 32<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}
