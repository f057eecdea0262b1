package signal

import (
	"testing"
	"testing/synctest"
)

func TestSignalKeepsTheLastChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Signal
		woken, stop := s.Listen()
		seen := 0
		go func() {
			for range woken {
				seen++
			}
		}()
		for range 3 {
			s.Raise()
		}
		synctest.Wait()
		if seen < 1 || seen > 3 {
			t.Errorf("woken %d times for 3 raises", seen)
		}
		before := seen
		s.Raise()
		synctest.Wait()
		if seen != before+1 {
			t.Error("a raise after a quiet spell woke nobody")
		}
		stop()
		stop()    // a second stop is harmless
		s.Raise() // and so is a raise with nobody there
	})
}
