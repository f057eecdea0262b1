package overlay

import (
	"crypto/ed25519"
	"time"
)

// welcome reports whether the core may see what claims to come from that key:
// of others it makes no session, and answers nothing. While a pairing window is
// open, it may see some of them by each link, and so much of each. It notes the link by
// which something of a device came. Any peer can claim that, so it is used to
// show a path and for nothing else.
func (t *devices) welcome(from ed25519.PublicKey, by *link) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	at := AddressOf(from)
	d := t.table[at]
	switch {
	case at == t.own: // who says so lies: nothing for this device comes from it by a link
		return false
	case d == nil:
		return len(t.windows) > 0 && by.budget.knock(from, nil) || t.refused.welcome(from)
	case d.gone || !d.key.Equal(from):
		return false
	case !d.admitted && !by.budget.knock(from, d.frames):
		return false
	}
	d.arrival.Store(by)
	d.knocked.Store(time.Now().UnixNano())
	return true
}

// Path tells how the device with that key is reached now.
func (n *Node) Path(key ed25519.PublicKey) Path {
	now := time.Now()
	n.devices.mu.Lock()
	defer n.devices.mu.Unlock()
	d := n.devices.table[AddressOf(key)]
	if d == nil || !d.admitted || !d.key.Equal(key) {
		return Path{Kind: PathOffline}
	}
	path := n.way(d)
	if path.Kind != d.way.Kind || path.Method != d.way.Method || path.Via != d.way.Via {
		d.way = Path{Kind: path.Kind, Method: path.Method, Via: path.Via, Since: now}
		if since := d.presence.since; path.Kind == PathOffline || d.way.Since.Sub(since) < settling {
			d.way.Since = since
		}
	}
	path.Since, path.LastSeen = d.way.Since, d.presence.seen(d.heard.Load())
	path.RX, path.TX = d.rx.perSecond(now), d.tx.perSecond(now)
	return path
}

// settling is how soon after a device came online its way counts as found then.
const settling = time.Second

// way tells by what packets to an admitted device go. The caller holds
// devices.mu.
func (n *Node) way(d *device) Path {
	if !d.presence.online {
		return Path{Kind: PathOffline}
	}
	path := Path{Kind: PathRelayed, RTT: d.presence.rtt}
	if k := n.links.to(d.key); k != nil {
		path.Kind, path.Via, path.ViaKey, path.Method = PathDirect, k.remote.String(), k.key, k.method
		if k.local {
			path.Kind = PathLAN
		}
	} else if by := d.arrival.Load(); by != nil && n.links.isUp(by) {
		path.Via, path.ViaKey = by.uri, by.key
	}
	return path
}

// noteWays notes how devices are reached now, so that Path tells since when.
func (n *Node) noteWays() {
	for _, key := range n.devices.admittedKeys() {
		n.Path(key)
	}
}
