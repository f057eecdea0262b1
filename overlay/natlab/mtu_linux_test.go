package natlab

import (
	"net/netip"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

// TestMTUBlackHole has a path between two devices that loses larger packets
// and tells nobody, as many a tunnel does. Links must come up over it, and a
// stream go through.
func TestMTUBlackHole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scheme string
		hole   int
	}{
		"quic, 1300 bytes": {"quic", 1300},
		"quic, 1280 bytes": {"quic", 1280},
		"tls, 1300 bytes":  {"tls", 1300},
		"tls, 1280 bytes":  {"tls", 1280},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireLab(t)
			link := homeLink
			link.hole = c.hole
			i := newInternet(t)
			hostA, hostB := namespace(t), namespace(t)
			for n, host := range []*netns{hostA, hostB} {
				withoutIPv6(t, host)
				i.attach(t, host, link, netip.PrefixFrom(outer4(n+1), 32))
			}
			uri := c.scheme + "://" + netip.AddrPortFrom(outer4(1), 7999).String()
			began := time.Now()
			a := startDevice(t, "A", hostA, seeds()[0], nodeOptions{Listen: []string{uri}, NoLAN: true})
			b := startDevice(t, "B", hostB, seeds()[1], nodeOptions{Peers: []string{uri}, NoLAN: true})
			admit(t, [2]*device{a, b})
			b.awaitPath(t, a, began, overlay.PathLAN, overlay.PathDirect)
			t.Logf("online after %v", time.Since(began).Round(time.Millisecond))
			a.order(t, order{Op: opTake, Key: b.key})
			b.order(t, order{Op: opSend, Key: a.key, Rate: paced})
			const total = 2e6
			sent := time.Now()
			poll(t, "a stream comes through", func() bool { return a.order(t, order{Op: opTally}).Tally.Bytes >= total })
			t.Logf("%.0f kB/s of %.0f", total/1e3/time.Since(sent).Seconds(), paced/1e3)
		})
	}
}
