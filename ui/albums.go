package ui

import (
	"context"
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// albumsPage shows the albums by their covers.
type albumsPage struct {
	s      *shell
	whole  *fyne.Container
	tiles  *fyne.Container
	scroll fyne.CanvasObject
	client *thumbs.Client
	cards  []*albumCard
	key    string // of the albums that are shown
}

const coverSize = 512

func newAlbumsPage(s *shell) *albumsPage {
	p := &albumsPage{s: s, tiles: container.New(&flow{least: 190, most: 280, gap: 20, tall: true, h: 54}), whole: container.NewStack()}
	p.client = s.thumbs.Client(p.loaded)
	p.scroll = container.NewVScroll(look.Pad(8, 24, 20, 20, p.tiles))
	return p
}

func (p *albumsPage) title() string             { return words.T("Albums") }
func (p *albumsPage) object() fyne.CanvasObject { return p.whole }
func (p *albumsPage) hidden()                   { p.client.Want(nil) }
func (p *albumsPage) shown()                    { p.want() }

// reload implements page.
func (p *albumsPage) reload() {
	albums := p.s.lib.Albums()
	if len(albums) == 0 {
		p.key = ""
		add := look.NewButton(words.T("New album"), "plus", look.Primary, func() { p.s.newAlbum(nil) })
		p.whole.Objects = []fyne.CanvasObject{emptyState("albums", words.T("No albums yet"),
			words.T("An album is a choice of photos; the photos stay where they are, and every device sees it."), add)}
		p.whole.Refresh()
		return
	}
	var key strings.Builder
	for _, a := range albums {
		key.WriteString(a.ID + a.Name + words.Number(a.Count) + a.Cover.String())
	}
	if key.String() != p.key {
		p.key = key.String()
		p.build(albums)
	}
	p.want()
}

func (p *albumsPage) build(albums []imagelib.Album) {
	p.cards = p.cards[:0]
	p.tiles.Objects = []fyne.CanvasObject{newNewAlbumCard(func() { p.s.newAlbum(nil) })}
	for _, a := range albums {
		c := newAlbumCard(p.s, a)
		p.cards = append(p.cards, c)
		p.tiles.Add(c)
	}
	p.whole.Objects = []fyne.CanvasObject{p.scroll}
	p.whole.Refresh()
}

// want asks for the covers.
func (p *albumsPage) want() {
	var keys []thumbs.Key
	for _, c := range p.cards {
		if !c.album.Cover.IsZero() {
			keys = append(keys, thumbs.Key{ID: thumbs.ID(c.album.Cover), Size: coverSize})
		}
	}
	p.client.Want(keys)
	p.loaded(keys)
}

func (p *albumsPage) loaded([]thumbs.Key) {
	for _, c := range p.cards {
		if img, ok := p.s.thumbs.Get(thumbs.Key{ID: thumbs.ID(c.album.Cover), Size: coverSize}); ok {
			c.show(img)
		}
	}
}

// albumCard is a cover with the album's name and count under it.
type albumCard struct {
	widget.BaseWidget
	s      *shell
	album  imagelib.Album
	cover  *canvas.Image
	ground *look.Surface
	ring   *look.Surface
	plus   bool
	tapped func()
}

var _ desktop.Hoverable = (*albumCard)(nil)

func newAlbumCard(s *shell, a imagelib.Album) *albumCard {
	c := &albumCard{s: s, album: a, tapped: func() { s.open("album/" + a.ID) }}
	c.make()
	return c
}

// newNewAlbumCard is the card that makes an album.
func newNewAlbumCard(tapped func()) *albumCard {
	c := &albumCard{plus: true, tapped: tapped}
	c.make()
	return c
}

func (c *albumCard) make() {
	c.cover = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.CardRadius}
	c.ground = look.NewSurface(look.ColorSkeleton, "", look.CardRadius)
	c.ring = look.NewSurface("", "", look.CardRadius)
	c.ExtendBaseWidget(c)
}

func (c *albumCard) show(img *image.RGBA) {
	if c.cover.Image != img {
		c.cover.Image = img
		c.Refresh()
	}
}

// Tapped implements [fyne.Tappable].
func (c *albumCard) Tapped(*fyne.PointEvent) { c.tapped() }

// TappedSecondary implements [fyne.SecondaryTappable].
func (c *albumCard) TappedSecondary(e *fyne.PointEvent) {
	if c.plus {
		return
	}
	s, a := c.s, c.album
	s.popUp(fyne.NewMenu("",
		item(words.T("Open"), "albums", c.tapped),
		item(words.T("Rename…"), "edit", func() {
			s.askName(words.T("Rename album"), a.Name, words.T("Rename"), func(name string) {
				s.goDo(func(ctx context.Context) error { return s.lib.RenameAlbum(ctx, a.ID, name) }, s.reportTo(words.T("Could not rename the album")))
			})
		}),
		item(words.T("Delete album…"), "trash", func() { s.deleteAlbum(a) })), e.AbsolutePosition)
}

