package imagelib

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Snapshot is the library at one moment. It never changes.
type Snapshot struct {
	// Images are all images to show, newest first: by wall time, and by digest
	// where that is equal. Callers must not change it.
	Images []*Image

	all []*Image // by digest, with some that are not shown
}

// Snapshot returns the present images. It costs nothing when nothing changed,
// and else one pass over the list.
func (l *Library) Snapshot() *Snapshot { return l.index.view() }

// ByDigest returns the image of a file and its index in Images.
func (s *Snapshot) ByDigest(d Digest) (img *Image, index int, ok bool) {
	i, ok := slices.BinarySearchFunc(s.all, d, byDigest)
	if !ok {
		return nil, 0, false
	}
	index, ok = slices.BinarySearchFunc(s.Images, s.all[i], newerFirst)
	if !ok {
		return nil, 0, false
	}
	return s.Images[index], index, true
}

// Where narrows a [Query] by where the bytes are.
type Where string

// Places to look.
const (
	Anywhere  Where = ""
	Here      Where = "here"      // on this device
	Elsewhere Where = "elsewhere" // on other devices only
	OneCopy   Where = "onecopy"   // verified on at most one device
)

// Query selects images. The zero Query selects all.
type Query struct {
	// Text holds words that must all be found in name, caption, tags, camera
	// or lens, without regard to case.
	Text string

	// Favourite selects favourites only.
	Favourite bool

	// Album selects one album by ID.
	Album string

	// Where selects by place.
	Where Where

	// Kind selects one kind.
	Kind Kind

	// MinRating selects images of at least this rating.
	MinRating int
}

// Filter returns the indexes in Images of what q selects, in order.
func (s *Snapshot) Filter(q Query) []int {
	words := strings.Fields(strings.ToLower(q.Text))
	found := make([]int, 0, len(s.Images))
	for i, img := range s.Images {
		if q.selects(img) && hasWords(img, words) {
			found = append(found, i)
		}
	}
	return found
}

// selects checks all but the text.
func (q *Query) selects(img *Image) bool {
	switch {
	case q.Favourite && !img.Favourite,
		q.Kind != "" && q.Kind != img.Kind,
		int(img.Rating) < q.MinRating,
		q.Album != "" && !slices.Contains(img.Albums, q.Album):
		return false
	}
	switch q.Where {
	case Here:
		return img.Here
	case Elsewhere:
		return !img.Here
	case OneCopy:
		return img.Holders <= 1
	}
	return true
}

func hasWords(img *Image, words []string) bool {
	for _, w := range words {
		if !containsFold(img.Name, w) && !containsFold(img.Caption, w) && !containsFold(img.Camera, w) &&
			!containsFold(img.Lens, w) && !slices.ContainsFunc(img.Tags, func(t string) bool { return containsFold(t, w) }) {
			return false
		}
	}
	return true
}

// containsFold reports whether s holds the lower-case word, in any case.
func containsFold(s, word string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(s), word)
		}
	}
	for i := 0; i+len(word) <= len(s); i++ {
		j := 0
		for j < len(word) && lower(s[i+j]) == word[j] {
			j++
		}
		if j == len(word) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
