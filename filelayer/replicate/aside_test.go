package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What was set aside comes after all, once what stood against it is gone: the
// checkpoint has passed it, so nothing else would bring it.
func TestSetAsideIsNotLost(t *testing.T) {
	t.Parallel()
	const broken = `{"results":[{"id":"x","docs":[{"error":{"id":"x","rev":"1-abc","error":"timeout","reason":"later"}}]}]}`
	const grumble = `[{"id":"x","error":"unknown_error","reason":"a shard is away"}]`
	for name, spoil := range map[string]func(o *Options, a, b *peer){
		"by the source": func(o *Options, a, _ *peer) {
			o.Source.Client = liar(a, map[string]func(*http.Request) *http.Response{"/_bulk_get": says(http.StatusOK, broken)})
		},
		"by the target": func(o *Options, _, b *peer) {
			o.Target.Client = liar(b, map[string]func(*http.Request) *http.Response{"/_bulk_docs": says(http.StatusCreated, grumble)})
		},
		"by Accept": func(o *Options, _, _ *peer) {
			o.Accept = func(string, json.RawMessage) error { return errors.New("of a newer version") }
		},
		"by its length": func(o *Options, _, _ *peer) { o.MaxAnswer = 500 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newPeer(t), newPeer(t)
			opts := options(a, b)
			put(t, a.db, "x", "", map[string]any{"long": strings.Repeat("x", 1000)})
			spoiled := opts
			spoil(&spoiled, a, b)
			r := newReplicator(t, spoiled)
			for range 2 { // it is told of once
				if err := r.Once(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if st := r.Status(); st.Failed != 1 || len(contents(t, b.db)) != 0 {
				t.Fatalf("status: %+v", st)
			}
			if st := pullOnce(t, opts); st.DocsWritten != 1 || len(contents(t, b.db)) != 1 {
				t.Errorf("status: %+v", st)
			}
			if st := pullOnce(t, opts); st.DocsRead != 0 {
				t.Errorf("fetched again: %+v", st)
			}
		})
	}
}

// When more is set aside than can be remembered, the checkpoint waits for it.
func TestTooMuchSetAside(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	var docs []any
	for i := range 400 {
		docs = append(docs, map[string]any{"_id": strings.Repeat("x", 3000) + string(rune('a'+i%26)) + strings.Repeat("y", i)})
	}
	if _, err := a.db.BulkDocs(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	opts := options(a, b)
	opts.Accept = func(string, json.RawMessage) error { return errors.New("no") }
	for range 2 {
		if st := pullOnce(t, opts); st.DocsWritten != 0 {
			t.Fatalf("status: %+v", st)
		}
	}
	opts.Accept = nil
	if st := pullOnce(t, opts); len(contents(t, b.db)) != 400 {
		t.Errorf("%d of 400 are there; status: %+v", len(contents(t, b.db)), st.Failed)
	}
}

// A source that can be read, but takes no checkpoint, is not read over and over.
func TestRefusedCheckpointBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		fake := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Body != nil {
				defer func() { _ = r.Body.Close() }()
			}
			switch {
			case strings.HasSuffix(r.URL.Path, "/_changes"):
				if r.URL.Query().Get("feed") == "longpoll" {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				reads.Add(1)
				return answer(r, http.StatusOK, feedOfX), nil
			case strings.HasSuffix(r.URL.Path, "/_revs_diff"):
				return answer(r, http.StatusOK, `{}`), nil
			case r.Method == http.MethodPut:
				return answer(r, http.StatusForbidden, `{"error":"forbidden","reason":"read only"}`), nil
			}
			return answer(r, http.StatusNotFound, `{"error":"not_found","reason":"missing"}`), nil
		})}
		r := newReplicator(t, Options{
			Source: End{URL: "http://peer/files", Client: fake, ID: "a"}, Target: End{URL: "http://peer/files", Client: fake, ID: "b"},
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if n := reads.Load(); n < 5 || n > 40 {
			t.Errorf("read %d times in ten minutes", n)
		}
	})
}

// A source cannot send the replicator elsewhere.
func TestRedirectionIsNotFollowed(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 1)
	opts := options(a, b)
	opts.Source.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "elsewhere" {
			t.Errorf("asked elsewhere for %s", r.URL)
		} else if r.Method == http.MethodGet {
			resp := answer(r, http.StatusTemporaryRedirect, "")
			resp.Header.Set("Location", "http://elsewhere"+r.URL.RequestURI())
			return resp, nil
		}
		return a.server.Transport().RoundTrip(r)
	})}
	if err := newReplicator(t, opts).Once(t.Context()); !errors.Is(err, ErrAnswer) {
		t.Errorf("err = %v", err)
	}
}

// A target whose answer is cut short has not said that nothing is missing.
func TestTargetCutShort(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `{`, `{"doc000000":{"missing":["1-a"]}`, `{"doc000000":{"mis`} {
		a, b := newPeer(t), newPeer(t)
		fill(t, a.db, 0, 2)
		opts := options(a, b)
		opts.Target.Client = liar(b, map[string]func(*http.Request) *http.Response{"/_revs_diff": says(http.StatusOK, text)})
		if err := newReplicator(t, opts).Once(t.Context()); err == nil {
			t.Errorf("%q is taken for an answer", text)
		}
	}
}

// A target without space ends the session; no document is to blame.
func TestTargetFull(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 20)
	opts := options(a, b)
	opts.Target.Client = liar(b, map[string]func(*http.Request) *http.Response{"/_bulk_docs": says(http.StatusInsufficientStorage, `{"error":"insufficient_storage"}`)})
	r := newReplicator(t, opts)
	if err := r.Once(t.Context()); !errors.Is(err, ErrAnswer) || r.Status().Failed != 0 {
		t.Errorf("err = %v, status: %+v", err, r.Status())
	}
}
