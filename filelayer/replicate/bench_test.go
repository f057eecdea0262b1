package replicate

import (
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// BenchmarkPull pulls 20,000 documents over real HTTP on loopback, and, for
// comparison, 1,000 with kivik's own replicator.
func BenchmarkPull(b *testing.B) {
	const docs, few = 20_000, 1000
	a := newPeer(b)
	fill(b, a.db, 0, docs)
	url := serve(b, a.server).URL
	for b.Loop() {
		to := newPeer(b)
		opts := options(a, to)
		opts.Source.URL, opts.Source.Client = url+"/files", nil
		began := time.Now()
		if st := pullOnce(b, opts); st.DocsWritten != docs {
			b.Fatalf("status: %+v", st)
		}
		ours := docs / time.Since(began).Seconds()
		b.ReportMetric(ours, "docs/s")
		b.ReportMetric(ours/kivikRate(b, few), "x-of-kivik.Replicate")
	}
}

func kivikRate(b *testing.B, docs int) float64 {
	b.Helper()
	from, to := newPeer(b), newPeer(b)
	fill(b, from.db, 0, docs)
	source := database(b, serve(b, from.server).URL, nil)
	began := time.Now()
	result, err := kivik.Replicate(b.Context(), to.db, source)
	if err != nil {
		b.Fatal(err)
	}
	if result.DocsWritten != docs {
		b.Fatalf("result: %+v", result)
	}
	return float64(docs) / time.Since(began).Seconds()
}
