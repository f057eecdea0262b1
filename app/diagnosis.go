package app

import (
	"encoding/json"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app/doctor"
	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/portmap"
)

// Names of package doctor that a screen needs.
type (
	// Finding is one thing that stands between this device and others.
	Finding = doctor.Finding
	// Text is a sentence of a Finding.
	Text = doctor.Text
)

// Severities of a Finding.
const (
	SeverityProblem = doctor.Problem
	SeverityHint    = doctor.Hint
	SeverityFine    = doctor.Fine
)

// What a Finding is about.
const (
	AboutPeers  = doctor.AboutPeers
	AboutClock  = doctor.AboutClock
	AboutDirect = doctor.AboutDirect
	AboutDevice = doctor.AboutDevice
)

// Diagnosis is what keeps devices apart, and what that was concluded from.
type Diagnosis struct {
	Findings []Finding `json:"findings"`
	Facts    Facts     `json:"facts"`
}

// Facts are what this device knows of its ways to others.
type Facts struct {
	Off     []string      `json:"off"`     // what is switched off: "lan", "publicPeers", "direct", "portMap"
	Listen  []string      `json:"listen"`  // listeners, those of the local network included
	UDPPort int           `json:"udpPort"` // of direct links; 0 when they are off
	NAT     string        `json:"nat"`     // "none", "cone", "symmetric", "silent"; "" when not known
	Seen    []string      `json:"seen"`    // addresses of this device as others see it
	STUN    []STUNFact    `json:"stun"`
	PortMap *PortMapFact  `json:"portMap"` // null: no router is asked
	IPv6    bool          `json:"ipv6"`    // there is a public IPv6 address
	Peers   []PeerInfo    `json:"peers"`
	Devices []DeviceFacts `json:"devices"`
}

// STUNFact is what a STUN server answered.
type STUNFact struct {
	Server string `json:"server"`
	Seen   string `json:"seen,omitempty"`
	Error  string `json:"error,omitempty"`
}

// PortMapFact is what routers answered when they were asked for a port.
type PortMapFact struct {
	External string          `json:"external,omitempty"` // where the router lets others in
	Method   string          `json:"method,omitempty"`   // "pcp", "nat-pmp" or "upnp"
	Error    string          `json:"error,omitempty"`
	Tried    []PortMapTrying `json:"tried"`
}

// PortMapTrying is one router asked in one way.
type PortMapTrying struct {
	Gateway string  `json:"gateway"`
	Method  string  `json:"method"`
	Error   string  `json:"error,omitempty"`
	TookMs  float64 `json:"tookMs"`
}

// DeviceFacts are what is known of the way to another device.
type DeviceFacts struct {
	Device  Device       `json:"device"`
	Attempt *AttemptFact `json:"attempt"` // the last one at a direct link; null: none was made
}

// AttemptFact is an attempt at a direct link.
type AttemptFact struct {
	At         time.Time `json:"at"`
	TookMs     float64   `json:"tookMs"`
	Method     string    `json:"method,omitempty"` // of the link that was made
	Error      string    `json:"error,omitempty"`  // why none was
	NAT        string    `json:"nat,omitempty"`    // of the other device, as it says
	Offered    int       `json:"offered"`          // addresses of this device that were told
	Asked      int       `json:"asked"`            // of the other one's that were asked
	ClockOffMs float64   `json:"clockOffMs"`       // how far its clock is ahead
}

// Diagnose tells what keeps devices apart, from what is known now; it asks
// nobody.
func (a *App) Diagnose() Diagnosis {
	c := a.examined()
	return Diagnosis{Findings: doctor.Examine(c), Facts: a.facts(c)}
}

// Findings is Diagnose without the facts.
func (a *App) Findings() []Finding { return doctor.Examine(a.examined()) }

