package ui

import (
	"context"
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/stage"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// duo is two photos side by side, whose zoom and place go together.
type duo struct {
	v       *viewerPage
	sides   [2]*duoSide
	at      int  // the side that keys are for
	linking bool // one side follows the other
	alone   bool // the viewer was opened for it, and closes with it
	object  *fyne.Container
}

// duoSide is one of the two.
type duoSide struct {
	d      *duo
	at     int // in what the viewer turns through
	img    *imagelib.Image
	stage  *stage.Stage
	cancel context.CancelFunc
	err    error

	title, sub *look.Text
	mark       *look.Surface // tells the side that keys are for
	heart      *look.Button
	object     *fyne.Container
}

// compareNext compares the photo with the next one, or the last with the one
// before.
func (v *viewerPage) compareNext() {
	n := v.from.source().Len()
	switch {
	case n < 2:
		v.s.toasts.show(words.T("There is no other photo here to compare with"), nil)
	case v.at+1 < n:
		v.compare(v.at, v.at+1)
	default:
		v.compare(v.at-1, v.at)
	}
}

// comparePhotos shows two photos of a page side by side.
func (v *viewerPage) comparePhotos(from turned, i, j int) {
	v.open(from, i)
	v.compare(i, j)
	v.duo.alone = true
}

// compareSelected shows the two photos that are selected on the page side by side.
func (s *shell) compareSelected(x sel) {
	g := s.presentGrid()
	switch {
	case g == nil || x.trash:
	case len(x.images) != 2:
		s.toasts.show(words.T("Select two photos to compare them"), nil)
	default:
		at := g.grid.Selection()
		s.view.comparePhotos(g, at[0], at[1])
	}
}

func (v *viewerPage) compare(i, j int) {
	v.stopSlides()
	v.tiring()
	d := &duo{v: v}
	for k, at := range []int{i, j} {
		d.sides[k] = newDuoSide(d, at)
	}
	v.duo = d
	d.object = container.New(&duoLayout{d}, look.NewSurface(look.ColorStage, "", 0), d.head(), d.sides[0].object, d.sides[1].object)
	v.s.layers(d.object)
	for _, s := range d.sides {
		s.show(s.at)
	}
	d.turnTo(0)
}

// leaveDuo ends the comparison.
func (v *viewerPage) leaveDuo() {
	d := v.duo
	if d == nil {
		return
	}
	for _, s := range d.sides {
		s.cancel()
	}
	v.duo = nil
	v.at = min(d.present().at, v.from.source().Len()-1)
}

// back shows the photo of the present side alone, or the page again.
func (d *duo) back() {
	v := d.v
	v.leaveDuo()
	if d.alone {
		v.close()
		return
	}
	v.s.layers(v.object)
	v.showBars(true)
	v.show(v.at)
	v.wake()
}

func (d *duo) head() fyne.CanvasObject {
	btn := func(symbol, tip string, do func()) *look.Button {
		return look.NewIconButton(symbol, tip, look.Dark, do)
	}
	title := look.NewCut(words.T("Compare"), look.SizeBody, look.ColorOnStage).Bold()
	sub := look.NewCut(words.T("Zoom and place go together. X changes sides, the arrows turn to other photos."), look.SizeCaption, look.ColorOnStage2)
	return container.NewStack(look.NewSurface(look.ColorStage, "", 0), look.Pad(10, 12, 10, 10,
		container.NewBorder(nil, nil, btn("back", words.T("Back (Esc)"), d.back), look.HBox(2,
			btn("fit", words.T("Fit or 100 % (0, 1)"), d.toggleZoom)),
			look.Pad(0, 8, 0, 10, look.Middle(look.VBox(1, title, sub))))))
}

// present is the side that keys are for.
func (d *duo) present() *duoSide { return d.sides[d.at] }

func (d *duo) turnTo(side int) {
	d.at = side
	for i, s := range d.sides {
		fill := look.ColorStage
		if i == side {
			fill = theme.ColorNamePrimary
		}
		s.mark.SetFill(fill)
	}
}

// link shows on the other side what one side shows.
func (d *duo) link(from *duoSide) {
	if d.linking || d.v.duo != d {
		return
	}
	d.linking = true
	defer func() { d.linking = false }()
	for _, s := range d.sides {
		if s != from {
			s.stage.SetView(from.stage.View())
		}
	}
}

// Zoom implements zoomable, as do the next three.
func (d *duo) Zoom(factor float64)     { d.present().stage.Zoom(factor) }
func (d *duo) Fit()                    { d.present().stage.Fit() }
func (d *duo) Actual()                 { d.present().stage.Actual() }
func (d *duo) Pan(right, down float64) { d.present().stage.Pan(right, down) }

func (d *duo) toggleZoom() {
	if d.present().stage.Fitted() {
		d.Actual()
	} else {
		d.Fit()
	}
}

func (d *duo) key(k fyne.KeyName) {
	v, s := d.v, d.present()
	switch k {
	case fyne.KeyEscape, fyne.KeyC:
		d.back()
	case fyne.KeyX:
		d.turnTo(1 - d.at)
	case fyne.KeyReturn, fyne.KeyEnter:
		d.alone = false
		d.back()
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		switch {
		case !s.stage.Fitted():
			panKey(d, k)
		case k == fyne.KeyLeft:
			s.turn(-1)
		case k == fyne.KeyRight:
			s.turn(1)
		}
	default:
		if !zoomKey(d, k) {
			v.photoKey(k)
		}
	}
}

// reload follows changes of the library.
func (d *duo) reload() {
	src := d.v.from.source()
	for _, s := range d.sides {
		i, ok := src.Index(thumbs.ID(s.img.Digest))
		switch {
		case src.Len() < 2 && !ok: // the other one is left
			d.at = 1 - d.side(s)
			d.alone = false
			d.back()
			return
		case !ok:
			s.show(min(s.at, src.Len()-1))
		case thumbKey(d.v.from.image(i), 0) != thumbKey(s.img, 0) || shownHere(d.v.from.image(i)) != shownHere(s.img):
			s.show(i)
		default:
			s.at, s.img = i, d.v.from.image(i)
			s.describe()
		}
	}
}

func (d *duo) side(s *duoSide) int {
	if d.sides[1] == s {
		return 1
	}
	return 0
}

func newDuoSide(d *duo, at int) *duoSide {
	sh := d.v.s
	s := &duoSide{d: d, at: at, cancel: func() {}}
	s.stage = stage.New(stage.Options{
		Do: sh.do, After: sh.after, Go: func(f func()) { sh.wg.Go(f) },
		NeedFull: s.loadFull, Swipe: s.turn, Held: heldKeys, Modified: func() { d.link(s) },
		Tapped: func() { d.turnTo(d.side(s)) },
		Menu: func(at fyne.Position) {
			d.turnTo(d.side(s))
			sh.popUp(fyne.NewMenu("", sh.photoItems(d.v.sel())...), at)
		},
	})
	s.title = look.NewCut("", look.SizeBody, look.ColorOnStage).Bold()
	s.sub = look.NewCut("", look.SizeCaption, look.ColorOnStage2)
	s.mark = look.NewSurface(look.ColorStage, "", 0)
	btn := func(symbol, tip string, do func()) *look.Button {
		return look.NewIconButton(symbol, tip, look.Dark, func() {
			d.turnTo(d.side(s))
			do()
		})
	}
	s.heart = btn("heart", words.T("Favourite (F)"), func() { sh.toggleFavourite(d.v.sel()) })
	row := container.NewBorder(nil, nil, nil, look.HBox(2,
		btn("left", words.T("Previous (Left)"), func() { s.turn(-1) }),
		btn("right", words.T("Next (Right)"), func() { s.turn(1) }),
		s.heart,
		btn("trash", words.T("Delete (Del)"), func() { sh.deletePhotos(d.v.sel()) })),
		look.Pad(0, 6, 0, 14, look.Middle(look.VBox(1, s.title, s.sub))))
	foot := container.NewBorder(look.Fixed(0, 3, s.mark), nil, nil, nil, look.Pad(6, 8, 8, 0, row))
	s.object = container.NewBorder(nil, container.NewStack(look.NewSurface(look.ColorStage, "", 0), foot), nil, nil, s.stage)
	return s
}

// show shows photo i, at the zoom and place of the photo before it.
func (s *duoSide) show(i int) {
	v := s.d.v
	s.cancel()
	ctx, cancel := v.s.begin()
	s.cancel = cancel
	view := s.stage.View()
	s.at, s.img, s.err = i, v.from.image(i), nil
	s.d.linking = true
	s.stage.SetPicture(image.Pt(s.img.Width, s.img.Height), v.inMemoryOf(s.img))
	s.stage.SetView(view)
	s.d.linking = false
	s.describe()
	k := thumbKey(s.img, 0)
	v.s.picture(ctx, s.img, true, func(pic image.Image, err error, last bool) {
		if ctx.Err() != nil || v.duo != s.d {
			return
		}
		if err == nil {
			s.stage.SetPreview(pic)
		}
		if s.err = err; last && err == nil {
			v.near[k] = pic
		}
		s.describe()
	})
}

func (s *duoSide) turn(step int) {
	n, other := s.d.v.from.source().Len(), s.d.sides[1-s.d.side(s)].at
	i := s.at + step
	if i == other { // not one photo on both sides
		i += step
	}
	if i >= 0 && i < n {
		s.show(i)
	}
}

func (s *duoSide) loadFull() {
	if s.img.Kind == imagelib.KindVideo {
		return
	}
	v, img := s.d.v, s.img
	ctx, cancel := v.s.begin()
	old := s.cancel
	s.cancel = func() {
		old()
		cancel()
	}
	v.s.wg.Go(func() {
		pic, err := v.s.lib.PixelsAs(ctx, img.Digest, img.Geometry(), 0)
		v.s.do(func() {
			if err == nil && ctx.Err() == nil && v.duo == s.d {
				s.stage.SetFull(pic)
			}
		})
	})
}

func (s *duoSide) describe() {
	img := s.img
	s.title.Set(s.d.v.s.photoTitle(img))
	sub := fmt.Sprintf("%s  ·  %s", img.Name, fileLine(img))
	if s.err != nil {
		sub = s.d.v.whyNot(img, s.err)
	}
	s.sub.Set(sub)
	if img.Favourite {
		s.heart.SetSymbol("heart-full", look.ColorHeart)
	} else {
		s.heart.SetSymbol("heart", "")
	}
}

// duoLayout places ground, head and the two sides.
type duoLayout struct{ d *duo }

func (*duoLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 240) }

func (l *duoLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	const gap = 2
	o[0].Resize(s)
	o[1].Resize(fyne.NewSize(s.Width, viewerHead))
	w := (s.Width - gap) / 2
	for i, side := range o[2:] {
		side.Move(fyne.NewPos(float32(i)*(w+gap), viewerHead))
		side.Resize(fyne.NewSize(w, s.Height-viewerHead))
	}
}
