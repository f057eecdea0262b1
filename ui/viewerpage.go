package ui

import (
	"context"
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/stage"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// viewerPage shows one photo over the whole window, and turns to its
// neighbours.
type viewerPage struct {
	s      *shell
	from   turned // whose photos it turns through; nil while closed
	at     int
	img    *imagelib.Image
	stage  *stage.Stage
	object *fyne.Container

	title, sub *look.Text
	heart      *look.Button
	play       *look.Button
	note       *fyne.Container // why there is no picture yet
	noteText   string
	noteKey    string     // what the note is of
	noteWidth  float32    // at most, of the text; it follows the window
	blank      *look.Icon // in the middle, when there is no picture at all
	info       *infoPanel
	edit       *look.Button
	player     *look.Button // plays a film
	saver      *look.Button // saves here a film that is not
	strip      *filmStrip
	lesser     []*look.Button      // that a narrow head has no room for; the menu has them
	bars       []fyne.CanvasObject // over the picture, which go in full screen while the mouse rests
	duo        *duo                // two photos side by side; nil while one shows
	editor     *editor             // turns and cuts the photo; nil while it is only looked at

	cancel  context.CancelFunc         // of the loads for the present photo
	near    map[thumbs.Key]image.Image // by photo and edit, as are those that load
	loading map[thumbs.Key]bool
	err     error  // why the present photo does not show
	sliding func() // stops the slide show; nil while none runs
	full    bool   // it fills the screen
	barred  bool   // the bars show
	side    int    // of the screen, that pictures were loaded for
	growing func() // ends the wait after which they are loaded for a larger one
	tiring  func() // ends the wait after which they go
}

// turned is what the viewer turns through: the photos of a page, or some of them.
type turned interface {
	image(i int) *imagelib.Image
	source() grid.Source
	left(i int) // the viewer closes, at that photo
}

func newViewerPage(s *shell) *viewerPage {
	v := &viewerPage{s: s, near: map[thumbs.Key]image.Image{}, loading: map[thumbs.Key]bool{}, cancel: func() {}, barred: true, tiring: func() {}, growing: func() {}}
	v.stage = stage.New(stage.Options{
		Do: s.do, After: s.after, Go: func(f func()) { s.wg.Go(f) },
		NeedFull: v.loadFull, Swipe: v.turn, Held: heldKeys,
		Menu:   func(at fyne.Position) { s.popUp(fyne.NewMenu("", s.photoItems(v.sel())...), at) },
		Tapped: v.tapped, Hovered: v.hovered,
	})
	v.title = look.NewCut("", look.SizeBody, look.ColorOnStage).Bold()
	v.sub = look.NewCut("", look.SizeCaption, look.ColorOnStage2)
	v.note = container.NewCenter()
	v.note.Hide()
	v.blank = look.NewIcon("photos", look.ColorOnStage2, 56)
	v.blank.Hide()
	v.player = look.NewButton(words.T("Play"), "play", look.Primary, v.playFilm)
	v.player.SetToolTip(words.T("Play it with the program for films of this computer (O)"))
	v.saver = look.NewButton(words.T("Save to this computer"), "save", look.Primary, func() { s.savePhotos(v.sel()) })
	v.saver.SetToolTip(words.T("Save to this computer (S)"))
	v.info = newInfoPanel(v)
	v.strip = newFilmStrip(v)
	v.object = container.New(&viewerLayout{v}, v.parts()...)
	return v
}

func (v *viewerPage) parts() []fyne.CanvasObject {
	s := v.s
	btn := func(symbol, tip string, do func()) *look.Button {
		return look.NewIconButton(symbol, tip, look.Dark, do)
	}
	back := btn("back", words.T("Back to the photos (Esc)"), v.close)
	v.heart = btn("heart", words.T("Favourite (F)"), func() { s.toggleFavourite(v.sel()) })
	v.edit = btn("crop", words.T("Crop, straighten and turn (E)"), v.startEditing)
	v.play = btn("slideshow", words.T("Slide show (Space)"), v.toggleSlides)
	fit := btn("fit", words.T("Fit or 100 % (0, 1)"), v.toggleZoom)
	compare := btn("compare", words.T("Compare with the next one (C)"), v.compareNext)
	strip := btn("film-strip", words.T("Film strip (T)"), v.toggleStrip)
	full := btn("full-screen", words.T("Full screen (F11)"), v.toggleFull)
	v.lesser = []*look.Button{fit, compare, strip, v.play, full}
	more := btn("more", words.T("More"), nil)
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more)
		s.popUp(fyne.NewMenu("", v.moreItems()...), at.AddXY(0, look.Control+4))
	}
	head := container.NewStack(look.NewSurface(look.ColorStage, "", 0), look.Pad(10, 12, 10, 10,
		container.NewBorder(nil, nil, back, look.HBox(2, v.heart, v.edit,
			fit, compare, strip, v.play, full, btn("info", words.T("Information (I)"), v.toggleInfo), more),
			look.Pad(0, 8, 0, 10, look.Middle(look.VBox(1, v.title, v.sub))))))
	prev, next := btn("left", words.T("Previous (Left)"), func() { v.turn(-1) }), btn("right", words.T("Next (Right)"), func() { v.turn(1) })
	round := func(b *look.Button) fyne.CanvasObject {
		return container.NewStack(look.NewSurface(look.ColorStageBar, "", 20), look.PadAll(2, b))
	}
	l, r := round(prev), round(next)
	v.bars = []fyne.CanvasObject{head, l, r}
	return []fyne.CanvasObject{v.stage, head, l, r, v.note, v.info.object, v.blank, v.strip}
}

