package thumb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// countingReader counts the bytes that are read of a file.
type countingReader struct {
	*bytes.Reader
	n int
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += n
	return n, err
}

// barred puts a picture into a black one of w by h pixels, in the middle.
func barred(m *image.RGBA, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(color.Black), image.Point{}, draw.Src)
	at := image.Pt((w-m.Rect.Dx())/2, (h-m.Rect.Dy())/2)
	draw.Draw(out, m.Rect.Add(at), m, image.Point{}, draw.Src)
	return out
}

// TestInstant shows the small picture of a file at once: upright, in the shape of the
// large one, without bars, and after a look at little of the file.
func TestInstant(t *testing.T) {
	t.Parallel()
	type file struct {
		name string
		data []byte
		w, h int // of what shows, about; 0: nothing does
	}
	large := testphoto.Picture(1200, 800, 0)
	with := func(orientation int, small image.Image) []byte {
		return testphoto.JPEG(testphoto.Turned(large, orientation), testphoto.EXIF{Orientation: orientation, Thumb: testphoto.Thumb(small)})
	}
	files := []file{
		{"with bars above and below", with(1, barred(testphoto.Picture(160, 106, 0), 160, 120)), 160, 105},
		{"turned, with bars", with(6, barred(testphoto.Turned(testphoto.Picture(160, 106, 0), 6), 120, 160)), 160, 105},
		{"with bars at the sides", with(1, barred(testphoto.Picture(120, 80, 0), 160, 80)), 118, 80},
		{"which was turned before", testphoto.JPEG(testphoto.Turned(large, 6), testphoto.EXIF{Orientation: 6, Thumb: testphoto.Thumb(testphoto.Picture(159, 106, 0))}), 159, 106},
		{"of another shape", with(1, testphoto.Picture(120, 120, 0)), 0, 0},
		{"left as it was when the large one was turned", testphoto.JPEG(testphoto.Picture(800, 1200, 0), testphoto.EXIF{Make: "Maker", Thumb: testphoto.Thumb(testphoto.Picture(160, 106, 0))}), 0, 0},
		{"none", testphoto.JPEG(large, testphoto.EXIF{}), 0, 0},
		{"which is none", testphoto.JPEG(large, testphoto.EXIF{Thumb: []byte("\xff\xd8\xff no picture")}), 0, 0},
		{"too large", with(1, testphoto.Picture(2400, 1600, 0)), 0, 0},
		{"heic", testphoto.HEIF{Thumb: "small"}.File(), 128, 80},
		{"heic, turned", testphoto.HEIF{Thumb: "small", Turns: 1}.File(), 0, 0},
		{"heic without", testphoto.HEIF{}.File(), 0, 0},
		{"png", testphoto.PNG(large), 0, 0},
	}
	for o := 1; o <= 8; o++ {
		files = append(files, file{fmt.Sprint("orientation ", o), with(o, testphoto.Turned(testphoto.Picture(159, 106, 0), o)), 159, 106})
	}
	r := NewRenderer(32 << 20)
	t.Cleanup(r.Close)
	for _, f := range files {
		data := append(bytes.Clone(f.data), make([]byte, 4<<20)...) // as large as photos are
		src := &countingReader{bytes.NewReader(data), 0}
		info, err := meta.Read(src, int64(len(data)))
		if err != nil {
			t.Fatal(f.name, err)
		}
		m, err := r.Instant(t.Context(), src, int64(len(data)), &info)
		if f.w == 0 {
			if m != nil || !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v, %v", f.name, rectOf(m), err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if dx, dy := m.Rect.Dx()-f.w, m.Rect.Dy()-f.h; max(dx, -dx) > 1 || max(dy, -dy) > 1 {
			t.Errorf("%s: %v, want about %d x %d", f.name, m.Rect, f.w, f.h)
		}
		if err := testphoto.Check(m); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		if src.n > 256<<10 {
			t.Errorf("%s: %d bytes read of %d", f.name, src.n, len(data))
		}
	}
}

// TestWithoutBars: no dark part of a picture is taken for a bar of less.
func TestWithoutBars(t *testing.T) {
	t.Parallel()
	bright := picture{y: newPlane(160, 120)}
	for i := range bright.y.pix {
		bright.y.pix[i] = 60
	}
	if _, ok := bright.without(1500, 1000); ok {
		t.Error("what is no bar was cut off")
	}
	if p, ok := bright.without(4000, 3000); !ok || p.y.w != 160 || p.y.h != 120 {
		t.Errorf("of the same shape: %d x %d, %v", p.y.w, p.y.h, ok)
	}
	for _, size := range [][2]int{{1 << 30, 1}, {1, 1 << 30}, {0, 0}, {1, 0}} {
		if p, ok := bright.without(size[0], size[1]); ok && (p.y.w <= 0 || p.y.h <= 0) {
			t.Errorf("of %v: %d x %d", size, p.y.w, p.y.h)
		}
	}
}

// BenchmarkInstant compares the time until something shows of photos on the disk, from
// the small pictures inside and by drawing the thumbnails. x-of-drawing is over those
// that have one; with-one is how many that are, in hundredths.
func BenchmarkInstant(b *testing.B) {
	files := photos(b)
	dir := b.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	r := NewRenderer(0)
	b.Cleanup(r.Close)
	var quick, whole time.Duration
	shown := 0
	for b.Loop() {
		for name := range files {
			start := time.Now()
			if err := instantOf(r, filepath.Join(dir, name)); err != nil {
				continue
			}
			quick += time.Since(start)
			shown++
			start = time.Now()
			if err := wholeOf(r, filepath.Join(dir, name)); err != nil {
				b.Fatal(name, err)
			}
			whole += time.Since(start)
		}
	}
	if shown == 0 {
		b.Fatal("no photo has a small picture inside")
	}
	b.ReportMetric(float64(quick.Microseconds())/1000/float64(shown), "ms/instant")
	b.ReportMetric(float64(whole.Microseconds())/1000/float64(shown), "ms/thumbnails")
	b.ReportMetric(whole.Seconds()/quick.Seconds(), "x-of-drawing")
	b.ReportMetric(100*float64(shown)/float64(b.N*len(files)), "with-one")
}

func instantOf(r *Renderer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return err
	}
	info, err := meta.Read(f, st.Size())
	if err != nil {
		return err
	}
	_, err = r.Instant(context.Background(), f, st.Size(), &info)
	return err
}

func wholeOf(r *Renderer, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := meta.ReadBytes(data)
	if err != nil {
		return err
	}
	set, err := r.Thumbnails(context.Background(), data, &info)
	if err != nil {
		return err
	}
	_, err = Decode(set.Small, Small)
	return err
}

// rectOf is empty of no picture.
func rectOf(m *image.RGBA) image.Rectangle {
	if m == nil {
		return image.Rectangle{}
	}
	return m.Rect
}
