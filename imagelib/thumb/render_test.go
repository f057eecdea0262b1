package thumb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"os"
	"testing"
	"testing/synctest"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

func read(t *testing.T, data []byte) *meta.Info {
	t.Helper()
	info, err := meta.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	return &info
}

// checkSet checks both thumbnails of an upright picture of w by h pixels.
func checkSet(t *testing.T, set Set, w, h int) {
	t.Helper()
	for size, data := range map[int][]byte{Large: set.Large, Small: set.Small} {
		m, err := Decode(data, size)
		if err != nil {
			t.Fatal(err)
		}
		wantW, wantH := fit(w, h, size)
		if dx, dy := m.Rect.Dx(), m.Rect.Dy(); dx != wantW || dy != wantH {
			t.Errorf("%d x %d, want %d x %d", dx, dy, wantW, wantH)
		}
		if err := testphoto.Check(m); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
	p := Placeholder(set.Hash)
	if p == nil {
		t.Fatal("no placeholder")
	}
	if (p.Rect.Dx() > p.Rect.Dy()) != (w > h) {
		t.Errorf("placeholder of %v for %d x %d", p.Rect, w, h)
	}
}

func TestMain(m *testing.M) {
	codec.ServeIfChild()
	drawIfAsked()
	os.Exit(m.Run())
}

func TestOrientations(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1100, 700}, {2400, 1500}, {41, 23}} {
		upright := testphoto.Picture(size.X, size.Y, 0)
		for o := 0; o <= 8; o++ {
			if size.X > 2000 && o%5 != 1 { // the large one upright and turned is enough
				continue
			}
			t.Run(fmt.Sprintf("%dx%d/%d", size.X, size.Y, o), func(t *testing.T) {
				t.Parallel()
				data := testphoto.JPEG(testphoto.Turned(upright, o), testphoto.EXIF{Orientation: o})
				info := read(t, data)
				r := NewRenderer(0)
				set, err := r.Thumbnails(t.Context(), data, info)
				if err != nil {
					t.Fatal(err)
				}
				checkSet(t, set, size.X, size.Y)
				for _, side := range []int{0, 900, 100} {
					m, err := r.Pixels(t.Context(), data, info, side)
					if err != nil {
						t.Fatal(err)
					}
					w, h := fit(size.X, size.Y, side)
					if b := m.Bounds(); b.Dx() != w || b.Dy() != h {
						t.Errorf("side %d: %v, want %d x %d", side, b, w, h)
					}
					if err := testphoto.Check(m); err != nil {
						t.Errorf("side %d: %v", side, err)
					}
				}
			})
		}
	}
}

