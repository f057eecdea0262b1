package overlay

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// wantNotice waits for a notice, which has to be the given one of from.
func wantNotice(t *testing.T, on, from *Node, notice []byte) {
	t.Helper()
	select {
	case got := <-on.Notices():
		if !got.From.Equal(from.PublicKey()) || !bytes.Equal(got.Text, notice) {
			t.Errorf("the notice of %x says %q", got.From, got.Text)
		}
	case <-time.After(patience):
		t.Fatal("the refused device was not told")
	}
}

// TestRefusedIsTold: a device that was shut out hears the notice when it next looks for
// the one that has, be it in a session that it has or in a new one. Admitted again it
// is let in.
func TestRefusedIsTold(t *testing.T) {
	t.Parallel()
	notice := bytes.Repeat([]byte("x"), maxNotice)
	readmitted := func(t *testing.T, a, b *Node) {
		t.Helper()
		if p := a.Path(b.PublicKey()); p.Kind != PathOffline {
			t.Errorf("path of a refused device: %+v", p)
		}
		if keys := a.devices.admittedKeys(); len(keys) != 0 {
			t.Errorf("admitted: %x", keys)
		}
		serve(t, a, 7400, echo)
		a.Admit(b.PublicKey())
		ping(t, dialTo(t, b, a, 7400))
	}
	t.Run("online", func(t *testing.T) {
		t.Parallel()
		a, b := pairOf(t)
		a.Refuse(b.PublicKey(), notice)
		b.greeter.wake()
		wantNotice(t, b, a, notice)
		readmitted(t, a, b)
	})
	t.Run("offline meanwhile", func(t *testing.T) {
		t.Parallel()
		a := start(t, listening(t))
		b := start(t, calling(t, a))
		a.Refuse(b.PublicKey(), notice)
		b.Admit(a.PublicKey())
		wantNotice(t, b, a, notice)
		if p := b.Path(a.PublicKey()); p.Kind != PathOffline {
			t.Errorf("a refused device finds who refuses it: %+v", p)
		}
		readmitted(t, a, b)
	})
}

// TestRefusedGetsNothingElse than the notice, unless it is let in again, and not in vain.
func TestRefusedGetsNothingElse(t *testing.T) {
	t.Parallel()
	key := public(seeded(81))
	refuse := func(g gate) { g.Refuse(key, []byte("why")) }
	window := func(g gate) { g.t.Cleanup(g.OpenWindow(7332)) }
	admit := func(g gate) { g.Admit(key) }
	refusal, answer := byte(datagramRefusal), byte(datagramAnswer)
	for _, c := range []struct {
		name string
		do   []func(gate)
		want []byte // datagrams that answer its hello
		in   bool   // whether the TCP stack is shown its packets
	}{
		{"a stranger", nil, nil, false},
		{"one that was admitted", []func(gate){admit, refuse}, []byte{refusal}, false},
		{"one that was not", []func(gate){refuse}, []byte{refusal}, false},
		{"refused twice", []func(gate){refuse, refuse}, []byte{refusal}, false},
		{"a guest", []func(gate){refuse, window}, []byte{refusal, answer}, false},
		{"a guest from before", []func(gate){window, func(g gate) { g.devices.guest(key) }, refuse}, []byte{refusal, answer}, false},
		{"admitted again", []func(gate){refuse, admit}, []byte{answer}, true},
		{"and expelled without a word", []func(gate){refuse, admit, func(g gate) { g.Expel(key) }}, nil, false},
		{"while this device leaves", []func(gate){refuse, func(g gate) { g.greeter.leaving.Store(true) }}, nil, false},
		{"with the longest notice", []func(gate){func(g gate) { g.Refuse(key, make([]byte, maxNotice)) }}, []byte{refusal}, false},
		{"with one too long", []func(gate){func(g gate) { g.Refuse(key, make([]byte, maxNotice+1)) }}, nil, false},
		{"with an empty one", []func(gate){func(g gate) { g.Refuse(key, []byte{}) }}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			for _, do := range c.do {
				do(g)
			}
			g.give(key, hello)
			var kinds []byte
			for len(g.greeter.out) > 0 {
				d := <-g.greeter.out
				if kinds = append(kinds, d.body[1]); !bytes.Equal(d.to, key) {
					t.Errorf("%x is sent %q", d.to, d.body)
				}
			}
			if !slices.Equal(kinds, c.want) {
				t.Errorf("answered by %x, want %x", kinds, c.want)
			}
			from, to := AddressOf(key), g.Address()
			if in := g.packet(key, ipPacket(from, to, uint8(header.TCPProtocolNumber), tcpSegment(from, to, 7331, header.TCPFlagSyn))); in != c.in {
				t.Errorf("the TCP stack is shown its packet: %t", in)
			}
		})
	}
}

