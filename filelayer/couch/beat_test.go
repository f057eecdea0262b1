package couch

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBeatsTogether checks that feeds begun at different times beat at the same.
func TestBeatsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every = time.Minute
		var due []time.Time
		for range 3 {
			<-time.After(7 * time.Second)
			wait := untilBeat(every)
			if wait <= 0 || wait > every {
				t.Errorf("waits %v", wait)
			}
			due = append(due, time.Now().Add(wait))
		}
		if !due[0].Equal(due[1]) || !due[0].Equal(due[2]) {
			t.Errorf("beats at %v", due)
		}
		<-time.After(time.Until(due[0]))
		if wait := untilBeat(every); wait != every {
			t.Errorf("after a beat waits %v", wait)
		}
		if wait := untilBeat(0); wait != 0 {
			t.Errorf("without beats waits %v", wait)
		}
	})
}
