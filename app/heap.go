package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// spareHeap is how many bytes of garbage gather before the collector runs, also
	// when little else is in use: a small library is worth no more collections a
	// second than a large one. A sixth of the time of a transfer of small files.
	spareHeap = 80 << 20

	usualGC, mostGC = 100, 800 // percent, as of GOGC
	liveHeap        = "/gc/heap/live:bytes"
)

// paceHeap lets garbage gather from now on, unless a person says how much by GOGC.
var paceHeap = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" {
		afterCollection(usualGC)
	}
})

// afterCollection sets the pace anew after the next collection, and after each that
// follows. percent is the present pace.
func afterCollection(percent int) {
	runtime.AddCleanup(new([64]byte), func(percent int) {
		live := []metrics.Sample{{Name: liveHeap}}
		metrics.Read(live)
		if next := gcPercent(live[0].Value.Uint64()); next < percent*9/10 || next > percent*11/10 {
			percent = next
			debug.SetGCPercent(percent)
		}
		afterCollection(percent)
	}, percent)
}

// gcPercent is the pace for so many bytes in use.
func gcPercent(live uint64) int {
	return int(min(max(100*spareHeap/max(live, 1), usualGC), mostGC)) //nolint:gosec // bounded
}
