package app

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/overlay"
)

// maxHints bounds the peers of pair codes that a device remembers.
const maxHints = 12

// windowLinger is how long the pairing window stays open after its invitation
// has ended: whoever still brings the code is told why it no longer works.
const windowLinger = 2 * time.Minute

// nodeOptions tells the node what a start's options and the settings say of
// links. ErrBadSetting for STUN servers that cannot be used.
func nodeOptions(opts Options, c config) (overlay.Options, error) {
	if opts.Offline {
		return overlay.Options{NoPublicPeers: true, NoLAN: true, NoDirect: true}, nil
	}
	stun := c.STUN
	if len(opts.STUN) > 0 {
		stun = opts.STUN
	}
	return overlay.Options{
		Listen:        join(c.Listen, opts.Listen),
		Peers:         join(c.Peers, opts.Peers),
		Hints:         c.Hints,
		NoPublicPeers: opts.NoPublicPeers || !c.PublicPeers,
		NoLAN:         opts.NoLAN || !c.LAN,
		NoDirect:      opts.NoDirect || !c.Direct,
		NoPortMap:     opts.NoPortMap || !c.PortMap,
		STUN:          stunServers(stun),
	}, checkSTUN(stun)
}

// network is the overlay as the file layer sees it: devices by their ID.
type network struct{ app *App }

func (n network) Admit(id string) error {
	key, err := parseKey(id)
	if err != nil {
		return err
	}
	n.app.node.Admit(key)
	return nil
}

func (n network) Expel(id string, notice []byte) {
	if key, err := parseKey(id); err == nil {
		n.app.node.Refuse(key, notice)
	}
}

func (n network) Online(id string) bool {
	key, err := parseKey(id)
	return err == nil && n.app.node.Path(key).Kind != overlay.PathOffline
}

// OpenWindow opens the pairing window; the func it returns closes it a while later.
func (n network) OpenWindow() func() {
	closeWindow := n.app.node.OpenWindow(filelayer.PairPort)
	self := n.app.Self()
	stop := n.app.node.MakeOffer(self.Name, self.Platform)
	return func() {
		stop()
		time.AfterFunc(windowLinger, closeWindow)
	}
}

func (n network) Hints() []string         { return n.app.node.Hints() }
func (n network) Changed() *signal.Signal { return n.app.node.Changed() }

// AddPeer adds a peer that a pair code names. Once the two devices are paired it
// is remembered, so that they find each other again after a restart.
func (n network) AddPeer(uri string) (settle func(paired bool) error, err error) {
	before := n.hasPeer(uri)
	if err := n.app.node.AddHint(uri); err != nil {
		return nil, err
	}
	return func(paired bool) error {
		switch {
		case paired:
			return n.remember(uri)
		case !before && !n.app.config.get().peers(uri) && n.hasPeer(uri): // not when another spelling of it was there
			return ignoreNoPeering(n.app.node.RemovePeer(uri))
		}
		return nil
	}, nil
}

// hasPeer tells whether the node has been given the peer uri.
func (n network) hasPeer(uri string) bool {
	return slices.ContainsFunc(n.app.node.Peers(), func(p Peering) bool {
		return p.Kind == overlay.PeeringStatic && p.URI == uri
	})
}

func (n network) remember(uri string) error {
	return n.app.config.update(func(c *config) error {
		if c.peers(uri) {
			return nil
		}
		c.Hints = append(slices.Clone(c.Hints), uri)
		c.Hints = c.Hints[max(0, len(c.Hints)-maxHints):]
		return nil
	})
}

// hexKey returns the ID of the device with that key.
func hexKey(key ed25519.PublicKey) string { return hex.EncodeToString(key) }

func parseKey(id string) (ed25519.PublicKey, error) {
	key, err := hex.DecodeString(id)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is not a device ID: it has 64 hex digits", id)
	}
	return key, nil
}

// keepPeerConns is a little less than the peer service keeps a connection on
// which nothing is asked. A request over one that is open takes a round trip,
// over a new one two; the overlay ends those of a device that has gone.
const keepPeerConns = filelayer.PeerIdle - time.Minute

// maxIdlePeerConns bounds how many are kept, to all devices together: each holds
// 128 KB of buffers.
const maxIdlePeerConns = 64

// peerTransport reaches the peer service of other devices by dial. It sets no limit on
// a whole answer: a changes feed stays open, and photos are large.
func peerTransport(dial func(ctx context.Context, network, addr string) (net.Conn, error)) http.RoundTripper {
	return &http.Transport{
		DialContext:           dial,
		DisableCompression:    true, // photos do not shrink
		MaxIdleConns:          maxIdlePeerConns,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       keepPeerConns,
		ExpectContinueTimeout: time.Second,
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
	}
}
