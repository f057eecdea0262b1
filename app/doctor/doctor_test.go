package doctor

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/portmap"
)

var now = time.Date(2024, 5, 10, 12, 0, 0, 0, time.UTC)

func key(n byte) ed25519.PublicKey { return slices.Repeat(ed25519.PublicKey{n}, ed25519.PublicKeySize) }

// home is a case in which nothing stands in the way, with a NAS that is linked
// directly; change makes it another one.
func home(change func(*Case)) Case {
	nas, laptop := overlay.DeviceDiagnosis{Key: key(1)}, overlay.DeviceDiagnosis{Key: key(2)}
	c := Case{
		Diagnosis: overlay.Diagnosis{
			Peerings: []overlay.Peering{{URI: "tls://public.example:1", Kind: overlay.PeeringPublic, Up: true}},
			Direct: &direct.Report{
				Port: direct.Port, NAT: direct.NATPreserves, Asked: now, STUN: []direct.Server{{Name: "stun.example:3478"}},
				Seen: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.7:7331")},
			},
			PortMap: &portmap.State{External: netip.MustParseAddrPort("192.0.2.7:7331"), Method: portmap.MethodUPnP},
			Devices: []overlay.DeviceDiagnosis{direct1(nas), direct1(laptop)},
		},
		Names: map[string]string{id(nas): "NAS", id(laptop): "Laptop"},
		IPv6:  true, Now: now,
	}
	change(&c)
	return c
}

func direct1(d overlay.DeviceDiagnosis) overlay.DeviceDiagnosis {
	d.Path = overlay.Path{Kind: overlay.PathDirect, Method: overlay.MethodPunched, Since: now.Add(-time.Hour)}
	d.Attempt = &direct.Attempt{At: now.Add(-time.Hour), Method: direct.MethodPunched, Offered: 3, Asked: 3, ClockOff: time.Second}
	return d
}

// relayed makes the NAS one that could not be linked with.
func relayed(c *Case, err error, theirs string) {
	d := &c.Devices[0]
	d.Path = overlay.Path{Kind: overlay.PathRelayed, Via: "tls://public.example:1", Since: now.Add(-time.Hour)}
	d.Attempt = &direct.Attempt{At: now, Err: err, NAT: theirs, Offered: 3, Asked: 3, ClockOff: time.Second}
}

// offline makes a device one that does not answer.
func offline(c *Case, i int, since time.Time) {
	c.Devices[i].Path = overlay.Path{Kind: overlay.PathOffline, Since: since}
	c.Devices[i].Attempt = nil
}

// unmapped is a router that opened no port.
func unmapped(c *Case, err error) {
	c.PortMap = &portmap.State{Err: fmt.Errorf("look for a router: %w", err)}
}

