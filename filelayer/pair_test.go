package filelayer

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/pairing"
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

// TestUnanswered: who shows the code cannot be reached, and the reason that can
// be told is told.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	inv, err := a.GeneratePairCode(testContext(t))
	must(t, err)
	code, err := pairing.ParseCode(inv.Code())
	must(t, err)
	wrong := code
	wrong.Secret[0] ^= 1
	tests := []struct {
		name   string
		code   pairing.Code
		ahead  time.Duration // of the clock of who joins
		window bool          // the code is still shown
		want   error
		not    error
	}{
		{"expired", code, pairing.TTL + time.Minute, false, ErrExpired, nil},
		{"still good", code, 0, false, errUnreachable, ErrExpired},
		{"another's code", wrong, 0, true, ErrWrongSecret, nil},
		{"another's code, and a clock that is ahead", wrong, time.Hour, true, ErrWrongSecret, ErrExpired},
	}
	closed := func(yes bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.cut[pairKey(a.id, b.id)] = yes
	}
	for _, tt := range tests {
		closed(!tt.window)
		b.skew.Store(int64(tt.ahead))
		text, err := tt.code.Encode()
		must(t, err)
		ctx, cancel := context.WithCancel(testContext(t))
		b.Layer.opts.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := b.node.dial(ctx, network, addr)
			if err != nil {
				cancel() // one try is enough
			}
			return conn, err
		}
		_, err = b.UsePairCode(ctx, text, func([4]string) {})
		cancel()
		if !errors.Is(err, tt.want) || tt.not != nil && errors.Is(err, tt.not) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if len(b.Devices()) != 1 || b.node.lets(a.id, PeerPort) {
			t.Errorf("%s: a is let in", tt.name)
		}
	}
}
