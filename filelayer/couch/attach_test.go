package couch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// do sends a request with headers, names and values in turn.
func do(tb testing.TB, h http.Handler, method, target string, body io.Reader, headers ...string) *http.Response {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, target, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// rows counts what the database holds of attachments.
func rows(tb testing.TB, s *Server) (named, unnamed, chunks int) {
	tb.Helper()
	row := s.databases["db"].reader.QueryRowContext(tb.Context(), "SELECT count(digest), count(*)-count(digest), (SELECT count(*) FROM chunks) FROM attachments")
	if err := row.Scan(&named, &unnamed, &chunks); err != nil {
		tb.Fatal(err)
	}
	return named, unnamed, chunks
}

func wantRows(tb testing.TB, s *Server, when string, wantNamed, wantUnnamed, wantChunks int) {
	tb.Helper()
	if named, unnamed, chunks := rows(tb, s); named != wantNamed || unnamed != wantUnnamed || chunks != wantChunks {
		tb.Errorf("%s: %d with a digest, %d without, %d chunks; want %d, %d, %d", when, named, unnamed, chunks, wantNamed, wantUnnamed, wantChunks)
	}
}

func pack(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// What comes in gzip format stays in it, and is sent in it or not as the
// client likes.
func TestPackedAttachment(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	plain := strings.Repeat("hello, ", 1000)
	packed := pack(t, plain)
	if resp := do(t, s, "PUT", "/db/x/a.txt", strings.NewReader(packed), "Content-Type", "text/plain", "Content-Encoding", "gzip"); resp.StatusCode != 201 {
		t.Fatal(text(t, resp))
	}
	type meta struct {
		Length           int
		Encoding, Digest string
		Data             []byte
		Encoded          int `json:"encoded_length"`
	}
	read := func(query string, headers ...string) meta {
		return decode[struct {
			Attachments map[string]meta `json:"_attachments"`
		}](t, text(t, do(t, s, "GET", "/db/x"+query, http.NoBody, headers...))).Attachments["a.txt"]
	}
	digest := newContent([]byte(packed)).digest
	if m := read("?att_encoding_info=true"); m.Encoding != "gzip" || m.Encoded != len(packed) || m.Length != len(plain) || m.Digest != digest {
		t.Errorf("%+v", m)
	}
	if m := read(""); m.Encoding != "" || m.Encoded != 0 {
		t.Errorf("encoding told unasked: %+v", m)
	}
	if m := read("?attachments=true", "Accept", "application/json"); string(m.Data) != plain {
		t.Errorf("inline: %.40s", m.Data)
	}
	for encoding, want := range map[string]string{"": plain, "gzip": packed, "br, gzip;q=0.5": packed, "gzip;q=0": plain, "identity": plain} {
		resp := do(t, s, "GET", "/db/x/a.txt", http.NoBody, "Accept-Encoding", encoding, "Range", "bytes=0-1")
		if got := text(t, resp); resp.StatusCode != 200 || got != want || (resp.Header.Get("Content-Encoding") == "gzip") != (want == packed) {
			t.Errorf("Accept-Encoding %q: %d %v, %d bytes", encoding, resp.StatusCode, resp.Header, len(got))
		}
	}
	related := do(t, s, "GET", "/db/x?attachments=true&revs=true", http.NoBody, "Accept", "multipart/related")
	contentType := related.Header.Get("Content-Type")
	body := text(t, related)
	if resp := do(t, s, "PUT", "/db/copy", strings.NewReader(strings.Replace(body, `"_id":"x"`, `"_id":"copy"`, 1)), "Content-Type", contentType); resp.StatusCode != 409 { // it names a _rev that is not there
		t.Errorf("%d %s", resp.StatusCode, text(t, resp))
	}
	copied := strings.Replace(body, `"_id":"x"`, `"_id":"copy"`, 1)
	if resp := do(t, s, "PUT", "/db/copy?new_edits=false", strings.NewReader(copied), "Content-Type", contentType); resp.StatusCode != 201 {
		t.Fatalf("%d %s", resp.StatusCode, text(t, resp))
	}
	if got := text(t, do(t, s, "GET", "/db/copy/a.txt", http.NoBody)); got != plain {
		t.Errorf("the copy: %.40s", got)
	}
	wantRows(t, s, "two documents with one attachment", 1, 0, 1)
	for name, bad := range map[string]string{"no gzip": "hello", "half": packed[:len(packed)/2], "nothing": "", "more": packed + "hello"} {
		if resp := do(t, s, "PUT", "/db/y/a", strings.NewReader(bad), "Content-Encoding", "gzip"); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text(t, resp))
		}
	}
}

func TestAttachmentLimits(t *testing.T) {
	t.Parallel()
	s := openServer(t, t.TempDir(), Options{MaxAttachment: 3 * chunkSize, MaxRequest: 10_000})
	openDB(t, s)
	long := strings.Repeat("x", 3*chunkSize+1)
	for name, tt := range map[string]struct {
		body    io.Reader
		headers []string
		want    int
	}{
		"just so":      {strings.NewReader(long[1:]), nil, 201},
		"too long":     {strings.NewReader(long), nil, 413},
		"of no length": {io.MultiReader(strings.NewReader(long)), nil, 413},
		"a bomb":       {strings.NewReader(pack(t, long)), []string{"Content-Encoding", "gzip"}, 413},
		"wrong digest": {strings.NewReader("hello"), []string{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}, 400},
		"right digest": {strings.NewReader("hello"), []string{"Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="}, 201},
	} {
		id := "/db/" + strings.ReplaceAll(name, " ", "-") + "/a"
		if resp := do(t, s, "PUT", id, tt.body, tt.headers...); resp.StatusCode != tt.want {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text(t, resp))
		}
	}
	wantRows(t, s, "after all", 2, 0, 4)
	body := "--b\r\nContent-Type: application/json\r\n\r\n" + `{"_attachments":{"a":{"follows":true}}}` + "\r\n--b\r\n\r\n" + long + "\r\n--b--"
	if resp := do(t, s, "PUT", "/db/m", strings.NewReader(body), "Content-Type", "multipart/related; boundary=b"); resp.StatusCode != 413 {
		t.Errorf("multipart: %d %s", resp.StatusCode, text(t, resp))
	}
	inline := `{"_attachments":{"a":{"data":"` + strings.Repeat("AAAA", 2000) + `"}}}`
	if status, answer := call(t, s, "PUT", "/db/inline", inline); status != 201 {
		t.Errorf("inline: %d %s", status, answer)
	}
	wantRows(t, s, "after all", 3, 0, 5)
}

