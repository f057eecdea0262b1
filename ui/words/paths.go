package words

import (
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// moving is from what rate on, in bytes a second, something is said to move:
// less is what keeps a link alive.
const moving = 1000

// Way says how another device is reached: "Direct, through both routers".
func Way(d app.Device, now time.Time) string {
	switch {
	case !d.Online && d.LastSeen.IsZero():
		return T("Offline, not seen yet")
	case !d.Online:
		return T("Offline, last seen {{.Ago}}", "Ago", Ago(now, d.LastSeen))
	case d.Path.Kind == app.PathLAN:
		return T("On this network")
	case d.Path.Kind == app.PathDirect:
		return direct(d.Path.Method)
	case d.Path.ViaDevice != "":
		return T("Relayed through {{.Device}}", "Device", d.Path.ViaDevice)
	case d.Path.ViaPublic:
		return T("Relayed through a public node")
	default:
		return T("Relayed through other nodes")
	}
}

func direct(method string) string {
	switch method {
	case app.MethodPublic:
		return T("Direct, one side has a public address")
	case app.MethodMapped:
		return T("Direct, a router lets it in")
	case app.MethodPunched:
		return T("Direct, through both routers")
	default:
		return T("Direct, over the internet")
	}
}

// WayDetail says how good the way to a device is, and what moves on it:
// "receiving 3.1 MB/s · 12 ms · since 10:31"; "" when there is nothing to say.
func WayDetail(d app.Device, now time.Time) string {
	if !d.Online {
		return ""
	}
	var parts []string
	if d.Path.RX >= moving {
		parts = append(parts, T("receiving {{.Rate}}", "Rate", Rate(float64(d.Path.RX))))
	}
	if d.Path.TX >= moving {
		parts = append(parts, T("sending {{.Rate}}", "Rate", Rate(float64(d.Path.TX))))
	}
	if d.Path.RTT > 0 {
		parts = append(parts, RTT(d.Path.RTT))
	}
	if since := d.Path.Since; !since.IsZero() {
		since = since.In(now.Location())
		text := Clock(since)
		if now.Sub(since) > 20*time.Hour {
			text = Date(since)
		}
		parts = append(parts, T("since {{.Time}}", "Time", text))
	}
	return strings.Join(parts, " · ")
}

// Say translates a text that the device has made.
func Say(t app.Text) string {
	pairs := make([]any, len(t.Args))
	for i, a := range t.Args {
		pairs[i] = a
	}
	return say(t.Format, pairs...)
}

// Hints are the findings that concern a device, the most telling first: of the
// device itself, and of this side if that may be why it is relayed or offline.
// What keeps all devices apart is none of them.
func Hints(list []app.Finding, d app.Device) []app.Finding {
	var own, here []app.Finding
	for _, f := range list {
		switch {
		case f.Device == d.ID:
			own = append(own, f)
		case f.Device != "" || f.Severity == app.SeverityProblem:
		case f.About == app.AboutDirect && d.Path.Kind == app.PathRelayed, f.About == app.AboutPeers && d.Path.Kind == app.PathOffline:
			here = append(here, f)
		}
	}
	return append(own, here...)
}
