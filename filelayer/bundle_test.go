package filelayer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// asks counts what a device asks others for, and may change the answers to
// requests for several files.
type asks struct {
	http.RoundTripper
	change func(*http.Response)

	mu   sync.Mutex // guards what follows
	one  int
	many int
}

func (a *asks) RoundTrip(req *http.Request) (*http.Response, error) {
	a.mu.Lock()
	several := req.URL.Path == "/blobs"
	if several {
		a.many++
	} else if strings.HasPrefix(req.URL.Path, "/blob/") {
		a.one++
	}
	a.mu.Unlock()
	resp, err := a.RoundTripper.RoundTrip(req)
	if err == nil && several && a.change != nil {
		a.change(resp)
	}
	return resp, err
}

// smallFiles creates n small files on a that b sees; b asks by the returned transport.
func smallFiles(t *testing.T, n int, change func(*http.Response), more ...func(b *device)) (a, b *device, ds []Digest, asked *asks) {
	t.Helper()
	a, b = newPair(t)
	b.restartWith(func() {
		asked = &asks{RoundTripper: b.client.Transport, change: change}
		b.client.Transport = asked
		for _, f := range more {
			f(b)
		}
	})
	meet(t, a, b)
	batch := a.NewBatch()
	for i := range n {
		e, err := batch.Create(testContext(t), bytes.NewReader(photo(strconv.Itoa(i), 900+i)), Metadata{Name: strconv.Itoa(i) + ".jpg"})
		must(t, err)
		ds = append(ds, e.Digest)
	}
	must(t, batch.Commit(testContext(t)))
	until(t, "b sees all", func() bool { return len(b.Entries()) == n }, b)
	return a, b, ds, asked
}

func TestSmallFilesComeTogether(t *testing.T) {
	t.Parallel()
	const n = 300
	_, b, ds, asked := smallFiles(t, n, nil)
	must(t, b.SaveAll(testContext(t), ds, nil))
	for i, d := range ds {
		b.wantBytes(d, photo(strconv.Itoa(i), 900+i))
	}
	// The queue is emptied by quarters of what is left; its last files come one by one.
	if asked.one > 10 || asked.many > 30 {
		t.Errorf("asked for one file %d times, for several %d times", asked.one, asked.many)
	}
}

// TestBundleGoesWrong: whatever an answer with several files is like, the
// files come, one by one if need be, and nothing wrong is kept.
func TestBundleGoesWrong(t *testing.T) {
	t.Parallel()
	edit := func(change func([]byte) []byte) func(*http.Response) {
		return func(resp *http.Response) {
			data, err := io.ReadAll(resp.Body)
			if err == nil {
				err = resp.Body.Close()
			}
			if err != nil {
				data = nil
			}
			resp.Body = io.NopCloser(bytes.NewReader(change(data)))
		}
	}
	for name, change := range map[string]func(*http.Response){
		"not known":   func(resp *http.Response) { resp.StatusCode = http.StatusNotFound },
		"empty":       edit(func([]byte) []byte { return nil }),
		"cut short":   edit(func(data []byte) []byte { return data[:len(data)/2] }),
		"other sizes": edit(func(data []byte) []byte { return append([]byte{0}, data...) }),
		"huge":        edit(func(data []byte) []byte { data[0] = 0x7f; return data }),
		"wrong bytes": edit(func(data []byte) []byte { data[100] ^= 1; return data }), // in the first file
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, b, ds, asked := smallFiles(t, 40, change)
			err := b.SaveAll(testContext(t), ds, nil)
			if name != "wrong bytes" {
				must(t, err)
			} else if err == nil { // the device is not asked for that file for a while
				t.Error("wrong bytes are not told")
			}
			wrong := 0
			for i, d := range ds {
				if e := b.entry(d); !e.Here() {
					wrong++
					continue
				}
				b.wantBytes(d, photo(strconv.Itoa(i), 900+i))
			}
			if name == "wrong bytes" && (wrong == 0 || wrong != len(b.Faults())) || name != "wrong bytes" && wrong > 0 {
				t.Errorf("%d files have not come; faults %+v", wrong, b.Faults())
			}
			if asked.many == 0 {
				t.Error("files were not asked for together")
			}
		})
	}
}

