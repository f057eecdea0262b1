package ui

import "github.com/libpaul/paul/imagelib"

// foundID is the page of photos that a place, a tag or a day was chosen by.
const foundID = "found"

// openFound shows the photos that a query selects, on a page of their own, from which
// one goes back to another.
func (s *shell) openFound(title string, q imagelib.Query, back string) {
	if s.current == foundID {
		s.pages[foundID].hidden()
		s.current = ""
	}
	g := newGridPage(s, title, q, false)
	g.back = back
	s.pages[foundID] = g
	s.open(foundID)
}

// parent is the page above this one; or empty.
func (g *gridPage) parent() string {
	if g.back == "" && g.query.Album != "" {
		return "albums"
	}
	return g.back
}

// goBack shows the page above that on the screen. The album that was shown has the
// keyboard then.
func (s *shell) goBack() {
	g := s.presentGrid()
	if g == nil || g.parent() == "" {
		return
	}
	album := g.query.Album
	s.open(g.parent())
	if p, ok := s.present().(*albumsPage); ok {
		p.focus(album)
	}
}

// isPhotos tells whether the page is that of all photos.
func (g *gridPage) isPhotos() bool { return g.s.pages["photos"] == page(g) }
