package pairing

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestAcceptMeansWhomThePersonSaw lets another guest, who has seen the code
// too, take the place of the one whose words the person is comparing.
func TestAcceptMeansWhomThePersonSaw(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		ctx, leave := context.WithCancel(t.Context())
		first := l.join(ctx, l.code, guestPeer)
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		leave()
		<-first
		synctest.Wait()
		second := l.join(t.Context(), l.code, otherPeer)
		synctest.Wait()
		if guest, _, err := l.inv.Accept(t.Context(), nil); !errors.Is(err, ErrGone) {
			t.Fatalf("accepted %v, %v", guest, err)
		}
		guest, err := l.inv.Wait(t.Context())
		if err != nil || !guest.Key.Equal(otherPeer.Key) {
			t.Fatalf("%+v, %v", guest, err)
		}
		if _, _, err := l.inv.Accept(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if j := <-second; j.err != nil {
			t.Errorf("the second guest: %v", j.err)
		}
	})
}

// TestCancelAfterAccept shows that a code which the person has withdrawn stays
// so when the guest accepted before leaves in the midst of it.
func TestCancelAfterAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		conn, _ := l.dial(guestPeer)
		w := &wire{conn: conn, guest: true}
		if _, err := proveGuest(w, l.code, guestPeer); err != nil {
			t.Fatal(err)
		}
		person, err := introduce(guestPeer, nil)
		if err == nil {
			err = w.sendSealed(framePerson, person)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		accepted := make(chan error, 1)
		go func() {
			_, _, err := l.inv.Accept(t.Context(), nil)
			accepted <- err
		}()
		synctest.Wait()
		if _, _, err := l.inv.Accept(t.Context(), nil); !errors.Is(err, ErrNoGuest) {
			t.Errorf("accepted twice: %v", err)
		}
		l.inv.Cancel()
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-accepted; !errors.Is(err, ErrGone) {
			t.Errorf("accept: %v", err)
		}
		if j := <-l.join(t.Context(), l.code, otherPeer); !errors.Is(j.err, ErrCancelled) {
			t.Errorf("a guest after the code was withdrawn: %v", j.err)
		}
		if _, err := l.inv.Wait(t.Context()); !errors.Is(err, ErrCancelled) {
			t.Errorf("wait: %v", err)
		}
	})
}
