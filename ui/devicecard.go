package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// deviceCard is what is known of a device. Its way, and what moves on it, are
// shown anew in place; anything else makes another card.
type deviceCard struct {
	s      *shell
	object fyne.CanvasObject
	symbol *look.Icon // of the way
	way    *look.Text
	detail *look.Text
	photos *look.Text
}

// cardKey names what a card is made of.
func cardKey(d app.Device, hints []app.Finding) string {
	return fmt.Sprint(d.ID, d.Name, d.Platform, d.Self, d.Online, d.Address, hints)
}

func newDeviceCard(s *shell, d app.Device, hints []app.Finding) *deviceCard {
	c := &deviceCard{
		s: s, symbol: look.NewIcon(pathSymbol(d), look.ColorSecondary, 18),
		way:    look.NewCut("", look.SizeBody, theme.ColorNameForeground),
		detail: look.NewCut("", look.SizeCaption, look.ColorSecondary),
		photos: look.NewCut("", look.SizeBody, theme.ColorNameForeground),
	}
	facts := look.VBox(8)
	switch {
	case d.Self:
	case d.Online:
		facts.Add(fact(c.symbol, look.VBox(2, c.way, c.detail)))
	default:
		facts.Add(fact(c.symbol, c.way))
	}
	facts.Add(fact(look.NewIcon("photos", look.ColorSecondary, 18), c.photos))
	if len(hints) > 0 {
		facts.Add(c.hint(d, hints))
	}
	c.object = look.Card(look.VBox(14, c.head(d), look.Line(), facts))
	c.show(d)
	return c
}

// show shows how the device is reached now.
func (c *deviceCard) show(d app.Device) {
	c.symbol.Set(pathSymbol(d), look.ColorSecondary)
	c.way.Set(words.Way(d, c.s.now()))
	c.detail.Set(words.WayDetail(d, c.s.now()))
	photos := words.T("No photos yet")
	if d.Files > 0 {
		photos = words.N("{{.N}} photos, {{.Size}}", d.Files, "Size", words.Bytes(d.Bytes))
	}
	c.photos.Set(photos)
}

// head is the device's name and kind, and a menu.
func (c *deviceCard) head(d app.Device) fyne.CanvasObject {
	s := c.s
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
	return container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, mark), menu, look.Middle(look.VBox(2, name, sub)))
}

// hint says in a quiet line why a device is not reached better, and offers to
// say what can be done.
func (c *deviceCard) hint(d app.Device, hints []app.Finding) fyne.CanvasObject {
	text := words.Say(hints[0].What)
	if !d.Online {
		text = words.T("Is it switched on, and Paul running there?")
	}
	var more fyne.CanvasObject
	if advice(hints) != "" {
		more = container.NewCenter(look.NewIconButton("right", words.T("What can be done?"), look.Ghost, func() {
			c.s.tell("info", words.T("The way to {{.Device}}", "Device", d.Name), advice(hints))
		}))
	}
	symbol := look.Pad(0, 10, 0, 0, container.NewCenter(look.NewIcon("info", look.ColorSecondary, 18)))
	return container.NewBorder(nil, nil, symbol, more, look.Middle(look.NewPara(text, look.SizeCaption, 220, look.ColorSecondary)))
}

// advice is what can be done, with the reasons; "" when there is nothing.
func advice(hints []app.Finding) string {
	var parts []string
	some := false
	for _, f := range hints {
		part := words.Say(f.What)
		if f.Do.Format != "" {
			part, some = part+" "+words.Say(f.Do), true
		}
		parts = append(parts, part)
	}
	if !some {
		return ""
	}
	return strings.Join(parts, "\n\n")
}

// fact is a symbol, and what is known beside it.
func fact(symbol *look.Icon, what fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, look.Pad(1, 10, 0, 0, container.NewVBox(symbol)), nil, what)
}

func pathSymbol(d app.Device) string {
	switch {
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
