package direct

import (
	"net/netip"
	"testing"
	"time"
)

// Where UDP leads nowhere, the TCP listeners of the other end are called, if
// they may be.
func TestListenersAreCalled(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	for _, d := range []*device{caller, callee} {
		d.opts.Subnets = func() []netip.Prefix { return nil }
	}
	uris := []string{
		"tls://127.0.0.1:7330", "tls://192.168.1.1:7330", "tcp://11.22.33.44:7330", "tls://paul.example:7330",
		"tls://11.22.33.44:25", "tls://11.22.33.44:7330", "nonsense",
	}
	callee.opts.Listeners = func() []string { return uris }
	caller.run()
	callee.run()
	callee.know(caller)
	caller.know(callee)
	select {
	case got := <-caller.called:
		if got != "tls://11.22.33.44:7330" {
			t.Errorf("called %s", got)
		}
	case <-time.After(patience):
		t.Fatal("no listener was called")
	}
}

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
