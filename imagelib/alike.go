package imagelib

import (
	"cmp"
	"math/bits"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
)

// How alike two pictures of one kind are that are near duplicates: so many bits
// of their dHashes differ at most, and for those taken at other times, which are
// copies and not two of a scene, the shape is the same too.
const (
	alikeBits = 5
	alikeTime = 2 * time.Minute
	copyBits  = 3
	copyShape = 0.02 // how much the ratios of sides differ

	// plainBits are so few, of either value, that pictures with no more have
	// too little in them to be taken for copies, and plainRows so few changes from
	// one row to the next that they have to be the same in every bit.
	plainBits = 6
	plainRows = 8
)

// NearDuplicates returns groups of images that look nearly the same, by index in
// Images and in order: taken within two minutes of the first of the group, or
// at any time where one looks like a copy of the other, smaller or compressed
// again. Images of different kinds are never in one group, so that a raw file
// and the JPEG that the camera made beside it are not, and videos are in none. An
// image is in one group at most; images without a dHash are in none.
func (s *Snapshot) NearDuplicates() [][]int {
	a := newAlike(s.Images)
	for i, img := range s.Images {
		if !hasLooks(img) {
			continue
		}
		l := a.likeness(i)
		if first, ok := a.find(l); ok {
			a.join(first, i)
		} else {
			a.begin(l)
		}
	}
	return a.groups
}

func hasLooks(img *Image) bool { return img.DHash != 0 && img.Kind != KindVideo }

// alike finds near duplicates. Every image is compared to the first of groups
// only, so that a slow change over many images is not one group.
type alike struct {
	images  []*Image
	kinds   map[Kind]uint8
	groups  [][]int
	groupOf map[int32]int // by the first of a group
	recent  []likeness    // firsts, within alikeTime of the last
	bands   [4]band
}

// likeness is the dHash of an image.
type likeness struct {
	hash uint64
	at   int32 // in images
	kind uint8 // by number, in the order they were met
}

// band finds firsts by 16 bits of their dHashes. All lie in one list, where there
// is room for those of each value.
type band struct {
	shift int
	all   []likeness
	ends  [1<<16 + 1]int32 // of the firsts yet, by value
	from  [1<<16 + 1]int32 // where the room begins
}

func newAlike(images []*Image) *alike {
	a := &alike{images: images, kinds: map[Kind]uint8{}, groupOf: map[int32]int{}}
	n := 0
	for b := range a.bands {
		a.bands[b].shift = 16 * b
	}
	for _, img := range images {
		if !hasLooks(img) {
			continue
		}
		n++
		for b := range a.bands {
			a.bands[b].from[a.bands[b].value(img.DHash)+1]++
		}
	}
	for b := range a.bands {
		band := &a.bands[b]
		for v := range 1 << 16 {
			band.from[v+1] += band.from[v]
		}
		band.ends = band.from
		band.all = make([]likeness, n)
	}
	return a
}

func (b *band) value(hash uint64) int { return int(uint16(hash >> b.shift)) }

func (b *band) add(l likeness) {
	v := b.value(l.hash)
	b.all[b.ends[v]] = l
	b.ends[v]++
}

// with returns the last firsts that have the same bits.
func (b *band) with(hash uint64) []likeness {
	v := b.value(hash)
	return b.all[max(b.from[v], b.ends[v]-maxCompared):b.ends[v]]
}

// maxCompared bounds how many firsts of one time, or with one band, are compared.
const maxCompared = 512

func (a *alike) likeness(i int) likeness {
	img := a.images[i]
	kind, ok := a.kinds[img.Kind]
	if !ok {
		kind = uint8(len(a.kinds))
		a.kinds[img.Kind] = kind
	}
	return likeness{img.DHash, int32(i), kind}
}

func (a *alike) begin(l likeness) {
	a.recent = append(a.recent, l)
	for b := range a.bands {
		a.bands[b].add(l)
	}
}

func (a *alike) join(first int32, i int) {
	g, ok := a.groupOf[first]
	if !ok {
		g = len(a.groups)
		a.groupOf[first] = g
		a.groups = append(a.groups, []int{int(first)})
	}
	a.groups[g] = append(a.groups[g], i)
}

// find returns the first of the group that an image belongs to: the one it is
// most like.
func (a *alike) find(l likeness) (first int32, ok bool) {
	img := a.images[l.at]
	a.recent = slices.DeleteFunc(a.recent, func(r likeness) bool { return a.images[r.at].Date.Wall.Sub(img.Date.Wall) > alikeTime })
	a.recent = a.recent[max(0, len(a.recent)-maxCompared):]
	best := alikeBits + 1
	for _, r := range a.recent {
		if n := l.differs(r); n < best {
			first, best = r.at, n
		}
	}
	most := l.copyBits()
	if best <= most {
		return first, true
	}
	for b := range a.bands { // where three bits differ, one band of four at least is the same
		for _, r := range a.bands[b].with(l.hash) {
			if n := l.differs(r); n <= most && n < best && sameShape(img, a.images[r.at]) {
				first, best = r.at, n
			}
		}
	}
	return first, best <= alikeBits
}

