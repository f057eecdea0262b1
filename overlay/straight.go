package overlay

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	_ "embed"
	"net"
	"net/netip"
	"slices"

	"github.com/libpaul/paul/overlay/direct"
)

// The built-in list of STUN servers: public ones of several operators. They
// learn the address of this device and nothing else.
//
//go:embed stun-servers.txt
var builtInSTUN string

// openDirect binds what direct links need: a UDP socket, and the port on the
// overlay at which devices agree on them.
func (n *Node) openDirect(opts Options, cert tls.Certificate) error {
	n.subnets = func() []netip.Prefix { return directSubnets(opts.NoLAN) }
	var err error
	if n.signals, err = n.listen(direct.SignalPort); err != nil {
		return err
	}
	n.direct, err = direct.Open(direct.Options{
		Private: n.private, Certificate: cert, STUN: stunServers(opts),
		Listeners: n.reachableAt, Subnets: func() []netip.Prefix { return n.subnets() }, Devices: n.directDevices,
		Dial:  n.dialSignals,
		KeyOf: func(c net.Conn) ed25519.PublicKey { return c.RemoteAddr().(*Addr).Key },
		Carry: n.links.keepDirect, Call: n.callDirect,
		Changed: n.changed.Raise, Log: n.log,
	})
	return err
}

func stunServers(opts Options) []string {
	if opts.STUN != nil {
		return opts.STUN
	}
	if opts.NoPublicPeers {
		return nil
	}
	return peerList(builtInSTUN)
}

// directDevices lists the devices that direct links may be made with.
func (n *Node) directDevices() []direct.Device {
	keys := n.devices.admittedKeys()
	list := make([]direct.Device, len(keys))
	for i, key := range keys {
		k := n.links.to(key)
		list[i] = direct.Device{Key: key, Online: n.devices.isOnline(key), Linked: k != nil && k.kind != PeeringDirect}
	}
	return list
}

func (n *Node) dialSignals(ctx context.Context, key ed25519.PublicKey) (net.Conn, error) {
	return n.reach(ctx, key, AddressOf(key), direct.SignalPort)
}

// callDirect keeps a link to a listener of a device for as long as it lasts.
func (n *Node) callDirect(ctx context.Context, uri string, key ed25519.PublicKey) error {
	u, err := parsePeerURI(uri, "tls")
	if err != nil {
		return err
	}
	u.key = key
	return n.links.call(ctx, u, PeeringDirect, func(ed25519.PublicKey) {})
}

// reachableAt returns the URIs of listeners that serve more than the local
// network.
func (n *Node) reachableAt() []string {
	var uris []peerURI
	for _, l := range n.links.listeners {
		if !l.lan && l.uri.scheme == "tls" && len(l.uri.password) == 0 {
			uris = append(uris, l.uri)
		}
	}
	return hints(uris, machineAddrs())
}

// watch looks at each change of links and devices how they are reached now.
func (n *Node) watch(ctx context.Context) {
	woken, stop := n.changed.Listen()
	defer stop()
	for {
		select {
		case <-woken:
			n.noteWays()
			if n.direct != nil {
				n.direct.Kick()
			}
		case <-ctx.Done():
			return
		}
	}
}

// directSubnets returns the addresses that direct links may use, with their
// subnets: without the local network only those that can be reached from
// anywhere.
func directSubnets(noLAN bool) []netip.Prefix {
	return slices.DeleteFunc(machineSubnets(), func(p netip.Prefix) bool {
		a := p.Addr().Unmap()
		return a.IsLoopback() || noLAN && !direct.IsPublic(a)
	})
}
