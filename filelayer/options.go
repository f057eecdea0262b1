package filelayer

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/libpaul/paul/internal/signal"
)

// Ports of the overlay that a device serves.
const (
	PeerPort = 7331 // the peer service, HTTP
	PairPort = 7332 // pairing
)

// PeerIdle is how long the peer service keeps a connection open on which
// nothing is asked.
const PeerIdle = time.Hour

// Options configures a [Layer]. The zero value of a field selects its default.
type Options struct {
	// Dir holds the records, the index of blobs and what else is not for
	// people. Required.
	Dir string

	// Library is the folder that holds the originals. Required.
	Library string

	// Places are the folders that were added in place, as AddPlace has returned
	// them.
	Places []string

	// DeviceID is this device's public key, 64 lower-case hex digits. Required.
	DeviceID string

	// Name is what the person calls this device, Platform its operating
	// system, and Address its overlay address: what the others are shown.
	// An empty Name keeps the one recorded before, or else is "Paul".
	Name, Platform, Address string

	// Network is the overlay. If nil, the device is alone.
	Network Network

	// Transport reaches http://<32 hex>.<32 hex>.pk.ygg:7331/ of a peer.
	// Required with a Network.
	Transport http.RoundTripper
	// Bulk is Transport for the bytes of files: a request may fail in the middle
	// when the way to a device changes. It goes on from there. If nil, Transport.
	Bulk http.RoundTripper

	// Dial opens the pairing connection to a device that is not yet paired.
	// Required for UsePairCode.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Listener and PairListener accept peers, and devices that want to be. The
	// host of a connection's RemoteAddr is the peer's pk.ygg name, and is
	// trusted. If nil, the layer serves nobody.
	Listener, PairListener net.Listener

	// DatabaseURL is an external CouchDB, with user and password if need be,
	// with which the records are kept the same while it answers. If empty,
	// there is none.
	DatabaseURL string

	// Copies is how many other devices must prove that they hold a file before
	// Unsave drops the copy here. At least, and by default, 1.
	Copies int

	// Role is what this device keeps by itself, until SetRole changes it.
	Role Role

	// Limits bound what moves between this device and others, until SetLimits
	// changes them.
	Limits Limits

	// CacheBytes bounds the temporary copies that Fetch keeps. Default 2 GiB.
	CacheBytes int64

	// Log receives the layer's records. If nil, they are discarded.
	Log *slog.Logger

	// Tests alone set these: the clock of the device, and whether received bytes
	// are taken for what they are said to be.
	now       func() time.Time
	believing bool
}

// Network is what the layer needs of the overlay. Its methods do not block.
type Network interface {
	// Admit lets the device with this ID reach this one, and be reached.
	Admit(id string) error
	// Expel undoes Admit, and cuts open connections. If notice is not nil, the device
	// is told that, and nothing else, when it next looks for this one: of what it is
	// told by a device that it admits, it calls [Layer.HearRemoval].
	Expel(id string, notice []byte)
	// Online says whether the device answers.
	Online(id string) bool
	// OpenWindow lets devices that are not admitted reach PairPort, until
	// closeWindow is called.
	OpenWindow() (closeWindow func())
	// Hints are peerings at which devices near this one may reach it.
	Hints() []string
	// AddPeer asks for a peering, by which a device is looked for. settle says
	// whether it was found: then the peering is kept, also for later starts;
	// else it ends, unless it was there before.
	AddPeer(uri string) (settle func(found bool) error, err error)
	// Changed is raised when a device comes or goes.
	Changed() *signal.Signal
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" || o.Library == "" {
		return o, errors.New("filelayer: Options.Dir and Options.Library are required")
	}
	if !validDeviceID(o.DeviceID) {
		return o, errors.New("filelayer: Options.DeviceID must be 64 lower-case hex digits")
	}
	if o.Network == nil {
		o.Network = new(noNetwork)
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	o.Copies = max(o.Copies, 1)
	if o.CacheBytes == 0 {
		o.CacheBytes = 2 << 30
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o, nil
}

// noNetwork is the overlay of a device that is alone.
type noNetwork struct{ changed signal.Signal }

func (*noNetwork) Admit(string) error   { return nil }
func (*noNetwork) Expel(string, []byte) {}
func (*noNetwork) Online(string) bool   { return false }
func (*noNetwork) OpenWindow() func()   { return func() {} }
func (*noNetwork) Hints() []string      { return nil }

func (*noNetwork) AddPeer(string) (func(bool) error, error) {
	return func(bool) error { return nil }, nil
}

func (n *noNetwork) Changed() *signal.Signal { return &n.changed }

// Times the layer keeps to.
const (
	trashAge     = 30 * 24 * time.Hour // how long removed bytes can be brought back
	leaseTime    = 10 * time.Minute    // how long a lease binds who grants it
	resolveRetry = 5 * time.Second     // after conflicts could not be merged
	scanEvery    = 6 * time.Hour       // between looks at all files of the library
	scanBlind    = time.Hour           // the same, where the system does not tell what other programs change there
	scanQuiet    = time.Second         // nothing may have changed in a file for so long before it is looked at
	purgeDelay   = 10 * time.Minute    // from the start to the first purge: what others restored is heard of before
)
