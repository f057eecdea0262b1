// Package icc converts the colours of pictures to sRGB, by the profile that a
// file carries (ICC.1:2022). It understands the profiles that cameras and phones
// write for red, green and blue, such as Display P3 and Adobe RGB: a curve for
// each and a matrix. Others, as for print, leave colours as they are.
package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrProfile is returned for a profile that is damaged, or of another kind.
var ErrProfile = errors.New("not a colour profile of curves and a matrix")

// maxProfile bounds a profile, in bytes; those of this kind have a few thousand.
const maxProfile = 1 << 20

// steps are the values of light that tell apart what is written as 8 bits.
const steps = 1 << 12

// A Transform converts colours to sRGB. It may be used by many goroutines.
type Transform struct {
	light  [3][256]int32 // light of a value, 0 to 65535
	matrix [9]int32      // light of sRGB by that of the profile, in 1<<14
}

// srgbValue are the values of sRGB by its light.
var srgbValue = func() (table [steps]byte) {
	for i := range table {
		v := float64(i) / (steps - 1)
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		table[i] = byte(math.Round(255 * v))
	}
	return table
}()

// matrix3 is a matrix by rows.
type matrix3 [9]float64

// srgbToXYZ takes the light of sRGB to the connection space, whose white is D50
// (IEC 61966-2-1, adapted by Bradford's matrix).
var srgbToXYZ = matrix3{
	0.4360747, 0.3850649, 0.1430804,
	0.2225045, 0.7168786, 0.0606169,
	0.0139322, 0.0971045, 0.7141733,
}

// AdobeRGB converts Adobe RGB (1998), which some cameras say in EXIF alone.
var AdobeRGB = newTransform(matrix3{
	0.6097559, 0.2052401, 0.1492240,
	0.3111242, 0.6256560, 0.0632197,
	0.0194811, 0.0608902, 0.7448387,
}, [3]curve{gamma(563.0 / 256), gamma(563.0 / 256), gamma(563.0 / 256)})

// DisplayP3 converts P3 with the curve of sRGB.
var DisplayP3 = newTransform(matrix3{
	0.5151187, 0.2919778, 0.1571035,
	0.2411892, 0.6922441, 0.0665668,
	-0.0010505, 0.0418791, 0.7840713,
}, [3]curve{srgbLight, srgbLight, srgbLight})

// srgbLight is the curve of sRGB.
func srgbLight(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// Parse reads a profile. The transform is nil when colours are those of sRGB
// already, as far as can be seen. It fails with [ErrProfile].
func Parse(profile []byte) (*Transform, error) {
	p := profile
	if len(p) < 132 || len(p) > maxProfile || string(p[36:40]) != "acsp" || string(p[16:20]) != "RGB " || string(p[20:24]) != "XYZ " {
		return nil, ErrProfile
	}
	tags := make(map[string][]byte)
	n := int(binary.BigEndian.Uint32(p[128:]))
	for i := range min(n, 100) {
		e := 132 + 12*i
		if e+12 > len(p) {
			return nil, fmt.Errorf("%w: it ends early", ErrProfile)
		}
		off, size := int64(binary.BigEndian.Uint32(p[e+4:])), int64(binary.BigEndian.Uint32(p[e+8:]))
		if off+size > int64(len(p)) {
			return nil, fmt.Errorf("%w: it ends early", ErrProfile)
		}
		tags[string(p[e:e+4])] = p[off : off+size]
	}
	var m matrix3
	var curves [3]curve
	for i, c := range "rgb" {
		xyz := tags[string(c)+"XYZ"]
		if len(xyz) < 20 || string(xyz[:4]) != "XYZ " {
			return nil, ErrProfile
		}
		for row := range 3 {
			m[3*row+i] = fixed(xyz[8+4*row:])
		}
		var err error
		if curves[i], err = readCurve(tags[string(c)+"TRC"]); err != nil {
			return nil, err
		}
	}
	t := newTransform(m, curves)
	if t.idle() {
		return nil, nil
	}
	return t, nil
}

// fixed reads an s15Fixed16Number.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

func newTransform(toXYZ matrix3, curves [3]curve) *Transform {
	t := &Transform{}
	for i, v := range srgbToXYZ.inverse().times(toXYZ) {
		t.matrix[i] = int32(math.Round(min(max(v, -64), 64) * (1 << 14)))
	}
	for i, c := range curves {
		for v := range 256 {
			light := c(float64(v) / 255)
			if math.IsNaN(light) {
				light = 0
			}
			t.light[i][v] = int32(math.Round(65535 * min(max(light, 0), 1)))
		}
	}
	return t
}

// idle says whether the transform changes no colour by more than a shade.
func (t *Transform) idle() bool {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				p := [4]byte{byte(r), byte(g), byte(b), 255}
				q := p
				t.Apply(q[:])
				for i := range 3 {
					if d := int(p[i]) - int(q[i]); d < -2 || d > 2 {
						return false
					}
				}
			}
		}
	}
	return true
}

// Apply converts pixels of four bytes, red, green, blue and one that stays, in
// their place. Where they are transparent, they must not be multiplied by that.
func (t *Transform) Apply(pix []byte) {
	m := &t.matrix
	for i := 0; i+3 < len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		r, g, b := int64(t.light[0][p[0]]), int64(t.light[1][p[1]]), int64(t.light[2][p[2]])
		p[0] = value(int64(m[0])*r + int64(m[1])*g + int64(m[2])*b)
		p[1] = value(int64(m[3])*r + int64(m[4])*g + int64(m[5])*b)
		p[2] = value(int64(m[6])*r + int64(m[7])*g + int64(m[8])*b)
	}
}

// value is the value of sRGB for light in 65535<<14.
func value(light int64) byte {
	light = (light + 1<<17) >> 18 // to the steps of srgbValue
	return srgbValue[min(max(light, 0), steps-1)]
}

// inverse inverts m, which has one.
func (m matrix3) inverse() matrix3 {
	a, b, c, d, e, f, g, h, i := m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
	det := a*(e*i-f*h) - b*(d*i-f*g) + c*(d*h-e*g)
	out := matrix3{e*i - f*h, c*h - b*i, b*f - c*e, f*g - d*i, a*i - c*g, c*d - a*f, d*h - e*g, b*g - a*h, a*e - b*d}
	for k := range out {
		out[k] /= det
	}
	return out
}

func (m matrix3) times(o matrix3) (out matrix3) {
	for y := range 3 {
		for x := range 3 {
			for k := range 3 {
				out[3*y+x] += m[3*y+k] * o[3*k+x]
			}
		}
	}
	return out
}