// active tells whether the viewer is open.
func (v *viewerPage) active() bool { return v.from != nil }

func (v *viewerPage) sel() sel {
	if v.img == nil {
		return sel{}
	}
	if v.duo != nil {
		return makeSel([]*imagelib.Image{v.duo.present().img})
	}
	return makeSel([]*imagelib.Image{v.img})
}

// open shows photo i of a page.
func (v *viewerPage) open(from turned, i int) {
	tile, flies := tileOf(from, i)
	v.from = from
	v.s.layers(v.object)
	v.s.win.Canvas().Unfocus()
	v.show(i)
	if pic := v.inMemory(); flies && pic != nil {
		v.s.fly(pic, tile, v.onStage(), false)
	}
}

// close goes back to the page, at the photo that was shown last.
func (v *viewerPage) close() {
	if !v.active() {
		return
	}
	v.stopSlides()
	v.setFull(false)
	v.leaveDuo()
	v.editor = nil
	v.cancel()
	v.strip.sleep()
	from, pic, at := v.from, v.inMemory(), v.onStage()
	v.from, v.img = nil, nil
	clear(v.near)
	v.s.layers(v.s.main)
	from.left(v.at)
	if tile, flies := tileOf(from, v.at); flies && pic != nil {
		v.s.fly(pic, at, tile, true)
	}
}

// show shows photo i: what is in memory at once, the rest as it comes.
func (v *viewerPage) show(i int) {
	v.cancel()
	ctx, cancel := v.s.begin()
	v.cancel = cancel
	v.at, v.img, v.err, v.side = i, v.from.image(i), nil, v.s.screenSide()
	clear(v.loading)
	v.stage.SetPicture(image.Pt(v.img.Width, v.img.Height), v.inMemory())
	v.describe()
	v.info.show(v.img)
	v.strip.show()
	v.load(ctx, v.img, true)
	v.keepNear()
	for _, k := range []int{i + 1, i - 1} {
		if k >= 0 && k < v.from.source().Len() {
			v.load(ctx, v.from.image(k), false)
		}
	}
}

// inMemory is the best picture that needs no loading; nil when there is none.
func (v *viewerPage) inMemory() image.Image { return v.inMemoryOf(v.img) }

func (v *viewerPage) inMemoryOf(img *imagelib.Image) image.Image {
	if p, ok := v.near[thumbKey(img, 0)]; ok {
		return p
	}
	for _, from := range []*thumbs.Loader{v.s.thumbs, v.s.instants} {
		for _, size := range []int{512, 256} {
			if p, ok := from.Get(thumbKey(img, size)); ok {
				return p
			}
		}
	}
	if p, ok := v.s.hashes.Get(thumbKey(img, 0)); ok {
		return p
	}
	return nil
}

// keepNear forgets pictures that are no neighbours any more.
func (v *viewerPage) keepNear() {
	keep := map[thumbs.Key]bool{}
	for k := v.at - 1; k <= v.at+1; k++ {
		if k >= 0 && k < v.from.source().Len() {
			keep[thumbKey(v.from.image(k), 0)] = true
		}
	}
	for k := range v.near {
		if !keep[k] {
			delete(v.near, k)
		}
	}
}

// load loads a picture of the screen's size, if it is not there or on its way.
// A neighbour that is not on this device is left until it is asked for.
func (v *viewerPage) load(ctx context.Context, img *imagelib.Image, now bool) {
	k := thumbKey(img, 0)
	if _, ok := v.near[k]; ok || v.loading[k] || !now && !shownHere(img) {
		return
	}
	v.loading[k] = true
	v.s.picture(ctx, img, now, func(pic image.Image, err error, last bool) { v.got(ctx, k, pic, err, last) })
}