func TestExamine(t *testing.T) {
	t.Parallel()
	down := overlay.Peering{URI: "tls://own.example:7999", Kind: overlay.PeeringStatic, LastErr: "connection refused"}
	refused := fmt.Errorf("%w: %w", direct.ErrSignal, syscall.ECONNREFUSED)
	for _, test := range []struct {
		name   string
		change func(*Case)
		want   []string // severity, code and what the text says, in order
	}{
		{"all direct", func(*Case) {}, []string{"fine fine"}},
		{"it was removed", func(c *Case) {
			offline(c, 0, now)
			c.NoPublicPeers, c.Peerings = true, nil
			c.RemovedBy, c.RemovedAt = "Desktop", now
		}, []string{"problem removed: by Desktop on 2024-05-10", "problem noWay: "}},
		{"nobody is paired", func(c *Case) { c.Devices = nil }, []string{"hint alone: pauld pair"}},

		{"a device is off", func(c *Case) { offline(c, 1, now.Add(-26*time.Hour)) }, []string{"hint offline: Laptop has not answered since 2024-05-09"}},
		{"a device was never on", func(c *Case) { offline(c, 1, time.Time{}) }, []string{"hint offline: Laptop has not answered since Paul was started"}},
		{"a device is off, and the local network not searched", func(c *Case) {
			offline(c, 1, now)
			c.NoLAN = true
		}, []string{"hint lanOff: --no-lan", "hint offline: 7330 (TCP and UDP)"}},
		{"no peer answers", func(c *Case) {
			offline(c, 0, now)
			c.Peerings = []overlay.Peering{{URI: "public peers", Kind: overlay.PeeringPublic, LastErr: "no public peer answers"}}
		}, []string{"problem noPeer: no connection to the internet"}},
		{"no own peer answers", func(c *Case) {
			offline(c, 0, now)
			c.Peerings, c.NoPublicPeers = []overlay.Peering{down}, true
		}, []string{"problem noOwnPeer: public peers are switched off"}},
		{"no peer has been tried yet", func(c *Case) {
			offline(c, 0, now)
			c.Peerings = nil
		}, []string{"hint offline: NAS"}},
		{"no peer answers, yet all are on this network", func(c *Case) {
			c.Peerings = []overlay.Peering{{URI: "public peers", Kind: overlay.PeeringPublic, LastErr: "no public peer answers"}}
		}, []string{"fine fine"}},
		{"no public peers, and none of one's own", func(c *Case) {
			offline(c, 0, now)
			c.Peerings, c.NoPublicPeers = []overlay.Peering{{URI: "tls://192.168.1.2:7330", Kind: overlay.PeeringLAN, Up: true}}, true
		}, []string{"problem noWay: Only devices on this network"}},
		{"nothing at all is allowed", func(c *Case) {
			offline(c, 0, now)
			c.Peerings, c.NoPublicPeers, c.NoLAN = nil, true, true
		}, []string{"problem noWay: No device can be found", "hint lanOff: --no-lan"}},
		{"no public peers, but somebody linked with us", func(c *Case) {
			offline(c, 0, now)
			c.Peerings, c.NoPublicPeers = []overlay.Peering{{URI: "tls://192.0.2.9:50000", Kind: overlay.PeeringInbound, Up: true}}, true
		}, []string{"hint offline: NAS"}},
		{"an own peer is down", func(c *Case) {
			c.Peerings, c.Own = append(c.Peerings, down), []string{down.URI}
		}, []string{"hint peerDown: pauld peer remove tls://own.example:7999"}},
		{"a peer of a pair code is down", func(c *Case) { c.Peerings = append(c.Peerings, down) }, []string{"fine fine"}},

		{"a link is being looked for", func(c *Case) {
			relayed(c, nil, "")
			c.Devices[0].Attempt, c.Devices[0].Path.Since = nil, now.Add(-5*time.Second)
		}, []string{"hint looking: NAS"}},
		{"a link has ended", func(c *Case) { relayed(c, nil, "") }, []string{"hint looking: NAS"}},
		{"the other device never asks", func(c *Case) {
			relayed(c, nil, "")
			c.Devices[0].Attempt = nil
		}, []string{"hint notTried: older Paul"}},
		{"the other device asks no more", func(c *Case) {
			relayed(c, nil, "")
			c.Devices[0].Attempt.At = now.Add(-2 * time.Hour)
		}, []string{"hint notTried: switched off there"}},
		{"the other device is older", func(c *Case) { relayed(c, refused, "") }, []string{"hint noDirectThere: Update Paul"}},
		{"the other device is older, and all else does not matter", func(c *Case) {
			relayed(c, refused, "")
			c.Direct.NAT, c.Direct.Seen, c.Direct.STUN, c.Direct.Port, c.IPv6 = direct.NATSymmetric, nil, nil, 40123, false
			unmapped(c, portmap.ErrNoAnswer)
		}, []string{"hint noDirectThere: Update Paul"}},
		{"the other device does not say", func(c *Case) { relayed(c, fmt.Errorf("%w: it says %q", direct.ErrSignal, "no such question"), "") }, []string{"hint notAsked: no such question"}},
		{"the handshake fails", func(c *Case) { relayed(c, direct.ErrHandshake, direct.NATPreserves) }, []string{"hint handshake: large ones"}},
		{"direct links are off", func(c *Case) {
			relayed(c, nil, "")
			c.Direct, c.PortMap, c.Devices[0].Attempt = nil, nil, nil
		}, []string{"hint directOff: --no-direct"}},
		{"a firewall", func(c *Case) { relayed(c, direct.ErrNoAnswer, direct.NATPreserves) }, []string{"hint noAnswer: Allow UDP port 7331"}},
		{"a firewall, and no NAT here", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			c.Direct.NAT = direct.NATNone
			unmapped(c, portmap.ErrNotNeeded)
		}, []string{"hint noAnswer: Allow UDP port 7331"}},
		{"it names no address", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, "")
			c.Devices[0].Attempt.Asked = 0
		}, []string{"hint noAddressThere: STUN"}},

		{"UDP is blocked here", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			c.Direct.NAT, c.Direct.Seen, c.IPv6 = direct.NATSilent, nil, false
			unmapped(c, portmap.ErrNoAnswer)
		}, []string{"hint udpBlocked: TCP port"}},
		{"UDP is blocked here, and a link is being looked for", func(c *Case) {
			relayed(c, nil, "")
			c.Direct.NAT, c.Direct.Seen = direct.NATSilent, nil
		}, []string{"hint udpBlocked: TCP port", "hint looking: NAS"}},
		{"UDP is blocked there", func(c *Case) { relayed(c, direct.ErrNoAnswer, direct.NATSilent) }, []string{"hint udpBlockedThere: NAS"}},
		{"symmetric here", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			c.Direct.NAT = direct.NATSymmetric
			unmapped(c, portmap.ErrNoAnswer)
		}, []string{"hint symmetricHere: UPnP", "hint upnpOff: forward UDP port 7331"}},
		{"symmetric there", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATSymmetric)
			unmapped(c, portmap.ErrNoAnswer)
		}, []string{"hint upnpOff: forward UDP port 7331", "hint symmetricThere: NAS"}},
		{"symmetric on both sides", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATSymmetric)
			c.Direct.NAT = direct.NATSymmetric
			unmapped(c, portmap.ErrDoubleNAT)
		}, []string{"hint doubleNAT: bridge mode", "hint symmetricBoth: NAS"}},
		{"symmetric here, and on one of the other sides", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATSymmetric)
			c.Devices[1].Path, c.Devices[1].Attempt = c.Devices[0].Path, &direct.Attempt{At: now, Err: direct.ErrNoAnswer, NAT: direct.NATPreserves, Asked: 1}
			c.Direct.NAT = direct.NATSymmetric
			unmapped(c, portmap.ErrNoGateway)
		}, []string{"hint symmetricHere: mends that", "hint symmetricBoth: NAS"}},
		{"the provider shares addresses", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			unmapped(c, portmap.ErrCGNAT)
			c.IPv6 = false
		}, []string{"hint cgnat: public IPv4 address", "hint noIPv6: router", "hint noAnswer"}},
		{"the router refuses", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			unmapped(c, portmap.ErrRefused)
		}, []string{"hint routerRefuses", "hint noAnswer"}},
		{"the router is full", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			unmapped(c, portmap.ErrFull)
		}, []string{"hint routerFull", "hint noAnswer"}},
		{"the router is offline", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			unmapped(c, portmap.ErrOffline)
		}, []string{"hint routerOffline", "hint noAnswer"}},
		{"the router is odd", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			unmapped(c, portmap.ErrBadAnswer)
		}, []string{"hint routerOdd", "hint noAnswer"}},
		{"the router is not asked", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			c.PortMap, c.NoPortMap = nil, true
		}, []string{"hint portMapOff: --no-port-map", "hint noAnswer"}},
		{"a bad router matters to nobody", func(c *Case) { unmapped(c, portmap.ErrDoubleNAT) }, []string{"fine fine"}},
		{"another program has the port", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATPreserves)
			c.Direct.Port = 40123
		}, []string{"hint portTaken: use port 40123", "hint noAnswer"}},
		{"nobody tells the address", func(c *Case) {
			relayed(c, direct.ErrNoAnswer, direct.NATUnknown)
			c.Direct.NAT, c.Direct.Seen, c.Direct.STUN = direct.NATUnknown, nil, nil
			unmapped(c, portmap.ErrNoAnswer)
		}, []string{"hint noSTUN: --stun HOST:PORT", "hint upnpOff", "hint noAnswer"}},

		{"this clock is slow", func(c *Case) { clocks(c, 5*time.Minute, 6*time.Minute) }, []string{"problem clockHere: about 5 min behind those of 2"}},
		{"this clock is fast", func(c *Case) { clocks(c, -3*time.Hour, -3*time.Hour) }, []string{"problem clockHere: about 3 h ahead"}},
		{"one clock of three is wrong", func(c *Case) { clocks(c, 100*time.Hour, -2*time.Second) }, []string{"hint clockThere: NAS differs from this one by about 4 days"}},
		{"two clocks differ", func(c *Case) { clocks(c, 2*time.Minute, 0) }, []string{"hint clocksDiffer: Set both"}},
		{"clocks differ every way", func(c *Case) { clocks(c, 2*time.Minute, -9*time.Minute) }, []string{"hint clocksDiffer: NAS", "hint clocksDiffer: Laptop"}},
		{"a minute is nothing", func(c *Case) { clocks(c, time.Minute, -time.Minute) }, []string{"fine fine"}},

		{"a problem comes first", func(c *Case) {
			relayed(c, refused, "")
			c.Devices = append(c.Devices, direct1(overlay.DeviceDiagnosis{Key: key(3)}), direct1(overlay.DeviceDiagnosis{Key: key(4)}))
			clocks(c, 0, time.Hour, time.Hour, time.Hour)
			c.Devices[0].Attempt.ClockOff = 0
		}, []string{"problem clockHere: of 3", "hint noDirectThere: NAS"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, Examine(home(test.change)), test.want)
		})
	}
}

