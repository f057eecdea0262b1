package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.refused(t, []string{"no Paul is running"}, "doctor")
	_, ready := h.start(t, "--stun", "none", "--listen", "tls://127.0.0.1:0")
	r := h.want(t, exitFailed, "doctor", "--json")
	var codes []string
	var facts *app.Facts
	for _, line := range lines[struct {
		Finding *app.Finding
		Facts   *app.Facts
	}](t, r.out) {
		if line.Finding != nil {
			codes = append(codes, line.Finding.Code+" "+string(line.Finding.Severity))
		}
		facts = line.Facts // the last line
	}
	if !slices.Equal(codes, []string{"noWay problem", "alone hint"}) {
		t.Errorf("findings %q", codes)
	}
	if facts == nil || !slices.Equal(facts.Listen, ready.Listen) || facts.UDPPort == 0 || !slices.Equal(facts.Off, []string{"lan", "publicPeers", "portMap"}) {
		t.Errorf("facts %+v", facts)
	}
	if text := h.want(t, exitFailed, "doctor").out; !strings.HasPrefix(text, "! No device can be found") {
		t.Errorf("it prints %q", text)
	}
}

func TestFactsText(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 10, 12, 0, 0, 0, time.Local)
	nas := app.Device{Name: "NAS", ID: strings.Repeat("ab", 32), Path: app.Path{Kind: app.PathRelayed, ViaPublic: true, RTT: 45 * time.Millisecond}}
	full := app.Facts{
		Off: []string{"lan", "portMap"}, Listen: []string{"tls://0.0.0.0:7330"}, UDPPort: 7331, NAT: "symmetric",
		Seen: []string{"192.0.2.7:4000", "192.0.2.7:4001"},
		STUN: []app.STUNFact{{Server: "a.example:3478", Seen: "192.0.2.7:4000"}, {Server: "b.example:3478", Error: "it does not answer"}},
		PortMap: &app.PortMapFact{Error: "x", Tried: []app.PortMapTrying{
			{Gateway: "192.168.1.1", Method: "pcp", Error: "the router does not answer"}, {Gateway: "192.168.1.1", Method: "upnp"},
		}},
		Peers: []app.PeerInfo{{URI: "tls://p:1", Kind: "public", Up: true, RTTMs: 31}, {URI: "tls://q:1", Kind: "static", Error: "connection refused"}},
		Devices: []app.DeviceFacts{{Device: nas, Attempt: &app.AttemptFact{
			At: now.Add(-time.Hour), TookMs: 5210, Error: "no address answered", NAT: "symmetric", Offered: 1, Asked: 4, ClockOffMs: -90_400,
		}}},
	}
	for name, test := range map[string]struct {
		facts app.Facts
		want  string
	}{
		"all": {full, `
This device
  switched off  the local network, asking the router for a port
  peers         tls://p:1 (public), up, 31 ms
                tls://q:1 (static), down: connection refused
  listens       tls://0.0.0.0:7330
  direct links  UDP port 7331
  NAT           another address for each (symmetric): others cannot be told where to knock
  seen as       192.0.2.7:4000
                192.0.2.7:4001
  STUN          a.example:3478: sees 192.0.2.7:4000
                b.example:3478: it does not answer
  router        192.168.1.1, pcp: the router does not answer
                192.168.1.1, upnp: works
  IPv6          this machine has no public address
NAS  abababababab
  reached       relayed through a public peer, 45 ms
  direct link   failed: no address answered; tried 11:00, for 5.2 s; 1 address told, 4 of its own asked; its NAT: symmetric
  its clock     behind this one by 1m30s`},
		"nothing": {app.Facts{IPv6: true, Off: []string{"direct"}}, `
This device
  switched off  direct links
  peers         none
  IPv6          this machine has a public address`},
		"nothing yet": {app.Facts{UDPPort: 7331, PortMap: &app.PortMapFact{}}, `
This device
  peers         none
  direct links  UDP port 7331
  NAT           not known
  STUN          no server was asked
  router        has not answered yet
  IPv6          this machine has no public address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := factsText(test.facts, now); got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}
