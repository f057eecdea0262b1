package pairing

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"time"
)

// Serve speaks with one guest over conn, whose other end is authenticated as
// the key remote, and closes it. It returns nil when the guest has been paired,
// and else the cause; a guest may be told ErrExpired, ErrUsed, ErrBurned,
// ErrRejected, ErrCancelled, ErrWrongSecret, ErrVersion or ErrOwnCode.
// Call it for each connection in its own goroutine, also when the invitation
// has ended, so that a late guest learns why.
func (inv *Invitation) Serve(ctx context.Context, conn net.Conn, remote ed25519.PublicKey) error {
	finish := during(ctx, conn)
	if err := finish(inv.serve(ctx, conn, remote)); err != nil {
		return fmt.Errorf("serve guest: %w", err)
	}
	return nil
}

func (inv *Invitation) serve(ctx context.Context, conn net.Conn, remote ed25519.PublicKey) error {
	if !inv.enter() {
		return ErrBusy
	}
	defer inv.leave()
	w := &wire{conn: conn}
	v, err := inv.prove(w, remote)
	if err != nil {
		w.refuse(err)
		return err
	}
	v.payload, err = inv.host(ctx, w, v)
	if err != nil && !errors.Is(err, ErrGone) {
		w.refuse(err)
	}
	inv.conclude(v, err)
	return err
}

func (inv *Invitation) enter() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.guests >= maxGuests {
		return false
	}
	inv.guests++
	return true
}

func (inv *Invitation) leave() {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	inv.guests--
}

// prove exchanges greetings and proofs. The visit that it returns has the
// invitation for itself.
func (inv *Invitation) prove(w *wire, remote ed25519.PublicKey) (*visit, error) {
	body, err := w.receive(frameHello, helloSize, stepTime)
	if err != nil {
		return nil, err
	}
	guest, err := parseHello(body)
	if err != nil {
		return nil, err
	}
	switch {
	case guest.key.Equal(inv.self.Key):
		return nil, ErrOwnCode
	case !guest.key.Equal(remote):
		return nil, fmt.Errorf("%w: it greets with another device's key", ErrProtocol)
	}
	if err := inv.open(); err != nil { // after the greeting, so that it can be told
		return nil, err
	}
	host := newHello(inv.self.Key)
	if err := w.send(frameHello, host.encode()); err != nil {
		return nil, err
	}
	proof, err := w.receive(frameProof, sha256.Size, stepTime)
	if err != nil {
		return nil, err
	}
	t, secret := transcript(host, guest), inv.code.Secret
	v, err := inv.claim(hmac.Equal(proof, mac(secret, labelGuestProof, t)), func() { _ = w.conn.Close() })
	if err != nil {
		return nil, err
	}
	v.guest = Guest{Peer{Key: remote}, words(secret, t)}
	w.seal(mac(secret, labelHostSeal, t), mac(secret, labelGuestSeal, t))
	if err := w.send(frameProof, mac(secret, labelHostProof, t)); err != nil {
		inv.conclude(v, err)
		return nil, err
	}
	return v, nil
}

// claim takes the invitation for a guest with a valid proof, and counts an
// invalid one.
func (inv *Invitation) claim(valid bool, hangUp func()) (*visit, error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if err := inv.openLocked(); err != nil {
		return nil, err
	}
	if !valid {
		if inv.failures++; inv.failures >= maxFailures {
			inv.endLocked(ErrBurned)
			return nil, ErrBurned
		}
		return nil, ErrWrongSecret
	}
	inv.visit = &visit{hangUp: hangUp, decided: make(chan decision, 1), finished: make(chan struct{})}
	return inv.visit, nil
}

// host leads the visit from the guest's name to its end, and returns the guest's
// payload.
func (inv *Invitation) host(ctx context.Context, w *wire, v *visit) (payload []byte, err error) {
	body, err := w.receiveSealed(framePerson, maxPerson, stepTime)
	if err != nil {
		return nil, err
	}
	in, err := readIntroduction(body)
	if err != nil {
		return nil, err
	}
	inv.present(v, in)

	answers := make(chan answer, 1)
	go func() { // so that a guest that leaves is noticed meanwhile
		body, err := w.receiveSealed(framePayload, maxHanded, decisionTime+2*stepTime)
		answers <- answer{body, err}
	}()
	defer func() {
		if err != nil { // the reader has ended, or ends by this; a refusal can still be written
			_ = w.conn.SetReadDeadline(time.Now())
		}
	}()
	d, err := v.decision(ctx, answers)
	if err != nil {
		return nil, err
	}
	accept, err := introduce(inv.self, d.payload)
	if err != nil {
		return nil, err
	}
	return w.exchange(accept, answers)
}

// answer is what a guest sends once it was accepted, or why it did not.
type answer struct {
	body []byte
	err  error
}

// decision waits until the person has accepted; else it returns the cause.
func (v *visit) decision(ctx context.Context, answers <-chan answer) (decision, error) {
	timeout := time.NewTimer(decisionTime)
	defer timeout.Stop()
	select {
	case d := <-v.decided:
		return d, d.err
	case a := <-answers:
		if a.err == nil {
			a.err = fmt.Errorf("%w: an answer before the decision", ErrProtocol)
		}
		return decision{}, a.err
	case <-timeout.C:
		return decision{}, ErrExpired
	case <-ctx.Done():
		return decision{}, ctx.Err()
	}
}

// exchange sends the frame accept, and returns the payload that the guest then
// hands over.
func (w *wire) exchange(accept []byte, answers <-chan answer) (payload []byte, err error) {
	if err := w.sendSealed(frameAccept, accept); err != nil {
		return nil, err
	}
	if err := w.conn.SetReadDeadline(time.Now().Add(stepTime)); err != nil {
		return nil, gone(err)
	}
	a := <-answers
	if a.err != nil {
		return nil, a.err
	}
	in, err := readIntroduction(a.body)
	if err != nil {
		return nil, err
	}
	return in.Payload, w.sendSealed(frameDone, nil)
}

// present makes Wait return the guest.
func (inv *Invitation) present(v *visit, in introduction) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	v.guest.Name, v.guest.Platform = in.Name, in.Platform
	v.ready = true
	inv.wakeLocked()
}

// conclude ends the visit: the invitation is used, or open again unless it has
// ended meanwhile.
func (inv *Invitation) conclude(v *visit, err error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	inv.visit = nil
	v.err = err
	close(v.finished)
	if err == nil {
		inv.ended = ErrUsed
	}
	inv.wakeLocked()
}
