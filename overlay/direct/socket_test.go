package direct

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

func asError[T error](err error, as *T) bool { return errors.As(err, as) }

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Only a check that names an open session and is signed with its password is
// answered.
func TestChecks(t *testing.T) {
	t.Parallel()
	d := newDevice(t, 3).run()
	c, err := openSession(d.socket)
	if err != nil {
		t.Fatal(err)
	}
	user, good := stun.NewUsername(c.user), stun.NewShortTermIntegrity(c.password)
	bad := stun.NewShortTermIntegrity("another password of some length")
	conn := listenUDP(t)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(d.Port())}
	send := func(setters ...stun.Setter) *stun.Message {
		m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, setters...)...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.WriteTo(m.Raw, to); err != nil {
			t.Fatal(err)
		}
		return m
	}
	buf := make([]byte, 1500)
	receive := func(wait time.Duration) (int, error) {
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		n, _, err := conn.ReadFrom(buf)
		return n, err
	}
	for { // until it reads
		send(user, good, stun.Fingerprint)
		if _, err := receive(20 * time.Millisecond); err == nil {
			break
		}
	}
	for { // and all that were answered late are read
		if _, err := receive(100 * time.Millisecond); err != nil {
			break
		}
	}
	send()
	send(stun.Fingerprint)
	send(user, stun.Fingerprint)
	send(user, bad, stun.Fingerprint)
	send(user, good)
	send(stun.NewUsername("nobody"), good, stun.Fingerprint)
	if _, err := conn.WriteTo([]byte{0, 1, 0, 0}, to); err != nil {
		t.Fatal(err)
	}
	last := send(user, good, stun.Fingerprint)
	n, err := receive(patience)
	if err != nil {
		t.Fatal(err)
	}
	m := &stun.Message{Raw: buf[:n]}
	var seen stun.XORMappedAddress
	switch {
	case m.Decode() != nil, m.TransactionID != last.TransactionID, m.Type != stun.BindingSuccess:
		t.Errorf("the first answer is %v, want one to the last check", m)
	case good.Check(m) != nil, seen.GetFrom(m) != nil, seen.Port != conn.LocalAddr().(*net.UDPAddr).Port:
		t.Errorf("the answer says %v", m)
	}
	if own := netip.MustParseAddrPort(conn.LocalAddr().String()); !d.socket.expects(own) {
		t.Error("an address that has sent a signed check is not expected")
	}
	c.close()
	send(user, good, stun.Fingerprint)
	if n, err := receive(50 * time.Millisecond); err == nil {
		t.Errorf("%d bytes after the session was closed", n)
	}
}

// server answers binding requests as answer says, until the test ends.
func server(t *testing.T, answer func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr)) string {
	t.Helper()
	c := listenUDP(t)
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if m := (&stun.Message{Raw: append([]byte(nil), buf[:n]...)}); m.Decode() == nil {
				answer(c, m, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func reply(m *stun.Message, setters ...stun.Setter) []byte {
	r, err := stun.Build(append([]stun.Setter{stun.NewTransactionIDSetter(m.TransactionID)}, setters...)...)
	if err != nil {
		panic(err)
	}
	return r.Raw
}

// A STUN server that answers nonsense, or lets another answer, is as one that
// does not answer; the next question may still be answered well.
func TestServers(t *testing.T) {
	t.Parallel()
	d := newDevice(t, 4).run()
	address := func(text string) *stun.XORMappedAddress {
		at := netip.MustParseAddrPort(text)
		return &stun.XORMappedAddress{IP: at.Addr().AsSlice(), Port: int(at.Port())}
	}
	elsewhere := listenUDP(t)
	for name, tt := range map[string]struct {
		answer func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr)
		want   error
	}{
		"good": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("11.22.33.44:5")), from)
		}, nil},
		"good after nonsense": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo([]byte("nonsense"), from)
			_, _ = c.WriteTo(m.Raw, from)                       // our own request
			_, _ = c.WriteTo(reply(m, stun.BindingError), from) // an error
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("11.22.33.44:5")), from)
		}, nil},
		"silent": {func(*net.UDPConn, *stun.Message, *net.UDPAddr) {}, errNoServer},
		"another": {func(_ *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = elsewhere.WriteTo(reply(m, stun.BindingSuccess, address("11.22.33.44:5")), from)
		}, errNoServer},
		"another question": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			m.TransactionID[0]++
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("11.22.33.44:5")), from)
		}, errNoServer},
		"no address": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess), from)
		}, errNoServer},
		"port 0": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("11.22.33.44:0")), from)
		}, errNoServer},
		"a private lie": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("192.168.1.1:80")), from)
		}, errLies},
		"a multicast lie": {func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
			_, _ = c.WriteTo(reply(m, stun.BindingSuccess, address("224.0.0.251:5353")), from)
		}, errLies},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), gatherWait)
			defer cancel()
			seen, err := d.askServer(ctx, server(t, tt.answer))
			if !errors.Is(err, tt.want) || err == nil && seen.String() != "11.22.33.44:5" {
				t.Errorf("%v, %v; want %v", seen, err, tt.want)
			}
		})
	}
	t.Run("forgotten", func(t *testing.T) { //nolint:paralleltest // after all others
		t.Cleanup(func() {
			d.socket.mu.Lock()
			defer d.socket.mu.Unlock()
			if len(d.socket.asked) != 0 {
				t.Errorf("%d questions are still open", len(d.socket.asked))
			}
		})
	})
}
