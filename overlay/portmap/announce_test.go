package portmap

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestMatters(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	gateway := netip.AddrPortFrom(loopback, portPort)
	held := &lease{
		target: target{gateway: loopback, control: portPort},
		grant:  grant{external: netip.AddrPortFrom(outside, testPort), epoch: epoch{1000, now}},
	}
	for _, test := range []struct {
		name string
		held *lease
		a    announcement
		want bool
	}{
		{"nothing new", held, announcement{gateway, epoch{1060, now.Add(time.Minute)}, outside}, false},
		{"restarted", held, announcement{gateway, epoch{0, now.Add(time.Minute)}, netip.Addr{}}, true},
		{"another address", held, announcement{gateway, epoch{1060, now.Add(time.Minute)}, netip.MustParseAddr("11.22.33.45")}, true},
		{"another machine", held, announcement{netip.AddrPortFrom(outside, portPort), epoch{0, now}, netip.Addr{}}, false},
		{"another port", held, announcement{netip.AddrPortFrom(loopback, 99), epoch{0, now}, netip.Addr{}}, false},
		{"nothing held", nil, announcement{gateway, epoch{0, now}, netip.Addr{}}, true},
		{"nothing held, another machine", nil, announcement{netip.AddrPortFrom(outside, portPort), epoch{0, now}, netip.Addr{}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := New(Options{Port: testPort})
			m.publish(t.Context(), State{Tried: []Attempt{{Gateway: loopback}}})
			if got := m.matters(test.a, test.held); got != test.want {
				t.Errorf("matters: %v", got)
			}
		})
	}
}

func TestHear(t *testing.T) {
	t.Parallel()
	m := New(Options{Port: testPort})
	c, router := listenUDP(t), listenUDP(t)
	m.listen = func(context.Context) (net.PacketConn, error) { return c, nil }
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		m.hear(ctx)
		close(ended)
	}()
	pcp := slices.Concat([]byte{2, answerBit, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}, make([]byte, 12))
	refused := slices.Clone(pcp)
	refused[3] = 2
	pmp := []byte{0, answerBit, 0, 0, 0, 0, 0, 7, 11, 22, 33, 44}
	for _, p := range [][]byte{{}, []byte("nonsense"), refused, pcp} {
		_, _ = router.WriteTo(p, c.LocalAddr())
	}
	if a := <-m.heard; a.epoch.seconds != 5 || a.address.IsValid() || a.from.String() != router.LocalAddr().String() {
		t.Errorf("heard %+v", a)
	}
	_, _ = router.WriteTo(pmp, c.LocalAddr())
	if a := <-m.heard; a.epoch.seconds != 7 || a.address != outside {
		t.Errorf("heard %+v", a)
	}
	stop()
	<-ended
}

// Two programs of one machine can listen.
func TestListenAnnouncements(t *testing.T) {
	t.Parallel()
	for range 2 {
		c, err := listenAnnouncements(t.Context())
		if err != nil {
			t.Skip("port 5350 is not to be shared here:", err)
		}
		defer func() { _ = c.Close() }()
	}
}