// TestRefusalsAreRare: of a refused device a few frames are looked at, and a hello is
// answered now and then, by the latest notice, also when it is refused again and again.
func TestRefusalsAreRare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(newDevices(AddressOf(public(seeded(1)))), func() {})
		key, stranger, by := public(seeded(81)), public(seeded(82)), &link{budget: newBudget()}
		said := byte(0)
		flood := func() (frames, answers int) {
			for range 50 {
				said++
				g.devices.refused.set(key, []byte{said})
				if g.devices.welcome(key, by) {
					frames++
				}
				if g.devices.welcome(stranger, by) {
					t.Fatal("the frame of a stranger was let in")
				}
				g.receive(hello[1:], key, time.Now())
				g.receive(hello[1:], stranger, time.Now())
				for ; len(g.out) > 0; answers++ {
					if d := <-g.out; !bytes.Equal(d.to, key) || d.body[1] != datagramRefusal || !bytes.Equal(d.body[1+datagramSize:], []byte{said}) {
						t.Errorf("%x is sent %x after notice %d", d.to, d.body, said)
					}
				}
			}
			return frames, answers
		}
		for _, c := range []struct {
			after           time.Duration
			frames, answers int
		}{{0, refusedBurst, 2}, {0, 0, 0}, {2 * time.Second, 2 * refusedRate, 1}, {time.Hour, refusedBurst, 2}} {
			<-time.After(c.after)
			if frames, answers := flood(); frames != c.frames || answers != c.answers {
				t.Errorf("%v later %d frames and %d answers, want %d and %d", c.after, frames, answers, c.frames, c.answers)
			}
		}
	})
}

// TestWhoseNoticeIsHeard: that of an admitted device alone, and no more of them than
// are taken.
func TestWhoseNoticeIsHeard(t *testing.T) {
	t.Parallel()
	refusal := func(size int) []byte {
		return append([]byte{sessionTraffic, datagramRefusal}, make([]byte, 8+size)...)
	}
	g := newGate(t)
	defer g.OpenWindow(7332)()
	friend, expelled, refused, guest := public(seeded(81)), public(seeded(82)), public(seeded(83)), public(seeded(84))
	g.Admit(friend)
	g.Admit(expelled)
	g.Expel(expelled)
	g.Refuse(refused, []byte("why"))
	g.give(guest, hello)
	if _, ok := g.greeter.lookUp(guest, datagramHello); !ok {
		t.Fatal("there is no guest")
	}
	for _, c := range []struct {
		name string
		from ed25519.PublicKey
		size int
		want int
	}{
		{"a stranger", public(seeded(85)), 3, 0},
		{"an expelled device", expelled, 3, 0},
		{"a refused device", refused, 3, 0},
		{"a guest", guest, 3, 0},
		{"a friend without a word", friend, 0, 0},
		{"a friend with too many", friend, maxNotice + 1, 0},
		{"a friend", friend, 3, 1},
		{"a friend with the longest", friend, maxNotice, 1},
	} {
		g.give(c.from, refusal(c.size))
		if n := len(g.Notices()); n != c.want {
			t.Errorf("%s: %d notices, want %d", c.name, n, c.want)
		}
		for len(g.Notices()) > 0 {
			if n := <-g.Notices(); !n.From.Equal(c.from) || len(n.Text) != c.size {
				t.Errorf("%s: heard of %x: %q", c.name, n.From, n.Text)
			}
		}
	}
	for range 2 * noticeQueue { // nobody takes them, and nothing waits for that
		g.give(friend, refusal(3))
	}
	if n := len(g.Notices()); n != noticeQueue {
		t.Errorf("%d notices wait, want %d", n, noticeQueue)
	}
}
