package scaledjpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gen2brain/jpegn"
)

// scene is a picture with edges, slopes and fine grain.
func scene(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 128 + 100*math.Sin(float64(x*x+y*y)/3000)
			m.SetRGBA(x, y, color.RGBA{uint8(v), uint8(255 * x / w), uint8((x/7 + y/5) % 2 * 200), 255})
		}
	}
	return m
}

func encode(tb testing.TB, m image.Image, quality int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// averaged is what m is at 1/denom: each of its pixels the average of a square.
func averaged(m image.Image, denom int) *image.Gray {
	b := m.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dx()/denom, b.Dy()/denom))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum := 0
			for j := range denom {
				for i := range denom {
					sum += int(color.GrayModel.Convert(m.At(x*denom+i, y*denom+j)).(color.Gray).Y)
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / (denom * denom))
		}
	}
	return out
}

func brightness(m image.Image) (pix []byte, stride int) {
	switch m := m.(type) {
	case *image.YCbCr:
		return m.Y, m.YStride
	case *image.Gray:
		return m.Pix, m.Stride
	}
	return nil, 0
}

// differ is the root of the mean square of how brightness differs.
func differ(a, b image.Image) float64 {
	p, ps := brightness(a)
	q, qs := brightness(b)
	w, h := min(a.Bounds().Dx(), b.Bounds().Dx()), min(a.Bounds().Dy(), b.Bounds().Dy())
	sum := 0.0
	for y := range h {
		for x := range w {
			d := float64(p[y*ps+x]) - float64(q[y*qs+x])
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64(w*h))
}

// TestDecode compares with the averages of the whole picture, and for colour
// with what another decoder makes of the same file at the same size.
func TestDecode(t *testing.T) {
	t.Parallel()
	grey := image.NewGray(image.Rect(0, 0, 133, 70))
	for i := range grey.Pix {
		grey.Pix[i] = uint8(i * 255 / len(grey.Pix))
	}
	for _, size := range []image.Point{{640, 400}, {133, 70}, {16, 16}, {7, 9}, {1, 1}} {
		files := map[string][]byte{"colour": encode(t, scene(size.X, size.Y), 90), "grey": encode(t, grey, 90)}
		for _, s := range []jpegn.Subsampling{jpegn.Subsample444, jpegn.Subsample422, jpegn.Subsample420} {
			files[fmt.Sprint(s)] = jpegnEncode(t, scene(size.X, size.Y), s)
		}
		for name, data := range files {
			for _, denom := range []int{2, 4, 8} {
				compare(t, fmt.Sprintf("%s of %v at 1/%d", name, size, denom), data, denom)
			}
		}
	}
}

func jpegnEncode(tb testing.TB, m image.Image, s jpegn.Subsampling) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpegn.Encode(&b, m, &jpegn.EncodeOptions{Quality: 90, Subsampling: s}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func compare(t *testing.T, name string, data []byte, denom int) {
	t.Helper()
	p, err := Decode(data, denom, false)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := asImage(p)
	want, err := jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ScaleDenom: denom})
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s: %v, want %v", name, got.Bounds(), want.Bounds())
		return
	}
	if d := differ(got, want); d > 8 {
		t.Errorf("%s: brightness differs by %.1f from another decoder's", name, d)
	}
	if whole, err := jpeg.Decode(bytes.NewReader(data)); err == nil && whole.Bounds().Dx() >= 64 {
		if d := differ(got, averaged(whole, denom)); d > 12 {
			t.Errorf("%s: brightness differs by %.1f from the averages", name, d)
		}
	}
	if w, ok := want.(*image.YCbCr); ok {
		a := asImage(Picture{Y: p.Cb})
		b := &image.Gray{Pix: w.Cb, Stride: w.CStride, Rect: a.Bounds()}
		if differ(a, b) > 8 {
			t.Errorf("%s: colours differ by %.1f", name, differ(a, b))
		}
		coarse, err := Decode(data, denom, true)
		if half := (p.Cb.W + 1) / 2; err != nil || !bytes.Equal(coarse.Y.Pix, p.Y.Pix) || coarse.Cb.W != half && coarse.Cb.W != p.Cb.W {
			t.Errorf("%s, coarse: %v, %d of %d", name, err, coarse.Cb.W, p.Cb.W)
		} else if coarse.Cb.W == half && half > 8 {
			if d := differ(asImage(Picture{Y: coarse.Cb}), averaged(a, 2)); d > 8 {
				t.Errorf("%s: coarse colours differ by %.1f", name, d)
			}
		}
	}
}

// asImage is the brightness of a picture.
func asImage(p Picture) image.Image {
	return &image.Gray{Pix: p.Y.Pix, Stride: p.Y.Stride, Rect: image.Rect(0, 0, p.Y.W, p.Y.H)}
}

