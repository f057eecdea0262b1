package thumb

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// The corpus is one file of each kind and variant that docs/formats.md promises
// something of. Each holds the picture of [testphoto.Picture], of 320 by 200 pixels
// as it is stored, and what a camera writes where there is a place for it.

const corpusW, corpusH = 320, 200

var corpusPicture = testphoto.Picture(corpusW, corpusH, 0)

// look is what becomes of a file.
type look int

const (
	whole  look = iota // the picture is drawn
	inside             // the small picture inside is
	grey               // the picture is, without colours
	absent             // nothing is
)

// sample is one line of the corpus.
type sample struct {
	file, variant string
	make          func(e testphoto.EXIF) []byte
	ways          int  // how many of the eight orientations it can have: 8, 4, or 1
	exif          bool // EXIF is in it
	look          look
	why           string // of what is not drawn
	maker         string // of the camera; "" is Nikon
	w, h          int    // as it is stored; 0 is that of the others
}

// of is a sample with EXIF that is drawn, in all eight orientations.
func of(file, variant string, make func(e testphoto.EXIF) []byte) sample {
	return sample{file: file, variant: variant, make: make, ways: 8, exif: true}
}

// as is s drawn in another way, or not drawn.
func (s sample) as(l look, why string) sample {
	s.look, s.why = l, why
	return s
}

// upright is s that cannot be turned, bare one without EXIF, and still one of both.
func (s sample) upright() sample {
	s.ways = 1
	return s
}

func (s sample) bare() sample {
	s.exif = false
	return s
}

func (s sample) still() sample { return s.bare().upright() }

// corpus lists the samples in the order of docs/formats.md.
func corpus() []sample {
	return slices.Concat(jpegSamples(), pngSamples(), webpSamples(), tiffSamples(), simpleSamples(), heifSamples(), rawSamples())
}

// corpusEXIF is what the camera writes; of the clocks, one has an offset.
func corpusEXIF(orientation int) testphoto.EXIF {
	return testphoto.EXIF{
		Orientation: orientation, Date: "2024:05:01 12:30:05", Offset: "+02:00", Make: "Nikon", Model: "Model 9",
		Lat: -33.8568, Lon: 151.2153, Thumb: testphoto.Thumb(testphoto.Picture(160, 100, 0)),
	}
}

// TestCorpus reads and draws every kind of file, turned in all the ways it can be:
// size, orientation, facts and pixels are as expected, or it is not drawn.
func TestCorpus(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	t.Cleanup(r.Close)
	for _, s := range corpus() {
		t.Run(s.file+"/"+s.variant, func(t *testing.T) {
			t.Parallel()
			for _, o := range map[int][]int{1: {1}, 4: {1, 3, 6, 8}, 8: {1, 2, 3, 4, 5, 6, 7, 8}}[s.ways] {
				e := corpusEXIF(o)
				s.check(t, r, s.make(e), e)
			}
		})
	}
}

func (s *sample) check(t *testing.T, r *Renderer, data []byte, e testphoto.EXIF) {
	t.Helper()
	info := read(t, data)
	want := image.Pt(cmp.Or(s.w, corpusW), cmp.Or(s.h, corpusH))
	if e.Orientation >= 5 {
		want.X, want.Y = want.Y, want.X
	}
	if s.look == absent {
		want = image.Pt(info.Upright()) // which counts for nothing
	}
	if w, h := info.Upright(); info.Orientation != e.Orientation || w != want.X || h != want.Y {
		t.Errorf("turned %d: read as turned %d, %d x %d upright, want %v", e.Orientation, info.Orientation, w, h, want)
	}
	if s.exif {
		checkFacts(t, info, cmp.Or(s.maker, "Nikon")+" Model 9")
	}
	set, err := r.Thumbnails(t.Context(), data, info)
	m, pixelsErr := r.Pixels(t.Context(), data, info, 0)
	if s.look == absent {
		if !absentError(err) || !absentError(pixelsErr) {
			t.Errorf("turned %d: %v and %v, though it is not drawn: %s", e.Orientation, err, pixelsErr, s.why)
		}
		return
	}
	if err != nil || pixelsErr != nil || (set.Cause != nil) != (s.look == inside) {
		t.Errorf("turned %d: %v, %v, since %v", e.Orientation, err, pixelsErr, set.Cause)
		return
	}
	small, err := Decode(set.Large, Large)
	if err != nil {
		t.Fatal(err)
	}
	if s.look == inside {
		want = want.Div(2)
	}
	for what, got := range map[string]image.Image{"thumbnail": small, "picture": m} {
		if size := got.Bounds().Size(); size != want {
			t.Errorf("turned %d, %s: %v, want %v", e.Orientation, what, size, want)
		}
		if err := s.checkPixels(got, e.Orientation); err != nil {
			t.Errorf("turned %d, %s: %v", e.Orientation, what, err)
		}
	}
}

