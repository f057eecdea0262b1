package overlay

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"github.com/yggdrasil-network/yggdrasil-go/src/core"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// raw is a plain Yggdrasil node that sends what it likes, and keeps all that
// it receives.
type raw struct {
	*core.Core
	mu  sync.Mutex // guards got
	got [][]byte   // what sessions have delivered
}

func newRaw(t *testing.T, key ed25519.PrivateKey) *raw {
	t.Helper()
	cert, err := certificate(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.New(cert, nil, core.NodeInfo(nil), core.NodeInfoPrivacy(true))
	if err != nil {
		t.Fatal(err)
	}
	r := &raw{Core: c}
	var group sync.WaitGroup
	group.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := c.PacketConn.ReadFrom(buf)
			if err != nil {
				return
			}
			r.mu.Lock()
			r.got = append(r.got, slices.Clone(buf[:n]))
			r.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		c.Stop()
		group.Wait()
	})
	return r
}

// call links the node with one that listens at uri.
func (r *raw) call(t *testing.T, uri string) {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.AddPeer(u, ""); err != nil {
		t.Fatal(err)
	}
}

func (r *raw) send(to *Node, data []byte) {
	_, _ = r.PacketConn.WriteTo(data, iwt.Addr(to.PublicKey()))
}

// greet sends a hello.
func (r *raw) greet(to *Node) { r.send(to, hello[:1+datagramSize]) }

// knock sends a SYN from a port of its own.
func (r *raw) knock(to *Node, from, port uint16) {
	own := AddressOf(r.PublicKey())
	tcp := header.TCP(tcpSegment(own, to.Address(), port, header.TCPFlagSyn))
	tcp.SetSourcePort(from)
	r.send(to, append([]byte{sessionTraffic}, ipPacket(own, to.Address(), uint8(header.TCPProtocolNumber), tcp)...))
}

// tryAll sends everything that might be answered, once.
func (r *raw) tryAll(to *Node) {
	own := AddressOf(r.PublicKey())
	traffic := func(p []byte) { r.send(to, append([]byte{sessionTraffic}, p...)) }
	for _, port := range []uint16{1, 22, 80, 443, 5984, 7330, 7331, 7333, 65535} {
		r.knock(to, 40000, port)
	}
	first, last := fragments(own, to.Address(), 7331)
	for _, p := range [][]byte{
		echoRequest(own, to.Address()), first, last, behind(own, to.Address(), uint8(header.IPv6DestinationOptionsExtHdrIdentifier), 7331),
		ipPacket(own, to.Address(), 17, make([]byte, 20)), ipPacket(own, to.Address(), 253, make([]byte, 20)),
	} {
		traffic(p)
	}
	r.send(to, []byte{2, 1}) // node info
	for request := range byte(7) {
		r.send(to, []byte{2, 255, request}) // self, peers, tree
	}
}

// has reports whether something like what is asked for was received.
func (r *raw) has(like func(data []byte) bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.got, like)
}

func isAnswer(data []byte) bool {
	return len(data) > 1 && data[0] == sessionTraffic && data[1] == datagramAnswer
}

// isSYNACK makes a test for the answer of a port to a knock, but none of tryAll.
func isSYNACK(port uint16) func(data []byte) bool {
	return func(data []byte) bool {
		tcp := tcpOf(data)
		return tcp != nil && tcp.SourcePort() == port && tcp.DestinationPort() > 40000 && tcp.Flags() == header.TCPFlagSyn|header.TCPFlagAck
	}
}

func tcpOf(data []byte) header.TCP {
	const least = header.IPv6MinimumSize + header.TCPMinimumSize
	if len(data) < 1+least || data[0] != sessionTraffic || data[1]>>4 != header.IPv6Version || data[7] != uint8(header.TCPProtocolNumber) {
		return nil
	}
	return header.TCP(data[1+header.IPv6MinimumSize:])
}

func isEcho(data []byte) bool {
	return len(data) > 1+header.IPv6MinimumSize && data[0] == sessionTraffic && data[1]>>4 == header.IPv6Version &&
		data[7] == uint8(header.ICMPv6ProtocolNumber) && data[1+header.IPv6MinimumSize] == byte(header.ICMPv6EchoReply)
}