func clocks(c *Case, off ...time.Duration) {
	for i, d := range off {
		c.Devices[i].Attempt.ClockOff = d
	}
}

func check(t *testing.T, got []Finding, want []string) {
	t.Helper()
	for i, f := range got {
		text := f.What.String() + " " + f.Do.String()
		if strings.Contains(text, "{{") || f.What.Format == "" || f.Do.Format == "" && f.Code != "fine" && f.Code != "looking" {
			t.Errorf("%s says %q", f.Code, text)
		}
		head := string(f.Severity) + " " + f.Code
		if i >= len(want) {
			t.Errorf("finding %q too many: %s", head, text)
			continue
		}
		code, say, _ := strings.Cut(want[i], ": ")
		if head != code || !strings.Contains(text, say) {
			t.Errorf("finding %d is %q: %s\nwant %q", i, head, text, want[i])
		}
	}
	if len(got) < len(want) {
		t.Errorf("%d findings, want %q", len(got), want)
	}
}

// A device that has no name yet is told by its ID.
func TestNameless(t *testing.T) {
	t.Parallel()
	got := Examine(home(func(c *Case) {
		relayed(c, errors.Join(direct.ErrSignal), "")
		c.Names = nil
	}))
	check(t, got, []string{"hint notAsked: 010101010101 could not"})
}

func TestFindingJSON(t *testing.T) {
	t.Parallel()
	f := Finding{Code: "x", Severity: Hint, What: say("{{.Device}} is off", "Device", "NAS {{.Time}}"), Do: say("Look")}
	data, err := json.Marshal([]Finding{f, {Code: "fine", Severity: Fine}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"code":"x","severity":"hint","what":"NAS {{.Time}} is off","do":"Look"},{"code":"fine","severity":"fine","what":""}]`; string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	var back []Finding
	if err := json.Unmarshal(data, &back); err != nil || back[0].What.String() != "NAS {{.Time}} is off" {
		t.Errorf("came back as %+v, %v", back, err)
	}
}
