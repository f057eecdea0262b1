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
	// too little in them to be taken for copies.
	plainBits = 6
)

// NearDuplicates returns groups of images that look nearly the same, by index in
// Images and in order: taken within two minutes of the first of the group, or
// at any time where one looks like a copy of the other, smaller or compressed
// again. Images of different kinds are never in one group, so that a raw file
// and the JPEG that the camera made beside it are not, and videos are in none. An
// image is in one group at most; images without a dHash are in none.
func (s *Snapshot) NearDuplicates() [][]int {
	a := alike{images: s.Images, groupOf: map[int]int{}}
	for i, img := range s.Images {
		if img.DHash == 0 || img.Kind == KindVideo {
			continue
		}
		if first, ok := a.find(i); ok {
			a.join(first, i)
		} else {
			a.begin(i)
		}
	}
	return a.groups
}

// alike finds near duplicates. Every image is compared to the first of groups
// only, so that a slow change over many images is not one group.
type alike struct {
	images  []*Image
	groups  [][]int
	groupOf map[int]int // by the first of a group
	recent  []int       // firsts, within alikeTime of the last
	bands   [4][1 << 16][]int32
}

// maxCompared bounds how many firsts of one time, or with one band, are compared.
const maxCompared = 512

func (a *alike) begin(i int) {
	a.recent = append(a.recent, i)
	h := a.images[i].DHash
	for b := range a.bands {
		at := &a.bands[b][uint16(h>>(16*b))]
		*at = append(*at, int32(i))
	}
}

func (a *alike) join(first, i int) {
	g, ok := a.groupOf[first]
	if !ok {
		g = len(a.groups)
		a.groupOf[first] = g
		a.groups = append(a.groups, []int{first})
	}
	a.groups[g] = append(a.groups[g], i)
}

// find returns the first of the group that an image belongs to: the one it is
// most like.
func (a *alike) find(i int) (first int, ok bool) {
	img := a.images[i]
	best := alikeBits + 1
	a.recent = slices.DeleteFunc(a.recent, func(k int) bool { return a.images[k].Date.Wall.Sub(img.Date.Wall) > alikeTime })
	a.recent = a.recent[max(0, len(a.recent)-maxCompared):]
	for _, k := range a.recent {
		if n := differ(img, a.images[k]); n < best {
			first, best = k, n
		}
	}
	if best <= copyBits {
		return first, true
	}
	if ones := bits.OnesCount64(img.DHash); ones > plainBits && ones < 64-plainBits {
		for b := range a.bands { // of four bands, one at least is the same where three bits differ
			band := a.bands[b][uint16(img.DHash>>(16*b))]
			for _, k := range band[max(0, len(band)-maxCompared):] {
				if n := differ(img, a.images[k]); n <= copyBits && n < best && sameShape(img, a.images[k]) {
					first, best = int(k), n
				}
			}
		}
	}
	return first, best <= alikeBits
}

// differ counts the bits in which two dHashes differ; 64 for images of
// different kinds.
func differ(a, b *Image) int {
	if a.Kind != b.Kind {
		return 64
	}
	return bits.OnesCount64(a.DHash ^ b.DHash)
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
