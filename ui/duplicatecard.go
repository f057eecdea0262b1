package ui

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// Measures of a group: its pictures stand side by side, in as many rows as they need.
const (
	groupPad   = 16
	groupHead  = 50 // with the space under it
	alikeLeast = 200
	alikeMost  = 330
	alikeGap   = 16
	alikeFacts = 118 // under the picture
)

// groupColumns says how many photos of n stand side by side in a card, and how wide each
// is.
func groupColumns(n int, width float32) (columns int, w float32) {
	inner := width - 2*groupPad
	columns = max(min(n, int((inner+alikeGap)/(alikeLeast+alikeGap))), 1)
	return columns, min((inner-alikeGap*float32(columns-1))/float32(columns), alikeMost)
}

// alikeHeight is that of a photo with what is told of it.
func alikeHeight(w float32) float32 { return w*3/4 + alikeFacts }

func groupHeight(n int, width float32) float32 {
	columns, w := groupColumns(n, width)
	rows := float32((n + columns - 1) / columns)
	return 2*groupPad + groupHead + rows*(alikeHeight(w)+alikeGap) - alikeGap
}

// groupCard is a group of near duplicates or a burst, and what can be done with it.
type groupCard struct {
	p      *duplicatesPage
	g      *alikeGroup
	images []*imagelib.Image // that it was made of
	photos []*alikePhoto
	keep   *look.Button
	remove *look.Button
	object *fyne.Container
	head   fyne.CanvasObject
	ground *look.Surface
}

func newGroupCard(p *duplicatesPage, g *alikeGroup) *groupCard {
	c := &groupCard{p: p, g: g, images: g.images, ground: look.NewSurface(look.ColorSurface, "separator", look.CardRadius)}
	c.keep = look.NewButton(words.T("Keep all"), "", look.Plain, func() { p.s.keepDuplicates(g) })
	c.remove = look.NewButton("", "trash", look.Plain, func() { p.s.deleteAlike(g) })
	title := look.NewCut(words.Photos(len(g.images)), look.SizeTitle, theme.ColorNameForeground).Bold()
	c.head = container.NewBorder(nil, nil, nil, look.HBox(8, c.keep, c.remove), look.Middle(title))
	c.object = container.New(c, c.ground, c.head)
	for i, img := range g.images {
		photo := newAlikePhoto(c, img, i == 0 && !g.burst)
		c.photos = append(c.photos, photo)
		c.object.Add(photo.object)
	}
	c.mark()
	return c
}

// MinSize implements [fyne.Layout].
func (c *groupCard) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(240, 240) }

// Layout implements [fyne.Layout].
func (c *groupCard) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	c.ground.Resize(s)
	c.head.Move(fyne.NewPos(groupPad, groupPad-4))
	c.head.Resize(fyne.NewSize(s.Width-2*groupPad, look.Control))
	columns, w := groupColumns(len(c.photos), s.Width)
	for i, photo := range c.photos {
		x, y := float32(i%columns)*(w+alikeGap), float32(i/columns)*(alikeHeight(w)+alikeGap)
		photo.object.Move(fyne.NewPos(groupPad+x, groupPad+groupHead+y))
		photo.object.Resize(fyne.NewSize(w, alikeHeight(w)))
	}
}

// mark shows what is chosen.
func (c *groupCard) mark() {
	for _, photo := range c.photos {
		photo.check.set(c.g.chosen[photo.img.Digest])
	}
	n := len(c.g.toDelete())
	if n == 0 {
		c.remove.SetText(words.T("Delete…"))
		c.remove.Disable()
	} else {
		c.remove.SetText(words.N("Delete {{.N}} photos…", n))
		c.remove.Enable()
	}
	c.head.Refresh()
}

// focusable is what can have the keyboard.
func (c *groupCard) focusable() []fyne.Focusable {
	out := []fyne.Focusable{c.keep, c.remove}
	for _, photo := range c.photos {
		out = append(out, photo, photo.check)
	}
	return out
}

// focus gives the keyboard to a photo.
func (c *groupCard) focus(img *imagelib.Image) {
	for _, photo := range c.photos {
		if photo.img.Digest == img.Digest {
			c.p.s.win.Canvas().Focus(photo)
		}
	}
}

// alikeChoice is a check that also code sets.
type alikeChoice struct {
	look.Check
	silent bool
}

