package icc

import (
	"encoding/binary"
	"fmt"
	"math"
)

// curve is the light, 0 to 1, of a value, 0 to 1.
type curve func(float64) float64

func gamma(g float64) curve { return func(v float64) float64 { return math.Pow(v, g) } }

// readCurve reads a curve (ICC.1:2022, 10.6 and 10.18).
func readCurve(b []byte) (curve, error) {
	if len(b) < 12 {
		return nil, fmt.Errorf("%w: no curve", ErrProfile)
	}
	switch string(b[:4]) {
	case "curv":
		return readTable(b[8:])
	case "para":
		return readParameters(int(binary.BigEndian.Uint16(b[8:])), b[12:])
	}
	return nil, fmt.Errorf("%w: a curve of kind %q", ErrProfile, b[:4])
}

// readTable reads the count of a table, and the table.
func readTable(b []byte) (curve, error) {
	n := int64(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n < 0 || n > 1<<16 || 2*n > int64(len(b)) {
		return nil, fmt.Errorf("%w: a curve that ends early", ErrProfile)
	}
	switch n {
	case 0:
		return gamma(1), nil
	case 1:
		return gamma(float64(binary.BigEndian.Uint16(b)) / 256), nil
	}
	at := func(i int64) float64 { return float64(binary.BigEndian.Uint16(b[2*i:])) / 65535 }
	return func(v float64) float64 {
		x := v * float64(n-1)
		i := min(int64(x), n-2)
		part := x - float64(i)
		return at(i)*(1-part) + at(i+1)*part
	}, nil
}

// readParameters reads one of the five formulas: light is a power of what lies
// above a break, and a line below it.
func readParameters(kind int, b []byte) (curve, error) {
	counts := [5]int{1, 3, 4, 5, 7}
	if kind < 0 || kind >= len(counts) || len(b) < 4*counts[kind] {
		return nil, fmt.Errorf("%w: a formula of kind %d", ErrProfile, kind)
	}
	var p [7]float64 // g a b c d e f
	for i := range counts[kind] {
		p[i] = fixed(b[4*i:])
	}
	g, a, k, c, d, e, f := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	switch kind {
	case 0:
		return gamma(g), nil
	case 1, 2: // kind 2 adds c everywhere
		return func(v float64) float64 {
			if a != 0 && v < -k/a {
				return c
			}
			return math.Pow(max(a*v+k, 0), g) + c
		}, nil
	}
	return func(v float64) float64 {
		if v < d {
			return c*v + f
		}
		return math.Pow(max(a*v+k, 0), g) + e
	}, nil
}
