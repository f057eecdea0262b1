// Package direct makes links between two devices that otherwise reach each
// other through a third: both are asked over the network they share already
// where they can be reached, both knock there at the same time, so that their
// NATs let the other in, and the path that answers first carries QUIC.
//
// # Glossary
//
// A candidate is an address at which a device may be reached: its own (host),
// one that a router has been asked to forward (mapped), or one that others see
// it send from (reflexive, after STUN, RFC 8489; peer when the other device
// saw it). A check is a STUN request from one device to a candidate of the
// other, signed with a password that only the two know; an answer proves that
// packets pass in both directions (as in ICE, RFC 8445, of which only the
// checks are used: whichever path QUIC is dialled on is the one nominated).
//
// Of two devices the one with the lesser key is the caller: it makes the offer
// and dials. The other can only ask it to.
package direct

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// Port is the UDP port of direct links: a fixed one, so that a firewall rule
// is possible. When another program has it, any port is used.
const Port = 7331

// SignalPort is the TCP port on the overlay at which devices agree on a
// direct link.
const SignalPort = 7333

// Errors that say why there is no direct link.
var (
	// ErrSignal: the other device could not be asked, or refused.
	ErrSignal = errors.New("the other device could not be asked for its addresses")
	// ErrNoAnswer: no address of the other device answered. A firewall or a
	// pair of NATs is in the way.
	ErrNoAnswer = errors.New("no address of the other device answered")
	// ErrHandshake: an address answered, but no encrypted connection was made.
	ErrHandshake = errors.New("the encrypted connection failed")
)

// Methods by which a direct link was made, the best first.
const (
	MethodLAN     = "lan"     // within one network
	MethodPublic  = "public"  // one end has a public address
	MethodMapped  = "mapped"  // a router forwards a port
	MethodPunched = "punched" // through two NATs that were opened from within
)

// Device is a device as the network that is shared already knows it.
type Device struct {
	Key    ed25519.PublicKey
	Online bool
	Linked bool // by a link of another kind that leads straight to it
}

// Link is a direct link that has been made.
type Link struct {
	Conn    net.Conn
	Key     ed25519.PublicKey // of the other end, proved by its certificate
	Remote  netip.AddrPort
	Method  string
	Inbound bool // the other end dialled
}

// Options configures an Engine. All but STUN, Mapped, Listeners and Log are
// required.
type Options struct {
	Private     ed25519.PrivateKey
	Certificate tls.Certificate // of Private
	// STUN names servers as "host:port" that are asked for our address.
	STUN []string
	// Mapped returns the address that a router forwards to our socket; the zero
	// AddrPort, or nil, for none.
	Mapped func() netip.AddrPort
	// Listeners returns the "tls://host:port" at which this device may be
	// reached over TCP, for when UDP does not pass.
	Listeners func() []string
	// Subnets returns the addresses of this machine with the subnets they are in.
	Subnets func() []netip.Prefix
	// Devices returns those that may be linked with.
	Devices func() []Device
	// Dial connects to the SignalPort of a device; KeyOf tells who made a
	// connection that was accepted there.
	Dial  func(ctx context.Context, key ed25519.PublicKey) (net.Conn, error)
	KeyOf func(net.Conn) ed25519.PublicKey
	// Carry uses a link for as long as it lasts or until ctx ends, and closes it.
	Carry func(ctx context.Context, l Link) error
	// Call keeps a link to a "tls://host:port" of a device, whose key it must
	// prove, for as long as it lasts. The error is why it ended or was not made.
	Call func(ctx context.Context, uri string, key ed25519.PublicKey) error
	// Changed is called when a link has come or gone, or a report has changed.
	Changed func()
	Log     *slog.Logger
}

// Times of an attempt. A pair of NATs that lets itself be opened does so
// within a few round trips; what takes longer is tried again soon.
const (
	signalWait  = 15 * time.Second // for an offer to be answered, observeWait included
	gatherWait  = 1500 * time.Millisecond
	observeWait = 6 * time.Second // for a device to tell where it sees us, if nobody else does
	checkWait   = 5 * time.Second
	dialWait    = 4 * time.Second // for QUIC's handshake
	// listenersWait is how long UDP is given before TCP listeners are called.
	listenersWait = 2 * time.Second
	// settleWait is how long the first answer waits for one from a better
	// candidate.
	settleWait = 150 * time.Millisecond
	// goodLink is how long a link lasts that is made again at once.
	goodLink = 20 * time.Second
)