// TestFlat: pictures of one colour come out exactly.
func TestFlat(t *testing.T) {
	t.Parallel()
	for v := 0; v < 256; v += 17 {
		m := image.NewGray(image.Rect(0, 0, 64, 64))
		for i := range m.Pix {
			m.Pix[i] = uint8(v)
		}
		for _, denom := range []int{2, 4, 8} {
			p, err := Decode(encode(t, m, 100), denom, false)
			if err != nil {
				t.Fatal(err)
			}
			if d := differ(asImage(p), averaged(m, denom)); d > 0.5 {
				t.Errorf("%d at 1/%d: differs by %.2f", v, denom, d)
			}
		}
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	whole := encode(t, scene(320, 240), 90)
	sof := bytes.Index(whole, []byte{0xff, 0xc0})
	with := func(at int, b byte) []byte {
		c := bytes.Clone(whole)
		c[at] = b
		return c
	}
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":             {nil, ErrDamaged},
		"progressive":         {with(sof+1, 0xc2), ErrUnsupported},
		"arithmetic":          {with(sof+1, 0xc9), ErrUnsupported},
		"12 bits":             {with(sof+4, 12), ErrUnsupported},
		"four components":     {with(sof+9, 4), ErrUnsupported},
		"odd factors":         {with(sof+11, 0x41), ErrUnsupported},
		"the headers alone":   {whole[:sof+30], ErrDamaged},
		"no scan":             {whole[:bytes.Index(whole, []byte{0xff, 0xda})], ErrDamaged},
		"an empty scan":       {whole[:bytes.Index(whole, []byte{0xff, 0xda})+14], ErrDamaged},
		"text":                {[]byte("a text that is no JPEG"), ErrDamaged},
		"a second frame":      {append(bytes.Clone(whole[:sof]), append(bytes.Clone(whole[sof:sof+19]), whole[sof:]...)...), ErrUnsupported},
		"red, green and blue": {append([]byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"), whole[2:]...), ErrUnsupported},
	} {
		if p, err := Decode(tt.data, 4, false); !errors.Is(err, tt.want) || p.Y.Pix != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decode(whole, 3, false); !errors.Is(err, ErrUnsupported) {
		t.Errorf("at 1/3: %v", err)
	}
}

// TestDamaged: what is there is shown, and behind a restart marker again.
func TestDamaged(t *testing.T) {
	t.Parallel()
	m := scene(640, 480)
	whole := encode(t, m, 90)
	got, err := Decode(whole[:len(whole)*2/3], 2, false)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Decode(whole, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	p, q, stride := got.Y.Pix, want.Y.Pix, got.Y.Stride
	if !bytes.Equal(p[:stride*100], q[:stride*100]) {
		t.Error("the first part is not as in the whole")
	}
	if p[len(p)-1] != 128 || bytes.Equal(p, q) {
		t.Error("what is not there is not grey")
	}
}

func FuzzDecode(f *testing.F) {
	for _, q := range []int{20, 95} {
		f.Add(encode(f, scene(65, 40), q))
	}
	f.Add(jpegnEncode(f, scene(40, 40), jpegn.Subsample444))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, denom := range []int{2, 4, 8} {
			p, err := Decode(data, denom, denom == 4)
			if err != nil {
				continue
			}
			for _, c := range []Plane{p.Y, p.Cb, p.Cr} {
				if c.W > c.Stride || c.H*c.Stride > len(c.Pix) {
					t.Errorf("%d x %d in %d bytes, %d apart", c.W, c.H, len(c.Pix), c.Stride)
				}
			}
		}
	})
}

// BenchmarkDecode decodes photos of cameras at the size for thumbnails, and lets
// jpegn do the same.
func BenchmarkDecode(b *testing.B) {
	paths, _ := filepath.Glob("../../../shared/data/photos/*") // the pattern is well-formed
	if len(paths) == 0 {
		b.Skip("../shared/data/photos is not there")
	}
	for _, denom := range []int{2, 4, 8} {
		b.Run(fmt.Sprintf("1in%d", denom), func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				for _, p := range paths {
					data, err := os.ReadFile(p)
					if err != nil {
						b.Fatal(err)
					}
					began := time.Now()
					_, err = Decode(data, denom, true)
					ours += time.Since(began)
					if err != nil {
						b.Fatal(p, err)
					}
					began = time.Now()
					_, err = jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ScaleDenom: denom})
					theirs += time.Since(began)
					if err != nil {
						b.Fatal(p, err)
					}
				}
			}
			n := float64(b.N * len(paths))
			b.ReportMetric(ours.Seconds()*1000/n, "ms/photo")
			b.ReportMetric(theirs.Seconds()*1000/n, "jpegn-ms/photo")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-of-jpegn")
		})
	}
}
