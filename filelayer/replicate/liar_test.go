package replicate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A liar answers like a source, except where it is told what to say.
func liar(a *peer, lies map[string]func(*http.Request) *http.Response) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		for suffix, lie := range lies {
			if strings.HasSuffix(r.URL.Path, suffix) {
				if r.Body != nil {
					defer func() { _ = r.Body.Close() }()
				}
				return lie(r), nil
			}
		}
		return a.server.Transport().RoundTrip(r)
	})}
}

func says(status int, body string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response { return answer(r, status, body) }
}

// endless sends the start of an answer, and then never stops.
func endless(start, rest string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		a := answer(r, http.StatusOK, "")
		a.ContentLength = -1
		a.Body = io.NopCloser(io.MultiReader(strings.NewReader(start), &repeated{text: rest}))
		return a
	}
}

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

const (
	feedOfX = `{"results":[{"seq":"1-x","id":"x","changes":[{"rev":"1-abc"}]}],"last_seq":"1-x","pending":0}`
	docX    = `{"_id":"x","_rev":"1-abc","_revisions":{"start":1,"ids":["abc"]},"n":1}`
)

// Whatever a source says, nothing that was not asked for is written; and a
// lie about one document leaves the replicator going.
func TestLyingSource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, feed, bulkGet string
		want                error // of the session; nil means that documents are set aside
		written             int
	}{
		{"honest", feedOfX, `{"results":[{"id":"x","docs":[{"ok":` + docX + `}]}]}`, nil, 1},
		{"no JSON", feedOfX, `<html>`, nil, 0},
		{"cut short", feedOfX, `{"results":[{"id":"x","docs":[{"ok":` + docX, ErrAnswer, 0},
		{"no results", feedOfX, `{"ok":true}`, nil, 0},
		{"results of another kind", feedOfX, `{"results":{"x":1}}`, nil, 0},
		{"empty results", feedOfX, `{"results":[]}`, nil, 0},
		{"no docs", feedOfX, `{"results":[{"id":"x","docs":[]}]}`, nil, 0},
		{"null", feedOfX, `{"results":[null,{"id":"x","docs":[{"ok":null},{}]}]}`, nil, 0},
		{"missing", feedOfX, `{"results":[{"id":"x","docs":[{"error":{"id":"x","rev":"1-abc","error":"not_found","reason":"missing"}}]}]}`, nil, 0},
		{"another document", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"y","_rev":"1-abc","_revisions":{"start":1,"ids":["abc"]}}}]}]}`, nil, 0},
		{"a local document", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"_local/x","_rev":"1-abc","_revisions":{"start":1,"ids":["abc"]}}}]}]}`, nil, 0},
		{"another revision", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"1-abd","_revisions":{"start":1,"ids":["abd"]}}}]}]}`, nil, 0},
		{"no revisions", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"1-abc"}}]}]}`, nil, 0},
		{"revisions that do not fit", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"2-abd","_revisions":{"start":1,"ids":["abc"]}}}]}]}`, nil, 0},
		{"a later revision", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"2-abd","_revisions":{"start":2,"ids":["abd","abc"]}}}]}]}`, nil, 1},
		{"the same twice", feedOfX, `{"results":[{"id":"x","docs":[{"ok":` + docX + `}]},{"id":"x","docs":[{"ok":` + docX + `}]}]}`, nil, 1},
		{"a member that is not allowed", feedOfX, `{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"1-abc","_revisions":{"start":1,"ids":["abc"]},"_odd":1}}]}]}`, nil, 0},
		{"a feed of nothing", `{}`, ``, ErrAnswer, 0},
		{"a feed without last_seq", `{"results":[]}`, ``, ErrAnswer, 0},
		{"a feed that stands still", strings.ReplaceAll(feedOfX, `"last_seq":"1-x"`, `"last_seq":"0"`), ``, ErrAnswer, 0},
		{"a change without an ID", strings.Replace(feedOfX, `"id":"x"`, `"id":""`, 1), ``, nil, 0},
		{"a change of a local document", strings.Replace(feedOfX, `"id":"x"`, `"id":"_local/x"`, 1), ``, nil, 0},
		{"a change without revisions", strings.Replace(feedOfX, `{"rev":"1-abc"}`, ``, 1), ``, nil, 0},
		{"a change to no revision", strings.Replace(feedOfX, `1-abc`, `0-abc`, 1), ``, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPeer(t), newPeer(t)
			opts := options(a, b)
			opts.Source.Client = liar(a, map[string]func(*http.Request) *http.Response{
				"/_changes": says(http.StatusOK, tt.feed), "/_bulk_get": says(http.StatusOK, tt.bulkGet),
			})
			r := newReplicator(t, opts)
			err := r.Once(t.Context())
			if tt.want != nil && err == nil || tt.want == nil && err != nil {
				t.Fatalf("err = %v, want %v", err, tt.want)
			}
			if failed := r.Status().Failed; tt.want == nil && failed != 1-tt.written {
				t.Errorf("%d set aside, %d written", failed, tt.written)
			}
			if all := contents(t, b.db); len(all) != tt.written {
				t.Errorf("the target holds %v", all)
			}
		})
	}
}

