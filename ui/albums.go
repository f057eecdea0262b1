package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

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
	flow   *flow
	scroll *container.Scroll
	client *thumbs.Client
	cards  []*albumCard
	key    string // of the albums that are shown
}

const (
	coverSize = 512
	albumPad  = 8 // over the cards
)

func newAlbumsPage(s *shell) *albumsPage {
	p := &albumsPage{s: s, flow: &flow{least: 190, most: 280, gap: 20, tall: true, h: 54}, whole: container.NewStack()}
	p.tiles = container.New(p.flow)
	p.client = s.thumbs.Client(p.loaded)
	p.scroll = container.NewVScroll(look.Pad(albumPad, 24, 20, 20, p.tiles))
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
		p.key, p.cards, p.tiles.Objects = "", nil, nil
		add := look.NewButton(words.T("New album"), "plus", look.Primary, func() { p.s.newAlbum(nil) })
		p.whole.Objects = []fyne.CanvasObject{emptyState("albums", words.T("No albums yet"),
			words.T("An album is a choice of photos; the photos stay where they are, and every device sees it."), add)}
		p.whole.Refresh()
		return
	}
	var key strings.Builder
	for _, a := range albums {
		key.WriteString(a.ID + a.Name + words.Number(a.Count) + a.Cover.String())
		if a.Query != nil {
			fmt.Fprint(&key, *a.Query)
		}
	}
	if key.String() != p.key {
		p.key = key.String()
		p.build(albums)
	}
	p.want()
}

// build makes the cards. The album that has the keyboard keeps it.
func (p *albumsPage) build(albums []imagelib.Album) {
	had, _ := p.s.win.Canvas().Focused().(*albumCard)
	p.cards = p.cards[:0]
	p.tiles.Objects = []fyne.CanvasObject{newNewAlbumCard(p)}
	for _, a := range albums {
		c := newAlbumCard(p, a)
		p.cards = append(p.cards, c)
		p.tiles.Add(c)
	}
	p.whole.Objects = []fyne.CanvasObject{p.scroll}
	p.whole.Refresh()
	if had != nil {
		p.focus(had.album.ID)
	}
}

// focus gives the keyboard to an album's card; to that which makes one when
// there is no such album.
func (p *albumsPage) focus(id string) {
	for _, o := range p.tiles.Objects {
		if c := o.(*albumCard); c.album.ID == id {
			p.s.win.Canvas().Focus(c)
			return
		}
	}
	if len(p.tiles.Objects) > 0 {
		p.s.win.Canvas().Focus(p.tiles.Objects[0].(*albumCard))
	}
}

// step moves the keyboard to another card.
func (p *albumsPage) step(from *albumCard, key fyne.KeyName) {
	columns, _ := p.flow.columns(p.tiles.Size().Width)
	at, last := slices.Index(p.tiles.Objects, fyne.CanvasObject(from)), len(p.tiles.Objects)-1
	to := at + map[fyne.KeyName]int{
		fyne.KeyLeft: -1, fyne.KeyRight: 1, fyne.KeyUp: -columns, fyne.KeyDown: columns, fyne.KeyHome: -at, fyne.KeyEnd: last - at,
	}[key]
	if to >= 0 && to <= last {
		p.s.win.Canvas().Focus(p.tiles.Objects[to].(*albumCard))
	}
}

// reveal scrolls so that a card is on the screen.
func (p *albumsPage) reveal(c *albumCard) {
	top, height := c.Position().Y, p.scroll.Size().Height
	bottom := top + c.Size().Height + albumPad
	switch off := p.scroll.Offset.Y; {
	case top < off:
		p.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case bottom > off+height:
		p.scroll.ScrollToOffset(fyne.NewPos(0, bottom-height))
	}
}

// want asks for the covers.
func (p *albumsPage) want() {
	var keys []thumbs.Key
	for _, c := range p.cards {
		if !c.album.Cover.IsZero() {
			keys = append(keys, p.coverKey(c))
		}
	}
	p.client.Want(keys)
	p.loaded(keys)
}

func (p *albumsPage) coverKey(c *albumCard) thumbs.Key {
	if img, _, ok := p.s.snap.find(c.album.Cover); ok {
		return thumbKey(img, coverSize)
	}
	return thumbs.Key{ID: thumbs.ID(c.album.Cover), Size: coverSize}
}

func (p *albumsPage) loaded([]thumbs.Key) {
	for _, c := range p.cards {
		if img, ok := p.s.thumbs.Get(p.coverKey(c)); ok {
			c.show(img)
		}
	}
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

// renameAlbum asks for another name of an album.
func (s *shell) renameAlbum(a imagelib.Album) {
	s.askName(words.T("Rename album"), a.Name, words.T("Rename"), func(name string) {
		s.editAlbum(words.T("Could not rename the album"), words.T("Album renamed to {{.Album}}", "Album", name),
			func(ctx context.Context) error { return s.lib.RenameAlbum(ctx, a.ID, name) },
			func(ctx context.Context) error { return s.lib.RenameAlbum(ctx, a.ID, a.Name) })
	})
}

// deleteAlbum asks, and removes an album and none of its photos.
func (s *shell) deleteAlbum(a imagelib.Album) {
	s.ask(question{
		symbol: "albums", danger: true, title: words.T("Delete the album “{{.Album}}”?", "Album", a.Name),
		text: words.T("The photos in it stay in the library."), yes: words.T("Delete album"), no: words.T("Cancel"),
		do: func() {
			s.editAlbum(words.T("Could not delete the album"), words.T("Album “{{.Album}}” deleted", "Album", a.Name),
				func(ctx context.Context) error { return s.lib.DeleteAlbum(ctx, a.ID) },
				func(ctx context.Context) error { return s.lib.RestoreAlbum(ctx, a.ID) })
		},
	})
}

// setCover makes a photo the cover of an album; the zero digest makes it the newest
// again.
func (s *shell) setCover(a imagelib.Album, cover app.Digest) {
	var before app.Digest
	if a.Chosen {
		before = a.Cover
	}
	s.editAlbum(words.T("Could not change the cover"), words.T("Cover of {{.Album}} changed", "Album", a.Name),
		func(ctx context.Context) error { return s.lib.SetCover(ctx, a.ID, cover) },
		func(ctx context.Context) error { return s.lib.SetCover(ctx, a.ID, before) })
}

// editAlbum changes an album and tells so, with what takes it back.
func (s *shell) editAlbum(failed, told string, do, back func(context.Context) error) {
	s.goDo(do, func(err error) {
		s.reload()
		if err != nil {
			s.fail(failed, err)
			return
		}
		s.didEdit(told, back)
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
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func tOK() string { return words.T("OK") }
