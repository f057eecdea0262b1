package imagelib

// Snapshot is the library at one moment. It never changes.
type Snapshot struct {
	// Images are all images to show, newest first: by wall time, and by digest
	// where that is equal. Callers must not change it.
	Images []*Image
}

// Snapshot returns the present images. It takes no time.
func (l *Library) Snapshot() *Snapshot { return &Snapshot{} }

// ByDigest returns the image of a file and its index in Images.
func (s *Snapshot) ByDigest(d Digest) (img *Image, index int, ok bool) { return nil, 0, false }

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
func (s *Snapshot) Filter(q Query) []int { return nil }