// copyBits returns how many bits may differ in a copy, -1 where none can be told.
func (l likeness) copyBits() int {
	ones := bits.OnesCount64(l.hash)
	switch {
	case ones <= plainBits || ones >= 64-plainBits:
		return -1
	case bits.OnesCount64((l.hash^l.hash<<8)>>8) <= plainRows:
		return 0
	}
	return copyBits
}

// differs counts the bits in which two dHashes differ; 64 for images of
// different kinds.
func (l likeness) differs(o likeness) int {
	if n := bits.OnesCount64(l.hash ^ o.hash); n > alikeBits || l.kind == o.kind {
		return n
	}
	return 64
}

func sameShape(a, b *Image) bool {
	wide, high := float64(a.Width)*float64(b.Height), float64(a.Height)*float64(b.Width)
	return wide > 0 && high > 0 && wide <= high*(1+copyShape) && high <= wide*(1+copyShape)
}

// A burst is so many pictures at least, each so long after the one before it at
// most.
const (
	burstLength = 3
	burstPause  = 2 * time.Second
)

// Bursts returns groups of images that one camera took in quick succession, by
// index in Images and in order: three or more, each within two seconds of the
// next. A raw file and the JPEG beside it count as one. Videos, and images that
// were dated by their file alone, are in none.
func (s *Snapshot) Bursts() (bursts [][]int) {
	open := map[string][]int{} // by camera
	end := func(run []int) {
		if len(run) >= burstLength && s.shots(run) >= burstLength {
			bursts = append(bursts, run)
		}
	}
	for i, img := range s.Images {
		if img.Camera == "" || img.Kind == KindVideo || img.Date.Wall.IsZero() || img.Date.Source == meta.SourceMtime {
			continue
		}
		run := open[img.Camera]
		if len(run) > 0 && s.Images[run[len(run)-1]].Date.Wall.Sub(img.Date.Wall) > burstPause {
			end(run)
			run = nil
		}
		open[img.Camera] = append(run, i)
	}
	for _, run := range open {
		end(run)
	}
	slices.SortFunc(bursts, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return bursts
}

// shots counts the pictures of a run without the raw files that have a JPEG
// beside them.
func (s *Snapshot) shots(run []int) int {
	pictures := map[string]bool{}
	for _, i := range run {
		if img := s.Images[i]; img.Kind != KindRAW {
			pictures[stem(img.Name)] = true
		}
	}
	n := len(run)
	for _, i := range run {
		if img := s.Images[i]; img.Kind == KindRAW && pictures[stem(img.Name)] {
			n--
		}
	}
	return n
}

// stem returns a file's name without what tells its kind, whatever its case.
func stem(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
}

// YearsAgo are images of one day in an earlier year, by index in Images.
type YearsAgo struct {
	Year   int
	Images []int
}

// OnThisDay returns what was taken on the day of today in earlier years, the
// last year first; on 28 February of a year that has no 29th, of that day too.
// Images that were dated by their file alone are left out.
func (s *Snapshot) OnThisDay(today time.Time) (years []YearsAgo) {
	y, month, day := today.Date()
	oldest := s.oldestYear()
	for year := y - 1; year >= oldest; year-- {
		from := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 0, 1)
		if month == time.February && day == 28 && !leap(y) {
			to = time.Date(year, time.March, 1, 0, 0, 0, 0, time.UTC)
		}
		if from.Day() != day { // 29 February of a year without
			continue
		}
		that := YearsAgo{Year: year}
		lo, hi := s.taken(newSpan(from, to))
		for i := lo; i < hi; i++ {
			if s.Images[i].Date.Source != meta.SourceMtime {
				that.Images = append(that.Images, i)
			}
		}
		if len(that.Images) > 0 {
			years = append(years, that)
		}
	}
	return years
}

func leap(year int) bool { return time.Date(year, time.February, 29, 0, 0, 0, 0, time.UTC).Day() == 29 }

// oldestYear returns the year of the oldest dated image; far in the future when
// there is none.
func (s *Snapshot) oldestYear() int {
	_, dated := s.taken(span{from: firstSecond})
	if dated == 0 {
		return 1 << 30
	}
	return s.Images[dated-1].Date.Wall.Year()
}