func encoded(t *testing.T, encode func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormats(t *testing.T) {
	t.Parallel()
	const w, h = 1300, 900
	m := testphoto.Picture(w, h, 0)
	paletted := image.NewPaletted(m.Rect, palette.Plan9)
	draw.Draw(paletted, m.Rect, m, image.Point{}, draw.Src)
	deep := image.NewNRGBA64(m.Rect)
	draw.Draw(deep, m.Rect, m, image.Point{}, draw.Src)
	for name, data := range map[string][]byte{
		"png":    testphoto.PNG(m),
		"png 8":  testphoto.PNG(paletted),
		"png 16": testphoto.PNG(deep),
		"gif":    encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, paletted, nil) }),
		"bmp":    encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, m) }),
		"tiff":   encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate}) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewRenderer(0)
			info := read(t, data)
			set, err := r.Thumbnails(t.Context(), data, info)
			if err != nil {
				t.Fatal(err)
			}
			checkSet(t, set, w, h)
			p, err := r.Pixels(t.Context(), data, info, 600)
			if err != nil {
				t.Fatal(err)
			}
			if b := p.Bounds(); b.Dx() != 600 {
				t.Errorf("pixels of %v", b)
			}
			if err := testphoto.Check(p); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTransparentIsWhite(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	data := testphoto.PNG(m)
	set, err := NewRenderer(0).Thumbnails(t.Context(), data, read(t, data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(set.Large, Large)
	if err != nil {
		t.Fatal(err)
	}
	if c := got.RGBAAt(20, 20); c.R < 250 || c.G < 250 || c.B < 250 {
		t.Errorf("transparent pixels are %v", c)
	}
}

func TestGrey(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 700, 500))
	for i := range m.Pix {
		m.Pix[i] = 77
	}
	data := testphoto.Thumb(m)
	r := NewRenderer(0)
	set, err := r.Thumbnails(t.Context(), data, read(t, data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(set.Large, Large)
	if err != nil {
		t.Fatal(err)
	}
	px, err := r.Pixels(t.Context(), data, read(t, data), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []image.Image{got, px} {
		if c := color.GrayModel.Convert(m.At(50, 50)).(color.Gray); c.Y < 74 || c.Y > 80 {
			t.Errorf("grey of 77 became %d", c.Y)
		}
	}
}

// TestCMYK draws what the scaled decoder leaves to the standard library: 8 by 8
// pixels of four inks, each at 127 of 255.
func TestCMYK(t *testing.T) {
	t.Parallel()
	data := []byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
	data = append(append(data, 0xff, 0xdb, 0, 67, 0), bytes.Repeat([]byte{1}, 64)...)
	data = append(data, 0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	for _, class := range []byte{0, 0x10} { // one code, of one bit, for zero
		data = append(append(data, 0xff, 0xc4, 0, 20, class, 1), make([]byte, 16)...)
	}
	data = append(data, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0, 0xff, 0xd9)
	info := read(t, data)
	r := NewRenderer(0)
	set, err := r.Thumbnails(t.Context(), data, info)
	if err != nil {
		t.Fatal(err)
	}
	small, err := Decode(set.Small, Small)
	if err != nil {
		t.Fatal(err)
	}
	px, err := r.Pixels(t.Context(), data, info, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []image.Image{small, px} {
		if c := color.GrayModel.Convert(m.At(4, 4)).(color.Gray); c.Y < 60 || c.Y > 68 {
			t.Errorf("drawn as %d, want 64", c.Y)
		}
	}
}

// bomb is a PNG header that promises w by h pixels.
func bomb(w, h uint32) []byte {
	b := append([]byte(nil), testphoto.PNG(testphoto.Picture(8, 8, 0))...)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	return b
}

func bmpHeader(w, h uint32, bits uint16) []byte {
	b := append([]byte("BM"), make([]byte, 52)...)
	b[10], b[14], b[26] = 54, 40, 1
	binary.LittleEndian.PutUint32(b[18:], w)
	binary.LittleEndian.PutUint32(b[22:], h)
	binary.LittleEndian.PutUint16(b[28:], bits)
	return append(b, make([]byte, 6)...)
}

func jpegHeader(w, h int) []byte {
	b := append([]byte(nil), testphoto.Thumb(testphoto.Picture(16, 16, 0))...)
	i := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[i+5:], uint16(h))
	binary.BigEndian.PutUint16(b[i+7:], uint16(w))
	return b
}

func TestHostile(t *testing.T) {
	t.Parallel()
	photo := testphoto.Thumb(testphoto.Picture(800, 600, 0))
	png := testphoto.PNG(testphoto.Picture(800, 600, 0))
	for name, c := range map[string]struct {
		data []byte
		want error // nil: it must be drawn
	}{
		"60 bytes of bmp":        {bmpHeader(0x7fffffff, 0x7fffffff, 24), ErrTooLarge},
		"bmp of 30000 bits":      {bmpHeader(10, 10, 30000), ErrDamaged},
		"bmp without pixels":     {bmpHeader(4000, 4000, 24), ErrTooLarge},
		"huge png header":        {bomb(0x7fffffff, 0x7fffffff), ErrTooLarge},
		"100 megapixel png":      {bomb(10000, 10000), ErrTooLarge},
		"more than 100 MP":       {bomb(10001, 10000), ErrTooLarge},
		"png of no size":         {bomb(0, 10), ErrDamaged},
		"65535 x 65535 jpeg":     {jpegHeader(65535, 65535), ErrTooLarge},
		"100 megapixel jpeg":     {jpegHeader(10000, 10000), ErrTooLarge},
		"jpeg of no size":        {jpegHeader(0, 0), ErrDamaged},
		"half a jpeg":            {photo[:len(photo)/2], nil},
		"start of a jpeg":        {photo[:300], ErrDamaged},
		"half a png":             {png[:len(png)/2], ErrDamaged},
		"gif of no pixels":       {[]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), ErrTooLarge},
		"tiff of nothing":        {[]byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), ErrDamaged},
		"webp of nothing":        {append([]byte("RIFF\xff\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 6)...), ErrDamaged},
		"many passes":            {manyScans(photo), ErrDamaged},
		"heic without thumbnail": {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := read(t, c.data)
			r := NewRenderer(0)
			_, err := r.Thumbnails(t.Context(), c.data, info)
			_, pixelsErr := r.Pixels(t.Context(), c.data, info, 100)
			if !errors.Is(err, c.want) || !errors.Is(pixelsErr, c.want) {
				t.Errorf("%v and %v, want %v", err, pixelsErr, c.want)
			}
		})
	}
}

// manyScans makes a progressive JPEG of far too many passes of nothing.
func manyScans(photo []byte) []byte {
	b := append([]byte(nil), photo...)
	b[bytes.Index(b, []byte{0xff, 0xc0})+1] = 0xc2
	return append(b, bytes.Repeat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0}, maxScans+1)...)
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	r := NewRenderer(1000)
	release, err := r.reserve(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	data := testphoto.PNG(testphoto.Picture(100, 100, 0))
	if _, err := r.Thumbnails(ctx, data, read(t, data)); !errors.Is(err, context.Canceled) {
		t.Errorf("without memory and cancelled: %v", err)
	}
	release()
	if _, err := r.Thumbnails(t.Context(), data, read(t, data)); err != nil {
		t.Errorf("with memory for one, whatever it takes: %v", err)
	}
}

// TestManyWithinTheMemory: however many draw, nobody does without room in the memory;
// who gives up while waiting for it is gone at once, and all of it comes back.
func TestManyWithinTheMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 16
		r := NewRenderer(64 << 20)
		data := testphoto.JPEG(testphoto.Picture(640, 480, 0), testphoto.EXIF{})
		info := read(t, data)
		release, err := r.reserve(t.Context(), r.total)
		if err != nil {
			t.Fatal(err)
		}
		scrolled, cancel := context.WithCancel(t.Context())
		drawn, gone := make(chan error, many), make(chan error, many)
		for i := range many {
			ctx, end := t.Context(), drawn
			if i%2 == 1 {
				ctx, end = scrolled, gone
			}
			go func() {
				_, err := r.Thumbnails(ctx, data, info)
				end <- err
			}()
		}
		synctest.Wait()
		if len(drawn)+len(gone) > 0 {
			t.Fatalf("%d have drawn without memory", len(drawn)+len(gone))
		}
		cancel()
		synctest.Wait()
		if len(gone) != many/2 || len(drawn) != 0 {
			t.Fatalf("%d of %d that scrolled away are gone, %d are drawn", len(gone), many/2, len(drawn))
		}
		release()
		for range many / 2 {
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("scrolled away: %v", err)
			}
			if err := <-drawn; err != nil {
				t.Errorf("still wanted: %v", err)
			}
		}
		if !r.memory.TryAcquire(r.total) {
			t.Error("some memory was not given back")
		}
	})
}

