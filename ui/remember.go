package ui

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// remembered is how a person likes to look at photos, and where each page stood: the
// next start takes it up.
type remembered struct {
	Level     int             `json:"level"`
	Squares   bool            `json:"squares,omitempty"`
	HiddenDay string          `json:"hiddenDay,omitempty"` // on which what was taken on its day is not told
	Pages     map[string]spot `json:"pages,omitempty"`     // by their IDs; a page at its top is not in it
}

// spot is a [grid.Spot] as it is written.
type spot struct {
	Photo app.Digest `json:"photo"`
	When  time.Time  `json:"when"`
	Above float64    `json:"above,omitempty"`
}

// recall takes up what the last run kept; what cannot be read is as good as nothing.
func (s *shell) recall() {
	s.looks = remembered{Level: grid.DefaultLevel}
	data, err := s.dev.Remembered()
	if err == nil && len(data) > 0 {
		err = json.Unmarshal(data, &s.looks)
	}
	if err != nil || s.looks.Level < 0 || s.looks.Level >= len(grid.Levels) {
		s.looks = remembered{Level: grid.DefaultLevel}
	}
	if s.looks.Pages == nil {
		s.looks.Pages = map[string]spot{}
	}
}

// remember keeps how and where a person looks at the photos, beside the screen's
// goroutine, and once more when that has changed meanwhile.
func (s *shell) remember() {
	data, err := s.looking()
	if s.keeping || err != nil || string(data) == s.kept {
		return
	}
	s.keeping = true
	s.goDo(func(context.Context) error { return s.dev.Remember(data) }, func(err error) {
		s.keeping = false
		if err != nil {
			s.toasts.show(words.T("Could not note where you are among the photos"), nil)
			return
		}
		s.kept = string(data)
		s.remember()
	})
}

// rememberLast is remember for the end of the program, when nothing else runs.
func (s *shell) rememberLast() error {
	s.noteSpots()
	data, err := s.looking()
	if err != nil || string(data) == s.kept {
		return err
	}
	return s.dev.Remember(data)
}

// looking writes what is to be remembered.
func (s *shell) looking() ([]byte, error) { return json.Marshal(s.looks) }

// noteSpots notes where the pages stand, and forgets those of albums that are gone.
func (s *shell) noteSpots() {
	for id, p := range s.pages {
		if g, ok := p.(*gridPage); ok {
			g.noteSpot(id)
		}
	}
	albums := map[string]bool{}
	for _, a := range s.lib.Albums() {
		albums[a.ID] = true
	}
	maps.DeleteFunc(s.looks.Pages, func(id string, _ spot) bool {
		album, of := strings.CutPrefix(id, "album/")
		return of && !albums[album]
	})
}

// noteSpot notes where the page stands. One that still waits for its photo stays
// where it was.
func (g *gridPage) noteSpot(id string) {
	if g.waits() || g.first {
		return
	}
	at := g.grid.Spot()
	if g.query.Text != "" {
		at = g.before
	}
	if at == (grid.Spot{}) {
		delete(g.s.looks.Pages, id)
		return
	}
	g.s.looks.Pages[id] = spot{app.Digest(at.Photo), at.When, at.Above}
}

// wait has the page go to where it stood in the last run, once its photo is known.
func (g *gridPage) wait(id string) {
	if at, ok := g.s.looks.Pages[id]; ok {
		g.awaited = &grid.Spot{Photo: thumbs.ID(at.Photo), When: at.When, Above: at.Above}
	}
}

// waits tells whether the page is still to go to a spot: not once the person has
// gone elsewhere.
func (g *gridPage) waits() bool {
	if g.awaited != nil && g.grid.Offset() != g.awaitedAt {
		g.awaited = nil
	}
	return g.awaited != nil
}

// goOn goes to the spot that the page waits for. While the library is being read its
// photo may not be there yet, and a place near its time has to do.
func (g *gridPage) goOn() {
	if g.awaited == nil || g.grid.Source().Len() == 0 {
		return
	}
	if found := g.grid.GoTo(*g.awaited); found || g.s.loaded {
		g.awaited = nil
	}
	g.awaitedAt = g.grid.Offset()
}

// lookAs gives the page the level and the layout that hold for all pages.
func (g *gridPage) lookAs() {
	g.grid.SetLevel(g.s.looks.Level)
	g.grid.SetSquare(g.s.looks.Squares)
}

// setSquares shows photos as squares, or in rows that show all of them.
func (s *shell) setSquares(on bool) {
	s.looks.Squares = on
	if g := s.presentGrid(); g != nil {
		g.lookAs()
	}
	s.bar.reload()
	s.remember()
}

// setLevel is called when a page has another zoom level.
func (s *shell) setLevel(level int) {
	if s.looks.Level != level {
		s.looks.Level = level
		s.remember()
	}
	s.bar.reload()
}

// towns names where photos were taken: the towns with most of them first, and how
// many there are.
func towns(n int, image func(i int) *imagelib.Image) (names []string, all int) {
	const told, looked = 3, 4000
	count := map[string]int{}
	for i := 0; i < n; i += 1 + n/looked {
		if town := image(i).Place().City; town != "" {
			count[town]++
		}
	}
	for len(names) < min(told, len(count)) {
		best := ""
		for town, n := range count {
			if n > 0 && (best == "" || n > count[best] || n == count[best] && town < best) {
				best = town
			}
		}
		names = append(names, best)
		count[best] = 0
	}
	return names, len(count)
}
