package app

import (
	"testing"
)

// What the gallery had kept outlives a restart.
func TestRemembered(t *testing.T) {
	t.Parallel()
	opts := Options{Home: t.TempDir()}
	a, stop := startAt(t, opts)
	if data, err := a.Remembered(); data != nil || err != nil {
		t.Errorf("a new home remembers %q, %v", data, err)
	}
	for _, want := range []string{`{"level":1}`, `{}`} {
		if err := a.Remember([]byte(want)); err != nil {
			t.Fatal(err)
		}
		stop()
		a, stop = startAt(t, opts)
		if data, err := a.Remembered(); string(data) != want || err != nil {
			t.Errorf("after a restart it remembers %q, %v; want %q", data, err, want)
		}
	}
	stop()
}
