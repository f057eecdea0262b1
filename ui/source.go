package ui

import (
	"cmp"
	"slices"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// photos is a source of the grid: those images of a snapshot that a query
// selects.
type photos struct {
	snap  snapshot
	which []int // indexes into snap.images, rising; nil = all
	entry func(app.Digest) (app.Entry, bool)
	move  func(app.Digest) (app.Transfer, bool)
	self  string
	alone bool // the library has one device: a single copy is no news
}

func (p *photos) image(i int) *imagelib.Image {
	if p.which != nil {
		i = p.which[i]
	}
	return p.snap.images[i]
}

// Len implements [grid.Source].
func (p *photos) Len() int {
	if p.which != nil {
		return len(p.which)
	}
	return len(p.snap.images)
}

// ID implements [grid.Source].
func (p *photos) ID(i int) thumbs.ID { return thumbs.ID(p.image(i).Digest) }

// Index implements [grid.Source].
func (p *photos) Index(id thumbs.ID) (int, bool) {
	_, i, ok := p.snap.find(app.Digest(id))
	if !ok || p.which == nil {
		return i, ok
	}
	return slices.BinarySearch(p.which, i)
}

// Edit implements [grid.Source].
func (p *photos) Edit(i int) string { return p.image(i).Geometry().String() }

// Aspect implements [grid.Source].
func (p *photos) Aspect(i int) float32 { return aspect(p.image(i)) }

// When implements [grid.Source].
func (p *photos) When(i int) time.Time { return p.image(i).Date.Wall }

// Places implements [grid.Placed].
func (p *photos) Places(first, n int) (names []string, all int) {
	return towns(n, func(i int) *imagelib.Image { return p.image(first + i) })
}

// Mark implements [grid.Source].
func (p *photos) Mark(i int) grid.Mark {
	img := p.image(i)
	m := grid.Mark{
		Favourite: img.Favourite, Video: img.Kind == imagelib.KindVideo, Kind: kindBadge(img),
		Here: img.Here && !p.alone && img.Holders > 1, Away: !img.Here, OneCopy: img.Holders <= 1 && !p.alone, Format: extension(img.Name),
	}
	if files := wanted(img, p.entry, p.self); len(files) > 0 {
		m.Saving = true
		if t, ok := p.move(files[0]); ok {
			m.Part, m.Stuck = part(t), t.Err != ""
		}
	}
	return m
}

// wanted returns the files of a photo that are to be saved here and have not come
// yet.
func wanted(img *imagelib.Image, entry func(app.Digest) (app.Entry, bool), self string) (files []app.Digest) {
	if img.Here {
		return nil
	}
	for _, f := range img.Files() {
		if e, ok := entry(f.Digest); ok && !f.Here && e.Holders.Of(self).Saved {
			files = append(files, f.Digest)
		}
	}
	return files
}

func (s *shell) wanted(img *imagelib.Image) []app.Digest { return wanted(img, s.dev.Entry, s.self.ID) }

// coming is how far a photo is on its way here: of its files, the first that is
// wanted.
func (s *shell) coming(img *imagelib.Image) (app.Transfer, bool) {
	if files := s.wanted(img); len(files) > 0 {
		return s.transfer(files[0])
	}
	return s.transfer(img.Digest)
}

// part is how much of a file has come, 0 to 1.
func part(t app.Transfer) float32 {
	if t.Total <= 0 {
		return 0
	}
	return float32(float64(t.Done) / float64(t.Total))
}

func aspect(img *imagelib.Image) float32 {
	if img.Width <= 0 || img.Height <= 0 {
		return 1
	}
	return float32(img.Width) / float32(img.Height)
}

// Words on tiles whose photo is more than a plain picture.
const (
	kindRaw     = "RAW"
	kindRawJPEG = "RAW+JPEG"
	kindLive    = "LIVE"
	kindRawLive = "RAW+LIVE"
)

// kindBadge is the word on a tile whose file is not a plain picture, or goes with
// another one; of a film its length.
func kindBadge(img *imagelib.Image) string {
	switch raw, live := img.Raw(), img.Live(); {
	case live && (raw || img.Kind == imagelib.KindRAW):
		return kindRawLive
	case raw && img.Type == "image/jpeg":
		return kindRawJPEG
	case raw:
		return kindRaw + "+" + extension(img.Name)
	case img.Kind == imagelib.KindRAW:
		return kindRaw
	case live:
		return kindLive
	case img.Kind == imagelib.KindVideo && img.Duration() > 0:
		return words.Length(img.Duration())
	case img.Kind == imagelib.KindUnsupported:
		return extension(img.Name)
	default:
		return ""
	}
}

// list is a source of images that are in no snapshot: those of the trash.
type list struct {
	images []*imagelib.Image
	now    time.Time
	marks  map[app.Digest]string // in place of the days that the trash here keeps a photo
	index  map[thumbs.ID]int
}

func newList(images []*imagelib.Image, marks map[app.Digest]string, now time.Time) *list {
	l := &list{images: images, now: now, marks: marks, index: make(map[thumbs.ID]int, len(images))}
	for i, img := range images {
		l.index[thumbs.ID(img.Digest)] = i
	}
	return l
}

// Len implements [grid.Source].
func (l *list) Len() int { return len(l.images) }

// ID implements [grid.Source].
func (l *list) ID(i int) thumbs.ID { return thumbs.ID(l.images[i].Digest) }

// Index implements [grid.Source].
func (l *list) Index(id thumbs.ID) (i int, ok bool) { i, ok = l.index[id]; return i, ok }

// Edit implements [grid.Source].
func (l *list) Edit(i int) string { return l.images[i].Geometry().String() }

// Aspect implements [grid.Source].
func (l *list) Aspect(i int) float32 { return aspect(l.images[i]) }

// When implements [grid.Source].
func (l *list) When(i int) time.Time { return l.images[i].Date.Wall }

// trashTime is how long the trash keeps a photo at least.
const trashTime = 30 * 24 * time.Hour

// Mark implements [grid.Source]: the badge tells how long the photo stays, and where if
// that is not here.
func (l *list) Mark(i int) grid.Mark {
	img := l.images[i]
	text, since := "", img.Date.Wall
	for _, f := range img.Files() { // of several the one that goes first, or is not here
		text = cmp.Or(text, l.marks[f.Digest])
		if f.Date.Wall.Before(since) {
			since = f.Date.Wall
		}
	}
	if text == "" {
		text = words.DaysLeft(since.Add(trashTime).Sub(l.now))
	}
	return grid.Mark{Video: img.Kind == imagelib.KindVideo, Kind: text, Format: extension(img.Name)}
}
