package doctor

import (
	"errors"
	"syscall"
	"time"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
)

// looking is how long the first attempt at a direct link may take.
const looking = time.Minute

// device tells why a device is not reached, or only through others, as far as
// that has to do with the device itself.
func (c Case) device(d overlay.DeviceDiagnosis) []Finding {
	f := Finding{Severity: Hint, Device: id(d)}
	switch {
	case d.Path.Kind == overlay.PathOffline:
		f.Code, f.What = "offline", say("{{.Device}} has not answered since {{.Time}}.", "Device", c.name(d), "Time", d.Path.Since.Local().Format("2006-01-02 15:04"))
		if d.Path.Since.IsZero() {
			f.What = say("{{.Device}} has not answered since Paul was started here.", "Device", c.name(d))
		}
		f.Do = say("Is it switched on, with Paul running and a network? If both devices are on one network, let port 7330 (TCP and UDP) and " +
			"UDP port 7331 through their firewalls.")
	case d.Path.Kind != overlay.PathRelayed || c.Direct == nil:
		return nil
	case d.Attempt == nil || d.Attempt.Err == nil:
		f.Code, f.What, f.Do = c.waiting(d)
	case errors.Is(d.Attempt.Err, direct.ErrSignal):
		f.Code, f.What, f.Do = c.notAsked(d)
	case errors.Is(d.Attempt.Err, direct.ErrHandshake):
		f.Code = "handshake"
		f.What = say("An address of {{.Device}} answered, but the encrypted link to it was not made.", "Device", c.name(d))
		f.Do = say("It is tried again by itself. If it stays so, a firewall lets small UDP packets through and no large ones: allow UDP port 7331 there.")
	default:
		f.Code, f.What, f.Do = c.unanswered(d)
	}
	if f.Code == "" {
		return nil
	}
	return []Finding{f}
}

// waiting is for a device that should be linked with, and nothing has failed.
func (c Case) waiting(d overlay.DeviceDiagnosis) (code string, what, do Text) {
	untried := d.Attempt == nil || d.Attempt.At.Before(d.Path.Since)
	if untried && c.Now.Sub(d.Path.Since) > looking {
		return "notTried", say("No direct link with {{.Device}} has been tried: it runs an older Paul, or direct links are switched off there.", "Device", c.name(d)),
			say("Update Paul there, and switch direct links on.")
	}
	return "looking", say("A direct link with {{.Device}} is being looked for.", "Device", c.name(d)), Text{}
}

// notAsked is for a device that did not tell its addresses.
func (c Case) notAsked(d overlay.DeviceDiagnosis) (code string, what, do Text) {
	if errors.Is(d.Attempt.Err, syscall.ECONNREFUSED) {
		return "noDirectThere", say("{{.Device}} makes no direct links: it runs an older Paul, or they are switched off there.", "Device", c.name(d)),
			say("Update Paul there, and switch direct links on.")
	}
	return "notAsked", say("{{.Device}} could not be asked for its addresses ({{.Error}}).", "Device", c.name(d), "Error", d.Attempt.Err.Error()),
		say("It is tried again by itself. If it stays so, start Paul anew on both devices.")
}

// unanswered is for a device none of whose addresses answered. What is to be
// mended here is told by network.
func (c Case) unanswered(d overlay.DeviceDiagnosis) (code string, what, do Text) {
	own := c.Direct.NAT
	switch {
	case d.Attempt.NAT == direct.NATSymmetric && own == direct.NATSymmetric:
		return "symmetricBoth", say("No direct link with {{.Device}}: both routers give each connection another port (symmetric NAT).", "Device", c.name(d)),
			say("Switch UPnP, NAT-PMP or PCP on in one of the routers, or forward UDP port 7331 there; or use IPv6 on both sides.")
	case d.Attempt.NAT == direct.NATSymmetric:
		return "symmetricThere", say("No direct link with {{.Device}}: its router gives each connection another port (symmetric NAT).", "Device", c.name(d)),
			say("Switch UPnP, NAT-PMP or PCP on in one of the routers, or forward UDP port 7331 there; or use IPv6 on both sides.")
	case d.Attempt.NAT == direct.NATSilent:
		return "udpBlockedThere", say("No direct link with {{.Device}}: UDP does not seem to get out of its network.", "Device", c.name(d)),
			say("Allow UDP, above all port 7331, in the firewall and router there.")
	case d.Attempt.Asked == 0:
		return "noAddressThere", say("{{.Device}} names no address at which it could be reached from here.", "Device", c.name(d)),
			say("On that device let STUN servers be asked, or switch UPnP, NAT-PMP or PCP on in its router.")
	case own == direct.NATSymmetric, own == direct.NATSilent:
		return "", Text{}, Text{}
	}
	return "noAnswer", say("No direct link with {{.Device}}: none of its addresses answers. A firewall seems to be in the way.", "Device", c.name(d)),
		say("Allow UDP port 7331 in the firewalls of both computers, and of their routers.")
}