// A client that vanishes leaves nothing behind, and what it began does not
// count for a document.
func TestVanishingClient(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	client := &http.Client{Transport: s.Transport()}
	for name, tt := range map[string]struct{ head, contentType string }{
		"alone":     {"", "x/y"},
		"multipart": {"--b\r\nContent-Type: application/json\r\n\r\n" + `{"_attachments":{"a":{"follows":true}}}` + "\r\n--b\r\n\r\n", "multipart/related; boundary=b"},
	} {
		target := "http://memory/db/" + name
		if name == "alone" {
			target += "/a"
		}
		ctx, cancel := context.WithCancel(t.Context())
		read, write := io.Pipe()
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, target, read)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", tt.contentType)
		go func() {
			_, _ = io.WriteString(write, tt.head)
			_, _ = write.Write(make([]byte, 2*atOnce+1))
			if _, unnamed, chunks := rows(t, s); unnamed != 1 || chunks < 2 {
				t.Errorf("%s: on its way: %d without a digest, %d chunks", name, unnamed, chunks)
			}
			cancel()
		}()
		if resp, err := client.Do(req); err == nil {
			t.Errorf("%s: %s", name, resp.Status)
		}
		d := s.databases["db"]
		for more := true; more; { // the handler ends by itself
			_, unnamed, _ := rows(t, s)
			more = unnamed > 0
		}
		wantRows(t, s, name, 0, 0, 0)
		d.pins.mu.Lock()
		if st := d.state.Load(); st.docs != 0 || len(d.pins.counts) != 0 {
			t.Errorf("%s: %d documents, pins %v", name, st.docs, d.pins.counts)
		}
		d.pins.mu.Unlock()
	}
}

// Compacting takes nothing from those who are sending or reading.
func TestCompactDuringTransfers(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	d := s.databases["db"]
	data := make([]byte, 3*atOnce)
	for i := range data {
		data[i] = byte(i >> 12)
	}
	compact := func() {
		if status, body := call(t, s, "POST", "/db/_compact", ""); status != 202 {
			t.Error(status, body)
		}
	}
	sent := 0
	resp := do(t, s, "PUT", "/db/x/a", readFunc(func(p []byte) (int, error) {
		if sent == 2*len(data)/3 {
			compact()
		}
		if sent == len(data) {
			return 0, io.EOF
		}
		n := copy(p, data[sent:min(len(data), sent+len(data)/12)])
		sent += n
		return n, nil
	}))
	if resp.StatusCode != 201 {
		t.Fatal(text(t, resp))
	}
	compact()
	wantRows(t, s, "named", 1, 0, 12)
	rev := decode[struct{ Rev string }](t, text(t, resp)).Rev
	stored, err := d.open(t.Context(), newContent(data).digest)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	err = stored.send(t.Context(), writeFunc(func(p []byte) (int, error) {
		if got.Len() == 0 {
			if status, body := call(t, s, "DELETE", "/db/x/a?rev="+rev, ""); status != 200 {
				t.Error(status, body)
			}
			compact()
		}
		return got.Write(p)
	}), 0, stored.length)
	if err != nil || !bytes.Equal(got.Bytes(), data) {
		t.Errorf("%d bytes read, err = %v", got.Len(), err)
	}
	wantRows(t, s, "still being read", 0, 1, 12)
	if _, err := d.open(t.Context(), newContent(data).digest); !errors.Is(err, errNoAttachment) {
		t.Errorf("opened again: %v", err)
	}
	stored.close()
	compact()
	wantRows(t, s, "unused", 0, 0, 0)
}

// A file of the first schema is read as it was.
func TestAttachmentsOfTheFirstSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, fileName("db"))
	db, err := openSQLite(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	if err := migrateTo(t.Context(), db, migrations[:1]); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize} {
		data := bytes.Repeat([]byte{byte(size), byte(size >> 16)}, (size+1)/2)[:size]
		if _, err := db.ExecContext(t.Context(), "INSERT INTO attachments VALUES (?,?)", newContent(data).digest, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openServer(t, dir, Options{OnDamage: func(err error) { t.Error(err) }})
	wantRows(t, s, "migrated", 6, 0, 1+1+1+2+3)
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize} {
		data := bytes.Repeat([]byte{byte(size), byte(size >> 16)}, (size+1)/2)[:size]
		stored, err := s.databases["db"].open(t.Context(), newContent(data).digest)
		if err != nil {
			t.Fatal(size, err)
		}
		if b, err := io.ReadAll(stored.reader(t.Context())); err != nil || !bytes.Equal(b, data) {
			t.Errorf("%d bytes became %d, err = %v", size, len(b), err)
		}
		stored.close()
	}
}
