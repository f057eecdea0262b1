package couch

import (
	"bufio"
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// A generator is a body of size bytes that look random, and, if watching,
// looks while it is read at how much of the heap is in use. Garbage does not
// count: how much of it lies about is the collector's choice.
type generator struct {
	size, at int64
	state    uint64
	watching bool
	peak     uint64
}

func (g *generator) Read(p []byte) (int, error) {
	if g.at == g.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), g.size-g.at)]
	for i := range p {
		if (g.at+int64(i))%8 == 0 {
			g.state = g.state*6364136223846793005 + 1442695040888963407
		}
		p[i] = byte(g.state >> (8 * (uint(g.at+int64(i)) % 8)))
	}
	g.advance(len(p))
	return len(p), nil
}

// advance goes n bytes on, and looks at the heap once in 8 MB.
func (g *generator) advance(n int) {
	before := g.at >> 23
	g.at += int64(n)
	if g.watching && g.at>>23 != before {
		g.peak = max(g.peak, liveHeap())
	}
}

// liveHeap returns how many bytes of the heap are reachable.
func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An attachment of 128 MB passes in every form with a few MB of memory. Not
// parallel: the heap is everybody's.
func TestLargeAttachmentTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 256 MB in all")
	}
	const size, most = 128 << 20, 16 << 20
	s, _ := newDB(t)
	client := &http.Client{Transport: s.Transport()}
	base := liveHeap()
	g := &generator{size: size, watching: true}
	sum := md5.New()
	send := func(method, target, contentType string, body io.Reader, accept string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://memory/db/"+target, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Accept", accept)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 300 {
			b, _ := io.ReadAll(resp.Body)
			t.Fatalf("%s %s: %s %s", method, target, resp.Status, b)
		}
		return resp
	}
	_ = send("PUT", "x/a", "x/y", io.TeeReader(g, sum), "").Body.Close()
	digest := "md5-" + base64.StdEncoding.EncodeToString(sum.Sum(nil))

	read := func(target, accept string) {
		resp := send("GET", target, "", http.NoBody, accept)
		n, err := io.Copy(writeFunc(func(p []byte) (int, error) {
			g.advance(len(p))
			return len(p), nil
		}), resp.Body)
		_ = resp.Body.Close()
		if err != nil || n < size {
			t.Errorf("%s: %d bytes, err = %v", target, n, err)
		}
	}
	read("x/a", "")
	read("x?attachments=true", "multipart/related")
	read("x?attachments=true", "application/json")
	read("_all_docs?include_docs=true&attachments=true", "application/json")
	read(`x?open_revs=all`, "multipart/mixed")

	related := send("GET", "x?attachments=true&revs=true", "", http.NoBody, "multipart/related")
	body := bufio.NewReader(related.Body)
	head, err := body.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	resp := send("PUT", "x?new_edits=false", related.Header.Get("Content-Type"), io.MultiReader(strings.NewReader(head), body), "")
	_ = resp.Body.Close()
	_ = related.Body.Close()
	if got := text(t, send("GET", "x", "", http.NoBody, "")); !strings.Contains(got, digest) {
		t.Errorf("digest %s, document %s", digest, got)
	}
	if g.peak > base+most {
		t.Errorf("the heap grew from %d MB to %d MB", base>>20, g.peak>>20)
	}
	t.Logf("heap: %d KB, at most %d KB", base>>10, g.peak>>10)
}

const uploadEnv = "PAUL_COUCH_TEST_UPLOAD"

// uploadUntilKilled sends an attachment to the database in dir that never
// ends, and says when part of it is there.
func uploadUntilKilled(dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		panic(err)
	}
	r, err := http.NewRequest(http.MethodPut, "http://memory/db/x/large", &generator{size: 1 << 40})
	if err != nil {
		panic(err)
	}
	go func() {
		for chunks := 0; chunks < 20; {
			if err := s.databases["db"].reader.QueryRow("SELECT count(*) FROM chunks").Scan(&chunks); err != nil {
				panic(err)
			}
		}
		_, _ = os.Stdout.WriteString("there\n")
	}()
	_, _ = s.Transport().RoundTrip(r)
}

// What a killed process was receiving is gone after the next start, and what
// was stored is not.
func TestKilledWhileReceiving(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openServer(t, dir, Options{})
	openDB(t, s)
	if resp := do(t, s, "PUT", "/db/kept/a", io.LimitReader(&generator{size: 1 << 30}, 2*chunkSize)); resp.StatusCode != 201 {
		t.Fatal(text(t, resp))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), uploadEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "there\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	s = openServer(t, dir, Options{OnDamage: func(err error) { t.Error(err) }})
	wantRows(t, s, "after the crash", 1, 0, 2)
	if resp := do(t, s, "GET", "/db/kept/a", http.NoBody); len(text(t, resp)) != 2*chunkSize {
		t.Errorf("what was stored: %d", resp.StatusCode)
	}
	if status, _ := call(t, s, "GET", "/db/x", ""); status != 404 {
		t.Errorf("what was not: %d", status)
	}
}
