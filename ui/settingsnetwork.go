package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

func (p *settingsPage) lan() fyne.CanvasObject {
	text := words.T("Devices in the same house talk directly, and fast.")
	if p.s.dev.SwitchedOff().LAN {
		text += " " + words.T("Paul was started with --no-lan: until the next start without it, this is off.")
	}
	return p.check(words.T("Find devices on this network"), text, p.set.LAN, func(set *app.Settings, on bool) { set.LAN = on })
}

func (p *settingsPage) public() fyne.CanvasObject {
	text := words.T("They carry encrypted traffic between devices that are in different networks; they can read none of it.")
	if n := p.s.dev.Status().Transit; n > 0 {
		text += " " + words.T("Since its start, this device has carried {{.Size}} for others.", "Size", words.Bytes(int64(n)))
	}
	if p.s.dev.SwitchedOff().PublicPeers {
		text += " " + words.T("Paul was started with --no-public-peers: until the next start without it, this is off.")
	}
	return p.check(words.T("Use public nodes"), text, p.set.PublicPeers, func(set *app.Settings, on bool) { set.PublicPeers = on })
}

func (p *settingsPage) direct() fyne.CanvasObject {
	text := words.T("Photos then take the straight way from one network to another, which is the fastest. Paul asks public STUN servers for your address: they learn nothing more, and are left alone while public nodes are off.")
	if p.s.dev.SwitchedOff().Direct {
		text += " " + words.T("Paul was started with --no-direct: until the next start without it, this is off.")
	}
	return p.check(words.T("Link devices directly"), text, p.set.Direct, func(set *app.Settings, on bool) { set.Direct = on })
}

func (p *settingsPage) portMap() fyne.CanvasObject {
	text := words.T("By UPnP, PCP or NAT-PMP, for direct links. Only your own devices get in by it.")
	if p.s.dev.SwitchedOff().PortMap {
		text += " " + words.T("Paul was started with --no-port-map: until the next start without it, this is off.")
	}
	return p.check(words.T("Ask the router to open a port"), text, p.set.PortMap, func(set *app.Settings, on bool) { set.PortMap = on })
}

// peers lists nodes of one's own, with their state.
func (p *settingsPage) peers() fyne.CanvasObject {
	up := map[string]app.Peering{}
	for _, l := range p.s.dev.Peers() {
		up[l.URI] = l
	}
	add := look.NewButton(words.T("Add…"), "plus", look.Plain, func() {
		p.s.askName(words.T("Add a node"), "tls://", words.T("Add"), func(uri string) {
			p.keep(func(set *app.Settings) { set.Peers = append(slices.Clone(set.Peers), uri) })
		})
	})
	row := setting(words.T("Nodes of your own"), words.T("Addresses such as tls://192.0.2.1:7999 that this device keeps a link to."), add)
	return uriList(row, p.set.Peers, func(uri string) (string, fyne.ThemeColorName) {
		l, ok := up[uri]
		switch {
		case ok && l.Up:
			return words.T("connected") + " · " + words.RTT(l.RTT), look.ColorSafe
		case ok && l.LastErr != "":
			return words.T("cannot be reached; is the address right, and the node running?") + " (" + l.LastErr + ")", look.ColorRisk
		}
		return words.T("not connected"), look.ColorSecondary
	}, func(uri string) {
		p.keep(func(set *app.Settings) {
			set.Peers = slices.DeleteFunc(slices.Clone(set.Peers), func(u string) bool { return u == uri })
		})
	})
}

// listeners lists the addresses at which nodes and devices may call this one.
func (p *settingsPage) listeners() fyne.CanvasObject {
	add := look.NewButton(words.T("Add…"), "plus", look.Plain, func() {
		p.s.askName(words.T("Listen at"), "tls://0.0.0.0:7999", words.T("Add"), func(uri string) {
			p.keep(func(set *app.Settings) { set.Listen = append(slices.Clone(set.Listen), uri) })
		})
	})
	row := setting(words.T("Listen at"), words.T("Addresses and ports where your other devices may call this one, as when the router forwards a port, or the device is to be a node of your own. tls://0.0.0.0:7999 is port 7999 of every network."), add)
	return uriList(row, p.set.Listen, func(string) (string, fyne.ThemeColorName) { return "", look.ColorSecondary }, func(uri string) {
		p.keep(func(set *app.Settings) {
			set.Listen = slices.DeleteFunc(slices.Clone(set.Listen), func(u string) bool { return u == uri })
		})
	})
}

// uriList is a row of the settings with the addresses that it is about below: each with its
// state, if it has one, and a button that removes it.
func uriList(row fyne.CanvasObject, uris []string, state func(uri string) (string, fyne.ThemeColorName), drop func(uri string)) fyne.CanvasObject {
	if len(uris) == 0 {
		return row
	}
	box := look.VBox(6)
	for _, uri := range uris {
		lines := look.VBox(1, look.NewCut(hidePassword(uri), look.SizeBody, theme.ColorNameForeground).Mono())
		if text, colour := state(uri); text != "" {
			lines.Add(look.NewCut(text, look.SizeCaption, colour))
		}
		box.Add(container.NewBorder(nil, nil, nil, look.NewIconButton("close", words.T("Remove"), look.Ghost, func() { drop(uri) }), look.Middle(lines)))
	}
	return look.VBox(8, row, box)
}

// hidePassword leaves the password of a peering out of what is shown.
func hidePassword(uri string) string {
	before, rest, found := strings.Cut(uri, "password=")
	if !found {
		return uri
	}
	_, after, more := strings.Cut(rest, "&")
	if more {
		after = "&" + after
	}
	return before + "password=…" + after
}
