package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// nearby offers the devices on the network that show a code just now. Who is
// chosen needs only the short code; whoever pretends to be that device learns
// nothing by it.
type nearby struct {
	s      *shell
	box    *fyne.Container
	list   []app.NearbyDevice
	chosen string            // ID; "" = none
	turned func(chosen bool) // other devices are shown, or another is chosen
	stop   func()            // ends the tick
}

const (
	nearbyTick = 2 * time.Second
	nearbyMost = 4 // that are shown
)

func newNearby(s *shell, turned func(chosen bool)) *nearby {
	n := &nearby{s: s, box: look.VBox(8), turned: turned}
	n.look()
	return n
}

// watch looks again every now and then, until end.
func (n *nearby) watch() {
	n.stop = n.s.after(nearbyTick, func() {
		n.s.do(func() {
			if n.stop != nil {
				n.look()
				n.watch()
			}
		})
	})
}

func (n *nearby) end() {
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
}

// device is the one that is chosen.
func (n *nearby) device() (app.NearbyDevice, bool) {
	i := slices.IndexFunc(n.list, func(d app.NearbyDevice) bool { return d.ID == n.chosen })
	if i < 0 {
		return app.NearbyDevice{}, false
	}
	return n.list[i], true
}

// look reads who is near. One that is chosen stays, though it may be silent for
// a moment.
func (n *nearby) look() {
	list := n.s.dev.Nearby()
	if d, ok := n.device(); ok && !slices.ContainsFunc(list, func(o app.NearbyDevice) bool { return o.ID == d.ID }) {
		list = append(list, d)
	}
	list = list[:min(len(list), nearbyMost)]
	if slices.Equal(list, n.list) && len(n.box.Objects) > 0 {
		return
	}
	n.list = list
	n.show()
	n.turned(false)
}

func (n *nearby) show() {
	if len(n.list) == 0 {
		n.box.Objects = []fyne.CanvasObject{look.NewPara(words.T("A device on this network that shows a code appears here by itself."), look.SizeCaption, pairWidth, look.ColorSecondary)}
		return
	}
	row := look.HBox(8)
	for _, d := range n.list {
		style, symbol := look.Plain, deviceSymbol(d.Platform)
		if d.ID == n.chosen {
			style, symbol = look.Primary, "check"
		}
		row.Add(look.NewButton(cutName(d.Name), symbol, style, func() { n.choose(d.ID) }))
	}
	n.box.Objects = []fyne.CanvasObject{
		look.NewText(words.T("On this network, these show a code now:"), look.SizeBody, theme.ColorNameForeground).Bold(),
		container.NewHScroll(row),
	}
}

// cutName is a name as a button has room for it.
func cutName(name string) string {
	const most = 24
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}

// choose chooses a device, or none when it was chosen before.
func (n *nearby) choose(id string) {
	if n.chosen == id {
		id = ""
	}
	n.chosen = id
	n.show()
	n.turned(true)
}
