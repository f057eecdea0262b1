package ui

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// describe writes title, heart, and why there is no picture yet.
func (v *viewerPage) describe() {
	img := v.img
	v.title.Set(v.s.photoTitle(img))
	sub := img.Name
	if n := v.from.source().Len(); n > 1 {
		sub = fmt.Sprintf("%s  ·  %s", img.Name, words.T("{{.At}} of {{.Total}}", "At", words.Number(v.at+1), "Total", words.Number(n)))
	}
	v.sub.Set(sub)
	if img.Favourite {
		v.heart.SetSymbol("heart-full", look.ColorHeart)
	} else {
		v.heart.SetSymbol("heart", "")
	}
	v.showNote(v.noteFor())
}

// showNote shows a note under the picture; where there is none to be had, in
// the middle under a symbol.
func (v *viewerPage) showNote(note string) {
	was := v.blank.Visible()
	v.blank.Hide()
	if note == "" {
		v.note.Hide()
		return
	}
	video := v.img.Kind == imagelib.KindVideo
	if (v.err != nil || video) && v.inMemory() == nil {
		v.blank.Set("photos", look.ColorOnStage2)
		if video {
			v.blank.Set("film", look.ColorOnStage2)
		}
		v.blank.Show()
	}
	v.note.Show()
	if key := fmt.Sprint(note, video, v.s.pathOf(v.img) != "", v.err); key != v.noteKey || v.blank.Visible() != was {
		v.noteText, v.noteKey = note, key
		v.writeNote()
		v.object.Refresh()
	}
}

// writeNote breaks the note into lines that have room, over what belongs to it: the
// button that plays a film, or how much of a photo has come.
func (v *viewerPage) writeNote() {
	if v.img == nil {
		return
	}
	text := look.NewPara(v.noteText, look.SizeBody, v.noteWidth, look.ColorOnStage).Align(fyne.TextAlignCenter)
	box := look.VBox(8, text)
	switch t, ok := v.s.transfer(v.img.Digest); {
	case v.img.Kind == imagelib.KindVideo:
		b := v.player
		if v.s.pathOf(v.img) == "" {
			b = v.saver
		}
		box.Add(container.NewCenter(b))
	case ok && t.Done > 0 && v.err == nil:
		box.Add(container.NewCenter(look.Fixed(220, 0, newProgress(part(t)))))
	}
	v.note.Objects = []fyne.CanvasObject{container.NewStack(look.NewSurface(look.ColorStageBar, "", 18), look.Pad(8, 16, 10, 16, box))}
	v.note.Refresh()
}

// moreItems are the menu items for the photo, and for the slide show.
func (v *viewerPage) moreItems() []*fyne.MenuItem {
	pace := item(words.T("Slide show: time for each photo"), "clock", nil)
	var choices []*fyne.MenuItem
	for _, n := range slideTimes {
		c := fyne.NewMenuItem(slideText(n), func() { v.setSlideTime(n) })
		c.Checked = v.slideTime() == time.Duration(n)*time.Second
		choices = append(choices, c)
	}
	pace.ChildMenu = fyne.NewMenu("", choices...)
	view := item(words.T("View"), "fit", nil)
	view.ChildMenu = fyne.NewMenu("",
		item(words.T("Compare with the next one (C)"), "compare", v.compareNext),
		item(words.T("Film strip (T)"), "film-strip", v.toggleStrip),
		item(words.T("Full screen (F11)"), "full-screen", v.toggleFull),
		item(words.T("Slide show (Space)"), "slideshow", v.toggleSlides))
	crop := item(words.T("Crop, straighten and turn (E)"), "crop", v.startEditing)
	return append([]*fyne.MenuItem{crop, view, pace, fyne.NewMenuItemSeparator()}, v.s.photoItems(v.sel())...)
}

// photoTitle is the date of a photo, or its name when it has none.
func (s *shell) photoTitle(img *imagelib.Image) string {
	if img.Date.Wall.IsZero() {
		return img.Name
	}
	return words.FullDate(img.Date.Wall) + ", " + words.Clock(img.Date.Wall)
}

