package filelayer

import (
	"fmt"
	"testing"
)

// TestPairRoom: one device cannot take all places of those that knock, and all
// together no more than there are.
func TestPairRoom(t *testing.T) {
	t.Parallel()
	var r pairRoom
	for range pairConnsGuest {
		if !r.enter("crowd") {
			t.Fatal("a free place was refused")
		}
	}
	if r.enter("crowd") {
		t.Error("a device has more than its share")
	}
	for i := range pairConns - pairConnsGuest {
		if !r.enter(fmt.Sprint(i)) {
			t.Fatalf("device %d was refused", i)
		}
	}
	if r.enter("late") {
		t.Error("more are served than there are places")
	}
	r.leave("crowd")
	if !r.enter("late") {
		t.Error("a free place was refused")
	}
	r.leave("crowd")
	if _, kept := r.of["crowd"]; kept {
		t.Error("a device that has gone is remembered")
	}
}
