package overlay

import "crypto/ed25519"

// arrived notes the link by which something of a device came. Any peer can
// claim that, so it is used to show a path and for nothing else.
func (t *devices) arrived(from ed25519.PublicKey, by *link) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if d := t.table[AddressOf(from)]; d != nil && d.key.Equal(from) {
		d.arrival.Store(by)
	}
}

// Path tells how the device with that key is reached now.
func (n *Node) Path(key ed25519.PublicKey) Path {
	n.devices.mu.RLock()
	d := n.devices.table[AddressOf(key)]
	if d == nil || !d.admitted || !d.key.Equal(key) {
		n.devices.mu.RUnlock()
		return Path{Kind: PathOffline}
	}
	p := d.presence
	arrival := d.arrival.Load()
	n.devices.mu.RUnlock()

	path := Path{Kind: PathOffline, Since: p.since, LastSeen: p.seen(d.heard.Load())}
	if !p.online {
		return path
	}
	path.RTT = p.rtt
	if k := n.links.to(key); k != nil {
		path.Kind, path.Via = PathDirect, k.remote.String()
		if k.local {
			path.Kind = PathLAN
		}
		return path
	}
	path.Kind = PathRelayed
	if arrival != nil && n.links.isUp(arrival) {
		path.Via = arrival.uri
	}
	return path
}
