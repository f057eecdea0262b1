package pairing

import "errors"

var (
	// ErrBadCode says that a text is no pair code; the wrapping error says why.
	ErrBadCode = errors.New("not a valid pair code")
	// ErrVersion says that the two devices, or a code and this one, are of
	// different versions.
	ErrVersion = errors.New("the two devices run different versions of Paul: update the older one")
	// ErrExpired says that the time of the code, or to decide, is over.
	ErrExpired = errors.New("pair code has expired: ask for a new one")
	// ErrUsed says that another device has used the code.
	ErrUsed = errors.New("pair code was already used: ask for a new one")
	// ErrBurned says that the code was withdrawn after three wrong secrets.
	ErrBurned = errors.New("pair code was withdrawn after three failed attempts: ask for a new one")
	// ErrOwnCode says that the code is this device's own.
	ErrOwnCode = errors.New("this is this device's own pair code: use it on the other device")
	// ErrRejected says that the host's person refused the guest.
	ErrRejected = errors.New("the other device refused to pair")
	// ErrCancelled says that the host's person withdrew the code.
	ErrCancelled = errors.New("pair code was withdrawn: ask for a new one")
	// ErrWrongSecret says that a proof was wrong: the code is not the one that
	// the host shows now, or an end is not who it says it is.
	ErrWrongSecret = errors.New("secret of the pair code is wrong: compare it with the one shown now")
	// ErrGone says that the other device hung up, or did not answer in time.
	ErrGone = errors.New("the other device hung up: try again")
	// ErrProtocol says that the other end does not speak the protocol.
	ErrProtocol = errors.New("the other device does not follow the pairing protocol")
	// ErrBusy says that too many devices try the code at once.
	ErrBusy = errors.New("too many devices try this code at once: try again")
	// ErrNoGuest says that no guest awaits a decision.
	ErrNoGuest = errors.New("no device awaits a decision")
)

// causes are what a host may say in a refusal, by their number on the wire.
var causes = map[byte]error{
	1: ErrExpired,
	2: ErrUsed,
	3: ErrBurned,
	4: ErrRejected,
	5: ErrCancelled,
	6: ErrWrongSecret,
	7: ErrVersion,
	8: ErrOwnCode,
}