// TestBundleLacksOne: a holder that has lost a file gives the others all the same.
func TestBundleLacksOne(t *testing.T) {
	t.Parallel()
	a, b, ds, _ := smallFiles(t, 40, nil)
	must(t, os.Remove(a.entry(ds[7]).Path))
	if err := b.SaveAll(testContext(t), ds, nil); !errors.Is(err, ErrNoHolder) {
		t.Errorf("SaveAll = %v", err)
	}
	for i, d := range ds {
		if here := b.entry(d).Here(); here != (i != 7) {
			t.Errorf("file %d is here: %t", i, here)
		}
	}
}

// TestServeBlobsRefuses sends what is no list of digests.
func TestServeBlobsRefuses(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	for name, body := range map[string][]byte{"part of a digest": make([]byte, 40), "too many": make([]byte, 32*(bundleFiles+1))} {
		req, err := http.NewRequestWithContext(testContext(t), http.MethodPost, peerURL(a.id, "/blobs"), bytes.NewReader(body))
		must(t, err)
		resp, err := b.ask(b.bulk, req)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

// TestBundleFallsSilent: a device that stops in the middle of an answer is
// asked for the rest one by one.
func TestBundleFallsSilent(t *testing.T) {
	t.Parallel()
	silent := func(resp *http.Response) {
		resp.Body = &silentBody{Reader: io.LimitReader(resp.Body, 3000), done: resp.Request.Context().Done(), Closer: resp.Body}
	}
	_, b, ds, _ := smallFiles(t, 40, silent, func(b *device) { b.stall = time.Second })
	must(t, b.SaveAll(testContext(t), ds, nil))
}

// silentBody reads until its context ends once its Reader is at its end.
type silentBody struct {
	io.Reader
	io.Closer
	done <-chan struct{}
}

func (s *silentBody) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		<-s.done
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// TestBundleGoesOn: of a file that is here in part, only the rest is taken from
// an answer with many, once; the next file follows all the same.
func TestBundleGoesOn(t *testing.T) {
	t.Parallel()
	var answer bytes.Buffer
	for _, text := range []string{"first file", "second"} {
		must(t, binary.Write(&answer, binary.BigEndian, int64(len(text))))
		answer.WriteString(text)
	}
	b := &bundle{in: bufio.NewReader(&answer)}
	read := func(size, offset int64) (got string) {
		t.Helper()
		must(t, b.next(size, func(src blob.Source) error {
			body, err := src(t.Context(), offset)
			must(t, err)
			rest, err := io.ReadAll(body)
			if _, again := src(t.Context(), 0); !errors.Is(again, errReadAgain) {
				t.Errorf("opened again: %v", again)
			}
			got = string(rest)
			return err
		}))
		return got
	}
	if got := read(10, 6); got != "file" {
		t.Errorf("read %q", got)
	}
	if got := read(6, 0); got != "second" {
		t.Errorf("then read %q", got)
	}
}

// TestBundlesShareAConnection fetches bundle after bundle: who has the files is
// dialled once, and not for each.
func TestBundlesShareAConnection(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	dials := new(atomic.Int64)
	b.restartWith(func() {
		b.bulk = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			return b.node.dial(ctx, network, addr)
		}}}
	})
	for round := range 4 {
		var ds []Digest
		for i := range 40 {
			ds = append(ds, a.show(b, fmt.Sprint("small", round, i), 500))
		}
		must(t, b.SaveAll(ctx, ds, nil))
	}
	if n := dials.Load(); n > fetchers {
		t.Errorf("%d connections for 4 rounds, want %d at most", n, fetchers)
	}
}