// examined is this device as a Case.
func (a *App) examined() doctor.Case {
	set, _ := nodeOptions(a.opts, a.started) // Open has checked them
	c := doctor.Case{
		Diagnosis: a.node.Diagnose(), Names: make(map[string]string), Own: join(a.config.get().Peers, a.opts.Peers),
		IPv6: hasIPv6(), Now: time.Now(),
		NoLAN: set.NoLAN, NoPublicPeers: set.NoPublicPeers, NoPortMap: set.NoPortMap || set.NoLAN,
	}
	if r := a.removed(); r != nil {
		c.RemovedBy, c.RemovedAt = r.By, r.At.Local()
	}
	for _, d := range a.files.Devices() {
		c.Names[d.ID] = d.Name
	}
	for i, uri := range c.Own { // what doctor tells is shown to others
		c.Own[i] = overlay.HidePassword(uri)
	}
	for i, p := range c.Peerings {
		c.Peerings[i].URI = overlay.HidePassword(p.URI)
	}
	return c
}

// hasIPv6 reports whether this machine has a public IPv6 address.
func hasIPv6() bool {
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Is6() && direct.IsPublic(p.Addr())
	})
}

func (a *App) facts(c doctor.Case) Facts {
	f := Facts{Off: []string{}, Listen: join(c.Listen, nil), Seen: []string{}, STUN: []STUNFact{}, IPv6: c.IPv6, Peers: a.peerInfos(), Devices: []DeviceFacts{}}
	if f.Listen == nil {
		f.Listen = []string{}
	}
	for _, o := range []struct {
		name string
		off  bool
	}{{"lan", c.NoLAN}, {"publicPeers", c.NoPublicPeers}, {"direct", c.Direct == nil}, {"portMap", c.NoPortMap}} {
		if o.off {
			f.Off = append(f.Off, o.name)
		}
	}
	if r := c.Direct; r != nil {
		f.UDPPort, f.NAT = int(r.Port), r.NAT
		for _, at := range r.Seen {
			f.Seen = append(f.Seen, at.String())
		}
		for _, s := range r.STUN {
			f.STUN = append(f.STUN, STUNFact{s.Name, addrText(s.Seen), errText(s.Err)})
		}
	}
	if c.PortMap != nil {
		f.PortMap = portMapFact(*c.PortMap)
	}
	by := make(map[string]overlay.DeviceDiagnosis)
	for _, d := range c.Devices {
		by[hexKey(d.Key)] = d
	}
	for _, d := range a.Devices() {
		if !d.Self {
			f.Devices = append(f.Devices, DeviceFacts{d, attemptFact(by[d.ID].Attempt)})
		}
	}
	return f
}

func portMapFact(s portmap.State) *PortMapFact {
	f := &PortMapFact{External: addrText(s.External), Method: s.Method, Error: errText(s.Err), Tried: []PortMapTrying{}}
	for _, t := range s.Tried {
		f.Tried = append(f.Tried, PortMapTrying{t.Gateway.String(), t.Method, errText(t.Err), milliseconds(t.Took)})
	}
	return f
}

func attemptFact(a *direct.Attempt) *AttemptFact {
	if a == nil {
		return nil
	}
	return &AttemptFact{
		At: a.At.UTC().Truncate(time.Second), TookMs: milliseconds(a.Took), Method: a.Method, Error: errText(a.Err), NAT: a.NAT,
		Offered: a.Offered, Asked: a.Asked, ClockOffMs: milliseconds(a.ClockOff),
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// LookAgain tries at once to reach what is not reached, or not well; what comes of
// it shows in Diagnose as it happens.
func (a *App) LookAgain() { a.node.LookAgain() }

// Report writes a diagnosis for somebody who is asked for help: the program, what
// stands in the way, and the facts. It names devices and addresses, and no secret.
func (d Diagnosis) Report() (string, error) {
	var b strings.Builder
	b.WriteString(VersionLine("Paul", "") + "\n\n")
	for _, f := range d.Findings {
		b.WriteString("- " + strings.TrimSpace(f.What.String()+" "+f.Do.String()) + "\n")
	}
	facts, err := json.MarshalIndent(d.Facts, "", "  ")
	return b.String() + "\n" + string(facts) + "\n", err
}
