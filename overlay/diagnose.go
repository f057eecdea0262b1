package overlay

import (
	"crypto/ed25519"

	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/portmap"
)

// Diagnosis tells what this node has tried in order to reach others, and how
// it went.
type Diagnosis struct {
	Listen   []string // URIs of listeners with the ports bound; "tls" ones of the local network included
	Peerings []Peering
	// Direct is what is known of this device's way to the internet; nil when no
	// direct links are made.
	Direct *direct.Report
	// PortMap is what routers said; nil when none is asked.
	PortMap *portmap.State
	// Devices are the admitted devices.
	Devices []DeviceDiagnosis
}

// DeviceDiagnosis tells how a device is reached, and how the last attempt
// to make a direct link with it went.
type DeviceDiagnosis struct {
	Key     ed25519.PublicKey
	Path    Path
	Attempt *direct.Attempt // nil when none was made
}

// Diagnose gathers what is known now; it asks nobody.
func (n *Node) Diagnose() Diagnosis {
	d := Diagnosis{Peerings: n.Peers()}
	for _, l := range n.links.listeners {
		d.Listen = append(d.Listen, l.uri.name())
	}
	if n.direct != nil {
		r := n.direct.Report()
		d.Direct = &r
	}
	if n.ports != nil {
		s := n.ports.State()
		d.PortMap = &s
	}
	for _, key := range n.devices.admittedKeys() {
		row := DeviceDiagnosis{Key: key, Path: n.Path(key)}
		if n.direct != nil {
			if a, ok := n.direct.Attempt(key); ok {
				row.Attempt = &a
			}
		}
		d.Devices = append(d.Devices, row)
	}
	return d
}
