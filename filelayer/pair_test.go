package filelayer

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestPairingRefusals(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	ctx := testContext(t)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.node.ports[PairPort].Addr().String())
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, b.id)
	must(t, err)
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("pairing is served without an invitation")
	}
	inv, err := a.GeneratePairCode(ctx)
	must(t, err)
	show := func([4]string) {}
	if _, err := a.UsePairCode(ctx, inv.Code(), show); !errors.Is(err, ErrOwnCode) {
		t.Errorf("own code = %v", err)
	}
	if _, err := b.UsePairCode(ctx, "paul:nonsense", show); !errors.Is(err, ErrBadCode) {
		t.Errorf("nonsense = %v", err)
	}
	joined := make(chan error, 1)
	go func() {
		_, err := b.UsePairCode(ctx, inv.Code(), show)
		joined <- err
	}()
	_, err = inv.Wait(ctx)
	must(t, err)
	inv.Reject()
	if err := <-joined; !errors.Is(err, ErrRejected) {
		t.Errorf("rejected = %v", err)
	}
	if len(a.Devices()) != 1 || len(b.Devices()) != 1 || b.node.lets(a.id, PeerPort) || a.node.lets(b.id, PairPort) {
		t.Error("a rejected device is let in")
	}
	a.node.OpenWindow() // who still gets through is told why
	if _, err := b.UsePairCode(ctx, inv.Code(), show); !errors.Is(err, ErrUsed) && !errors.Is(err, ErrRejected) {
		t.Errorf("used code = %v", err)
	}
	next, err := a.GeneratePairCode(ctx)
	must(t, err)
	next.Cancel()
	next.Cancel()
	if _, err := next.Wait(ctx); err == nil {
		t.Error("a cancelled invitation waits")
	}
}
