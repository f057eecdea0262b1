package couch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func trip(t *testing.T, h http.HandlerFunc, method string, body io.Reader) (*http.Response, error) {
	t.Helper()
	return tripWith(t.Context(), t, h, method, body)
}

func tripWith(ctx context.Context, t *testing.T, h http.HandlerFunc, method string, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://any/a%2Fb?c=d", body)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: roundTripper{h, slog.New(slog.DiscardHandler)}}
	return client.Do(req)
}

func TestTransportAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 10_000)
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		status  int
		body    string
	}{
		"nothing":  {func(http.ResponseWriter, *http.Request) {}, 200, ""},
		"a status": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, 304, ""},
		"short":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, 200, "x"},
		"long":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) }, 200, long},
		"the path": {func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }, 200, "/a%2Fb?c=d"},
		"an echo":  {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, 200, "sent"},
		"in pieces": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "b")
		}, 200, "ab"},
	} {
		resp, err := trip(t, tt.handler, "POST", strings.NewReader("sent"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != tt.status || string(b) != tt.body {
			t.Errorf("%s: %d, %d bytes, err = %v", name, resp.StatusCode, len(b), err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Each part of an answer arrives when it is flushed, not at the end.
func TestTransportStreams(t *testing.T) {
	t.Parallel()
	more := make(chan struct{}, 1)
	more <- struct{}{}
	resp, err := trip(t, func(w http.ResponseWriter, _ *http.Request) {
		for range more {
			_, _ = io.WriteString(w, "part")
			w.(http.Flusher).Flush()
		}
	}, "GET", nil)
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 4)
	for range 3 {
		if _, err := io.ReadFull(resp.Body, part); err != nil || string(part) != "part" {
			t.Errorf("%q, err = %v", part, err)
		}
		more <- struct{}{}
	}
	if _, err := io.ReadFull(resp.Body, part); err != nil {
		t.Error(err)
	}
	close(more)
	if n, err := resp.Body.Read(part); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d bytes, err = %v", n, err)
	}
	_ = resp.Body.Close()
}

// A handler that waits ends when the client's context does, or when the
// client closes the answer.
func TestTransportCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waits := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := tripWith(ctx, t, waits, "GET", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("err = %v after %v", err, time.Since(began))
		}

		endless := func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		}
		resp, err := trip(t, endless, "GET", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
			t.Error(err)
		}
		_ = resp.Body.Close()

		ctx, cancel = context.WithCancel(t.Context())
		if resp, err = tripWith(ctx, t, endless, "GET", nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("reading after cancel: %v", err)
		}
		_ = resp.Body.Close()

		ctx, cancel = context.WithCancel(t.Context())
		read, write := io.Pipe() // a body that never comes
		go func() {
			synctest.Wait()
			cancel()
		}()
		readsAll := func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }
		if _, err := tripWith(ctx, t, readsAll, "POST", read); !errors.Is(err, context.Canceled) {
			t.Errorf("a body that never comes: %v", err)
		}
		_ = write.Close()
	})
}

func TestTransportSurvivesPanic(t *testing.T) {
	t.Parallel()
	if _, err := trip(t, func(http.ResponseWriter, *http.Request) { panic("oops") }, "GET", nil); err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("err = %v", err)
	}
	resp, err := trip(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("oops")
	}, "GET", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); string(b) != "half" || err == nil {
		t.Errorf("%q, err = %v", b, err)
	}
	_ = resp.Body.Close()
}
