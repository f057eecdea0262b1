package thumb

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/libpaul/paul/imagelib/icc"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// TestTurnedHEIF: a picture is turned and mirrored as the file says, in all ways that
// it can say so.
func TestTurnedHEIF(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	t.Cleanup(r.Close)
	for turns := range 4 {
		for _, mirror := range []string{"", "lr", "tb"} {
			info := read(t, testphoto.HEIF{Turns: turns, Mirror: mirror}.File())
			// The coded picture is upright: what is shown is turned as it says.
			m, err := r.Pixels(t.Context(), testphoto.HEIF{Turns: turns, Mirror: mirror}.File(), info, 0)
			if err != nil {
				t.Fatal(err)
			}
			want := testphoto.Picture(320, 200, 0)
			back := image.NewRGBA(want.Rect)
			for y := range 200 {
				for x := range 320 {
					p := shownAt(x, y, turns, mirror)
					back.Set(x, y, m.At(p.X, p.Y))
				}
			}
			if w, h := info.Upright(); m.Bounds().Dx() != w || m.Bounds().Dy() != h {
				t.Errorf("turned %d, mirrored %q: %v, said to be %d x %d", turns, mirror, m.Bounds(), w, h)
			}
			if err := testphoto.Check(back); err != nil {
				t.Errorf("turned %d, mirrored %q: %v", turns, mirror, err)
			}
		}
	}
}

// shownAt is where a pixel of the coded picture of 320 by 200 is shown (ISO/IEC
// 23008-12, 6.5.10 and 6.5.12): turned against the clock, then mirrored.
func shownAt(x, y, turns int, mirror string) image.Point {
	w, h := 320, 200
	for range turns {
		x, y = y, w-1-x
		w, h = h, w
	}
	switch mirror {
	case "lr":
		x = w - 1 - x
	case "tb":
		y = h - 1 - y
	}
	return image.Pt(x, y)
}

func drawn(t *testing.T, r *Renderer, name string, data []byte) {
	t.Helper()
	info := read(t, data)
	set, err := r.Thumbnails(t.Context(), data, info)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	w, h := fit(info.Width, info.Height, Large)
	got, err := Decode(set.Large, Large)
	if err != nil || got.Rect.Dx() != w || got.Rect.Dy() != h || w < 200 {
		t.Errorf("%s: thumbnail of %v, want %d x %d (%v)", name, got.Bounds(), w, h, err)
		return
	}
	if err := testphoto.Check(got); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestQuick draws the small thumbnail from the small picture in a file.
func TestQuick(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	t.Cleanup(r.Close)
	for _, tt := range []struct {
		name string
		data []byte
		ok   bool
	}{
		{"of less than a thumbnail", testphoto.HEIF{Thumb: "small"}.File(), false},
		{"of a thumbnail", testphoto.HEIF{Thumb: "plain"}.File(), true},
		{"which lies otherwise", testphoto.HEIF{Thumb: "plain", Turns: 1}.File(), false},
		{"none", testphoto.HEIF{}.File(), false},
		{"jpeg", testphoto.Thumb(testphoto.Picture(300, 200, 0)), false},
	} {
		set, ok := r.Quick(t.Context(), tt.data, read(t, tt.data))
		if ok != tt.ok {
			t.Errorf("%s: %v", tt.name, ok)
		}
		if !ok {
			continue
		}
		m, err := Decode(set.Small, Small)
		if err != nil || m.Rect.Dx() != 256 || set.Large != nil || len(set.Hash) == 0 {
			t.Errorf("%s: %v, %v", tt.name, m.Bounds(), err)
		} else if err := testphoto.Check(m); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestInnerInstead: the small picture is shown when the large one is damaged.
func TestInnerInstead(t *testing.T) {
	t.Parallel()
	data := testphoto.HEIF{Thumb: "plain"}.File()
	at := bytes.Index(data, []byte("mdat")) + 4
	clear(data[at : at+100])
	r := NewRenderer(0)
	t.Cleanup(r.Close)
	set, err := r.Thumbnails(t.Context(), data, read(t, data))
	if err != nil || !errors.Is(set.Cause, ErrDamaged) {
		t.Fatalf("%v, since %v", err, set.Cause)
	}
	drawn(t, r, "damaged", data)
}

// TestColoursOfProfiles: a picture of one colour in Display P3 and Adobe RGB, in
// each container, becomes what icc makes of it.
func TestColoursOfProfiles(t *testing.T) {
	t.Parallel()
	c := color.RGBA{200, 100, 50, 255}
	m := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for i := range m.Pix {
		m.Pix[i] = []byte{c.R, c.G, c.B, c.A}[i%4]
	}
	plain := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 95}) })
	p3 := testphoto.P3Profile()
	if tr, err := icc.Parse(p3); tr == nil || err != nil {
		t.Fatal(err)
	}
	want := []byte{c.R, c.G, c.B, c.A}
	icc.DisplayP3.Apply(want)
	for name, data := range map[string][]byte{"jpeg": withProfile(plain, p3), "png": pngWithProfile(testphoto.PNG(m), p3)} {
		checkColour(t, name, data, color.RGBA{want[0], want[1], want[2], 255})
	}
	checkColour(t, "none", plain, c)
	damaged := withProfile(plain, p3[:100])
	checkColour(t, "damaged", damaged, c)
}

func checkColour(t *testing.T, name string, data []byte, want color.RGBA) {
	t.Helper()
	r := NewRenderer(0)
	set, err := r.Thumbnails(t.Context(), data, read(t, data))
	if err != nil {
		t.Fatal(err)
	}
	small, err := Decode(set.Small, Small)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := r.Pixels(t.Context(), data, read(t, data), 0)
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]color.RGBA{"thumbnail": small.RGBAAt(50, 50), "picture": color.RGBAModel.Convert(whole.At(100, 100)).(color.RGBA)} {
		for _, pair := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}} {
			if d := int(pair[0]) - int(pair[1]); d < -6 || d > 6 {
				t.Errorf("%s, %s: %v, want %v", name, what, got, want)
				break
			}
		}
	}
}

func withProfile(data, profile []byte) []byte {
	seg := append([]byte("ICC_PROFILE\x00\x01\x01"), profile...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe2}, uint16(len(seg)+2))
	return bytes.Join([][]byte{data[:2], head, seg, data[2:]}, nil)
}

func pngWithProfile(data, profile []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write(profile)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err) // memory
	}
	chunk := append([]byte("iCCPP3\x00\x00"), z.Bytes()...)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	const afterHeader = 8 + 25
	return bytes.Join([][]byte{data[:afterHeader], b, data[afterHeader:]}, nil)
}
