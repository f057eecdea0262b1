package filelayer

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"
)

// BenchmarkSeveralHolders fetches a file from two devices that send so much a
// second, against the first of them alone, in the same run.
func BenchmarkSeveralHolders(b *testing.B) {
	for _, tt := range []struct {
		name string
		size int
		up   [2]int64 // bytes a second; 0: what the machine can do
	}{
		{"alike", 100e6, [2]int64{20e6, 20e6}},
		{"one slower", 100e6, [2]int64{20e6, 5e6}},
		{"one very slow", 100e6, [2]int64{20e6, 100e3}},
		{"least size", spreadFile, [2]int64{20e6, 20e6}},
		{"no limit", 400e6, [2]int64{}},
		{"no limit, least size", spreadFile, [2]int64{}},
	} {
		b.Run(fmt.Sprintf("%s, %d MB", tt.name, tt.size/1e6), func(b *testing.B) { benchSeveral(b, tt.size, tt.up) })
	}
}

func benchSeveral(b *testing.B, size int, up [2]int64) {
	b.Helper()
	first := newDevice(b, newOverlay(), "first")
	second, to := first.invite("second"), first.invite("to")
	d := first.show(second, "large", size)
	ctx := context.Background()
	_, err := second.Save(ctx, d)
	must(b, err)
	until(b, "both are known", func() bool {
		return to.holds(first, d) && to.holds(second, d) && to.Online(first.id) && to.Online(second.id)
	}, to)
	must(b, first.SetLimits(Limits{Up: up[0]}))
	must(b, second.SetLimits(Limits{Up: up[1]}))
	fetch := func() time.Duration {
		began := time.Now()
		f, err := to.Fetch(ctx, d)
		took := time.Since(began)
		must(b, err)
		_, err = io.Copy(io.Discard, f)
		must(b, err)
		must(b, f.Close())
		must(b, to.blobs.ClearCache())
		return took
	}
	var alone, both time.Duration
	for b.Loop() {
		to.net.part(second, to, true)
		alone += fetch()
		to.net.part(second, to, false)
		meet(b, second, to)
		both += fetch()
	}
	b.ReportMetric(float64(alone)/float64(both), "x-of-one-alone")
	b.ReportMetric(float64(size)*float64(b.N)/1e6/both.Seconds(), "MB/s")
}
