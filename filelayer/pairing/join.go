package pairing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net"
	"time"
)

// decisionTime is how long the host's person may take once a guest has proved
// the secret.
const decisionTime = 5 * time.Minute

// Join is the guest's side: over conn, which leads to the device of code.Key,
// it proves the secret, calls show with the words to compare, and waits until
// the host's person has decided. Then it hands payload over, and returns the
// host and the host's payload. show must return soon. Join closes conn.
//
// Errors: ErrOwnCode, ErrExpired, ErrUsed, ErrBurned, ErrCancelled,
// ErrWrongSecret, ErrRejected, ErrVersion, ErrProtocol, ErrGone, and that of ctx.
func Join(ctx context.Context, conn net.Conn, code Code, self Peer, payload []byte, show func(words [4]string)) (Peer, []byte, error) {
	finish := during(ctx, conn)
	host, theirs, err := join(&wire{conn: conn, guest: true}, code, self, payload, show)
	if err = finish(err); err != nil {
		return Peer{}, nil, err
	}
	return host, theirs, nil
}

func join(w *wire, code Code, self Peer, payload []byte, show func([4]string)) (Peer, []byte, error) {
	if code.Key.Equal(self.Key) {
		return Peer{}, nil, ErrOwnCode
	}
	person, err := introduce(self, nil)
	if err != nil {
		return Peer{}, nil, err
	}
	handed, err := introduce(Peer{}, payload)
	if err != nil {
		return Peer{}, nil, err
	}
	t, err := proveGuest(w, code, self)
	if err != nil {
		return Peer{}, nil, err
	}
	if err := w.sendSealed(framePerson, person); err != nil {
		return Peer{}, nil, err
	}
	show(words(code.Secret, t))
	body, err := w.receiveSealed(frameAccept, maxHanded, decisionTime+stepTime)
	if err != nil {
		return Peer{}, nil, err
	}
	in, err := readIntroduction(body)
	if err != nil {
		return Peer{}, nil, err
	}
	if err := w.sendSealed(framePayload, handed); err != nil {
		return Peer{}, nil, err
	}
	if _, err := w.receiveSealed(frameDone, 0, stepTime); err != nil {
		return Peer{}, nil, err
	}
	return Peer{Key: code.Key, Name: in.Name, Platform: in.Platform}, in.Payload, nil
}

// proveGuest exchanges greetings and proofs, and returns the transcript.
func proveGuest(w *wire, code Code, self Peer) ([]byte, error) {
	guest := newHello(self.Key)
	if err := w.send(frameHello, guest.encode()); err != nil {
		return nil, err
	}
	body, err := w.receive(frameHello, helloSize, stepTime)
	if err != nil {
		return nil, err
	}
	host, err := parseHello(body)
	if err != nil {
		return nil, err
	}
	if !host.key.Equal(code.Key) {
		return nil, fmt.Errorf("%w: another device answered", ErrProtocol)
	}
	t := transcript(host, guest)
	if err := w.send(frameProof, mac(code.Secret, labelGuestProof, t)); err != nil {
		return nil, err
	}
	proof, err := w.receive(frameProof, sha256.Size, stepTime)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(proof, mac(code.Secret, labelHostProof, t)) {
		return nil, ErrWrongSecret
	}
	w.seal(mac(code.Secret, labelGuestSeal, t), mac(code.Secret, labelHostSeal, t))
	return t, nil
}
