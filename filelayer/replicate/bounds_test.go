package replicate

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A counted reader counts what is read of it.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// tenGB answers with start, and then rest again and again, 10 GB of it.
func tenGB(n *atomic.Int64, start, rest string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		a := answer(r, http.StatusOK, "")
		a.ContentLength = 10 << 30
		a.Body = io.NopCloser(counted{io.LimitReader(io.MultiReader(strings.NewReader(start), &repeated{text: rest}), 10<<30), n})
		return a
	}
}

// Of an answer of 10 GB, no more is read than an answer may have, the revision
// that it does not answer for is set aside, and the session goes on.
func TestAnswerOfTenGB(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][2]string{
		"one document":        {`{"results":[{"id":"x","docs":[{"ok":{"a":"`, `xxxxxxxxxxxxxxxx`},
		"documents of a ref":  {`{"results":[{"id":"x","docs":[`, `{"ok":{"_id":"x","_rev":"1-zzz","_revisions":{"start":1,"ids":["zzz"]}}},`},
		"nothings":            {`{"results":[{"id":"x","docs":[`, `{},`},
		"results":             {`{"results":[`, `{"id":"x","docs":[]},`},
		"attachments":         {`{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"1-abc","_attachments":{`, `"a":{},`},
		"revisions":           {`{"results":[{"id":"x","docs":[{"ok":{"_id":"x","_rev":"1-abc","_revisions":{"start":9,"ids":["abc"`, `,"a"`},
		"another member":      {`{"a":[`, `[],`},
		"deep":                {`{"results":`, `[`},
		"white space":         {`{`, ` `},
		"names without end":   {`{"results":[{"`, `x`},
		"a number":            {`{"results":[{"id":`, `1`},
		"a start that is odd": {``, `}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			a, b := newPeer(t), newPeer(t)
			opts := options(a, b)
			opts.MaxAnswer = 2 << 20
			opts.Source.Client = liar(a, map[string]func(*http.Request) *http.Response{
				"/_changes": says(http.StatusOK, feedOfX), "/_bulk_get": tenGB(&n, body[0], body[1]),
			})
			st := pullOnce(t, opts)
			if st.Failed != 1 || st.DocsWritten != 0 || n.Load() > 3*opts.MaxAnswer {
				t.Errorf("%d bytes read, status: %+v", n.Load(), st)
			}
			if err := st.Failures[0].Err; !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrAnswer) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// A row may name any number of revisions: what takes time is what the target
// is asked, not to look through the answer: with the square of their number it
// would be many minutes.
func TestRowOfManyRevisions(t *testing.T) {
	t.Parallel()
	const n = 400_000
	row := change{id: "x", seq: "1", revs: make([]string, n)}
	for i := range row.revs {
		row.revs[i] = fmt.Sprintf("1-%d", i)
	}
	r := newReplicator(t, options(newPeer(t), newPeer(t)))
	s, began := &session{r: r}, time.Now()
	l, err := s.compare(t.Context(), batch{page: page{rows: []change{row, row}}})
	if err != nil || len(l.missing) != n || l.missing[n-1].row != 0 {
		t.Fatalf("%d missing, err = %v", len(l.missing), err)
	}
	if took := time.Since(began); took > 3*time.Minute {
		t.Errorf("it took %v", took)
	}
}
