package icc

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

func table(n int, of func(float64) float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(n))
	for i := range n {
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(65535*of(float64(i)/float64(n-1)))))
	}
	return b
}

// p3 is Display P3, to the connection space.
var p3 = [9]float64{
	0.51512, 0.29198, 0.15710,
	0.24120, 0.69225, 0.06657,
	-0.00105, 0.04189, 0.78407,
}

var srgbCurve = testphoto.Formula(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)

// TestDisplayP3 compares with values of LittleCMS 2 (relative colorimetric,
// 8 bits).
func TestDisplayP3(t *testing.T) {
	t.Parallel()
	tr, err := Parse(testphoto.P3Profile())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2][3]byte{
		{{0, 0, 0}, {0, 0, 0}},
		{{255, 255, 255}, {255, 255, 255}},
		{{128, 128, 128}, {128, 128, 128}},
		{{200, 100, 50}, {215, 93, 31}},
		{{50, 180, 90}, {0, 183, 78}},
		{{255, 0, 0}, {255, 0, 0}},
		{{30, 40, 160}, {27, 40, 167}},
	} {
		checkPixel(t, tr, tt[0], tt[1])
		checkPixel(t, DisplayP3, tt[0], tt[1])
	}
}

func TestAdobeRGB(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2][3]byte{
		{{255, 255, 255}, {255, 255, 255}},
		{{128, 128, 128}, {129, 129, 129}},
		{{200, 100, 50}, {227, 100, 42}},
		{{120, 160, 90}, {99, 161, 85}},
		{{50, 180, 90}, {0, 181, 83}},
	} {
		checkPixel(t, AdobeRGB, tt[0], tt[1])
	}
}

func checkPixel(t *testing.T, tr *Transform, in, want [3]byte) {
	t.Helper()
	got := []byte{in[0], in[1], in[2], 77}
	tr.Apply(got)
	for i, v := range want {
		if d := int(got[i]) - int(v); d < -1 || d > 1 || got[3] != 77 {
			t.Errorf("%v becomes %v, want %v", in, got, want)
			return
		}
	}
}

// TestCurves: the same curve told in other ways gives the same colours.
func TestCurves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][]byte{
		"formula": srgbCurve, "formula of seven": testphoto.Formula(4, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045, 0, 0),
		"table": table(1024, srgbLight),
	} {
		if tr, err := Parse(testphoto.Profile(srgbToXYZ, c)); tr != nil || err != nil {
			t.Errorf("sRGB by a %s: %v, %v", name, tr, err)
		}
	}
	for name, c := range map[string][]byte{
		"power": testphoto.Formula(0, 2.2), "two": testphoto.Formula(1, 2.2, 1, 0), "three": testphoto.Formula(2, 2.2, 1, 0, 0), "table": table(4096, gamma(2.2)), "one value": append([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), 2, 51),
	} {
		tr, err := Parse(testphoto.Profile(p3, c))
		if err != nil || tr == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkPixel(t, tr, [3]byte{128, 128, 128}, [3]byte{128, 128, 128})
	}
	if tr, err := Parse(testphoto.Profile(srgbToXYZ, []byte("curv\x00\x00\x00\x00\x00\x00\x00\x00"))); err != nil || tr == nil {
		t.Errorf("light as it is: %v, %v", tr, err)
	}
}

func TestOtherProfiles(t *testing.T) {
	t.Parallel()
	whole := testphoto.P3Profile()
	cmyk := append([]byte(nil), whole...)
	copy(cmyk[16:], "CMYK")
	for name, p := range map[string][]byte{
		"none": nil, "cut": whole[:200], "cmyk": cmyk, "text": []byte("profile"), "no curve": testphoto.Profile(p3, nil),
		"a formula of another kind": testphoto.Profile(p3, testphoto.Formula(9, 1)), "a table that ends early": testphoto.Profile(p3, table(100, gamma(1))[:50]),
	} {
		if tr, err := Parse(p); tr != nil || !errors.Is(err, ErrProfile) {
			t.Errorf("%s: %v, %v", name, tr, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(testphoto.P3Profile())
	f.Add(testphoto.Profile(p3, table(100, gamma(2))))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if tr, err := Parse(data); err == nil && tr != nil {
			tr.Apply([]byte{1, 2, 3, 4, 255, 255, 255, 255, 9})
		}
	})
}

func BenchmarkApply(b *testing.B) {
	pix := make([]byte, 4<<20)
	b.SetBytes(1 << 20) // pixels
	for b.Loop() {
		AdobeRGB.Apply(pix)
	}
}
