package imagelib

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Several files of one shot are shown as one item, and all are kept: the JPEG or
// HEIC leads, and a raw file and a film may follow it. They are told by facts of
// the files, so that it does not matter what a person edits, in this order:
//
// A raw file belongs to the picture of the same stem of the name, taken in the
// same second. A film belongs to the still that names the same shot. Where
// neither names one, the name has to be the same, the camera too, and the film
// is so short and so near in time that it is no film of its own. What is not
// certain is shown by itself: a film that was hidden by mistake were worse.
const (
	longestLive  = 10 * time.Second // of a film that names the shot of a still
	longestNamed = 5 * time.Second  // of one that does not
	nearNamed    = 3                // seconds between such a film and its still
	samePart     = 10 * time.Millisecond

	// maxAlike is of how many files a name and a second, or a shot, can be: what
	// more have tells nothing.
	maxAlike = 64
)

// part is what an image can be of an item.
type part uint8

const (
	noPart    part = iota
	stillPart      // it leads
	rawPart        // it follows a still, or leads a film
	filmPart       // it follows
)

// partOf says what an image can be of an item.
func partOf(img *Image) part {
	switch img.Kind {
	case KindImage:
		switch img.Type {
		case "image/jpeg", "image/heic", "image/heif":
			return stillPart
		}
	case KindRAW:
		return rawPart
	case KindVideo:
		if d := img.Duration(); d > 0 && d <= longestLive {
			return filmPart
		}
	}
	return noPart
}

// shot is what an image and its like name each other by; empty for most.
func (img *Image) shot() string {
	if img.More == nil {
		return ""
	}
	return img.More.Shot
}

// pairStem is the part of a name that the files of one shot have in common. What
// stands behind ".RAW-" tells them apart on Google's phones.
func pairStem(name string) string {
	stem := name[:len(name)-len(filepath.Ext(name))]
	if i := strings.Index(stem, ".RAW-"); i > 0 {
		stem = stem[:i]
	}
	return stem
}

// pairKey orders what may be of one shot by name and time: a hash of the stem in
// the upper bits, and the second of the wall clock.
type pairKey uint64

const (
	keySecondBits = 36
	keySeconds    = 1<<keySecondBits - 1
	firstKeyed    = -5_364_662_400 // 1800 began
)

// pairKeyOf returns the key of an image that can be of one shot with another by name
// and time. The date of a file that was copied says nothing of that.
func pairKeyOf(img *Image) (pairKey, bool) {
	date := img.FileDate()
	at := date.Wall.Unix() - firstKeyed
	p := partOf(img)
	if p == noPart || date.Wall.IsZero() || date.Source == "mtime" || at < 0 || at > keySeconds {
		return 0, false
	}
	if p == filmPart && (img.shot() != "" || img.Duration() > longestNamed) {
		return 0, false
	}
	return pairKey(hashStem(pairStem(img.Name))<<keySecondBits | uint64(at)), true
}

// second is of the wall clock, from some time on.
func (k pairKey) second() int64 { return int64(k & keySeconds) }

func (k pairKey) sameStem(o pairKey) bool { return k>>keySecondBits == o>>keySecondBits }

// hashStem is FNV-1a of a stem whose case does not count.
func hashStem(stem string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(stem) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>32
}

// sameName reports whether two images may be of one shot by their names, cameras
// and clocks, whatever their seconds are.
func sameName(a, b *Image) bool {
	if !strings.EqualFold(pairStem(a.Name), pairStem(b.Name)) {
		return false
	}
	d, o := a.FileDate(), b.FileDate()
	return !d.HasOffset || !o.HasOffset || d.Offset == o.Offset
}

// sameShot reports whether a raw file of the same second is of a still's shot.
func sameShot(still, raw *Image) bool {
	if !sameName(still, raw) || still.Camera != "" && raw.Camera != "" && !strings.EqualFold(still.Camera, raw.Camera) {
		return false
	}
	a, b := subSecond(still), subSecond(raw)
	return a == 0 || b == 0 || (a-b).Abs() <= samePart
}

// subSecond is the part of the second at which an image was taken, by its file; 0
// where that is not known.
func subSecond(img *Image) time.Duration {
	return time.Duration(img.FileDate().Wall.Nanosecond()).Truncate(time.Millisecond)
}

// sameLive reports whether a film near in time is of a still's shot, where neither
// names one.
func sameLive(still, film *Image) bool {
	return still.shot() == "" && still.Camera != "" && strings.EqualFold(still.Camera, film.Camera) && sameName(still, film)
}

// linker decides which images are of one shot. The same images give the same
// items in whatever order they came.
type linker struct {
	films map[*Image]*Image // of what leads one
	raws  map[*Image]*Image
}

// link makes the items of images that are sorted by their key, and of others, or
// the same, that are sorted by their shot.
func link(named []keyed, shots []*Image) []*Image {
	l := linker{map[*Image]*Image{}, map[*Image]*Image{}}
	for len(named) > 0 {
		n := 1
		for n < len(named) && near(named[n-1].key, named[n].key) {
			n++
		}
		if n > 1 {
			l.named(named[:n])
		}
		named = named[n:]
	}
	for len(shots) > 0 {
		n := 1
		for n < len(shots) && shots[n].shot() == shots[0].shot() {
			n++
		}
		if n > 1 && n <= maxAlike {
			l.live(shots[:n])
		}
		shots = shots[n:]
	}
	return l.items()
}

