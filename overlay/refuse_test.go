package overlay

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// TestRefusedIsTold: a device that was shut out, online or not, hears the notice and
// nothing else; admitted again, it hears no more of that.
func TestRefusedIsTold(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	serve(t, a, 7400, echo)
	notice := bytes.Repeat([]byte("x"), maxNotice)
	a.Refuse(b.PublicKey(), notice)
	b.greeter.wake()
	select {
	case n := <-b.Notices():
		if !n.From.Equal(a.PublicKey()) || !bytes.Equal(n.Text, notice) {
			t.Errorf("the notice of %x says %q", n.From, n.Text)
		}
	case <-time.After(patience):
		t.Fatal("the refused device was not told")
	}
	if _, err := b.DialContext(t.Context(), "tcp", at(a, 7400)); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a refused device dials: %v", err)
	}
	if p := a.Path(b.PublicKey()); p.Kind != PathOffline {
		t.Errorf("path of a refused device: %+v", p)
	}
	closeWindow := a.OpenWindow(7332) // where it is a guest, too
	a.Refuse(b.PublicKey(), []byte("again"))
	b.greeter.wake()
	select {
	case n := <-b.Notices():
		if string(n.Text) != "again" && !bytes.Equal(n.Text, notice) {
			t.Errorf("the guest is told %q", n.Text)
		}
	case <-time.After(patience):
		t.Fatal("the guest was not told")
	}
	closeWindow()
	a.Admit(b.PublicKey())
	ping(t, dialTo(t, b, a, 7400))
	if answer := a.devices.refused.answer(b.PublicKey()); answer != nil {
		t.Errorf("an admitted device is told %q", answer)
	}
}

// TestRefusalIsOnlyToldTo whom it concerns, now and then, and heard only of devices that
// are admitted.
func TestRefusalIsOnlyToldTo(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	refused, stranger, friend := public(seeded(81)), public(seeded(82)), public(seeded(83))
	g.Admit(friend)
	g.Refuse(refused, []byte("why"))
	hello := append([]byte{sessionTraffic, datagramHello}, make([]byte, 8)...)
	for range 50 {
		g.give(refused, hello)
		g.give(stranger, hello)
	}
	if n := len(g.greeter.out); n == 0 || n > 3 {
		t.Errorf("%d answers to 50 hellos", n)
	}
	for len(g.greeter.out) > 0 {
		if d := <-g.greeter.out; !bytes.Equal(d.to, refused) || !bytes.HasSuffix(d.body, []byte("why")) {
			t.Errorf("%x is sent %q", d.to, d.body)
		}
	}
	told := append([]byte{sessionTraffic, datagramRefusal}, append(make([]byte, 8), "why"...)...)
	g.give(stranger, told)
	g.give(refused, told)
	if len(g.Notices()) != 0 {
		t.Error("a notice of who is not admitted was heard")
	}
	g.give(friend, told)
	if len(g.Notices()) != 1 {
		t.Error("the notice of an admitted device was not heard")
	}
}
