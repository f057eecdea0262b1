package replicate

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A change reaches a live peer in less than 50 ms, and a replication with
// nothing to do takes less than 10 ms, over HTTP. The machine may be busy, so
// the best of several counts; the benchmarks have the rest.
func TestLatency(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 100)
	statuses := make(chan Status, 10_000)
	opts := Options{Source: End{URL: serve(t, a.server).URL + "/files"}, Target: b.end("target")}
	live := opts
	live.OnProgress = func(s Status) { statuses <- s }
	stop := run(t, newReplicator(t, live))
	await(t, statuses, "catching up", func(s Status) bool { return s.CaughtUp })
	var changes, nothings []time.Duration
	for n := range 20 {
		began := time.Now()
		put(t, a.db, fmt.Sprint(n), "", map[string]any{"n": n})
		await(t, statuses, "the change", func(s Status) bool { return s.DocsWritten == 101+n })
		changes = append(changes, time.Since(began))
	}
	stop()
	pullOnce(t, opts)
	for range 20 {
		began := time.Now()
		if st := pullOnce(t, opts); st.Checked != 0 {
			t.Fatalf("status: %+v", st)
		}
		nothings = append(nothings, time.Since(began))
	}
	slices.Sort(changes)
	slices.Sort(nothings)
	t.Logf("a change: %v, median %v; nothing to do: %v, median %v", changes[0], changes[10], nothings[0], nothings[10])
	if changes[0] > 50*time.Millisecond || nothings[0] > 10*time.Millisecond {
		t.Errorf("a change takes %v at best, nothing to do %v", changes[0], nothings[0])
	}
}