// MouseIn implements [desktop.Hoverable].
func (c *albumCard) MouseIn(*desktop.MouseEvent) { c.ring.SetFill(theme.ColorNameHover) }

// MouseMoved implements [desktop.Hoverable].
func (c *albumCard) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (c *albumCard) MouseOut() { c.ring.SetFill("") }

// CreateRenderer implements [fyne.Widget].
func (c *albumCard) CreateRenderer() fyne.WidgetRenderer {
	r := &albumRenderer{c: c, icon: look.NewIcon("albums", look.ColorSecondary, 36)}
	name, count := c.album.Name, words.Photos(c.album.Count)
	if c.plus {
		name, count = words.T("New album"), ""
		r.icon = look.NewIcon("plus", look.ColorSecondary, 36)
	}
	r.name = look.NewCut(name, look.SizeBody, theme.ColorNameForeground).Bold()
	r.count = look.NewCut(count, look.SizeCaption, look.ColorSecondary)
	return r
}

type albumRenderer struct {
	c           *albumCard
	icon        *look.Icon
	name, count *look.Text
}

func (r *albumRenderer) Destroy()           {}
func (r *albumRenderer) MinSize() fyne.Size { return fyne.NewSize(120, 174) }
func (r *albumRenderer) Objects() []fyne.CanvasObject {
	if r.c.cover.Image != nil {
		return []fyne.CanvasObject{r.c.cover, r.c.ring, r.name, r.count}
	}
	return []fyne.CanvasObject{r.c.ground, r.icon, r.c.ring, r.name, r.count}
}

func (r *albumRenderer) Layout(s fyne.Size) {
	square := fyne.NewSquareSize(s.Width)
	for _, o := range []fyne.CanvasObject{r.c.cover, r.c.ground, r.c.ring, r.icon} {
		o.Resize(square)
	}
	r.name.Resize(fyne.NewSize(s.Width-4, 20))
	r.name.Move(fyne.NewPos(2, s.Width+8))
	r.count.Resize(fyne.NewSize(s.Width-4, 17))
	r.count.Move(fyne.NewPos(2, s.Width+29))
}

func (r *albumRenderer) Refresh() {
	r.c.cover.Refresh()
	canvas.Refresh(r.c)
}

// newAlbum asks for a name, makes the album, and puts photos into it.
func (s *shell) newAlbum(ds []app.Digest) {
	s.askName(words.T("New album"), "", words.T("Create"), func(name string) {
		var made imagelib.Album
		s.goDo(func(ctx context.Context) (err error) {
			if made, err = s.lib.CreateAlbum(ctx, name); err != nil || len(ds) == 0 {
				return err
			}
			return s.lib.AddToAlbum(ctx, made.ID, ds)
		}, func(err error) {
			s.reload()
			switch {
			case err != nil:
				s.fail(words.T("Could not make the album"), err)
			case len(ds) > 0:
				s.toasts.show(words.N("{{.N}} photos added to {{.Album}}", len(ds), "Album", name), nil)
			}
		})
	})
}

// deleteAlbum asks, and removes an album and none of its photos.
func (s *shell) deleteAlbum(a imagelib.Album) {
	s.ask(question{
		symbol: "albums", danger: true, title: words.T("Delete the album “{{.Album}}”?", "Album", a.Name),
		text: words.T("The photos in it stay in the library."), yes: words.T("Delete album"), no: words.T("Cancel"),
		do: func() {
			s.goDo(func(ctx context.Context) error { return s.lib.DeleteAlbum(ctx, a.ID) }, s.reportTo(words.T("Could not delete the album")))
		},
	})
}

// askName asks for one line of text.
func (s *shell) askName(title, text, yes string, do func(string)) {
	m := s.newModal(dialogWidth)
	e := newKeyEntry(m.hide)
	e.SetText(text)
	ok := look.NewButton(yes, "", look.Primary, nil)
	submit := func() {
		if name := strings.TrimSpace(e.Text); name != "" {
			m.hide()
			do(name)
		}
	}
	ok.OnTapped = submit
	e.OnSubmitted = func(string) { submit() }
	m.set(look.VBox(0, look.NewText(title, look.SizeTitle, theme.ColorNameForeground).Bold(), look.Space(0, 14), e,
		buttons(look.NewButton(words.T("Cancel"), "", look.Plain, m.hide), ok)), ok)
	m.show()
	s.win.Canvas().Focus(e)
}

func tOK() string { return words.T("OK") }
