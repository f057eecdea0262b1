package overlay

import "crypto/ed25519"

// welcome reports whether the core may see what claims to come from that key:
// of others it makes no session, and answers nothing. While a pairing window is
// open, it may see some of them by each link. It notes the link by
// which something of a device came. Any peer can claim that, so it is used to
// show a path and for nothing else.
func (t *devices) welcome(from ed25519.PublicKey, by *link) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	d := t.table[AddressOf(from)]
	if d == nil {
		return len(t.windows) > 0 && by.budget.knock(from)
	}
	if d.gone || !d.key.Equal(from) {
		return false
	}
	d.arrival.Store(by)
	return true
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