// noteFor says what stands between the person and the whole picture.
func (v *viewerPage) noteFor() string {
	img := v.img
	film := img.Kind == imagelib.KindVideo
	switch {
	case film && v.s.pathOf(img) == "":
		return words.T("The film is not on this computer yet; save it here to play it")
	case film && img.Duration() > 0:
		return words.T("Film, {{.Length}}", "Length", words.Length(img.Duration()))
	case film:
		return words.T("Film")
	case v.err == nil && v.loading[thumbKey(img, 0)] && !shownHere(img):
		return v.progress()
	case v.err == nil:
		return ""
	default:
		return v.whyNot(img, v.err)
	}
}

// whyNot says why a photo does not show.
func (v *viewerPage) whyNot(img *imagelib.Image, err error) string {
	switch {
	case errors.Is(err, app.ErrNoHolder), errors.Is(err, imagelib.ErrNotHere):
		return v.absent(img)
	case errors.Is(err, imagelib.ErrNoThumbnail):
		return words.T("This kind of file cannot be shown yet; it is kept and synced as it is")
	default:
		return words.Explain(err).What
	}
}

// progress tells from where a photo comes, and how far it is.
func (v *viewerPage) progress() string {
	t, ok := v.s.transfer(v.img.Digest)
	var from []string
	for _, d := range v.s.devices {
		if ok && slices.Contains(t.From, d.ID) {
			from = append(from, d.Name)
		}
	}
	switch {
	case len(from) == 0:
	case t.Done > 0:
		return words.T("Loading from {{.Device}}: {{.Done}} of {{.Size}}", "Device", words.List(from), "Done", words.Bytes(t.Done), "Size", words.Bytes(t.Total))
	default:
		return words.T("Loading from {{.Device}}…", "Device", words.List(from))
	}
	proofs, _ := v.s.proofs(v.img.Files()[0])
	if slices.ContainsFunc(words.Elsewhere(proofs), func(p words.Proof) bool { return p.Device.Online }) {
		return words.T("Looking for a device that has this photo…")
	}
	return v.absent(v.img)
}

// percent is how much of a file has come.
func percent(t app.Transfer) int { return int(100 * part(t)) }

// absent says which devices have a photo that cannot be had now, and when they
// were last seen.
func (v *viewerPage) absent(img *imagelib.Image) string {
	proofs, now := v.s.proofs(img.Files()[0])
	var parts []string
	for _, p := range words.Elsewhere(proofs) {
		parts = append(parts, words.T("{{.Device}} (offline, last seen {{.Ago}})", "Device", p.Device.Name, "Ago", words.Ago(now, p.Device.LastSeen)))
	}
	if len(parts) == 0 {
		return words.T("No device is known to hold this photo")
	}
	return words.T("The full photo is on {{.Devices}}", "Devices", words.List(parts))
}

// viewerLayout places stage, head, the arrows, the note and the info panel.
type viewerLayout struct{ v *viewerPage }

const (
	viewerHead = 56
	infoWidth  = 330
	mostNote   = 560 // width of the note's text
	roomyHead  = 600 // width of a head that all buttons have room in
)

func (*viewerLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 240) }

func (l *viewerLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	v := l.v
	v.grown()
	head, foot := float32(viewerHead), float32(0)
	if v.strip.on {
		foot = stripHeight
	}
	w := s.Width
	if v.info.on {
		w -= min(infoWidth, s.Width/2)
	}
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	if v.full { // the bars lie over the picture, which stays where it is as they come and go
		place(o[0], 0, 0, w, s.Height)
	} else {
		place(o[0], 0, head, w, s.Height-head-foot)
	}
	for _, b := range v.lesser {
		if roomy := w >= roomyHead; b.Visible() != roomy {
			show(b, roomy)
		}
	}
	place(o[1], 0, 0, w, viewerHead)
	mid := head + (s.Height-head-foot)/2 - 20
	place(o[2], 14, mid, 40, 40)
	place(o[3], w-54, mid, 40, 40)
	if room := max(min(mostNote, w-2*80), 100); room != v.noteWidth { // between the arrows
		v.noteWidth = room
		v.writeNote()
	}
	note := o[4].MinSize()
	place(o[4], 0, s.Height-foot-note.Height-28, w, note.Height)
	if v.blank.Visible() {
		place(o[6], 0, mid-56, w, 56)
		place(o[4], 0, mid+20, w, note.Height)
	}
	place(o[5], w, 0, s.Width-w, s.Height)
	place(o[7], 0, s.Height-foot, w, stripHeight)
}