func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	for name, lies := range map[string]map[string]func(*http.Request) *http.Response{
		"rows":       {"/_changes": endless(`{"results":[`, `{"seq":1,"id":"x","changes":[{"rev":"1-abc"}]},`)},
		"one row":    {"/_changes": endless(`{"results":[{"seq":1,"id":"`, `xxxxxxxxxxxxxxxx`)},
		"checkpoint": {"": endless(`{"a":"`, `xxxxxxxxxxxxxxxx`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newPeer(t), newPeer(t)
			opts := options(a, b)
			opts.Source.Client, opts.MaxAnswer = liar(a, lies), 1<<20
			if err := newReplicator(t, opts).Once(t.Context()); !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrAnswer) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// A document too long for an answer is set aside; the others come, in smaller
// batches.
func TestAnswerTooLong(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 30)
	put(t, a.db, "long", "", map[string]any{"x": strings.Repeat("x", 50_000)})
	opts := options(a, b)
	opts.MaxAnswer = 10_000
	st := pullOnce(t, opts)
	if st.DocsWritten != 30 || st.Failed != 1 || st.Failures[0].ID != "long" || !errors.Is(st.Failures[0].Err, ErrTooLarge) {
		t.Errorf("status: %+v", st)
	}
}

// A source that takes the request and then says nothing is given up.
func TestStalledSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &guard{most: 1 << 20, stall: time.Minute, next: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://peer/", nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := g.RoundTrip(req); !errors.Is(err, ErrStalled) || time.Since(began) != time.Minute {
			t.Errorf("err = %v after %v", err, time.Since(began))
		}

		g.next = roundTrip(func(r *http.Request) (*http.Response, error) {
			read, write := io.Pipe()
			go func() {
				for range 10 { // slow, but alive
					<-time.After(50 * time.Second)
					_, _ = write.Write([]byte("\n"))
				}
				<-r.Context().Done()
				_ = write.CloseWithError(r.Context().Err())
			}()
			a := answer(r, http.StatusOK, "")
			a.Body = read
			return a, nil
		})
		resp, err := g.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		got, err := io.ReadAll(resp.Body)
		if !errors.Is(err, ErrStalled) || len(got) != 10 || time.Since(began) != 560*time.Second {
			t.Errorf("%d bytes, err = %v after %v", len(got), err, time.Since(began))
		}
		_ = resp.Body.Close()
	})
}

// While the source is away, tries come at growing intervals; a kick makes one
// come at once.
func TestBackoff(t *testing.T) {
	t.Parallel()
	var b backoff
	for i, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		if d := b.next(); d > most*time.Second || d < most*time.Second/2 {
			t.Errorf("wait %d: %v, want about %d s", i, d, most)
		}
	}
	b.reset()
	if d := b.next(); d > time.Second {
		t.Errorf("after reset: %v", d)
	}
	synctest.Test(t, func(t *testing.T) {
		kicked := make(chan struct{}, 1)
		began := time.Now()
		if !sleep(t.Context(), time.Minute, kicked) || time.Since(began) != time.Minute {
			t.Errorf("slept %v", time.Since(began))
		}
		kicked <- struct{}{}
		if began = time.Now(); !sleep(t.Context(), time.Minute, kicked) || time.Since(began) != 0 {
			t.Errorf("slept %v when kicked", time.Since(began))
		}
	})
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := newPace(1000)
	for range 10 {
		p.took(p.get(), time.Second)
	}
	if p.get() != 1000 {
		t.Errorf("size %d after quick requests", p.get())
	}
	p.took(1000, 3*time.Second)
	if p.get() != 1000 {
		t.Errorf("size %d after a fair request", p.get())
	}
	for range 20 {
		p.took(p.get(), time.Minute)
	}
	if p.get() != 1 {
		t.Errorf("size %d after slow requests", p.get())
	}
	p.took(1, time.Millisecond)
	if p.get() != 2 {
		t.Errorf("size %d after a quick one", p.get())
	}
}

func FuzzReadBulkGet(f *testing.F) {
	f.Add([]byte(`{"results":[{"id":"x","docs":[{"ok":`+docX+`}]}]}`), 100)
	f.Add([]byte(`{"results":[{"id":"x","docs":[{"error":{"id":"x","rev":"1-abc"}}]}]}`), 1)
	f.Add([]byte(`{"results":[null]}`), 0)
	f.Fuzz(func(t *testing.T, answer []byte, most int) {
		refs := []ref{{"x", "1-abc"}, {"x", "2-abd"}, {"y", "1-abc"}}
		got, err := readBulkGet(bytes.NewReader(answer), refs, nil, most)
		if err != nil {
			return
		}
		if len(got.docs)+len(got.unanswered)+len(got.rest) > len(refs) || len(got.rest) == len(refs) && len(answer) < most {
			t.Errorf("%+v for %d revisions", got, len(refs))
		}
		for _, d := range got.docs {
			if (d.ID != "x" && d.ID != "y") || !json.Valid(d.raw) || !bytes.Contains(answer, d.raw) {
				t.Errorf("document %s: %s", d.ID, d.raw)
			}
		}
	})
}
