package ui

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// devicesPage shows a card for each device.
type devicesPage struct {
	s     *shell
	whole *container.Scroll
	head  *fyne.Container
	cards *fyne.Container
	key   string
}

func newDevicesPage(s *shell) *devicesPage {
	p := &devicesPage{s: s, cards: container.New(&flow{least: 330, most: 520, gap: 16}), head: container.NewStack()}
	p.whole = column(1100, look.VBox(18, p.head, p.cards))
	return p
}

func (p *devicesPage) title() string             { return words.T("Devices") }
func (p *devicesPage) object() fyne.CanvasObject { return p.whole }
func (p *devicesPage) shown()                    {}
func (p *devicesPage) hidden()                   {}

// reload implements page.
func (p *devicesPage) reload() {
	now := p.s.now()
	key := fmt.Sprint(p.s.devices, now.Unix()/60)
	if key == p.key {
		return
	}
	p.key = key
	add := look.NewButton(words.T("Add a device"), "plus", look.Primary, p.s.invite)
	join := look.NewButton(words.T("Join my other device"), "link", look.Plain, func() { p.s.join("") })
	text := words.T("Every device sees all photos. Pair another one to see them there, and to have a second copy.")
	if len(p.s.devices) > 1 {
		text = words.T("Every device sees all photos; you choose which of them each one keeps.")
	}
	p.head.Objects = []fyne.CanvasObject{container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 24, container.NewCenter(look.HBox(8, join, add))), look.Middle(look.NewPara(text, look.SizeBody, 420, look.ColorSecondary)))}
	p.cards.Objects = nil
	for _, d := range p.s.devices {
		p.cards.Add(p.card(d))
	}
	p.whole.Content.Refresh()
}

// card is what is known of a device.
func (p *devicesPage) card(d app.Device) fyne.CanvasObject {
	s := p.s
	colour, ground := look.ColorSecondary, theme.ColorNameButton
	if d.Online || d.Self {
		colour, ground = look.ColorSafe, look.ColorSafeSoft
	}
	mark := container.NewStack(look.NewSurface(ground, "", 22), look.Fixed(44, 44, container.NewCenter(look.NewIcon(deviceSymbol(d.Platform), colour, 24))))
	name := look.NewCut(d.Name, look.SizeTitle, theme.ColorNameForeground).Bold()
	sub := look.NewCut(words.Platform(d.Platform), look.SizeCaption, look.ColorSecondary)
	menu := container.NewVBox(look.Pill(words.T("This computer"), look.ColorSoft, theme.ColorNamePrimary))
	if !d.Self {
		more := look.NewIconButton("more", words.T("More"), look.Ghost, nil)
		more.OnTapped = func() {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more)
			s.popUp(fyne.NewMenu("",
				item(words.T("Copy the address"), "copy", func() { s.copy(d.Address) }),
				item(words.T("Remove device…"), "trash", func() { s.removeDevice(d) })), at.AddXY(0, look.Control))
		}
		menu = container.NewVBox(more)
	}
	head := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, mark), menu, look.Middle(look.VBox(2, name, sub)))
	facts := look.VBox(6,
		fact(pathSymbol(d), words.Path(d, s.now())),
		fact("photos", words.N("{{.N}} photos, {{.Size}}", d.Files, "Size", words.Bytes(d.Bytes))))
	return look.Card(look.VBox(14, head, look.Line(), facts))
}

// fact is a symbol and a line.
func fact(symbol, text string) fyne.CanvasObject {
	return container.NewBorder(nil, nil, look.Pad(0, 10, 0, 0, look.NewIcon(symbol, look.ColorSecondary, 18)), nil, look.NewCut(text, look.SizeBody, theme.ColorNameForeground))
}

func pathSymbol(d app.Device) string {
	switch {
	case d.Self:
		return "here"
	case !d.Online:
		return "clock"
	case d.Path.Kind == app.PathLAN:
		return "wifi"
	case d.Path.Kind == app.PathDirect:
		return "link"
	default:
		return "relay"
	}
}

// deviceSymbol is the symbol of a device by its system.
func deviceSymbol(platform string) string {
	if strings.HasPrefix(platform, "android") || strings.HasPrefix(platform, "ios") {
		return "phone"
	}
	if strings.HasPrefix(platform, "darwin") {
		return "laptop"
	}
	return "desktop"
}

// removeDevice asks, saying what it means, and removes a device everywhere.
func (s *shell) removeDevice(d app.Device) {
	only := s.onlyOn(d.ID)
	text := words.T("It can no longer see the library or send photos to it. The files that lie on it stay there.")
	if only > 0 {
		text = words.N("{{.N}} photos have their only copy there and will show without one. Save them on another device first.", only) + "\n\n" + text
	}
	s.ask(question{
		symbol: "devices", danger: true, title: words.T("Remove {{.Device}} from the library?", "Device", d.Name), text: text,
		yes: words.T("Remove device"), no: words.T("Cancel"),
		do: func() {
			s.goDo(func(ctx context.Context) error { return s.dev.RemoveDevice(ctx, d.ID) }, func(err error) {
				s.reload()
				if err != nil {
					s.fail(words.T("Could not remove the device"), err)
					return
				}
				s.toasts.show(words.T("{{.Device}} was removed", "Device", d.Name), nil)
			})
		},
	})
}

// onlyOn counts the photos whose one checked copy is on a device.
func (s *shell) onlyOn(id string) int {
	n := 0
	for _, img := range s.snap.images {
		if img.Holders == 1 {
			if e, ok := s.dev.Entry(img.Digest); ok && e.Holders[id].Holds() {
				n++
			}
		}
	}
	return n
}
