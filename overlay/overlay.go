package overlay

import (
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/libpaul/paul/overlay/direct"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrDamagedKey: the key file exists but holds no key. It is left as it is.
	ErrDamagedKey = errors.New("key file is damaged")
	// ErrPortInUse: another program holds the port of a listener.
	ErrPortInUse = errors.New("port is in use")
	// ErrBadURI: a peering or listener URI cannot be used.
	ErrBadURI = errors.New("bad peering URI")
	// ErrNoPeering: RemovePeer was given a URI that was never added.
	ErrNoPeering = errors.New("no such peering")
	// ErrBadName: an address is not that of a device on the overlay.
	ErrBadName = errors.New("not an overlay name")
	// ErrNotAdmitted: the device dialled is not admitted.
	ErrNotAdmitted = errors.New("device is not admitted")
	// ErrUnreachable: the device dialled does not answer. It may be off, or
	// there is no way to it.
	ErrUnreachable = errors.New("device is unreachable")
)

// Options configures a Node. Fields left zero mean what their comments say.
type Options struct {
	// KeyFile holds the Ed25519 seed in hex. It is made on first start, with
	// permissions 0600. Required.
	KeyFile string
	// Listen names peering listeners, such as "tls://0.0.0.0:7330" or
	// "quic://127.0.0.1:0"; none when empty.
	Listen []string
	// Peers names the person's own static peers, such as "tls://192.0.2.1:7330".
	// While one of them is linked, no public peer is.
	Peers []string
	// Hints names peerings at which the person's devices may be found. They are
	// tried as Peers are, but do not take the place of a public peer: what is
	// found may be no way to anywhere else.
	Hints []string
	// PublicPeers are the candidates for the one public peer that is linked
	// at a time; nil means the built-in list.
	PublicPeers []string
	// NoPublicPeers links no public peer, and looks none up.
	NoPublicPeers bool
	// NoLAN neither announces this device on the local network nor links
	// with those announced there.
	NoLAN bool
	// NoDirect makes no direct links by itself.
	NoDirect bool
	// NoPortMap asks no router to forward a port; nor does NoLAN.
	NoPortMap bool
	// STUN names the servers, as "host:port", that are asked under which address
	// they see this device; nil means the built-in list, or with NoPublicPeers
	// none. Devices with a public address serve as well, when fewer than two
	// servers are named or none answers.
	STUN []string
	// Log receives what happens; nil discards it.
	Log *slog.Logger
}

// Kinds of peering.
const (
	PeeringLAN     = "lan"     // found on the local network
	PeeringStatic  = "static"  // configured, or added by AddPeer
	PeeringPublic  = "public"  // a public peer, or the standby for it
	PeeringInbound = "inbound" // they called one of our listeners
	PeeringDirect  = "direct"  // made by this device and one of its own, see package direct
)

// Peering is a way to another node, and the link over it if there is one.
type Peering struct {
	URI     string            // as configured, or the remote address of an inbound link
	Up      bool              // there is a link
	Inbound bool              // the other side made it
	Key     ed25519.PublicKey // of the node at the other end; nil until the first link
	RTT     time.Duration     // of the link; 0 while unknown
	RX, TX  uint64            // bytes on the present link
	Transit uint64            // of RX: bytes carried for others
	Kind    string            // PeeringLAN, PeeringStatic, PeeringPublic, PeeringInbound or PeeringDirect
	LastErr string            // why there is no link; "" when there is or none was tried
}

// Traffic is what a node has carried since it was opened, in bytes.
type Traffic struct {
	RX, TX  uint64 // over all links
	Transit uint64 // of RX: carried for others, to other links
}

// Kinds of path.
const (
	PathOffline = "offline" // does not answer
	PathRelayed = "relayed" // through another node
	PathLAN     = "lan"     // by a link within the local network
	PathDirect  = "direct"  // by a link across the internet
)

// Methods of a path that leads straight to a device.
const (
	MethodLAN     = direct.MethodLAN     // within the local network
	MethodPublic  = direct.MethodPublic  // one end has a public address
	MethodMapped  = direct.MethodMapped  // a router forwards a port
	MethodPunched = direct.MethodPunched // through two NATs that were opened from within
	MethodStatic  = "static"             // by a peering that was configured, here or there
)

// Path tells how a device is reached.
type Path struct {
	Kind   string // PathOffline, PathRelayed, PathLAN or PathDirect
	Method string // of PathLAN and PathDirect: how the link was made
	Via    string // the first node on a relayed path; the other end's address on a link

	// ViaKey is the key of the node at the other end of the link that is taken;
	// nil when not known.
	ViaKey ed25519.PublicKey

	RTT      time.Duration // of the last hello; 0 when none was answered
	Since    time.Time     // when it last came online, went offline, or changed its way; zero when never online
	LastSeen time.Time     // when it was last heard; zero when never
	RX, TX   uint64        // bytes per second of late, of packets to and from the device
}
