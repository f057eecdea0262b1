package replicate

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

const benchDocs = 100_000

// BenchmarkPull pulls 100,000 File records over HTTP on loopback, and, for
// comparison, lets PouchDB pull the same from express-pouchdb.
func BenchmarkPull(b *testing.B) {
	a := newPeer(b)
	fill(b, a.db, 0, benchDocs)
	url := serve(b, a.server).URL + "/files"
	for b.Loop() {
		to := newPeer(b)
		report(b, measure(b, Options{Source: End{URL: url}, Target: to.end("target")}))
	}
}

// BenchmarkPush is the same the other way.
func BenchmarkPush(b *testing.B) {
	a := newPeer(b)
	fill(b, a.db, 0, benchDocs)
	for b.Loop() {
		to := newPeer(b)
		report(b, measure(b, Options{Source: a.end("source"), Target: End{URL: serve(b, to.server).URL + "/files"}}))
	}
}

// measure returns documents a second.
func measure(b *testing.B, opts Options) float64 {
	b.Helper()
	runtime.GC()
	began := time.Now()
	if st := pullOnce(b, opts); st.DocsWritten != benchDocs {
		b.Fatalf("status: %+v", st)
	}
	return benchDocs / time.Since(began).Seconds()
}

func report(b *testing.B, rate float64) {
	b.Helper()
	b.ReportMetric(rate, "docs/s")
	b.ReportMetric(0, "ns/op")
	pouch := pouchRate(b)
	b.ReportMetric(pouch, "PouchDB-docs/s")
	b.ReportMetric(rate/pouch, "x-of-PouchDB")
}

// pouchRate returns how many documents a second PouchDB copies: from a server
// in one process, for a pull, into a database in another; or the other way.
func pouchRate(b *testing.B) float64 {
	b.Helper()
	server, client := startPouchDB(b), startPouchDB(b)
	url := server.serve() + "/files"
	from, to, filled := url, "here", server
	if b.Name() == "BenchmarkPush" {
		from, to, filled = "here", url, client
	}
	name := map[bool]string{true: "files", false: "here"}[filled == server]
	for at := 0; at < benchDocs; at += 1000 {
		filled.do("bulk", map[string]any{"name": name, "docs": records(b.Name(), at, at+1000)}, nil)
	}
	began := time.Now()
	if result := client.replicate(from, to); result.DocsWritten != benchDocs {
		b.Fatalf("%+v", result)
	}
	return benchDocs / time.Since(began).Seconds()
}

// BenchmarkNothingToDo starts a replication that is up to date, and, for
// comparison, lets PouchDB do so.
func BenchmarkNothingToDo(b *testing.B) {
	a, to := newPeer(b), newPeer(b)
	fill(b, a.db, 0, 10_000)
	opts := Options{Source: End{URL: serve(b, a.server).URL + "/files"}, Target: to.end("target")}
	pullOnce(b, opts)
	var all []time.Duration
	for b.Loop() {
		began := time.Now()
		if st := pullOnce(b, opts); st.Checked != 0 {
			b.Fatalf("status: %+v", st)
		}
		all = append(all, time.Since(began))
	}
	reportMedian(b, all, pouchNothing)
}

// BenchmarkSingleChange writes one document, and waits until a live peer has
// it; and, for comparison, lets PouchDB do so.
func BenchmarkSingleChange(b *testing.B) {
	a, to := newPeer(b), newPeer(b)
	fill(b, a.db, 0, 1000)
	statuses := make(chan Status, 10_000)
	opts := Options{Source: End{URL: serve(b, a.server).URL + "/files"}, Target: to.end("target")}
	opts.OnProgress = func(s Status) { statuses <- s }
	defer run(b, newReplicator(b, opts))()
	await(b, statuses, "catching up", func(s Status) bool { return s.CaughtUp })
	var all []time.Duration
	for n := 1; b.Loop(); n++ {
		began := time.Now()
		put(b, a.db, fmt.Sprint(n), "", map[string]any{"n": n})
		await(b, statuses, "the change", func(s Status) bool { return s.DocsWritten == 1000+n })
		all = append(all, time.Since(began))
	}
	reportMedian(b, all, pouchSingle)
}

func reportMedian(b *testing.B, all []time.Duration, pouch func(*testing.B) []time.Duration) {
	b.Helper()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2])/1e6, "ms")
	b.ReportMetric(float64(all[len(all)*95/100])/1e6, "p95-ms")
	b.ReportMetric(0, "ns/op")
	theirs := pouch(b)
	slices.Sort(theirs)
	b.ReportMetric(float64(theirs[len(theirs)/2])/1e6, "PouchDB-ms")
	b.ReportMetric(float64(all[len(all)/2])/float64(theirs[len(theirs)/2]), "x-of-PouchDB")
}

const pouchTries = 20

func pouchNothing(b *testing.B) (all []time.Duration) {
	b.Helper()
	server, client := startPouchDB(b), startPouchDB(b)
	url := server.serve() + "/files"
	for at := 0; at < 10_000; at += 1000 {
		server.do("bulk", map[string]any{"name": "files", "docs": records(b.Name(), at, at+1000)}, nil)
	}
	client.replicate(url, "here")
	for range pouchTries {
		began := time.Now()
		if result := client.replicate(url, "here"); result.DocsRead != 0 {
			b.Fatalf("%+v", result)
		}
		all = append(all, time.Since(began))
	}
	return all
}

func pouchSingle(b *testing.B) (all []time.Duration) {
	b.Helper()
	server, client := startPouchDB(b), startPouchDB(b)
	url := server.serve() + "/files"
	server.do("bulk", map[string]any{"name": "files", "docs": records(b.Name(), 0, 1000)}, nil)
	client.do("sync", map[string]any{"from": url, "to": "here"}, nil)
	client.do("watch", map[string]any{"name": "here"}, nil)
	for n := range pouchTries {
		began := time.Now()
		server.do("put", map[string]any{"name": "files", "doc": map[string]any{"_id": fmt.Sprint(n), "n": n}}, nil)
		for id := ""; id != fmt.Sprint(n); {
			select {
			case id = <-client.changes:
			case <-time.After(20 * time.Second):
				b.Fatal("PouchDB's live sync does not come to the change")
			}
		}
		all = append(all, time.Since(began))
	}
	return all
}
