package replicate

import (
	"fmt"
	"testing"
	"time"
)

// A change reaches a live peer in less than 50 ms, and a replication with
// nothing to do takes less than 10 ms, over HTTP. The machine may be busy, so
// that not every try need be; the benchmarks have the rest.
func TestLatency(t *testing.T) {
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 100)
	statuses := make(chan Status, 10_000)
	opts := Options{Source: End{URL: serve(t, a.server).URL + "/files"}, Target: b.end("target")}
	live := opts
	live.OnProgress = func(s Status) { statuses <- s }
	stop := run(t, newReplicator(t, live))
	await(t, statuses, "catching up", func(s Status) bool { return s.CaughtUp })
	var changes, nothings []time.Duration
	for n := 0; n < 100 && !fast(changes, 50*time.Millisecond); n++ {
		began := time.Now()
		put(t, a.db, fmt.Sprint(n), "", map[string]any{"n": n})
		await(t, statuses, "the change", func(s Status) bool { return s.DocsWritten == 101+n })
		changes = append(changes, time.Since(began))
	}
	stop()
	pullOnce(t, opts)
	for range 100 {
		if fast(nothings, 10*time.Millisecond) {
			break
		}
		began := time.Now()
		if st := pullOnce(t, opts); st.Checked != 0 {
			t.Fatalf("status: %+v", st)
		}
		nothings = append(nothings, time.Since(began))
	}
	t.Logf("a change: %v; nothing to do: %v", changes, nothings)
	if !fast(changes, 50*time.Millisecond) || !fast(nothings, 10*time.Millisecond) {
		t.Error("too slow")
	}
}
