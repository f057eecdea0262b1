package doctor

import (
	"slices"

	"github.com/libpaul/paul/overlay"
)

// peers tells what is wrong with the nodes through which devices meet.
func (c Case) peers() []Finding {
	var list []Finding
	if len(c.Devices) == 0 {
		list = append(list, Finding{
			Code: "alone", Severity: Hint, What: say("No other device is paired with this one."),
			Do: say("Pair one: with pauld pair, or by Add a device in the gallery."),
		})
	}
	lacking := c.any(overlay.PathOffline) || len(c.Devices) == 0
	switch {
	case c.out() || !lacking:
	case c.NoPublicPeers && !c.hasStatic():
		list = append(list, c.noWay())
	case slices.ContainsFunc(c.Peerings, func(p overlay.Peering) bool { return p.LastErr != "" }):
		list = append(list, c.noPeer())
	}
	if c.NoLAN && c.any(overlay.PathOffline) {
		list = append(list, Finding{
			Code: "lanOff", Severity: Hint, What: say("Devices on this network are not looked for: that is switched off."),
			Do: say("Switch it on in Settings, or start Paul without --no-lan."),
		})
	}
	return append(list, c.downPeers()...)
}

// noWay is for a device that can meet nobody but on its own network.
func (c Case) noWay() Finding {
	f := Finding{
		Code: "noWay", Severity: Problem,
		What: say("Only devices on this network can be found: public peers are switched off, and no peer of your own is named."),
		Do: say("Switch public peers on, or let one device be a peer (pauld run --listen tls://0.0.0.0:7999) and name it on the others " +
			"(pauld peer add tls://HOST:7999)."),
	}
	if c.NoLAN {
		f.What = say("No device can be found: public peers and the search on this network are switched off, and no peer of your own is named.")
	}
	return f
}

// noPeer is for a device that no node answers.
func (c Case) noPeer() Finding {
	f := Finding{
		Code: "noPeer", Severity: Problem,
		What: say("No peer answers: this computer has no connection to the internet, or a firewall lets nothing out."),
		Do:   say("Check its network. Peers are called over TCP, at the ports in their addresses; pauld peer list tells what each says."),
	}
	if c.NoPublicPeers {
		f.Code = "noOwnPeer"
		f.What = say("No peer of your own answers, and public peers are switched off.")
		f.Do = say("Are your peers running, and are their addresses right? pauld peer list tells what each says.")
	}
	return f
}

// downPeers tells of peers of one's own that do not answer, while others do.
func (c Case) downPeers() []Finding {
	var list []Finding
	for _, p := range c.Peerings {
		if c.out() && !p.Up && p.LastErr != "" && slices.Contains(c.Own, p.URI) {
			list = append(list, Finding{
				Code: "peerDown", Severity: Hint,
				What: say("The peer {{.Peer}} does not answer ({{.Error}}).", "Peer", p.URI, "Error", p.LastErr),
				Do:   say("Is it running, and is its address right? If it is no more, remove it: pauld peer remove {{.Peer}}", "Peer", p.URI),
			})
		}
	}
	return list
}

// out reports whether a link leads out of the local network, or may.
func (c Case) out() bool {
	return slices.ContainsFunc(c.Peerings, func(p overlay.Peering) bool { return p.Up && p.Kind != overlay.PeeringLAN })
}

func (c Case) hasStatic() bool {
	return slices.ContainsFunc(c.Peerings, func(p overlay.Peering) bool { return p.Kind == overlay.PeeringStatic })
}
