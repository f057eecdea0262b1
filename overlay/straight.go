package overlay

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"net"
	"net/netip"
	"slices"

	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/portmap"
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
		Mapped: n.mapped, Listeners: n.reachableAt, Subnets: func() []netip.Prefix { return n.subnets() }, Devices: n.directDevices,
		Dial:  n.dialSignals,
		KeyOf: func(c net.Conn) ed25519.PublicKey { return c.RemoteAddr().(*Addr).Key },
		Carry: n.links.keepDirect, Call: n.callDirect,
		Changed: n.changed.Raise, Log: n.log,
	})
	if err != nil || opts.NoPortMap || opts.NoLAN {
		return err
	}
	var known netip.AddrPort // mapped; used by Changed alone
	n.ports = portmap.New(portmap.Options{
		Port: n.direct.Port(), Nonce: mappingNonce(n.private), Log: n.log,
		Changed: func() {
			if at := n.mapped(); at != known { // not only why there is none
				known = at
				n.direct.Refresh()
			}
			n.changed.Raise()
		},
	})
	return nil
}

// mappingNonce marks our mappings at a router. It is the same after each start,
// so that what a crash has left there is taken over.
func mappingNonce(private ed25519.PrivateKey) (nonce [12]byte) {
	h := hmac.New(sha256.New, private.Seed())
	h.Write([]byte("port mapping"))
	copy(nonce[:], h.Sum(nil))
	return nonce
}

// mapped returns the address that a router forwards to the socket of direct
// links; the zero AddrPort for none.
func (n *Node) mapped() netip.AddrPort {
	if n.ports == nil {
		return netip.AddrPort{}
	}
	return n.ports.State().External
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