// near reports whether two keys may be of one shot.
func near(a, b pairKey) bool { return a.sameStem(b) && b.second()-a.second() <= nearNamed }

// named links images of one stem, none of which was taken long after the one
// before it.
func (l *linker) named(images []keyed) {
	for from := 0; from < len(images); {
		to := from + 1
		for to < len(images) && images[to].key == images[from].key {
			to++
		}
		if n := to - from; n > 1 && n <= maxAlike {
			l.second(images[from:to])
		}
		from = to
	}
	for i, f := range images {
		if partOf(f.img) != filmPart {
			continue
		}
		var best *Image
		least := int64(nearNamed + 1)
		try := func(s keyed) bool {
			away := max(s.key.second()-f.key.second(), f.key.second()-s.key.second())
			if away > nearNamed {
				return false
			}
			if away < least && partOf(s.img) == stillPart && l.films[s.img] == nil && sameLive(s.img, f.img) {
				best, least = s.img, away
			}
			return true
		}
		for k := i - 1; k >= max(0, i-maxAlike) && try(images[k]); k-- {
		}
		for k := i + 1; k < min(len(images), i+maxAlike) && try(images[k]); k++ {
		}
		if best != nil {
			l.films[best] = f.img
		}
	}
}

// second links the raw files of one second to its stills, the largest first.
func (l *linker) second(images []keyed) {
	var stills, raws []*Image
	for _, k := range images {
		switch partOf(k.img) {
		case stillPart:
			stills = append(stills, k.img)
		case rawPart:
			raws = append(raws, k.img)
		case noPart, filmPart:
		}
	}
	if len(raws) == 0 {
		return
	}
	largestFirst(stills)
	largestFirst(raws)
	for _, r := range raws {
		if i := slices.IndexFunc(stills, func(s *Image) bool { return sameShot(s, r) }); i >= 0 {
			l.raws[stills[i]] = r
			stills = slices.Delete(stills, i, i+1)
		}
	}
}

// largestFirst sorts by the size of files: that of pictures changes when a person
// cuts them.
func largestFirst(images []*Image) {
	slices.SortFunc(images, func(a, b *Image) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), byDigest(a, b.Digest))
	})
}

// live links the films that name a shot to its stills: one of the same name
// first, and a raw file only where there is nothing else.
func (l *linker) live(images []*Image) {
	var stills, films []*Image
	for _, img := range images {
		switch partOf(img) {
		case stillPart, rawPart:
			stills = append(stills, img)
		case filmPart:
			films = append(films, img)
		case noPart:
		}
	}
	largestFirst(stills)
	for _, f := range films {
		rank := func(s *Image) int {
			n := 0
			if partOf(s) == stillPart {
				n = 2
			}
			if strings.EqualFold(pairStem(s.Name), pairStem(f.Name)) {
				n++
			}
			return n
		}
		best := -1
		for i, s := range stills {
			if best < 0 || rank(s) > rank(stills[best]) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		l.films[stills[best]] = f
		stills = slices.Delete(stills, best, best+1)
	}
}

// items makes what is shown of those that are linked. The film of a raw file
// follows the still that leads it, unless that has one of its own.
func (l *linker) items() (items []*Image) {
	for still, raw := range l.raws {
		film := l.films[still]
		if film == nil {
			film = l.films[raw]
		}
		delete(l.films, still)
		delete(l.films, raw)
		if film == nil {
			items = append(items, Together(still, raw))
		} else {
			items = append(items, Together(still, raw, film))
		}
	}
	for still, film := range l.films {
		items = append(items, Together(still, film))
	}
	return items
}

// Together returns the item that shows files of one shot: the first as it is, with
// what a person or a file says of any. It is here when all files are, and on as
// many devices as the file that the fewest have.
func Together(files ...*Image) *Image {
	item := *files[0]
	more := item.more()
	more.shown = &together{files}
	item.More = &more
	for _, f := range files[1:] {
		item.Here = item.Here && f.Here
		item.Holders = min(item.Holders, f.Holders)
		item.Favourite = item.Favourite || f.Favourite
		item.Rating = max(item.Rating, f.Rating)
		item.Caption = cmp.Or(item.Caption, f.Caption)
		item.Tags, item.Albums = union(item.Tags, f.Tags), union(item.Albums, f.Albums)
		if item.GPS == nil {
			item.GPS, item.place = f.GPS, f.place
		}
	}
	slices.Sort(item.Albums)
	return &item
}

// union returns a list with what another has besides. It changes neither.
func union(list, other []string) []string {
	out := slices.Clone(list)
	for _, s := range other {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Files returns the files of an item, each as it is, that which is shown first:
// more than one where a raw file or the film of a live photo goes with it.
func (img *Image) Files() []*Image {
	if img.More == nil || img.More.shown == nil {
		return []*Image{img}
	}
	return img.More.shown.files
}

// Partners returns the files of an item that are not shown by themselves; none of
// most.
func (img *Image) Partners() []*Image {
	if img.More == nil || img.More.shown == nil {
		return nil
	}
	return img.More.shown.files[1:]
}

// Live reports whether a film goes with a still.
func (img *Image) Live() bool {
	return slices.ContainsFunc(img.Partners(), func(f *Image) bool { return f.Kind == KindVideo })
}

// Raw reports whether a raw file goes with a picture.
func (img *Image) Raw() bool {
	return slices.ContainsFunc(img.Partners(), func(f *Image) bool { return f.Kind == KindRAW })
}
