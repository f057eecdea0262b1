package app

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/libpaul/paul/overlay"
)

func TestNodeOptions(t *testing.T) {
	t.Parallel()
	set := func(change func(*config)) config {
		c := defaultConfig()
		change(&c)
		return c
	}
	for _, test := range []struct {
		name   string
		opts   Options
		config config
		want   overlay.Options
	}{
		{"all as it is made", Options{}, defaultConfig(), overlay.Options{}},
		{
			"switched off by the start",
			Options{NoLAN: true, NoPublicPeers: true, NoDirect: true, NoPortMap: true, STUN: []string{NoSTUN}},
			set(func(c *config) { c.STUN = []string{"stun.example.org:3478"} }),
			overlay.Options{NoLAN: true, NoPublicPeers: true, NoDirect: true, NoPortMap: true, STUN: []string{}},
		},
		{
			"switched off by the settings",
			Options{},
			set(func(c *config) {
				c.LAN, c.PublicPeers, c.Direct, c.PortMap, c.STUN = false, false, false, false, []string{NoSTUN}
			}),
			overlay.Options{NoLAN: true, NoPublicPeers: true, NoDirect: true, NoPortMap: true, STUN: []string{}},
		},
		{
			"addresses of both",
			Options{Listen: []string{"l1"}, Peers: []string{"p1"}, STUN: []string{"192.0.2.1:3478", "[2001:db8::1]:3478"}},
			set(func(c *config) { c.Listen, c.Peers, c.Hints = []string{"l2"}, []string{"p2"}, []string{"p1", "p3"} }),
			overlay.Options{Listen: []string{"l2", "l1"}, Peers: []string{"p2", "p1"}, Hints: []string{"p1", "p3"}, STUN: []string{"192.0.2.1:3478", "[2001:db8::1]:3478"}},
		},
		{
			"without links",
			Options{Offline: true, Listen: []string{"l1"}},
			set(func(c *config) { c.Peers = []string{"p"} }),
			overlay.Options{NoLAN: true, NoPublicPeers: true, NoDirect: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := nodeOptions(test.opts, test.config)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestSTUNServers(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"stun.example.org", "stun.example.org:0", "stun.example.org:99999", ":3478", "stun://example.org:3478",
		"2001:db8::1:3478", "None", "none stun.example.org:3478",
	} {
		if _, err := nodeOptions(Options{STUN: strings.Split(bad, " ")}, defaultConfig()); !errors.Is(err, ErrBadSetting) {
			t.Errorf("%q: %v, want ErrBadSetting", bad, err)
		}
	}
}

func TestPathsOfDevices(t *testing.T) {
	t.Parallel()
	nas := start(t, Options{Name: "NAS", Listen: []string{"tls://127.0.0.1:0"}, NoDirect: true})
	a := start(t, Options{Name: "Desktop", Peers: nas.node.ListenURIs(), NoDirect: true})
	b := start(t, Options{Name: "Laptop", Peers: nas.node.ListenURIs(), NoDirect: true})
	pairs(t, nas, a)
	pairs(t, nas, b)
	until(t, a, "the third device is reached", func() bool { return pathTo(a, b).Kind == PathRelayed && pathTo(a, b).Via != "" })
	if p := pathTo(a, b); p.ViaDevice != "NAS" || p.ViaPublic || p.Since.IsZero() || p.Method != "" {
		t.Errorf("relayed by %+v, want through NAS", p)
	}
	if p := pathTo(a, nas); p.Kind != PathLAN || p.Method != MethodStatic || p.ViaDevice != "" || p.Since.IsZero() || p.RTT == 0 {
		t.Errorf("linked by %+v, want a static peering", p)
	}
	d := a.Diagnose()
	if len(d.Findings) != 1 || d.Findings[0].Code != "directOff" {
		t.Errorf("findings %+v, want that direct links are off", d.Findings)
	}
	if f := d.Facts; len(f.Devices) != 2 || f.Devices[0].Device.Name != "Laptop" || len(f.Peers) != 1 || f.PortMap != nil {
		t.Errorf("facts %+v", f)
	}
}
