// Package portmap keeps one UDP port of this machine open to the internet on
// the router that stands before it, by whichever protocol the router speaks:
// PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP IGD, versions 1 and 2.
//
// A gateway is the router of a default route. An attempt asks one gateway by
// one protocol; all attempts start together, and the first that works, in the
// order named above, gives the mapping. A mapping whose external address lies
// behind another router is worth nothing, and is not offered.
//
// Nothing that a router says is believed further than that: it is asked from
// the address that its answers must come from, UPnP is spoken to no host but
// the gateway itself, and answers are bounded in size and in lifetime.
package portmap

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// Errors that callers tell apart with errors.Is. They say what a person can do.
var (
	// ErrNoGateway: there is no default route over IPv4.
	ErrNoGateway = errors.New("no router was found: this machine has no IPv4 route to the internet; connect it to a network")
	// ErrNotNeeded: the machine has a public address of its own.
	ErrNotNeeded = errors.New("this machine has a public IPv4 address: no port needs to be mapped, only allowed in its firewall")
	// ErrNoAnswer: the gateway does not answer in the protocol asked.
	ErrNoAnswer = errors.New("the router does not answer")
	// ErrBadAnswer: what the gateway answers breaks the protocol.
	ErrBadAnswer = errors.New("the router's answer makes no sense; restarting or updating it may help")
	// ErrRefused: the gateway understood, and will not.
	ErrRefused = errors.New("the router refuses to map ports for this machine; allow it in the router's settings")
	// ErrFull: the gateway has no room for another mapping, or every port tried is taken.
	ErrFull = errors.New("the router has no port left to map; remove mappings in its settings, or restart it")
	// ErrOffline: the gateway has no external address, or none that it would
	// map ports on: miniupnpd says the same behind another NAT.
	ErrOffline = errors.New("the router has no public address: it is not connected at present, or another router or the provider's NAT stands before it")
	// ErrDoubleNAT: the gateway has another NAT before or behind it.
	ErrDoubleNAT = errors.New("two routers stand one behind the other; put one of them into bridge mode, or forward the port on both")
	// ErrCGNAT: the gateway's external address is in 100.64.0.0/10 (RFC 6598).
	ErrCGNAT = errors.New("the internet provider shares one address among customers (CGNAT); ask it for a public IPv4 address")
)

// Methods of Attempt and State.
const (
	MethodPCP    = "pcp"
	MethodNATPMP = "nat-pmp"
	MethodUPnP   = "upnp"
)

// Options configures a Mapper. Fields left zero mean what their comments say.
type Options struct {
	// Port is the local UDP port, and the external one that is asked for
	// first. Required.
	Port uint16
	// Nonce marks the mapping as ours (RFC 6887, 11.1). One that stays the
	// same from run to run lets a run take over, and remove, what an earlier
	// one that crashed left at the router. It is not told to anyone else. Zero
	// means a random one.
	Nonce [12]byte
	// Changed is called when State gives another External, Method or Err. It
	// must not block. Nil calls nobody.
	Changed func()
	// Log receives what happens; nil discards it.
	Log *slog.Logger
}

// State is what is mapped at present, and what was tried.
type State struct {
	// External leads to the local port from the internet; zero if there is no
	// mapping.
	External netip.AddrPort
	// Method is that of the mapping: MethodPCP, MethodNATPMP or MethodUPnP; ""
	// if there is none.
	Method string
	// Since is when External was first mapped.
	Since time.Time
	// Expires is when the mapping ends if it is not renewed; zero for one that
	// ends only when it is removed.
	Expires time.Time
	// Err is why there is no mapping, or why the last renewal failed; nil
	// before the first attempt has ended, and while all is well.
	Err error
	// Tried is what the last look-up found, one for each gateway and method,
	// up to the first that worked.
	Tried []Attempt
}

// Attempt is one gateway asked by one method.
type Attempt struct {
	Gateway netip.Addr
	Method  string
	Err     error         // nil: this one gave the mapping
	Took    time.Duration // until it was known
}