// TestEmbedded draws a file that no decoder takes from the small picture in it.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	inner := testphoto.Thumb(testphoto.Turned(testphoto.Picture(160, 120, 0), 6))
	data := testphoto.JPEG(testphoto.Turned(testphoto.Picture(800, 600, 0), 6), testphoto.EXIF{Orientation: 6, Thumb: inner})
	data[bytes.LastIndex(data, []byte{0xff, 0xc0})+4] = 12 // bits a sample
	info := read(t, data)
	r := NewRenderer(0)
	set, err := r.Thumbnails(t.Context(), data, info)
	if err != nil {
		t.Fatal(err)
	}
	if set.Cause == nil {
		t.Error("not said to be from the small picture")
	}
	checkSet(t, set, 160, 120)
	m, err := r.Pixels(t.Context(), data, info, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := testphoto.Check(m); err != nil {
		t.Error(err)
	}
}

// FuzzThumbnails draws damaged files of every kind.
func FuzzThumbnails(f *testing.F) {
	m := testphoto.Picture(40, 30, 0)
	paletted := image.NewPaletted(m.Rect, palette.Plan9)
	draw.Draw(paletted, m.Rect, m, image.Point{}, draw.Src)
	var g, b, t bytes.Buffer
	if err := errors.Join(gif.Encode(&g, paletted, nil), bmp.Encode(&b, m), tiff.Encode(&t, m, nil)); err != nil {
		f.Fatal(err)
	}
	for _, data := range [][]byte{testphoto.Thumb(m), testphoto.PNG(m), testphoto.PNG(paletted), g.Bytes(), b.Bytes(), t.Bytes(), testphoto.TIFFFile(m, testphoto.EXIF{}, true)} {
		f.Add(data)
	}
	f.Add(testphoto.JPEG(m, testphoto.EXIF{Orientation: 6, Thumb: testphoto.Thumb(m)}))
	r := NewRenderer(0)
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := meta.ReadBytes(data)
		if err != nil || info.Width*info.Height > 4_000_000 {
			return
		}
		if m, err := r.Instant(t.Context(), bytes.NewReader(data), int64(len(data)), &info); (err == nil) == rectOf(m).Empty() {
			t.Errorf("shows %v at once: %v", rectOf(m), err)
		}
		set, err := r.Thumbnails(t.Context(), data, &info)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrUnsupported) {
				t.Error(err)
			}
			return
		}
		if _, err := Decode(set.Small, Small); err != nil {
			t.Error(err)
		}
	})
}
