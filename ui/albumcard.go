package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// albumCard is a cover with the album's name and count under it.
type albumCard struct {
	widget.BaseWidget
	page   *albumsPage
	album  imagelib.Album // without an ID for the card that makes one
	cover  *canvas.Image
	ground *look.Surface
	hover  *look.Surface
	ring   *look.Surface // tells who has the keyboard
	held   bool          // it has the keyboard
}

var (
	_ desktop.Hoverable = (*albumCard)(nil)
	_ fyne.Focusable    = (*albumCard)(nil)
)

func newAlbumCard(p *albumsPage, a imagelib.Album) *albumCard {
	c := &albumCard{page: p, album: a}
	c.cover = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.CardRadius}
	c.ground = look.NewSurface(look.ColorSkeleton, "", look.CardRadius)
	c.hover = look.NewSurface("", "", look.CardRadius)
	c.ring = look.NewRing(theme.ColorNamePrimary, look.CardRadius+ringOut)
	c.ExtendBaseWidget(c)
	return c
}

// newNewAlbumCard is the card that makes an album.
func newNewAlbumCard(p *albumsPage) *albumCard { return newAlbumCard(p, imagelib.Album{}) }

// markSize is that of the symbol by which a smart album is known.
const markSize = 14

// ringOut is how far the ring stands outside the cover.
const ringOut = 3

func (c *albumCard) plus() bool { return c.album.ID == "" }

// open shows the album, or makes one.
func (c *albumCard) open() {
	if c.plus() {
		c.page.s.newAlbum(nil)
		return
	}
	c.page.s.open("album/" + c.album.ID)
}

func (c *albumCard) show(img *image.RGBA) {
	if c.cover.Image != img {
		c.cover.Image = img
		c.Refresh()
	}
}

// Tapped implements [fyne.Tappable].
func (c *albumCard) Tapped(*fyne.PointEvent) { c.open() }

// TappedSecondary implements [fyne.SecondaryTappable].
func (c *albumCard) TappedSecondary(e *fyne.PointEvent) { c.menu(e.AbsolutePosition) }

func (c *albumCard) menu(at fyne.Position) {
	if c.plus() {
		return
	}
	c.page.s.popUp(fyne.NewMenu("", c.items()...), at)
}

// items are those of the menu of an album.
func (c *albumCard) items() []*fyne.MenuItem {
	s, a := c.page.s, c.album
	own := item(words.T("Keep on at least…"), "safe", func() { s.albumCopies(a.ID, a.Name) })
	if a.Query != nil { // whose photos change by themselves
		own = item(words.T("Edit search…"), "search", func() { s.editSearch(a) })
	}
	items := []*fyne.MenuItem{
		item(words.T("Open"), "albums", c.open),
		item(words.T("Rename…"), "edit", func() { s.renameAlbum(a) }),
		own,
	}
	if a.Chosen {
		items = append(items, item(words.T("Use the newest photo as cover"), "photos", func() { s.setCover(a, app.Digest{}) }))
	}
	return append(items, item(words.T("Delete album…"), "trash", func() { s.deleteAlbum(a) }))
}

// FocusGained implements [fyne.Focusable].
func (c *albumCard) FocusGained() {
	c.held = true
	c.page.reveal(c)
	c.Refresh()
}

// FocusLost implements [fyne.Focusable].
func (c *albumCard) FocusLost() {
	c.held = false
	c.Refresh()
}

// TypedRune implements [fyne.Focusable].
func (c *albumCard) TypedRune(r rune) { look.PassRune(c, r) }

// TypedKey implements [fyne.Focusable].
func (c *albumCard) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.open()
		return
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown, fyne.KeyHome, fyne.KeyEnd:
		c.page.step(c, e.Name)
		return
	}
	if c.plus() {
		look.PassKey(c, e)
		return
	}
	switch e.Name {
	case fyne.KeyF2:
		c.page.s.renameAlbum(c.album)
	case fyne.KeyDelete, fyne.KeyBackspace:
		c.page.s.deleteAlbum(c.album)
	case desktop.KeyMenu:
		c.menu(fyne.CurrentApp().Driver().AbsolutePositionForObject(c).AddXY(c.Size().Width/2, c.Size().Width/2))
	default:
		look.PassKey(c, e)
	}
}

// MouseIn implements [desktop.Hoverable].
func (c *albumCard) MouseIn(*desktop.MouseEvent) { c.hover.SetFill(theme.ColorNameHover) }

// MouseMoved implements [desktop.Hoverable].
func (c *albumCard) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (c *albumCard) MouseOut() { c.hover.SetFill("") }

// CreateRenderer implements [fyne.Widget].
func (c *albumCard) CreateRenderer() fyne.WidgetRenderer {
	r := &albumRenderer{c: c, icon: look.NewIcon("albums", look.ColorSecondary, 36)}
	name, count := c.album.Name, words.Photos(c.album.Count)
	if c.plus() {
		name, count = words.T("New album"), ""
		r.icon = look.NewIcon("plus", look.ColorSecondary, 36)
	}
	if c.album.Query != nil {
		count += " · " + words.T("by search")
		r.icon, r.mark = look.NewIcon("search", look.ColorSecondary, 36), look.NewIcon("search", look.ColorSecondary, markSize)
	}
	r.name = look.NewCut(name, look.SizeBody, theme.ColorNameForeground).Bold()
	r.count = look.NewCut(count, look.SizeCaption, look.ColorSecondary)
	return r
}

type albumRenderer struct {
	c           *albumCard
	icon        *look.Icon
	mark        *look.Icon // of a smart album, before its count; else nil
	name, count *look.Text
}

func (r *albumRenderer) Destroy()           {}
func (r *albumRenderer) MinSize() fyne.Size { return fyne.NewSize(120, 174) }
func (r *albumRenderer) Objects() []fyne.CanvasObject {
	objs := []fyne.CanvasObject{r.c.ground, r.icon}
	if r.c.cover.Image != nil {
		objs = []fyne.CanvasObject{r.c.cover}
	}
	if r.c.held {
		objs = append(objs, r.c.ring)
	}
	if r.mark != nil {
		objs = append(objs, r.mark)
	}
	return append(objs, r.c.hover, r.name, r.count)
}

func (r *albumRenderer) Layout(s fyne.Size) {
	square := fyne.NewSquareSize(s.Width)
	for _, o := range []fyne.CanvasObject{r.c.cover, r.c.ground, r.c.hover, r.icon} {
		o.Resize(square)
	}
	r.c.ring.Move(fyne.NewSquareOffsetPos(-ringOut))
	r.c.ring.Resize(square.AddWidthHeight(2*ringOut, 2*ringOut))
	r.name.Resize(fyne.NewSize(s.Width-4, 20))
	r.name.Move(fyne.NewPos(2, s.Width+8))
	left := float32(2)
	if r.mark != nil {
		r.mark.Resize(fyne.NewSquareSize(markSize))
		r.mark.Move(fyne.NewPos(left, s.Width+29+(17-markSize)/2))
		left += markSize + 4
	}
	r.count.Resize(fyne.NewSize(s.Width-2-left, 17))
	r.count.Move(fyne.NewPos(left, s.Width+29))
}

func (r *albumRenderer) Refresh() {
	r.c.cover.Refresh()
	canvas.Refresh(r.c)
}
