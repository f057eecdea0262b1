package overlay

import (
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// wrap makes an express connection beside a link. It fails when the link has gone, or
// the device may not have one more.
func (x *express) wrap(c *tls.Conn, k *link, local, remote uint16) (*expressConn, error) {
	if k == nil {
		return nil, errNotLinked
	}
	e := &expressConn{
		Conn: c, devices: x.node.devices, link: k,
		local: Addr{Key: x.node.PublicKey(), Port: local}, remote: Addr{Key: k.key, Port: remote},
	}
	if !e.devices.trackExpress(e, k.key) {
		return nil, fmt.Errorf("device %s: %w", HostName(k.key), ErrNotAdmitted)
	}
	if !x.node.links.isUp(k) || x.node.isDown() { // see devices.cutBeside
		e.abort()
		return nil, errNotLinked
	}
	return e, nil
}

// expressConn is an express connection. It counts as traffic of its device.
type expressConn struct {
	*tls.Conn
	devices       *devices
	device        *device // set by devices.trackExpress
	link          *link
	local, remote Addr
}

func (c *expressConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.device.rx.add(n, time.Now())
	return n, err
}

func (c *expressConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.device.tx.add(n, time.Now())
	return n, err
}

// abort cuts the connection at once: both ends fail.
func (c *expressConn) abort() {
	c.devices.untrack(c.device, c)
	if t, ok := c.NetConn().(*net.TCPConn); ok {
		_ = t.SetLinger(0) // a reset
	}
	_ = c.NetConn().Close() // there is nothing to wait for
}

func (c *expressConn) Close() error {
	c.devices.untrack(c.device, c)
	return c.Conn.Close()
}

func (c *expressConn) LocalAddr() net.Addr  { return &c.local }
func (c *expressConn) RemoteAddr() net.Addr { return &c.remote }

// beside returns the link to a node that an express connection may go beside: one that
// this end has dialled over TLS, else one that the other end has. With now, those are
// left out beside which there was none of late.
func (ls *links) beside(key ed25519.PublicKey, now time.Time) *link {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var best *link
	for k := range ls.up {
		if !k.key.Equal(key) || k.uri[:min(len(k.uri), 4)] != "tls:" ||
			!now.IsZero() && now.UnixNano()-k.expressFailed.Load() < int64(expressRetry) {
			continue
		}
		if best == nil || best.inbound && !k.inbound || best.inbound == k.inbound && k.better(best) {
			best = k
		}
	}
	return best
}

// trackExpress ties a connection to an admitted device, so that the two end together.
func (t *devices) trackExpress(c *expressConn, key ed25519.PublicKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.table[AddressOf(key)]
	if d == nil || d.gone || !d.admitted || !d.key.Equal(key) {
		return false
	}
	n := 0
	for other := range d.conns {
		if _, ok := other.(*expressConn); ok {
			n++
		}
	}
	if n >= maxExpress {
		return false
	}
	d.conns[c] = struct{}{}
	c.device = d
	return true
}

// cutBeside cuts the express connections beside a link; nil: all of them.
func (t *devices) cutBeside(k *link) {
	var cut []*expressConn
	t.mu.RLock()
	for _, d := range t.table {
		for c := range d.conns {
			if e, ok := c.(*expressConn); ok && (k == nil || e.link == k) {
				cut = append(cut, e)
			}
		}
	}
	t.mu.RUnlock()
	for _, e := range cut {
		e.abort()
	}
}

// isAdmitted reports whether the key is that of an admitted device.
func (t *devices) isAdmitted(key ed25519.PublicKey) bool {
	d, ok := t.admittedAt(AddressOf(key))
	return ok && d.key.Equal(key)
}
