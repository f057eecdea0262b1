package couch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkFind asks 100,000 documents for a tenth of them, and for a hundred,
// by a field with an index and by its equal without one, and reads all of them
// with Each for comparison.
func BenchmarkFind(b *testing.B) {
	const docs = 100_000
	s, _ := newDB(b)
	fillNumbers(b, s, docs)
	post := func(path, body string) time.Duration {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		w := new(discard)
		began := time.Now()
		s.ServeHTTP(w, r)
		return time.Since(began)
	}
	began := time.Now()
	n := 0
	if err := s.Each(b.Context(), "db", 0, func(string, string, int64, bool, []byte) error { n++; return nil }); err != nil || n != docs {
		b.Fatal(n, err)
	}
	each := time.Since(began)
	post("/db/_index", `{"index":{"fields":["n"]}}`)
	build := post("/db/_find", `{"selector":{"n":1}}`)
	b.Run("build the index", func(b *testing.B) {
		for b.Loop() { // it is built once
			b.ReportMetric(docs/build.Seconds(), "docs/s")
		}
	})
	for _, want := range []int{docs / 10, 100} {
		var scan time.Duration
		for _, field := range []string{"m", "n"} {
			name := map[string]string{"m": "scan", "n": "index"}[field]
			b.Run(fmt.Sprintf("%d by %s", want, name), func(b *testing.B) {
				for b.Loop() {
					took := post("/db/_find", fmt.Sprintf(`{"selector":{%q:{"$gte":50000,"$lt":%d}},"limit":%d}`, field, 50_000+want, docs))
					b.ReportMetric(float64(want)/took.Seconds(), "found/s")
					b.ReportMetric(took.Seconds()/each.Seconds(), "x-of-Each")
					if field == "m" {
						scan = took
						b.ReportMetric(docs/took.Seconds(), "docs/s")
					} else {
						b.ReportMetric(scan.Seconds()/took.Seconds(), "x-faster-than-scan")
					}
				}
			})
		}
	}
}

// fillNumbers writes documents with the numbers from 0 to n-1, out of order.
func fillNumbers(b *testing.B, s *Server, n int) {
	b.Helper()
	const batch, step = 1000, 7919 // a prime that does not divide n
	for i := 0; i < n; i += batch {
		var body strings.Builder
		body.WriteString(`{"docs":[`)
		for k := i; k < i+batch; k++ {
			if k > i {
				body.WriteByte(',')
			}
			number := k * step % n
			fmt.Fprintf(&body, `{"_id":"doc%07d","n":%d,"m":%d,"name":"IMG_%07d.jpg","body":%q}`, k, number, number, number, strings.Repeat("x", 200))
		}
		body.WriteString(`]}`)
		if status, answer := call(b, s, http.MethodPost, "/db/_bulk_docs", body.String()); status != http.StatusCreated {
			b.Fatal(status, answer)
		}
	}
}