// picture loads a picture of the screen's size and hands it to got; soon a
// thumbnail before it, which is there in no time, and holders have too. Of a film
// there is the thumbnail alone.
func (s *shell) picture(ctx context.Context, img *imagelib.Image, soon bool, got func(pic image.Image, err error, last bool)) {
	d, g, side, film := img.Digest, img.Geometry(), s.screenSide(), img.Kind == imagelib.KindVideo
	s.wg.Go(func() {
		var pic image.Image
		var err error
		if soon || film {
			t, terr := s.lib.ThumbnailAs(ctx, d, g, 512)
			if pic, err = t, terr; terr == nil && !film {
				s.do(func() { got(t, nil, false) })
			}
		}
		if !film {
			if err = s.fetch(ctx, img); err == nil {
				pic, err = s.lib.PixelsAs(ctx, d, g, side)
			}
		}
		s.do(func() { got(pic, err, true) })
	})
}

// fetch brings the bytes of a photo that is not here, so that the activity
// shows its progress.
func (s *shell) fetch(ctx context.Context, img *imagelib.Image) error {
	if shownHere(img) {
		return nil
	}
	f, err := s.dev.Fetch(ctx, img.Digest)
	if err != nil {
		return err
	}
	return f.Close()
}

// got takes a picture that has been loaded.
func (v *viewerPage) got(ctx context.Context, k thumbs.Key, pic image.Image, err error, last bool) {
	if ctx.Err() != nil || !v.active() {
		return
	}
	if last {
		delete(v.loading, k)
	}
	if err == nil && last {
		v.near[k] = pic
	}
	if k != thumbKey(v.img, 0) {
		return
	}
	if err != nil {
		v.err = err
	} else {
		v.stage.SetPreview(pic)
	}
	v.describe()
}

// loadFull brings all pixels, for a zoom that needs them.
func (v *viewerPage) loadFull() {
	if v.img.Kind == imagelib.KindVideo {
		return
	}
	ctx, cancel := v.s.begin()
	old, img := v.cancel, v.img
	v.cancel = func() {
		old()
		cancel()
	}
	v.s.wg.Go(func() {
		pic, err := v.s.lib.PixelsAs(ctx, img.Digest, img.Geometry(), 0)
		v.s.do(func() {
			if err == nil && ctx.Err() == nil && v.active() && thumbKey(v.img, 0) == thumbKey(img, 0) {
				v.stage.SetFull(pic)
			}
		})
	})
}

// screenSide is the longer side of the window in pixels, rounded up so that
// small changes of the window ask for the same.
func (s *shell) screenSide() int {
	c := s.win.Canvas()
	side := int(max(c.Size().Width, c.Size().Height) * c.Scale())
	return max((side+255)/256*256, 1024)
}

// grown loads the photo anew once the window has become larger than it was loaded for.
func (v *viewerPage) grown() {
	if !v.active() || v.s.screenSide() <= v.side {
		return
	}
	v.growing()
	v.growing = v.s.after(growTime, func() {
		v.s.do(func() {
			if !v.active() || v.s.screenSide() <= v.side {
				return
			}
			v.side = v.s.screenSide()
			clear(v.near)
			ctx, cancel := v.s.begin()
			old := v.cancel
			v.cancel = func() {
				old()
				cancel()
			}
			v.load(ctx, v.img, true)
		})
	})
}

// growTime is how long a window must keep its size before pictures are loaded for it.
const growTime = 250 * time.Millisecond

// turn goes to a neighbour.
func (v *viewerPage) turn(step int) {
	if i := v.at + step; i >= 0 && i < v.from.source().Len() {
		v.show(i)
	}
}

func (v *viewerPage) toggleZoom() {
	if v.stage.Fitted() {
		v.stage.Actual()
	} else {
		v.stage.Fit()
	}
}

func (v *viewerPage) toggleInfo() {
	v.info.on = !v.info.on
	if v.info.on {
		v.info.object.Show()
		v.info.show(v.img)
	} else {
		v.info.object.Hide()
	}
	v.wake()
	v.object.Refresh()
}

// toggleStrip shows the film strip, or hides it.
func (v *viewerPage) toggleStrip() {
	v.strip.on = !v.strip.on
	v.showBars(true)
	if v.strip.on {
		v.strip.at = float64(v.at)
		v.strip.show()
	} else {
		v.strip.sleep()
	}
	v.wake()
}

// reload follows changes of the library while the viewer is open.
func (v *viewerPage) reload() {
	if !v.active() {
		return
	}
	n := v.from.source().Len()
	if n == 0 {
		v.close()
		return
	}
	if v.duo != nil {
		v.duo.reload()
		return
	}
	i, ok := v.from.source().Index(thumbs.ID(v.img.Digest))
	if !ok { // it was deleted, or no longer belongs here: the next one takes its place
		v.stopEditing()
		v.show(min(v.at, n-1))
		return
	}
	v.at = i
	if img := v.from.image(i); img != v.img {
		came := shownHere(img) && !shownHere(v.img) && v.err != nil
		edited := img.Geometry() != v.img.Geometry()
		v.img = img
		if came || edited {
			v.show(i)
		}
	}
	v.describe()
	v.info.show(v.img)
	v.strip.show()
}

// heldKeys asks the driver which modifier keys are down.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}
