package ui

import (
	"context"
	"image"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/cropper"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// editor is the screen on which a photo is cut, straightened and turned. Nothing is
// changed until it is done.
type editor struct {
	v       *viewerPage
	img     *imagelib.Image
	was     app.Geometry
	crop    *cropper.Cropper
	cancel  context.CancelFunc
	err     error
	loading bool // the picture of the screen's size has not come yet
	done    *look.Button
	reset   *look.Button
	note    *look.Text
	angle   *keySlider
	degree  *look.Text
	shapes  []*look.Button // the ratios
	shape   int            // of shapes, that holds
	object  *fyne.Container
}

// A ratio that a frame can keep.
type ratio struct {
	name   string
	number float64 // width to height, lying; 0 is free, less the whole picture's
}

func ratios() []ratio {
	return []ratio{{words.T("Free"), 0}, {words.T("Original"), -1}, {words.T("Square"), 1}, {"4:3", 4.0 / 3}, {"3:2", 3.0 / 2}, {"16:9", 16.0 / 9}}
}

// startEditing opens the photo to be cut, straightened and turned.
func (v *viewerPage) startEditing() {
	if v.img.Kind == imagelib.KindVideo || v.img.Kind == imagelib.KindUnsupported {
		v.s.toasts.show(words.T("Only pictures can be cut and straightened"), nil)
		return
	}
	v.stopSlides()
	v.tiring()
	e := &editor{v: v, img: v.img, was: v.img.Geometry()}
	ctx, cancel := v.s.begin()
	e.cancel = cancel
	e.crop = cropper.New(e.changed)
	head, foot := e.head(), e.foot()
	e.object = container.New(editorLayout{}, e.crop, head, foot, container.NewCenter(e.note))
	e.crop.SetGeometry(e.was)
	v.editor = e
	v.s.layers(e.object)
	v.s.win.Canvas().Unfocus()
	e.changed()
	e.load(ctx)
}

// editSelected opens the one photo that is selected on the page to be cut.
func (s *shell) editSelected(x sel) {
	g := s.presentGrid()
	if g == nil || x.trash || len(x.images) != 1 {
		return
	}
	s.view.open(g, g.grid.Selection()[0])
	s.view.startEditing()
}

// stopEditing goes back to the viewer; what was not kept is forgotten.
func (v *viewerPage) stopEditing() {
	if v.editor == nil {
		return
	}
	v.editor.cancel()
	v.editor = nil
	v.s.win.Canvas().Unfocus()
	v.s.layers(v.object)
	v.showBars(true)
	v.wake()
}

// load brings the picture as its file is, coarse first.
func (e *editor) load(ctx context.Context) {
	s, d, whole := e.v.s, e.img.Digest, *e.img
	whole.More = nil // as its file is
	if e.img.More != nil {
		more := *e.img.More
		more.Geometry = app.Geometry{}
		whole.More = &more
	}
	if p, ok := s.thumbs.Get(thumbKey(&whole, 512)); ok {
		e.crop.SetPicture(p)
	}
	e.changed()
	e.loading = true
	got := func(pic image.Image, err error, last bool) {
		if ctx.Err() != nil {
			return
		}
		e.loading = e.loading && !last
		if e.err = err; err == nil {
			e.crop.SetPicture(pic)
		}
		e.changed()
	}
	side := s.screenSide()
	s.wg.Go(func() {
		if t, err := s.lib.ThumbnailAs(ctx, d, app.Geometry{}, 512); err == nil {
			s.do(func() { got(t, nil, false) })
		}
		err := s.fetch(ctx, e.img)
		var pic image.Image
		if err == nil {
			pic, err = s.lib.PixelsAs(ctx, d, app.Geometry{}, side)
		}
		s.do(func() { got(pic, err, true) })
	})
}

func (e *editor) head() fyne.CanvasObject {
	cancel := look.NewButton(words.T("Cancel"), "", look.Dark, e.v.stopEditing)
	cancel.SetToolTip(words.T("Leave the photo as it is (Esc)"))
	e.reset = look.NewButton(words.T("Reset"), "", look.Dark, e.original)
	e.reset.SetToolTip(words.T("As the file is (0)"))
	e.done = look.NewButton(words.T("Done"), "", look.Primary, e.keep)
	e.done.SetToolTip(words.T("Keep it so; the file stays as it is (Enter)"))
	e.note = look.NewText("", look.SizeBody, look.ColorOnStage2)
	title := look.NewCut(words.T("Crop and straighten"), look.SizeBody, look.ColorOnStage).Bold().Align(fyne.TextAlignCenter)
	return container.NewStack(look.NewSurface(look.ColorStage, "", 0), look.Pad(10, 12, 10, 12,
		container.NewBorder(nil, nil, cancel, look.HBox(6, e.reset, e.done), look.Middle(title))))
}

func (e *editor) foot() fyne.CanvasObject {
	e.angle = newKeySlider(-cropper.MostAngle, cropper.MostAngle)
	e.angle.Step = 0.1
	e.angle.OnChanged = func(v float64) {
		e.crop.SetBusy(true)
		e.crop.Straighten(round(v))
		e.changed()
	}
	e.angle.OnChangeEnded = func(float64) { e.crop.SetBusy(false) }
	e.degree = look.NewText("", look.SizeBody, look.ColorOnStage)
	btn := func(symbol, tip string, do func()) *look.Button {
		return look.NewIconButton(symbol, tip, look.Dark, func() {
			do()
			e.changed()
		})
	}
	row := look.HBox(2)
	for i, r := range ratios() {
		b := look.NewButton(r.name, "", look.Dark, func() { e.choose(i) })
		b.SetToolTip(words.T("Shape of the frame (A for the next one)"))
		e.shapes = append(e.shapes, b)
		row.Add(b)
	}
	turns := look.HBox(2,
		btn("frame-turn", words.T("Turn the frame (X)"), e.flip),
		btn("rotate-left", words.T("Rotate left (L)"), func() { e.turn(-1) }),
		btn("rotate-right", words.T("Rotate right (R)"), func() { e.turn(1) }),
		btn("mirror", words.T("Mirror (M)"), e.crop.Mirror))
	slider := look.Fixed(380, 0, container.NewThemeOverride(e.angle, look.Theme{Name: "dark"}))
	level := look.HBox(10, look.Middle(look.NewText(words.T("Straighten"), look.SizeBody, look.ColorOnStage2)), look.Middle(slider), look.Middle(look.Fixed(52, 0, e.degree)))
	return container.NewStack(look.NewSurface(look.ColorStage, "", 0), look.Pad(6, 12, 10, 12, look.VBox(4,
		container.NewCenter(level), container.NewCenter(look.HBox(10, row, turns)))))
}

// round is to a tenth of a degree.
func round(v float64) float64 { return math.Round(v*10) / 10 }

// changed shows what has become of the geometry.
func (e *editor) changed() {
	g := e.crop.Geometry()
	e.degree.Set(words.T("{{.Degrees}}°", "Degrees", words.Decimal(g.Angle)))
	e.angle.put(g.Angle)
	for i, b := range e.shapes {
		symbol := ""
		if i == e.shape {
			symbol = "check"
		}
		b.SetSymbol(symbol, "")
	}
	able := func(b *look.Button, on bool) {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
	able(e.done, e.crop.Ready())
	able(e.reset, e.crop.Ready() && g != (app.Geometry{}))
	note := ""
	switch {
	case e.err != nil && !e.crop.Ready():
		note = e.v.whyNot(e.img, e.err)
	case !e.crop.Ready():
		note = words.T("Loading the photo…")
	}
	e.note.Set(note)
	show(e.note, note != "")
	e.object.Refresh()
}

// choose makes the frame keep a shape, lying or standing as it is.
func (e *editor) choose(i int) {
	if !e.crop.Ready() {
		return
	}
	e.shape = i
	switch r := ratios()[i].number; {
	case r < 0:
		e.crop.SetRatio(e.crop.Whole())
	case r > 0 && e.standing():
		e.crop.SetRatio(1 / r)
	default:
		e.crop.SetRatio(r)
	}
	e.changed()
}

// standing tells whether what is kept is higher than wide.
func (e *editor) standing() bool {
	if r := e.crop.Ratio(); r != 0 && r != 1 {
		return r < 1
	}
	return e.crop.Kept() < 0.99
}

// flip turns the frame alone, from lying to standing.
func (e *editor) flip() {
	if r := e.crop.Ratio(); r != 0 {
		e.crop.SetRatio(1 / r)
		return
	}
	e.crop.SetRatio(1 / e.crop.Kept())
	e.crop.SetRatio(0)
}

func (e *editor) turn(quarters int) { e.crop.Turn(quarters) }

// original undoes all edits, those of before too.
func (e *editor) original() {
	e.shape = 0
	e.crop.SetRatio(0)
	e.crop.SetGeometry(app.Geometry{})
	e.changed()
}

// keep keeps what was done, and goes back to the viewer.
func (e *editor) keep() {
	if !e.crop.Ready() {
		return
	}
	img, g := e.img, e.crop.Geometry()
	e.v.stopEditing()
	if g != e.was {
		e.v.s.setGeometry(makeSel([]*imagelib.Image{img}), g)
	}
}

// setGeometry shows photos turned and cut in one way.
func (s *shell) setGeometry(x sel, g app.Geometry) {
	ds, since := x.digests(), s.now()
	s.goDo(func(ctx context.Context) error { return s.lib.SetGeometry(ctx, ds, g) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not keep the edit"), err)
			return
		}
		text := words.T("Photo edited; its file stays as it is")
		s.didAction(text, app.KindGeometry, since, func() { s.restoreGeometry(x) }, nil)
	})
}

// restoreGeometry shows each photo as it was.
func (s *shell) restoreGeometry(x sel) {
	s.goDo(func(ctx context.Context) error {
		for _, img := range x.images {
			for _, f := range img.Files() {
				if err := s.lib.SetGeometry(ctx, []app.Digest{f.Digest}, f.Geometry()); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not undo this"), err)
		}
	})
}

// How far keys move, size and turn the frame.
const (
	nudgeStep = 0.01
	growStep  = 1.05
	angleStep = 0.5
)

// key acts on the editor's keys.
func (e *editor) key(k fyne.KeyName) {
	switch k {
	case fyne.KeyEscape:
		e.v.stopEditing()
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		e.keep()
		return
	case fyne.KeyLeft:
		e.crop.Nudge(-nudgeStep, 0)
	case fyne.KeyRight:
		e.crop.Nudge(nudgeStep, 0)
	case fyne.KeyUp:
		e.crop.Nudge(0, -nudgeStep)
	case fyne.KeyDown:
		e.crop.Nudge(0, nudgeStep)
	case fyne.KeyPlus, fyne.KeyEqual:
		e.crop.Grow(growStep)
	case fyne.KeyMinus:
		e.crop.Grow(1 / growStep)
	case fyne.KeyComma:
		e.crop.Straighten(round(e.crop.Geometry().Angle - angleStep))
	case fyne.KeyPeriod:
		e.crop.Straighten(round(e.crop.Geometry().Angle + angleStep))
	default:
		e.editKey(k)
	}
	e.changed()
}

func (e *editor) editKey(k fyne.KeyName) {
	switch k {
	case fyne.KeyL:
		e.turn(-1)
	case fyne.KeyR:
		e.turn(1)
	case fyne.KeyM:
		e.crop.Mirror()
	case fyne.KeyX:
		e.flip()
	case fyne.KeyA:
		e.choose((e.shape + 1) % len(e.shapes))
	case fyne.Key0:
		e.original()
	}
}

// editorLayout places picture, head, foot and note.
type editorLayout struct{}

func (editorLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 240) }

func (editorLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	foot := o[2].MinSize().Height
	o[0].Move(fyne.NewPos(0, viewerHead))
	o[0].Resize(fyne.NewSize(s.Width, s.Height-viewerHead-foot))
	o[1].Resize(fyne.NewSize(s.Width, viewerHead))
	o[2].Move(fyne.NewPos(0, s.Height-foot))
	o[2].Resize(fyne.NewSize(s.Width, foot))
	o[3].Move(fyne.NewPos(0, viewerHead))
	o[3].Resize(fyne.NewSize(s.Width, s.Height-viewerHead-foot))
}

// keySlider is a slider that leaves keys to the window which it has no use for.
type keySlider struct {
	widget.Slider
}

func newKeySlider(least, most float64) *keySlider {
	s := &keySlider{}
	s.Min, s.Max, s.Orientation = least, most, widget.Horizontal
	s.ExtendBaseWidget(s)
	return s
}

// put moves the slider, which changes nothing else.
func (s *keySlider) put(v float64) {
	if math.Abs(s.Value-v) < s.Step/2 {
		return
	}
	told, ended := s.OnChanged, s.OnChangeEnded
	s.OnChanged, s.OnChangeEnded = nil, nil
	s.SetValue(v)
	s.OnChanged, s.OnChangeEnded = told, ended
}

// TypedKey implements [fyne.Focusable].
func (s *keySlider) TypedKey(e *fyne.KeyEvent) {
	if slices.Contains([]fyne.KeyName{fyne.KeyLeft, fyne.KeyRight}, e.Name) {
		s.Slider.TypedKey(e)
		return
	}
	look.PassKey(s, e)
}