func newAlikeChoice(text string, chosen func(bool)) *alikeChoice {
	c := &alikeChoice{}
	c.Text = text
	c.OnChanged = func(on bool) {
		if !c.silent {
			chosen(on)
		}
	}
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained implements [fyne.Focusable].
func (c *alikeChoice) FocusGained() {
	c.Check.FocusGained()
	look.Reveal(c)
}

// set shows the check without telling of it.
func (c *alikeChoice) set(on bool) {
	c.silent = true
	c.SetChecked(on)
	c.silent = false
}

// alikePhoto is a picture of a group; object is the picture with what is told of it.
type alikePhoto struct {
	widget.BaseWidget
	c      *groupCard
	img    *imagelib.Image
	pic    *canvas.Image
	ground *look.Surface
	hover  *look.Surface
	ring   *look.Surface // tells who has the keyboard
	held   bool          // it has the keyboard
	check  *alikeChoice
	object *fyne.Container
}

var (
	_ desktop.Hoverable = (*alikePhoto)(nil)
	_ fyne.Focusable    = (*alikePhoto)(nil)
)

func newAlikePhoto(c *groupCard, img *imagelib.Image, best bool) *alikePhoto {
	a := &alikePhoto{c: c, img: img}
	a.pic = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillContain, CornerRadius: look.ThumbRadius}
	a.ground = look.NewSurface(look.ColorSkeleton, "", look.Radius)
	a.hover = look.NewSurface("", "", look.Radius)
	a.ring = look.NewRing(theme.ColorNamePrimary, look.Radius+ringOut)
	a.check = newAlikeChoice(words.T("Delete"), func(on bool) {
		c.g.choose(img, on)
		c.mark()
	})
	a.ExtendBaseWidget(a)
	marks := look.HBox(6)
	if best {
		marks.Add(look.Pill(words.T("Suggested to keep"), look.ColorSafeSoft, look.ColorSafe))
	}
	if img.Favourite {
		marks.Add(look.Pill(words.T("Favourite"), look.ColorSoft, theme.ColorNamePrimary))
	}
	small := func(text string, colour fyne.ThemeColorName) fyne.CanvasObject {
		return look.NewCut(text, look.SizeCaption, colour)
	}
	devices, colour := words.N("On {{.N}} devices", int(img.Holders)), look.ColorSecondary
	if img.Holders <= 1 && len(c.p.s.devices) > 1 {
		colour = look.ColorRisk
	}
	facts := look.VBox(1, look.NewCut(img.Name, look.SizeBody, theme.ColorNameForeground).Bold(), small(alikeSizeText(img), look.ColorSecondary),
		small(c.p.s.photoTitle(img), look.ColorSecondary), small(devices, colour))
	a.object = container.New(alikeLayout{}, a, look.PadAll(8, look.HBox(0, marks)), facts, a.check)
	return a
}

// alikeSizeText says how many pixels a photo has, how large its files are, and what goes
// with it.
func alikeSizeText(img *imagelib.Image) string {
	text := words.Bytes(allBytes(img))
	if img.Width > 0 {
		text = fmt.Sprintf("%d × %d  ·  %s", img.Width, img.Height, text)
	}
	if kind := kindBadge(img); kind != "" {
		text += "  ·  " + kind
	}
	return text
}

// alikeLayout puts marks onto a picture, and facts and a check under it.
type alikeLayout struct{}

func (alikeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(120, 200) }

func (alikeLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := s.Width * 3 / 4
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[1].Resize(fyne.NewSize(s.Width, o[1].MinSize().Height))
	o[2].Move(fyne.NewPos(2, h+8))
	o[2].Resize(fyne.NewSize(s.Width-4, o[2].MinSize().Height))
	m := o[3].MinSize()
	o[3].Move(fyne.NewPos(-4, s.Height-m.Height))
	o[3].Resize(m)
}

func (a *alikePhoto) show(pic *image.RGBA) {
	if a.pic.Image != pic {
		a.pic.Image = pic
		a.Refresh()
	}
}

// Tapped implements [fyne.Tappable].
func (a *alikePhoto) Tapped(*fyne.PointEvent) { a.c.p.open(a.c.g, a.img) }

// FocusGained implements [fyne.Focusable].
func (a *alikePhoto) FocusGained() {
	a.held = true
	a.c.p.reveal(a.c.object.Position().Y+a.object.Position().Y, a.object.Size().Height)
	a.Refresh()
}

// FocusLost implements [fyne.Focusable].
func (a *alikePhoto) FocusLost() {
	a.held = false
	a.Refresh()
}

// TypedRune implements [fyne.Focusable].
func (a *alikePhoto) TypedRune(r rune) { look.PassRune(a, r) }

// TypedKey implements [fyne.Focusable].
func (a *alikePhoto) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		a.Tapped(nil)
	default:
		look.PassKey(a, e)
	}
}

// MouseIn implements [desktop.Hoverable].
func (a *alikePhoto) MouseIn(*desktop.MouseEvent) { a.hover.SetFill(theme.ColorNameHover) }

// MouseMoved implements [desktop.Hoverable].
func (a *alikePhoto) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (a *alikePhoto) MouseOut() { a.hover.SetFill("") }

// CreateRenderer implements [fyne.Widget].
func (a *alikePhoto) CreateRenderer() fyne.WidgetRenderer { return &alikeRenderer{a} }

type alikeRenderer struct{ a *alikePhoto }

func (r *alikeRenderer) Destroy()           {}
func (r *alikeRenderer) MinSize() fyne.Size { return fyne.NewSize(80, 60) }
func (r *alikeRenderer) Objects() []fyne.CanvasObject {
	objs := []fyne.CanvasObject{r.a.ground}
	if r.a.pic.Image != nil {
		objs = append(objs, r.a.pic)
	}
	if r.a.held {
		objs = append(objs, r.a.ring)
	}
	return append(objs, r.a.hover)
}

func (r *alikeRenderer) Layout(s fyne.Size) {
	for _, o := range []fyne.CanvasObject{r.a.ground, r.a.pic, r.a.hover} {
		o.Resize(s)
	}
	r.a.ring.Move(fyne.NewSquareOffsetPos(-ringOut))
	r.a.ring.Resize(s.AddWidthHeight(2*ringOut, 2*ringOut))
}

func (r *alikeRenderer) Refresh() {
	r.a.pic.Refresh()
	canvas.Refresh(r.a)
}
