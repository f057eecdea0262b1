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

	usualGC, mostGC = 100, 800  // percent, as of GOGC
	leanGC          = 30        // in place of usualGC where memory is dearer than time
	leanHeap        = 230 << 20 // beyond which garbage may no longer have spareHeap there
	liveHeap        = "/gc/heap/live:bytes"
)

var heapPaced sync.Once

// paceHeap lets garbage gather from now on, less of it beside a large library when
// lean, unless a person says how much by GOGC.
func paceHeap(lean bool) {
	heapPaced.Do(func() {
		if os.Getenv("GOGC") != "" {
			return
		}
		afterCollection(usualGC, lean)
	})
}

// afterCollection sets the pace anew after the next collection, and after each that
// follows. percent is the present pace.
func afterCollection(percent int, lean bool) {
	runtime.AddCleanup(new([64]byte), func(percent int) {
		live := []metrics.Sample{{Name: liveHeap}}
		metrics.Read(live)
		if next := gcPercent(live[0].Value.Uint64(), lean); next < percent*9/10 || next > percent*11/10 {
			percent = next
			debug.SetGCPercent(percent)
		}
		afterCollection(percent, lean)
	}, percent)
}

// gcPercent is the pace for so many bytes in use.
func gcPercent(live uint64, lean bool) int {
	spare, least := uint64(spareHeap), uint64(usualGC)
	if lean {
		spare, least = min(spare, leanHeap-min(live, leanHeap)), leanGC
	}
	return int(min(max(100*spare/max(live, 1), least), mostGC)) //nolint:gosec // bounded
}
