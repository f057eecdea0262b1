package direct

import (
	"context"
	"crypto/ed25519"
	"net/netip"
	"testing"
	"testing/synctest"
)

func (e *Engine) sessions() int {
	e.socket.mu.Lock()
	defer e.socket.mu.Unlock()
	return len(e.socket.sessions)
}

// opened opens the engine of d, which does not run.
func (d *device) opened(t *testing.T) *Engine {
	t.Helper()
	e, err := open(d.opts, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// A device that asks again and again takes no more than one session for each
// type of question, and none when it is none of ours any more.
func TestSessionsOfOneDevice(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	synctest.Test(t, func(t *testing.T) {
		callee.opts.Subnets = func() []netip.Prefix { return prefixes("11.22.33.44/24") }
		e := callee.opened(t)
		ctx, cancel := context.WithCancel(t.Context())
		p, _ := e.enter(caller.key())
		offer := anOffer
		offer.Candidates = nil // nothing is sent: who reads from a socket stops the clock
		for range 2 * maxSessions {
			e.mu.Lock()
			clear(p.asked) // it has waited
			e.mu.Unlock()
			for _, m := range []message{{Type: typeObserve}, offer} {
				if reply, _ := e.reply(ctx, p, m); reply.Type != typeOffer {
					t.Fatalf("%s: %+v", m.Type, reply)
				}
			}
			synctest.Wait()
		}
		if n := e.sessions(); n != 2 {
			t.Errorf("%d sessions", n)
		}
		e.mu.Lock()
		e.dismiss(p)
		e.mu.Unlock()
		synctest.Wait()
		if n := e.sessions(); n != 0 {
			t.Errorf("%d sessions of a device that is none of ours", n)
		}
		cancel()
		e.group.Wait()
	})
}

// While a link to a listener of the other end lasts, nobody is expected any
// more.
func TestSessionEndsBeforeListenersAreCalled(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	synctest.Test(t, func(t *testing.T) {
		called := make(chan struct{})
		callee.opts.Subnets = func() []netip.Prefix { return nil }
		callee.opts.Call = func(ctx context.Context, _ string, _ ed25519.PublicKey) error {
			close(called)
			<-ctx.Done()
			return ctx.Err()
		}
		e := callee.opened(t)
		ctx, cancel := context.WithCancel(t.Context())
		p, _ := e.enter(caller.key())
		offer := anOffer
		offer.Candidates = nil
		e.reply(ctx, p, offer)
		<-called
		if n := e.sessions(); n != 0 {
			t.Errorf("%d sessions", n)
		}
		cancel()
		e.group.Wait()
	})
}

// One device does not take all connections at the SignalPort.
func TestSignalsOfOneDevice(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	caller.remember(callee)
	callee.remember(caller)
	callee.run()
	p, _ := callee.enter(caller.key())
	for range maxDeviceSignals {
		callee.enter(caller.key())
	}
	nudge := `{"v":1,"type":"nudge"}`
	if got := ask(t, caller, callee, nudge); got != "" {
		t.Errorf("one connection too many got %q", got)
	}
	callee.leave(p)
	callee.leave(p)
	if got := ask(t, caller, callee, nudge); got == "" {
		t.Error("refused when there is room again")
	}
	for range maxDeviceSignals - 1 {
		callee.leave(p)
	}
}
