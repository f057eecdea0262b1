package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// settingsPage changes the settings; each is kept as soon as it is changed.
type settingsPage struct {
	s       *shell
	watched *watchedFolders
	places  *placesGroup
	whole   *container.Scroll
	body    *fyne.Container
	notice  *fyne.Container
	set     app.Settings
}

func newSettingsPage(s *shell) *settingsPage {
	p := &settingsPage{s: s, body: look.VBox(16), notice: container.NewStack()}
	p.whole = column(760, p.body)
	p.places = newPlacesGroup(p)
	return p
}

func (p *settingsPage) title() string             { return words.T("Settings") }
func (p *settingsPage) object() fyne.CanvasObject { return p.whole }
func (p *settingsPage) hidden()                   { p.whole.ScrollToTop() }

func (p *settingsPage) reload() {
	p.showNotice()
	p.places.reload()
	if p.watched != nil {
		p.watched.reload()
	}
}

// shown builds the page from the settings that hold.
func (p *settingsPage) shown() {
	p.set = p.s.dev.Settings()
	p.watched = newWatchedFolders(p)
	p.body.Objects = []fyne.CanvasObject{
		p.notice,
		p.group(words.T("This computer"), p.name(), p.folder(), p.takes(), p.wish(), p.copies(), p.health()),
		p.group(words.T("Watched folders"), p.watched.object()),
		p.places.box,
		p.group(words.T("Transfers"), p.paused(), p.rate(words.T("Fetching"), words.T("How fast photos may come from your other devices."), downLimit), p.rate(words.T("Sending"), words.T("How fast photos may go to them."), upLimit)),
		p.group(words.T("Appearance"), p.themes(), p.accents(), p.scales(), p.density(), p.motion()),
		p.group(words.T("Language"), p.language()),
		p.group(words.T("Network"), p.lan(), p.direct(), p.public(), p.peers()),
	}
	p.places.show()
	p.places.load()
	p.showNotice()
	p.whole.Content.Refresh()
}

// keep keeps changed settings.
func (p *settingsPage) keep(change func(*app.Settings)) {
	set := p.s.dev.Settings()
	change(&set)
	p.s.goDo(func(ctx context.Context) error { return p.s.dev.UpdateSettings(ctx, set) }, func(err error) {
		if err != nil {
			p.s.fail(words.T("The setting was not changed"), err)
			p.shown()
			return
		}
		p.s.reload()
		p.shown()
	})
}

// showNotice offers a new start when a setting needs one.
func (p *settingsPage) showNotice() {
	p.notice.Objects = nil
	if len(p.s.dev.RestartNeeded()) > 0 && p.s.restart != nil {
		p.notice.Objects = []fyne.CanvasObject{notice("restore", theme.ColorNamePrimary, look.ColorSoft,
			words.T("Some changes take effect when Paul is started again."), look.NewButton(words.T("Restart now"), "", look.Primary, p.s.restart))}
	}
	p.whole.Content.Refresh()
}

// group is a titled card of settings.
func (p *settingsPage) group(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	box := look.VBox(12)
	for i, r := range rows {
		if i > 0 {
			box.Add(look.Line())
		}
		box.Add(r)
	}
	return look.VBox(8, look.NewText(title, look.SizeTitle, theme.ColorNameForeground).Bold(), look.Card(box))
}

// setting is a row: name and explanation at the left, the control at the right.
func setting(name, text string, control fyne.CanvasObject) fyne.CanvasObject {
	left := look.VBox(2, look.NewCut(name, look.SizeBody, theme.ColorNameForeground), look.NewPara(text, look.SizeCaption, 330, look.ColorSecondary))
	return container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 20, container.NewCenter(control)), look.Middle(left))
}

func (p *settingsPage) name() fyne.CanvasObject {
	e := newKeyEntry(func() { p.s.win.Canvas().Unfocus() })
	e.SetText(p.set.Name)
	keep := func() {
		if name := strings.TrimSpace(e.Text); name != "" && name != p.set.Name {
			p.keep(func(set *app.Settings) { set.Name = name })
		}
	}
	e.OnSubmitted = func(string) { keep() }
	e.left = keep
	return setting(words.T("Name of this computer"), words.T("How your other devices show it."), look.Fixed(220, 0, e))
}

