package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// pathTick is how often the ways to devices are read anew while they show: the
// device says when one changes, but not how much moves on it.
const pathTick = 2 * time.Second

// devicesPage shows a card for each device.
type devicesPage struct {
	s     *shell
	whole *container.Scroll
	head  *fyne.Container
	flow  *fyne.Container
	gone  *fyne.Container // devices that were removed
	key   string          // what the page is made of
	cards []*deviceCard   // as shell.devices
	stop  func()          // ends the tick; nil while the page is not on the screen
}

func newDevicesPage(s *shell) *devicesPage {
	p := &devicesPage{s: s, flow: container.New(&flow{least: 330, most: 680, gap: 16}), head: look.VBox(14), gone: look.VBox(8)}
	p.whole = column(1100, look.VBox(18, p.head, p.flow, p.gone))
	return p
}

func (p *devicesPage) title() string             { return words.T("Devices") }
func (p *devicesPage) object() fyne.CanvasObject { return p.whole }

func (p *devicesPage) shown() { p.tick() }

func (p *devicesPage) hidden() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// tick shows how fast things move, until the page leaves the screen.
func (p *devicesPage) tick() {
	p.stop = p.s.after(pathTick, func() {
		p.s.do(func() {
			if p.stop != nil {
				p.s.devices = p.s.dev.Devices()
				p.reload()
				p.tick()
			}
		})
	})
}

// reload implements page.
func (p *devicesPage) reload() {
	findings := p.s.dev.Findings()
	var key strings.Builder
	for _, d := range p.s.devices {
		key.WriteString(cardKey(d, words.Hints(findings, d)))
	}
	status := p.s.dev.Status()
	formers := p.s.dev.Formers()
	fmt.Fprint(&key, problems(findings), status.Below, status.Removed != nil, formers)
	if key.String() != p.key {
		p.key = key.String()
		p.build(findings, formers)
		return
	}
	for i, d := range p.s.devices {
		p.cards[i].show(d)
	}
}

// build makes the page anew.
func (p *devicesPage) build(findings []app.Finding, formers []app.Former) {
	p.head.Objects = []fyne.CanvasObject{p.intro()}
	if r := p.s.dev.Status().Removed; r != nil {
		p.head.Add(p.removed(r))
	} else if len(p.s.devices) > 1 { // a device that is alone lacks nothing
		for _, f := range problems(findings) {
			p.head.Add(p.problem(f))
		}
	}
	if n := p.s.dev.Status().Below; n > 0 {
		p.head.Add(p.below(n))
	}
	p.cards, p.flow.Objects = nil, nil
	for _, d := range p.s.devices {
		c := newDeviceCard(p.s, d, words.Hints(findings, d))
		p.cards = append(p.cards, c)
		p.flow.Add(c.object)
	}
	p.showGone(formers)
	p.whole.Content.Refresh()
}

func (p *devicesPage) intro() fyne.CanvasObject {
	add := look.NewButton(words.T("Add a device"), "plus", look.Primary, p.s.invite)
	join := look.NewButton(words.T("Join my other device"), "link", look.Plain, p.s.join)
	text := words.T("Every device sees all photos. Pair another one to see them there, and to have a second copy.")
	if len(p.s.devices) > 1 {
		text = words.T("Every device sees all photos; you choose which of them each one keeps.")
	}
	return container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 24, container.NewCenter(look.HBox(8, join, add))), look.Middle(look.NewPara(text, look.SizeBody, 420, look.ColorSecondary)))
}

// removed is a strip that says that this device was removed from the library.
func (p *devicesPage) removed(r *app.RemovedInfo) fyne.CanvasObject {
	text := words.T("This computer was removed from the library by {{.Device}} on {{.Date}}. Its photos stay here. To join again, show a code on one of the other devices, and join it here.",
		"Device", r.By, "Date", words.Date(r.At.In(p.s.now().Location())))
	return notice("warning", look.ColorRisk, look.ColorRiskSoft, text, look.NewButton(words.T("Join my other device"), "link", look.Plain, p.s.join))
}

// below is a strip that says how many photos are on fewer devices than wished.
func (p *devicesPage) below(n int) fyne.CanvasObject {
	show := look.NewButton(words.T("What is done?"), "", look.Plain, func() {
		p.s.tell("info", words.T("Copies of your photos"), strings.Join(words.Copies(p.s.dev.Copies()), "\n"))
	})
	return notice("one-copy", look.ColorRisk, look.ColorRiskSoft, words.N("{{.N}} photos are on fewer devices than you asked for", n), show)
}

// problems are what keeps devices apart because of this one.
func problems(findings []app.Finding) []app.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f app.Finding) bool { return f.Severity != app.SeverityProblem })
}

// showGone lists the devices that were removed: a person may wonder where one is.
func (p *devicesPage) showGone(formers []app.Former) {
	p.gone.Objects = nil
	p.gone.Hidden = len(formers) == 0
	if len(formers) == 0 {
		return
	}
	rows := look.VBox(10)
	for _, d := range formers {
		text := words.T("Removed on {{.Date}}", "Date", words.Date(d.At.In(p.s.now().Location())))
		if d.By != "" {
			text = words.T("Removed on {{.Date}} by {{.Device}}", "Date", words.Date(d.At.In(p.s.now().Location())), "Device", d.By)
		}
		rows.Add(fact(look.NewIcon(deviceSymbol(d.Platform), look.ColorSecondary, 20), look.VBox(1,
			look.NewCut(d.Name, look.SizeBody, theme.ColorNameForeground), look.NewCut(text, look.SizeCaption, look.ColorSecondary))))
	}
	rows.Add(look.NewPara(words.T("They are shut out of the library, and their copies no longer count. To take one back, pair it again."), look.SizeCaption, 420, look.ColorSecondary))
	p.gone.Objects = []fyne.CanvasObject{look.NewText(words.T("No longer in the library"), look.SizeBody, theme.ColorNameForeground).Bold(), look.Card(rows)}
}

// problem is a strip that says what is wrong here, and what to do.
func (p *devicesPage) problem(f app.Finding) fyne.CanvasObject {
	buttons := []fyne.CanvasObject{look.NewButton(words.T("Check…"), "", look.Plain, func() { p.s.examine(p.s.self) })}
	if f.About == app.AboutPeers {
		buttons = append(buttons, look.NewButton(words.T("Settings"), "", look.Plain, func() { p.s.open("settings") }))
	}
	return notice("warning", look.ColorRisk, look.ColorRiskSoft, words.Say(f.What)+" "+words.Say(f.Do), buttons...)
}
