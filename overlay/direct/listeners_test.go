package direct

import (
	"testing"
	"time"
)

// A device that is called does not call back when it has a link already: the
// other end's to a listener.
func TestListenersAreNotCalledBack(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	for _, linked := range []bool{true, false} {
		callee.opts.Devices = func() []Device { return []Device{{Key: caller.key(), Online: true, Linked: linked}} }
		e, err := open(callee.opts, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		e.answered(t.Context(), e.peerOf(caller.key()), &session{}, []string{"tls://11.22.33.44:7330"}, Attempt{At: time.Now()})
		if called := len(callee.called) > 0; called == linked {
			t.Errorf("linked %v, called %v", linked, called)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
