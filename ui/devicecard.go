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

// deviceCard is what is known of a device. What changes often is shown anew in
// place; anything else makes another card.
type deviceCard struct {
	s       *shell
	object  fyne.CanvasObject
	symbol  *look.Icon // of the way
	way     *look.Text
	detail  *look.Text
	photos  *look.Text
	checked *look.Text
	storage *diskBar
	risk    *look.Icon
	loss    *look.Text
	now     app.Device // as it is shown
}

// cardKey names what a card is made of.
func cardKey(d app.Device, hints []app.Finding) string {
	return fmt.Sprint(d.ID, d.Name, d.Platform, d.Self, d.Online, d.Address, hints, words.Role(d), d.OldestProof.IsZero())
}

func newDeviceCard(s *shell, d app.Device, hints []app.Finding) *deviceCard {
	c := &deviceCard{
		s: s, symbol: look.NewIcon(pathSymbol(d), look.ColorSecondary, 18),
		way:     look.NewCut("", look.SizeBody, theme.ColorNameForeground),
		detail:  look.NewCut("", look.SizeCaption, look.ColorSecondary),
		photos:  look.NewCut("", look.SizeBody, theme.ColorNameForeground),
		checked: look.NewCut("", look.SizeCaption, look.ColorSecondary),
		storage: newDiskBar(),
		risk:    look.NewIcon("safe", look.ColorSafe, 18),
		loss:    look.NewPara("", look.SizeCaption, 220, look.ColorSecondary),
	}
	facts := look.VBox(10)
	switch {
	case d.Self:
	case d.Online:
		facts.Add(fact(c.symbol, look.VBox(2, c.way, c.detail)))
	default:
		facts.Add(fact(c.symbol, c.way))
	}
	copies := look.VBox(2, c.photos)
	if !d.OldestProof.IsZero() {
		copies.Add(c.checked)
	}
	facts.Add(fact(look.NewIcon("photos", look.ColorSecondary, 18), copies))
	facts.Add(fact(look.NewIcon("server", look.ColorSecondary, 18), look.Pad(5, 0, 0, 0, c.storage.object)))
	facts.Add(c.ifDied())
	if len(hints) > 0 {
		facts.Add(c.hint(d, hints))
	}
	c.object = look.Card(look.VBox(14, c.head(d), look.Line(), facts))
	c.show(d)
	return c
}

// show shows how the device is reached, and what it holds, now.
func (c *deviceCard) show(d app.Device) {
	c.now = d
	c.symbol.Set(pathSymbol(d), look.ColorSecondary)
	c.way.Set(words.Way(d, c.s.now()))
	c.detail.Set(words.WayDetail(d, c.s.now()))
	photos := words.T("No photos yet")
	if d.Files > 0 {
		photos = words.N("{{.N}} photos, {{.Size}}", d.Files, "Size", words.Bytes(d.Bytes))
	}
	c.photos.Set(photos)
	c.checked.Set(words.Checked(d, c.s.now()))
	c.storage.show(d)
	c.risk.Set("safe", look.ColorSafe)
	if d.Only > 0 {
		c.risk.Set("one-copy", look.ColorRisk)
	}
	c.loss.Set(words.Loss(d))
}

// ifDied is a line that says what would be lost with the device, and leads to those
// photos.
func (c *deviceCard) ifDied() fyne.CanvasObject {
	more := look.NewIconButton("right", words.T("What would be lost?"), look.Ghost, func() { c.s.ifDied(c.now) })
	symbol := look.Pad(0, 10, 0, 0, container.NewCenter(c.risk))
	return container.NewBorder(nil, nil, symbol, container.NewCenter(more), look.Middle(c.loss))
}

// head is the device's name, kind and role, and a menu.
func (c *deviceCard) head(d app.Device) fyne.CanvasObject {
	colour, ground := look.ColorSecondary, theme.ColorNameButton
	if d.Online || d.Self {
		colour, ground = look.ColorSafe, look.ColorSafeSoft
	}
	mark := container.NewStack(look.NewSurface(ground, "", 22), look.Fixed(44, 44, container.NewCenter(look.NewIcon(deviceSymbol(d.Platform), colour, 24))))
	name := look.NewCut(d.Name, look.SizeTitle, theme.ColorNameForeground).Bold()
	sub := words.Platform(d.Platform)
	if role := words.Role(d); role != "" {
		sub += " · " + role
	}
	more := look.NewIconButton("more", words.T("More"), look.Ghost, nil)
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more)
		c.s.popUp(fyne.NewMenu("", c.items()...), at.AddXY(0, look.ControlHeight()))
	}
	right := look.HBox(6, container.NewCenter(more))
	if d.Self {
		right.Objects = append([]fyne.CanvasObject{container.NewCenter(look.Pill(words.T("This computer"), look.ColorSoft, theme.ColorNamePrimary))}, right.Objects...)
	}
	return container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, mark), container.NewVBox(right),
		look.Middle(look.VBox(2, name, look.NewCut(sub, look.SizeCaption, look.ColorSecondary))))
}

// items are what can be done with the device.
func (c *deviceCard) items() []*fyne.MenuItem {
	s, d := c.s, c.now
	items := []*fyne.MenuItem{item(words.T("Rename…"), "edit", func() { s.renameDevice(d) })}
	if d.Self {
		items = append(items, item(words.T("What it keeps…"), "save", func() { s.askRole(s.reload) }))
	}
	items = append(items, item(words.T("If it died now…"), "one-copy", func() { s.ifDied(c.now) }),
		item(words.T("How it is reached…"), "link", func() { s.examine(c.now) }),
		item(words.T("Copy the address"), "copy", func() { s.copy(d.Address) }))
	if !d.Self {
		items = append(items, fyne.NewMenuItemSeparator(), item(words.T("Remove device…"), "trash", func() { s.removeDevice(c.now) }))
	}
	return items
}

// hint says in a quiet line why a device is not reached better, and leads to what
// can be done.
func (c *deviceCard) hint(d app.Device, hints []app.Finding) fyne.CanvasObject {
	text := words.Say(hints[0].What)
	if !d.Online {
		text = words.T("Is it switched on, and Paul running there?")
	}
	more := look.NewIconButton("right", words.T("What can be done?"), look.Ghost, func() { c.s.examine(c.now) })
	symbol := look.Pad(0, 10, 0, 0, container.NewCenter(look.NewIcon("info", look.ColorSecondary, 18)))
	return container.NewBorder(nil, nil, symbol, container.NewCenter(more), look.Middle(look.NewPara(text, look.SizeCaption, 220, look.ColorSecondary)))
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