func absentError(err error) bool {
	return errors.Is(err, ErrUnsupported) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrTooLarge)
}

// checkPixels turns what is shown back to how it is stored.
func (s *sample) checkPixels(shown image.Image, orientation int) error {
	b := shown.Bounds()
	m := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(m, m.Rect, shown, b.Min, draw.Src)
	m = testphoto.Turned(m, orientation)
	if s.look == grey {
		return testphoto.CheckGrey(m)
	}
	return testphoto.Check(m)
}

func checkFacts(t *testing.T, info *meta.Info, camera string) {
	t.Helper()
	if info.Date.String() != "2024-05-01T12:30:05+02:00" || info.Date.Source != meta.SourceEXIF || info.Camera != camera {
		t.Errorf("date %v from %s, camera %q", info.Date, info.Date.Source, info.Camera)
	}
	if g := info.GPS; g == nil || fmt.Sprintf("%.4f %.4f", g.Lat, g.Lon) != "-33.8568 151.2153" {
		t.Errorf("place %v", g)
	}
}

// TestCorpusFilms draws films that are turned in four ways.
func TestCorpusFilms(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	for _, s := range filmSamples() {
		name := "a." + strings.ToLower(s.file)
		path := film(t, name)
		for o, matrix := range filmTurns {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(data[matrixOf(t, data):], matrix)
			turned := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(turned, data, 0o600); err != nil {
				t.Fatal(err)
			}
			info := read(t, data)
			w, h := info.Upright()
			set, err := r.Poster(t.Context(), turned, info)
			if err != nil {
				t.Errorf("%s turned %d: %v", name, o, err)
				continue
			}
			m, err := Decode(set.Large, Large)
			if err != nil {
				t.Fatal(err)
			}
			if info.Orientation != o || (w > h) != (o < 5) || (m.Rect.Dx() > m.Rect.Dy()) != (o < 5) {
				t.Errorf("%s turned %d: read as %d, %d x %d, drawn %v", name, o, info.Orientation, w, h, m.Rect)
			}
			if err := s.checkPixels(m, o); err != nil {
				t.Errorf("%s turned %d: %v", name, o, err)
			}
		}
	}
}

// filmTurns are matrices of tracks (ISO/IEC 14496-12, 8.3.2) by the orientation
// that they stand for.
var filmTurns = map[int][]byte{
	1: matrix(1, 0, 0, 1), 3: matrix(-1, 0, 0, -1), 6: matrix(0, 1, -1, 0), 8: matrix(0, -1, 1, 0),
}

func matrix(a, b, c, d int32) (out []byte) {
	for _, v := range []int32{a << 16, b << 16, 0, c << 16, d << 16, 0} {
		out = append(out, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return out
}

func matrixOf(t *testing.T, data []byte) int {
	t.Helper()
	i := bytes.Index(data, []byte("tkhd"))
	if i < 0 {
		t.Fatal("no track")
	}
	return i + 4 + 40
}

// TestCorpusInDocs: docs/formats.md lists what the corpus tests, and nothing else.
func TestCorpusInDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	want := corpusTable()
	if !bytes.Contains(doc, []byte(want)) {
		t.Errorf("docs/formats.md should have this table:\n%s", want)
	}
}

// corpusTable prints the corpus as docs/formats.md has it: what is not drawn whole
// by its reasons.
func corpusTable() string {
	type row struct {
		drawn, whys []string
		not         map[string][]string
		ways        int
	}
	var files []string
	rows := map[string]*row{}
	for _, s := range slices.Concat(corpus(), filmSamples()) {
		r := rows[s.file]
		if r == nil {
			r = &row{not: map[string][]string{}}
			rows[s.file], files = r, append(files, s.file)
		}
		if s.look == inside || s.look == absent {
			if !slices.Contains(r.whys, s.why) {
				r.whys = append(r.whys, s.why)
			}
			r.not[s.why] = append(r.not[s.why], s.variant)
			continue
		}
		r.drawn, r.ways = append(r.drawn, s.variant), max(r.ways, s.ways)
	}
	var b strings.Builder
	b.WriteString("| file | drawn whole | turned | not drawn whole |\n|---|---|---|---|\n")
	for _, f := range files {
		r := rows[f]
		var not []string
		for _, why := range r.whys {
			not = append(not, strings.Join(r.not[why], ", ")+": "+why)
		}
		turned := map[int]string{8: "in all eight ways", 4: "in four ways"}[r.ways]
		b.WriteString("| " + strings.Join([]string{f, strings.Join(r.drawn, ", "), turned, strings.Join(not, "; ")}, " | ") + " |\n")
	}
	return b.String()
}
