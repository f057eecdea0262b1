package testphoto

import (
	"encoding/binary"
	"math"
)

// P3Profile returns an ICC profile of Display P3, as phones write it.
func P3Profile() []byte {
	return Profile([9]float64{
		0.51512, 0.29198, 0.15710,
		0.24120, 0.69225, 0.06657,
		-0.00105, 0.04189, 0.78407,
	}, Formula(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045))
}

// Profile returns an ICC profile of a matrix to the connection space, by rows,
// and one curve.
func Profile(matrix [9]float64, curve []byte) []byte {
	p := make([]byte, 128)
	copy(p[16:], "RGB XYZ ")
	copy(p[36:], "acsp")
	p = append(p, u32(6)...)
	at := len(p) + 6*12
	var data []byte
	add := func(name string, b []byte) {
		p = append(append(append(p, name...), u32(at+len(data))...), u32(len(b))...)
		data = append(data, b...)
	}
	for i, c := range "rgb" {
		xyz := []byte("XYZ \x00\x00\x00\x00")
		for row := range 3 {
			xyz = appendFixed(xyz, matrix[3*row+i])
		}
		add(string(c)+"XYZ", xyz)
		add(string(c)+"TRC", curve)
	}
	return append(p, data...)
}

// Formula returns a parametric curve (ICC.1:2022, 10.18).
func Formula(kind uint16, params ...float64) []byte {
	b := binary.BigEndian.AppendUint16([]byte("para\x00\x00\x00\x00"), kind)
	b = append(b, 0, 0)
	for _, p := range params {
		b = appendFixed(b, p)
	}
	return b
}

func appendFixed(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
}
