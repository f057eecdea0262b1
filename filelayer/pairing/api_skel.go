package pairing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"time"
)

var errSkel = errors.New("not written yet")

var (
	// ErrBadCode says that the text is no pair code, and the wrapping error why.
	ErrBadCode = errors.New("not a valid pair code")
	// ErrExpired says that the code's time is over.
	ErrExpired = errors.New("pair code has expired: ask for a new one")
	// ErrUsed says that another device has used the code.
	ErrUsed = errors.New("pair code was already used: ask for a new one")
	// ErrBurned says that the code was withdrawn after three wrong secrets.
	ErrBurned = errors.New("pair code was withdrawn after three failed attempts: ask for a new one")
	// ErrOwnCode says that the code is this device's own.
	ErrOwnCode = errors.New("this is this device's own pair code: use it on the other device")
	// ErrRejected says that the host's person refused.
	ErrRejected = errors.New("the other device refused")
	// ErrCancelled says that the host's person withdrew the code.
	ErrCancelled = errors.New("pair code was withdrawn")
	// ErrWrongSecret says that a proof was wrong: the code is mistyped or not this host's latest.
	ErrWrongSecret = errors.New("secret of the pair code is wrong")
	// ErrGone says that the other device hung up.
	ErrGone = errors.New("the other device hung up")
	// ErrProtocol says that the other end does not speak this protocol.
	ErrProtocol = errors.New("the other device does not speak Paul's pairing protocol")
	// ErrVersion says that the other end, or the code, is of a newer version.
	ErrVersion = errors.New("the other device runs a newer Paul: update this one")
	// ErrBusy says that too many devices knock at once.
	ErrBusy = errors.New("too many devices are trying this code at once: try again")
)

// TTL is how long a code can be used.
const TTL = 10 * time.Minute

// Code is what a pair code says.
type Code struct {
	Key     ed25519.PublicKey
	Secret  [16]byte
	Expires time.Time // to the second
	Hints   []string  // peering URIs, "tls://192.0.2.1:7999"
}

// Encode returns "paul:" and Crockford base32.
func (Code) Encode() (string, error) { return "", errSkel }

// ParseCode reads what a person typed or pasted. ErrBadCode, ErrVersion. The
// expiry is not judged (clocks differ); the host does that, see also Expired.
func ParseCode(string) (Code, error) { return Code{}, errSkel }

// Expired reports whether the code's time is over by this clock.
func (Code) Expired(now time.Time) bool { return false }

// Peer is one end as it presents itself.
type Peer struct {
	Key      ed25519.PublicKey
	Name     string
	Platform string
}

// Guest is a device that proved the secret and awaits the person's decision.
type Guest struct {
	Peer
	Words [4]string
}

// Options of an invitation.
type Options struct {
	Self  Peer
	Hints []string
	TTL   time.Duration // 0 means TTL
}

// Invitation is the host's side.
type Invitation struct{}

// NewInvitation makes a code with a new secret.
func NewInvitation(Options) (*Invitation, error) { return nil, errSkel }
func (*Invitation) Code() string                 { return "" }
func (*Invitation) Expires() time.Time           { return time.Time{} }

// Serve speaks with one guest; remote is the key that conn is authenticated
// by. It closes conn, and returns nil when the guest was paired. Call it for each accepted
// connection, in a goroutine of its own.
func (*Invitation) Serve(ctx context.Context, conn net.Conn, remote ed25519.PublicKey) error {
	return errSkel
}

// Wait blocks until a guest has proved the secret: ErrExpired, ErrBurned, ErrCancelled, ErrUsed (decided).
func (*Invitation) Wait(ctx context.Context) (Guest, error) { return Guest{}, errSkel }

// Accept sends payload to the guest that Wait returned, and returns the guest's.
// ErrGone: the guest hung up; the code is open again, Wait again.
func (*Invitation) Accept(ctx context.Context, payload []byte) (Guest, []byte, error) {
	return Guest{}, nil, errSkel
}

// Reject refuses the guest that Wait returned, and ends the invitation.
func (*Invitation) Reject() {}

// Cancel ends the invitation; idempotent, harmless after the end.
func (*Invitation) Cancel() {}

// Join is the guest's side over an overlay connection to code.Key: show is called with the words,
// then it waits for the host's person. It closes conn.
func Join(ctx context.Context, conn net.Conn, code Code, self Peer, payload []byte, show func(words [4]string)) (Peer, []byte, error) {
	return Peer{}, nil, errSkel
}

// Words of a transcript.
func Words(transcript []byte) [4]string { return [4]string{} }