func (p *settingsPage) folder() fyne.CanvasObject {
	path := look.NewPara(p.set.Library, look.SizeCaption, 300, look.ColorSecondary)
	change := look.NewButton(words.T("Change…"), "folder", look.Plain, func() {
		p.s.chooseFolder(words.T("Library folder"), p.set.Library, func(dir string) {
			p.keep(func(set *app.Settings) { set.Library = dir })
			path.Set(dir)
		})
	})
	row := setting(words.T("Library folder"), words.T("Photos that are kept on this computer lie here, as ordinary files by date. They move along when you choose another folder."), change)
	return look.VBox(6, row, path)
}

func (p *settingsPage) copies() fyne.CanvasObject {
	options := []string{"1", "2", "3"}
	sel := look.NewSelect(options, nil)
	sel.SetSelected(options[min(max(p.set.Copies, 1), 3)-1])
	sel.OnChanged = func(v string) {
		n := slices.Index(options, v) + 1
		p.keep(func(set *app.Settings) { set.Copies = n })
	}
	return setting(words.T("Copies elsewhere"), words.T("So many other devices must prove their copy before one is removed here."), look.Fixed(90, 0, sel))
}

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
	text := words.T("Photos then take the straight way from one network to another, which is the fastest. Paul asks your router to open a port (UPnP, PCP or NAT-PMP), and public STUN servers for your address: they learn nothing more, and are left alone while public nodes are off.")
	if p.s.dev.SwitchedOff().Direct {
		text += " " + words.T("Paul was started with --no-direct: until the next start without it, this is off.")
	}
	return p.check(words.T("Link devices directly"), text, p.set.Direct, func(set *app.Settings, on bool) { set.Direct = on })
}

// check is a setting that is on or off.
func (p *settingsPage) check(name, text string, on bool, change func(*app.Settings, bool)) fyne.CanvasObject {
	c := look.NewCheck("", nil)
	c.SetChecked(on)
	c.OnChanged = func(on bool) { p.keep(func(set *app.Settings) { change(set, on) }) }
	return setting(name, text, c)
}

// peers lists nodes of one's own, with their state.
func (p *settingsPage) peers() fyne.CanvasObject {
	box := look.VBox(6)
	up := map[string]app.Peering{}
	for _, l := range p.s.dev.Peers() {
		up[l.URI] = l
	}
	for _, uri := range p.set.Peers {
		state, colour := words.T("not connected"), look.ColorSecondary
		if l, ok := up[uri]; ok && l.Up {
			state, colour = words.T("connected")+" · "+words.RTT(l.RTT), look.ColorSafe
		} else if ok && l.LastErr != "" {
			state = words.T("cannot be reached; is the address right, and the node running?")
		}
		drop := look.NewIconButton("close", words.T("Remove"), look.Ghost, func() {
			p.keep(func(set *app.Settings) {
				set.Peers = slices.DeleteFunc(slices.Clone(set.Peers), func(u string) bool { return u == uri })
			})
		})
		box.Add(container.NewBorder(nil, nil, nil, drop, look.VBox(1, look.NewCut(uri, look.SizeBody, theme.ColorNameForeground).Mono(), look.NewCut(state, look.SizeCaption, colour))))
	}
	add := look.NewButton(words.T("Add…"), "plus", look.Plain, func() {
		p.s.askName(words.T("Add a node"), "tls://", words.T("Add"), func(uri string) {
			p.keep(func(set *app.Settings) { set.Peers = append(slices.Clone(set.Peers), uri) })
		})
	})
	row := setting(words.T("Nodes of your own"), words.T("Addresses such as tls://192.0.2.1:7999 that this device keeps a link to."), add)
	if len(p.set.Peers) == 0 {
		return row
	}
	return look.VBox(8, row, box)
}
