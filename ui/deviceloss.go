package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// lossPrefix begins the name of the page that shows what only one device has.
const lossPrefix = "loss/"

// onlyFiles are the files of a photo of which a device has the one checked copy.
func (s *shell) onlyFiles(img *imagelib.Image, id string) (files []app.Digest) {
	for _, f := range img.Files() {
		if f.Holders != 1 {
			continue
		}
		if e, ok := s.dev.Entry(f.Digest); ok && e.Holders.Of(id).Has() {
			files = append(files, f.Digest)
		}
	}
	return files
}

// onlyOn are the indexes of the photos of which something is on one device alone.
func (s *shell) onlyOn(id string) []int {
	which := []int{}
	for i, img := range s.snap.images {
		if len(s.onlyFiles(img, id)) > 0 {
			which = append(which, i)
		}
	}
	return which
}

// lossOf are the files that only one device has.
func (s *shell) lossOf(id string) (ds []app.Digest) {
	for _, i := range s.onlyOn(id) {
		ds = append(ds, s.onlyFiles(s.snap.images[i], id)...)
	}
	return ds
}

// ifDied tells what would be lost with a device, shows it, and offers the way out.
func (s *shell) ifDied(d app.Device) {
	var loss app.Loss
	s.goDo(func(context.Context) (err error) {
		loss, err = s.dev.IfLost(d.ID)
		return err
	}, func(err error) {
		if err != nil {
			s.fail(words.T("It is not known what would be lost"), err)
			return
		}
		s.tellLoss(d, loss)
	})
}

func (s *shell) tellLoss(d app.Device, loss app.Loss) {
	title := words.T("If {{.Device}} died now", "Device", d.Name)
	if d.Self {
		title = words.T("If this computer died now")
	}
	if loss.Files == 0 {
		s.ask(question{symbol: "safe", title: title, text: words.T("No photo would be lost: whatever it holds is on another device too, checked."), yes: tOK()})
		return
	}
	text := words.N("{{.N}} photos, {{.Size}}, would be lost: no other device has a checked copy of them.", loss.Files, "Size", words.Bytes(loss.Bytes))
	if loss.InTrash > 0 {
		text += " " + words.N("{{.N}} of them are in the trash of this computer, and could be brought back from there.", loss.InTrash)
	}
	q := question{symbol: "one-copy", title: title, text: text, third: words.T("Show them"), thirdDo: func() { s.open(lossPrefix + d.ID) }, no: words.T("Close")}
	if d.Self {
		q.text += " " + words.T("Let another device keep them too.")
		q.yes, q.do = words.T("Keep more copies…"), func() { s.askCopies("", words.T("Keep every photo on at least"), s.reload) }
	} else {
		if !d.Online {
			q.text += " " + words.T("It is offline; what you save comes when it is back.")
		}
		q.yes, q.do = words.T("Save them here"), func() { s.save(s.lossOf(d.ID)) }
	}
	s.ask(q)
}

// deviceName is what a device of the library is called; its ID's beginning, if it is
// none any more.
func (s *shell) deviceName(id string) string {
	for _, d := range s.devices {
		if d.ID == id {
			return d.Name
		}
	}
	return id[:min(8, len(id))]
}

// newLossPage shows what would be lost with a device.
func newLossPage(s *shell, id string) *gridPage {
	g := newGridPage(s, words.T("Only on {{.Device}}", "Device", s.deviceName(id)), imagelib.Query{}, false)
	g.only = id
	return g
}

// onlyThere are the indexes of the photos that only the page's device has, found once a
// snapshot: a reload comes with every transfer.
func (g *gridPage) onlyThere() []int {
	if g.there == nil || !same(g.thereOf, g.s.snap.images) {
		g.there, g.thereOf = g.s.onlyOn(g.only), g.s.snap.images
	}
	return g.there
}

// narrow keeps of which what only one device has.
func (g *gridPage) narrow(which []int) []int {
	only := g.onlyThere()
	if which == nil {
		return only
	}
	return slices.DeleteFunc(slices.Clone(only), func(i int) bool {
		_, found := slices.BinarySearch(which, i)
		return !found
	})
}

// showLoss tells, over the photos that only one device has, what can be done.
func (g *gridPage) showLoss() {
	s := g.s
	some := len(g.onlyThere()) > 0
	key := fmt.Sprint(g.only, some, s.self.ID == g.only)
	if key == g.bannerKey {
		return
	}
	g.bannerKey = key
	back := look.NewButton(words.T("Devices"), "back", look.Plain, func() { s.open("devices") })
	text, act := words.T("Only {{.Device}} has a checked copy of these photos.", "Device", s.deviceName(g.only)),
		look.NewButton(words.T("Save all here"), "save", look.Primary, func() { s.save(s.lossOf(g.only)) })
	if s.self.ID == g.only {
		text = words.T("Only this computer has a checked copy of these photos.")
		act = look.NewButton(words.T("Keep more copies…"), "", look.Primary, func() { s.askCopies("", words.T("Keep every photo on at least"), s.reload) })
	}
	b := []fyne.CanvasObject{back}
	if some {
		b = append(b, act)
	} else {
		text = words.T("No photo is on this device alone any more.")
	}
	g.banner.Objects = []fyne.CanvasObject{look.Pad(0, 48, 10, 20, notice("one-copy", look.ColorRisk, look.ColorRiskSoft, text, b...))}
	g.whole.Refresh()
}

// lossPage returns the device that a page is about, if it is one of these pages.
func lossPage(id string) (device string, ok bool) { return strings.CutPrefix(id, lossPrefix) }
