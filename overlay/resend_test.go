package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// segment makes an IPv6 packet with a TCP segment.
func segment(port uint16, flags header.TCPFlags, data string) []byte {
	b := make([]byte, header.IPv6MinimumSize+header.TCPMinimumSize)
	b[0], b[6] = 0x60, byte(header.TCPProtocolNumber)
	tcp := header.TCP(b[header.IPv6MinimumSize:])
	tcp.Encode(&header.TCPFields{SrcPort: port, DstPort: 80, DataOffset: header.TCPMinimumSize, Flags: flags})
	return append(b, data...)
}

// TestResend shows which segments are sent once more when a device is reached
// again: the last of each of its connections that needs an acknowledgement, and
// the last that does not.
func TestResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNIC(plainMTU, newDevices(netip.Addr{}))
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var sent []string
		var group sync.WaitGroup
		group.Go(func() {
			n.write(ctx, func(packet []byte, to iwt.Addr) {
				mu.Lock()
				defer mu.Unlock()
				tcp := packet[1+header.IPv6MinimumSize:]
				sent = append(sent, fmt.Sprintf("%s %d %s", string(to), binary.BigEndian.Uint16(tcp), tcp[header.TCPMinimumSize:]))
			})
		})
		expect := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(sent)
			if !slices.Equal(sent, want) {
				t.Errorf("%s: sent %q, want %q", what, sent, want)
			}
			sent = nil
		}
		write := func(to string, packet []byte) {
			p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(bytes.Clone(packet))})
			n.out <- outbound{p, iwt.Addr(to)}
		}
		const ack = header.TCPFlagAck
		write("a", segment(1, ack, "one"))
		write("a", segment(1, ack, "two"))
		write("a", segment(1, ack, ""))
		write("a", segment(2, ack, "three"))
		write("a", segment(3, header.TCPFlagRst, ""))
		write("a", segment(4, header.TCPFlagSyn, ""))
		write("b", segment(1, ack, "four"))
		expect("at first", "a 1 ", "a 1 one", "a 1 two", "a 2 three", "a 3 ", "a 4 ", "b 1 four")
		n.resend(iwt.Addr("a"))
		expect("again", "a 1 ", "a 1 two", "a 2 three", "a 4 ")
		n.resend(iwt.Addr("c"))
		expect("to a stranger")
		write("a", segment(2, ack, "five"))
		expect("later", "a 2 five")
		n.resend(iwt.Addr("a"))
		expect("again later", "a 1 ", "a 1 two", "a 2 five", "a 4 ")

		<-time.After(2*lastFor + time.Second)
		n.resend(iwt.Addr("a"))
		expect("after a long time")
		for port := range maxLast + 10 {
			write("a", segment(uint16(port), ack, "x"))
		}
		synctest.Wait()
		sent = nil
		n.resend(iwt.Addr("a"))
		synctest.Wait()
		if len(sent) != maxLast {
			t.Errorf("%d segments kept, want %d", len(sent), maxLast)
		}
		cancel()
		group.Wait()
	})
}

// TestResendWhenReached shows that it happens at the first answer to a hello
// after the ways have changed, and at no other.
func TestResendWhenReached(t *testing.T) {
	t.Parallel()
	d := newDevices(AddressOf(publicOf(1)))
	g := newGreeter(d, func() {})
	var reached []string
	g.settled = func(to iwt.Addr) { reached = append(reached, string(to)) }
	key, now := publicOf(2), time.Now()
	answer := func(want int) {
		t.Helper()
		body := make([]byte, datagramSize)
		body[0] = datagramAnswer
		g.receive(body, key, now)
		if len(reached) != want {
			t.Errorf("reached %d times, want %d", len(reached), want)
		}
	}
	answer(0) // not admitted
	d.admit(key, now)
	answer(1)
	answer(1)
	g.wake()
	answer(2)
	answer(2)
	for _, to := range reached {
		if to != string(key) {
			t.Errorf("reached %x", to)
		}
	}
}

func publicOf(b byte) ed25519.PublicKey { return seeded(b).Public().(ed25519.PublicKey) }
