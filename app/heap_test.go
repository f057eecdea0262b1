package app

import "testing"

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: mostGC, 1 << 20: mostGC, 20 << 20: 400, 40 << 20: 200, 80 << 20: usualGC, 1 << 30: usualGC} {
		if got := gcPercent(live, false); got != want {
			t.Errorf("%d bytes in use: %d %%, want %d", live, got, want)
		}
	}
	for live, want := range map[uint64]int{20 << 20: 400, 150 << 20: 53, 170 << 20: 35, 400 << 20: leanGC} {
		if got := gcPercent(live, true); got != want {
			t.Errorf("lean, %d bytes in use: %d %%, want %d", live, got, want)
		}
	}
}
