package doctor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/portmap"
)

// network tells what keeps this device from direct links, if any is missing.
func (c Case) network() []Finding {
	if !c.any(overlay.PathRelayed) {
		return nil
	}
	if c.Direct == nil {
		return []Finding{{
			Code: "directOff", Severity: Hint, What: say("Direct links are switched off here, so all goes through others."),
			Do: say("Switch them on in Settings, or start Paul without --no-direct."),
		}}
	}
	if c.udpBlocked() {
		return c.udp() // no port helps, nor another address
	}
	if !c.noAnswer() {
		return nil
	}
	list := append(c.udp(), c.router()...)
	if c.Direct.Port != direct.Port {
		list = append(list, Finding{
			Code: "portTaken", Severity: Hint,
			What: say("Another program has UDP port 7331, so direct links use port {{.Port}}, another one after each start.", "Port", c.port()),
			Do:   say("End that program, if a firewall or router is to let Paul's port in: a rule for 7331 does not serve now."),
		})
	}
	if !c.IPv6 {
		list = append(list, Finding{
			Code: "noIPv6", Severity: Hint, What: say("This computer has no public IPv6 address."),
			Do: say("Switch IPv6 on in the router, if the provider has it: between two devices with IPv6 there is no NAT."),
		})
	}
	return list
}

// udp tells how far UDP gets.
func (c Case) udp() []Finding {
	r := c.Direct
	switch {
	case c.udpBlocked():
		return []Finding{{
			Code: "udpBlocked", Severity: Hint,
			What: say("UDP does not seem to get out of this network: no STUN server answers, although a peer does."),
			Do: say("Allow UDP, above all port {{.Port}}, in firewall and router. Without UDP a direct link needs a TCP port that the router forwards "+
				"to one of the devices: pauld run --listen tls://0.0.0.0:7999", "Port", c.port()),
		}}
	case r.NAT == direct.NATSymmetric && !c.mapped() && !c.symmetricThere():
		return []Finding{{
			Code: "symmetricHere", Severity: Hint,
			What: say("The router here gives each connection another port (symmetric NAT), so that others cannot know where to knock."),
			Do:   say("A port that the router opens by UPnP, NAT-PMP or PCP mends that, or UDP port {{.Port}}, forwarded to this computer in its settings.", "Port", c.port()),
		}}
	case !r.Asked.IsZero() && len(r.STUN) == 0 && len(r.Seen) == 0 && !c.mapped():
		return []Finding{{
			Code: "noSTUN", Severity: Hint,
			What: say("Nobody tells this computer its address: no STUN server is asked, as without public peers, and no device of yours has a public address."),
			Do:   say("Name a STUN server (--stun HOST:PORT), or switch public peers on."),
		}}
	}
	return nil
}

func (c Case) udpBlocked() bool { return c.Direct.NAT == direct.NATSilent && c.out() }

// router tells what the router said when it was asked for a port.
func (c Case) router() []Finding {
	if c.Direct.NAT == direct.NATNone || c.mapped() {
		return nil
	}
	if c.PortMap == nil {
		if !c.NoPortMap {
			return nil
		}
		return []Finding{{
			Code: "portMapOff", Severity: Hint, What: say("The router is not asked to open a port: that is switched off."),
			Do: say("Start Paul without --no-port-map and --no-lan, or forward UDP port {{.Port}} to this computer in the router.", "Port", c.port()),
		}}
	}
	port := c.port()
	for _, k := range []struct {
		err  error
		code string
		what Text
		do   Text
	}{
		{
			portmap.ErrCGNAT, "cgnat", say("The internet provider shares one address among several customers (CGNAT): no port can be opened."),
			say("Ask the provider for a public IPv4 address, or use IPv6 on both sides."),
		},
		{
			portmap.ErrDoubleNAT, "doubleNAT", say("Two routers stand one behind the other (double NAT): a port that one of them opens leads nowhere."),
			say("Put one of them into bridge mode, or forward UDP port {{.Port}} on both.", "Port", port),
		},
		{
			portmap.ErrOffline, "routerOffline", say("The router says that it has no connection to the internet at present."),
			say("Wait until it has one again, or restart it."),
		},
		{
			portmap.ErrFull, "routerFull", say("The router has no port left to open."),
			say("Remove port mappings in its settings, or restart it."),
		},
		{
			portmap.ErrRefused, "routerRefuses", say("The router refuses to open a port for this computer."),
			say("Allow it in the router's settings, or forward UDP port {{.Port}} to this computer there.", "Port", port),
		},
		{
			portmap.ErrBadAnswer, "routerOdd", say("The router answers nonsense when it is asked to open a port."),
			say("Restart or update it, or forward UDP port {{.Port}} to this computer in its settings.", "Port", port),
		},
		{
			portmap.ErrNoAnswer, "upnpOff", say("The router opens no port when asked: UPnP, NAT-PMP and PCP are off there, or it knows none of them."),
			say("Switch one of them on in the router's settings, or forward UDP port {{.Port}} to this computer there.", "Port", port),
		},
	} {
		if errors.Is(c.PortMap.Err, k.err) {
			return []Finding{{Code: k.code, Severity: Hint, What: k.what, Do: k.do}}
		}
	}
	return nil
}

// noAnswer reports whether a device that is relayed could not be linked with
// because nothing got through.
func (c Case) noAnswer() bool { return slices.ContainsFunc(c.Devices, unanswered) }

func unanswered(d overlay.DeviceDiagnosis) bool {
	return d.Path.Kind == overlay.PathRelayed && d.Attempt != nil && errors.Is(d.Attempt.Err, direct.ErrNoAnswer)
}

// symmetricThere reports whether all devices to which nothing got through are
// behind a symmetric NAT: then that is told of each.
func (c Case) symmetricThere() bool {
	return !slices.ContainsFunc(c.Devices, func(d overlay.DeviceDiagnosis) bool { return unanswered(d) && d.Attempt.NAT != direct.NATSymmetric })
}

func (c Case) mapped() bool { return c.PortMap != nil && c.PortMap.External.IsValid() }

func (c Case) port() string { return fmt.Sprint(c.Direct.Port) }
