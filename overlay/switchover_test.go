package overlay

import (
	"bytes"
	"context"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/libpaul/paul/overlay/direct"
)

// noNextHeader marks the packets that are the datagrams (RFC 8200, section 4.7).
const noNextHeader = tcpip.TransportProtocolNumber(header.IPv6NoNextHeaderIdentifier)

// threePauls are the nodes of the case, of which A and B are paired.
type threePauls struct {
	nodes  [caseNodes]*Node
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup // of the nodes and their links
}

func openPauls(tb testing.TB, seeds [caseNodes][]byte, arrived func([]byte)) threeNodes {
	tb.Helper()
	t := &threePauls{}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(tb.Context()))
	for i := range t.nodes {
		opts := local(tb)
		opts.NoDirect = true // the case makes the link
		writeFile(tb, opts.KeyFile, hex.EncodeToString(seeds[i]), 0o600)
		n, err := Open(opts)
		if err != nil {
			tb.Fatal(err)
		}
		t.nodes[i] = n
	}
	b := t.nodes[nodeB].nic
	b.Attach(datagramTap{*b.stack.Load(), arrived})
	pair(t.nodes[nodeA], t.nodes[nodeB])
	for _, n := range t.nodes {
		t.group.Go(func() {
			if err := n.Run(t.ctx); err != nil {
				tb.Errorf("run: %v", err)
			}
		})
	}
	return t
}

func (t *threePauls) link(x, y int, endX, endY net.Conn) {
	keep := func(from, to int, end net.Conn) {
		l := direct.Link{Conn: end, Key: t.nodes[to].PublicKey(), Method: MethodPunched}
		t.group.Go(func() { _ = t.nodes[from].links.keepDirect(t.ctx, l) })
	}
	keep(x, y, endX)
	keep(y, x, endY)
}

func (t *threePauls) meet(tb testing.TB) {
	tb.Helper()
	awaitOnline(tb, t.nodes[nodeA], t.nodes[nodeB].PublicKey())
}

func (t *threePauls) send(datagram []byte) {
	a, b := t.nodes[nodeA], t.nodes[nodeB]
	packet := make([]byte, 1+header.IPv6MinimumSize, 1+header.IPv6MinimumSize+len(datagram))
	packet[0] = sessionTraffic
	header.IPv6(packet[1:]).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(datagram)), TransportProtocol: noNextHeader, HopLimit: 64,
		SrcAddr: tcpip.AddrFrom16(a.Address().As16()), DstAddr: tcpip.AddrFrom16(b.Address().As16()),
	})
	a.send(append(packet, datagram...), iwt.Addr(b.PublicKey()))
}

func (t *threePauls) close() {
	t.cancel()
	t.group.Wait()
}

// datagramTap takes the datagrams from what comes to a TCP stack.
type datagramTap struct {
	stack.NetworkDispatcher
	arrived func([]byte)
}

func (d datagramTap) DeliverNetworkPacket(protocol tcpip.NetworkProtocolNumber, p *stack.PacketBuffer) {
	data := p.Data().AsRange().ToSlice()
	if header.IPv6(data).NextHeader() == uint8(noNextHeader) {
		d.arrived(data[header.IPv6MinimumSize:])
		return
	}
	d.NetworkDispatcher.DeliverNetworkPacket(protocol, p)
}

// TestSwitchover plays the case, which fails by itself when the stream does not
// move to the direct link, or does not come back. How long that takes is for
// BenchmarkSwitchover to tell.
func TestSwitchover(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]bool{"closed": false, "silent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := playRound(t, openPauls, caseOrders[0], silent)
			t.Log(tableLine("Paul", name, []round{r}))
			if r.after > r.before/20 {
				t.Errorf("P carried %.0f B/s without the direct link, %.0f B/s with it", r.before, r.after)
			}
			if r.readable {
				t.Error("P could read what A sent to B")
			}
		})
	}
}

// BenchmarkSwitchover plays the case in real time; comparison/pinecone has the
// other line of the table.
func BenchmarkSwitchover(b *testing.B) { benchRounds(b, "Paul (Yggdrasil)", openPauls) }

func TestSameCase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"switchover_case_test.go", "shaped_link_test.go"} {
		ours, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := os.ReadFile(filepath.Join("comparison/pinecone", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.Replace(theirs, []byte("package pinecone\n"), []byte("package overlay\n"), 1), ours) {
			t.Errorf("Pinecone plays another case than Paul: copy %s to comparison/pinecone, and call its package pinecone", name)
		}
	}
}