// eventually does what it is told four times a second until cond holds.
func eventually(t *testing.T, what string, do func(), cond func() bool) {
	t.Helper()
	tick := time.NewTicker(helloEager)
	defer tick.Stop()
	end := time.After(patience)
	for do(); !cond(); do() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestStrangerHearsNothing: a stranger that is linked with the device tries
// everything, and hears nothing. A friend, whose only way leads through the
// stranger, is answered meanwhile, but for what nobody is answered.
func TestStrangerHearsNothing(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	serve(t, a, 7331, echo)
	stranger, friend := newRaw(t, seeded(70)), newRaw(t, seeded(71))
	stranger.call(t, a.ListenURIs()[0])
	ln, err := stranger.Listen(&url.URL{Scheme: "tls", Host: "127.0.0.1:0"}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ln.Cancel)
	friend.call(t, "tls://"+ln.Addr().String())
	a.Admit(friend.PublicKey())
	awaitLink(t, a, stranger.PublicKey())
	eventually(t, "a hello of the friend is answered", func() {
		friend.greet(a)
		stranger.greet(a)
		stranger.tryAll(a)
	}, func() bool { return friend.has(isAnswer) })
	stranger.tryAll(a)
	port := uint16(41000)
	eventually(t, "the friend is answered", func() {
		port++
		stranger.knock(a, port, 7331)
		friend.tryAll(a)
		friend.knock(a, port, 7331)
	}, func() bool { return friend.has(isEcho) && friend.has(isSYNACK(7331)) })
	if len(stranger.got) != 0 {
		t.Errorf("the stranger has received %x", stranger.got)
	}
	if friend.has(func(data []byte) bool { return data[0] != sessionTraffic }) {
		t.Error("a question of Yggdrasil's protocol was answered to a friend")
	}
	for _, s := range stranger.GetSessions() {
		if a.PublicKey().Equal(s.Key) {
			t.Error("the stranger has a session with the device")
		}
	}
	for _, s := range a.core.GetSessions() {
		if stranger.PublicKey().Equal(s.Key) {
			t.Error("the device has a session with the stranger")
		}
	}
}

// TestGuestHearsOnePort: through an open window a guest, linked with the
// device, is answered its hellos and what it sends to that port.
func TestGuestHearsOnePort(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	serve(t, a, 7331, echo)
	serve(t, a, 7332, echo)
	guest := newRaw(t, seeded(72))
	guest.call(t, a.ListenURIs()[0])
	awaitLink(t, a, guest.PublicKey())
	defer a.OpenWindow(7332)()
	eventually(t, "a hello of the guest is answered", func() { guest.greet(a) }, func() bool { return guest.has(isAnswer) })
	port := uint16(41000)
	eventually(t, "the guest is answered", func() {
		port++
		guest.tryAll(a)
		guest.knock(a, port, 7332) // arrives behind all that
	}, func() bool { return guest.has(isSYNACK(7332)) })
	guest.mu.Lock()
	defer guest.mu.Unlock()
	for _, data := range guest.got {
		datagram := data[0] == sessionTraffic && len(data) == 1+datagramSize && data[1] <= datagramAnswer
		if tcp := tcpOf(data); !datagram && (tcp == nil || tcp.SourcePort() != 7332) {
			t.Errorf("the guest has received %x", data)
		}
	}
}

// TestForgedKeysGetNothing: over a link of its own, and without the rest of
// Yggdrasil, an impostor says in its frames that they come from a friend.
func TestForgedKeysGetNothing(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	impostor, friend := seeded(73), public(seeded(74))
	a.Admit(friend)
	defer a.OpenWindow(7332)() // so that strangers, too, are looked at
	cert, err := certificate(impostor)
	if err != nil {
		t.Fatal(err)
	}
	u, err := parsePeerURI(a.ListenURIs()[0], "tls")
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", u.address(), tlsConfig(cert))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := exchange(c, impostor, 0, nil); err != nil {
		t.Fatal(err)
	}
	for _, source := range []ed25519.PublicKey{friend, public(impostor), public(seeded(75)), a.PublicKey()} {
		for kind := range byte(6) {
			for _, size := range []int{0, 1, 100, 168, 200, 5000} {
				payload := append([]byte{kind}, make([]byte, size)...)
				if _, err := c.Write(trafficFrame(nil, nil, source, a.PublicKey(), payload)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := c.Write([]byte{3, frameSignatureRequest, 1, 1}); err != nil { // is answered, behind all that
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for r := bufio.NewReader(c); ; {
		f, err := nextFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.kind == frameTraffic {
			t.Errorf("the device sends %x to %x", f.payload, f.receiver)
		}
		if f.kind == frameSignatureResponse {
			break
		}
		if _, err := r.Discard(f.size); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.core.GetSessions(); len(got) != 0 {
		t.Errorf("the device has sessions %+v", got)
	}
	if heard(a, friend) != 0 {
		t.Error("the friend is said to have been heard")
	}
}

// TestExpelledIsCutBothWays: the connections that either end has made end at
// once, in an error at both, and there are no new ones.
func TestExpelledIsCutBothWays(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	served := make(chan error, 2)
	for _, n := range []*Node{a, b} {
		serve(t, n, 7400, func(c net.Conn) {
			_, err := io.Copy(c, c)
			served <- err
		})
	}
	dialled := []net.Conn{dialTo(t, b, a, 7400), dialTo(t, a, b, 7400)}
	for _, c := range dialled {
		ping(t, c)
	}
	began := time.Now()
	a.Expel(b.PublicKey())
	for _, c := range dialled {
		if _, err := io.Copy(io.Discard, c); err == nil {
			t.Error("a dialled connection ended as if all was said")
		}
		if err := <-served; err == nil {
			t.Error("a served connection ended as if all was said")
		}
	}
	if took := time.Since(began); took > offlineAfter/2 {
		t.Errorf("cut after %v", took)
	}
	if _, err := a.DialContext(t.Context(), "tcp", at(b, 7400)); !errors.Is(err, ErrNotAdmitted) {
		t.Errorf("dial an expelled device: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*helloEager) // nothing will come
	defer cancel()
	if _, err := b.DialContext(ctx, "tcp", at(a, 7400)); !errors.Is(err, ErrUnreachable) {
		t.Errorf("an expelled device dials: %v", err)
	}
}
