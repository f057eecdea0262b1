package thumb

import "math"

// taps are the source pixels and weights of one destination pixel.
type taps struct {
	first   int
	weights []int32 // of 1<<weightBits in all
}

const weightBits = 14

// cubic is the Catmull-Rom spline.
func cubic(x float64) float64 {
	switch x = math.Abs(x); {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// filter makes the taps from src to dst pixels. When it shrinks, the spline is
// as much wider, so that every source pixel counts and nothing flickers.
func filter(src, dst int) []taps {
	scale := float64(src) / float64(dst)
	width := max(scale, 1)
	out := make([]taps, dst)
	for i := range out {
		centre := (float64(i)+0.5)*scale - 0.5
		first := max(0, int(math.Ceil(centre-2*width)))
		last := min(src-1, int(math.Floor(centre+2*width)))
		out[i] = taps{first, weigh(first, last, centre, width)}
	}
	return out
}

// weigh gives the pixels from first to last weights of exactly one in all.
func weigh(first, last int, centre, width float64) []int32 {
	f := make([]float64, last-first+1)
	sum := 0.0
	for j := range f {
		f[j] = cubic((float64(first+j) - centre) / width)
		sum += f[j]
	}
	w := make([]int32, len(f))
	rest := int32(1 << weightBits)
	for j := range f {
		w[j] = int32(math.Round(f[j] / sum * (1 << weightBits)))
		rest -= w[j]
	}
	w[len(w)/2] += rest
	return w
}

func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 below, 255 above
	}
	return uint8(v)
}

// resize returns the plane in another size, or the plane itself.
func (p plane) resize(w, h int) plane {
	if w == p.w && h == p.h {
		return p
	}
	q := newPlane(w, h)
	hx, vy := filter(p.w, w), filter(p.h, h)
	acc := make([]int32, p.w)
	for y := range h {
		p.mixRows(acc, vy[y])
		row := q.row(y)
		if w == 2*p.w && p.w > 8 { // the colours of most JPEGs
			mix(row[:4], acc, hx)
			double(row, acc, hx[4].weights, hx[5].weights)
			mix(row[w-4:], acc, hx[w-4:])
			continue
		}
		mix(row, acc, hx)
	}
	return q
}

// half rounds what is shifted by the fraction of weights and of acc.
const half = int32(1 << (weightBits + 3))

// mix weighs the pixels of acc into a row.
func mix(row []byte, acc []int32, hx []taps) {
	for x := range row {
		t := hx[x]
		part := acc[t.first:][:len(t.weights)]
		s := half
		for i, k := range t.weights {
			s += k * part[i]
		}
		row[x] = clamp(s >> (weightBits + 4))
	}
}

// double is mix for a row of twice as many pixels as acc, but for the four at each end:
// all even ones have the same weights, and all odd ones.
func double(row []byte, acc, even, odd []int32) {
	e0, e1, e2, e3 := even[0], even[1], even[2], even[3]
	o0, o1, o2, o3 := odd[0], odd[1], odd[2], odd[3]
	a, b, c, d := acc[0], acc[1], acc[2], acc[3]
	row = row[4 : len(row)-4]
	for _, e := range acc[4:] {
		row[0] = clamp((half + e0*a + e1*b + e2*c + e3*d) >> (weightBits + 4))
		row[1] = clamp((half + o0*b + o1*c + o2*d + o3*e) >> (weightBits + 4))
		row = row[2:]
		a, b, c, d = b, c, d, e
	}
}

// mixRows weighs rows into acc, with four bits of fraction.
func (p plane) mixRows(acc []int32, t taps) {
	if k := t.weights; len(k) == 4 { // when it enlarges
		k0, k1, k2, k3 := k[0], k[1], k[2], k[3]
		b, c, d := p.row(t.first + 1)[:len(acc)], p.row(t.first + 2)[:len(acc)], p.row(t.first + 3)[:len(acc)]
		for i, a := range p.row(t.first)[:len(acc)] {
			acc[i] = (k0*int32(a) + k1*int32(b[i]) + k2*int32(c[i]) + k3*int32(d[i]) + 1<<9) >> 10
		}
		return
	}
	clear(acc)
	for k, weight := range t.weights {
		if weight == 0 {
			continue
		}
		row := p.row(t.first + k)
		acc := acc[:len(row)]
		for i, v := range row {
			acc[i] += weight * int32(v)
		}
	}
	for i, v := range acc {
		acc[i] = (v + 1<<9) >> 10
	}
}

// resize returns the picture in another size, with colour planes of half the
// size as thumbnails keep them, or of the full size.
func (p picture) resize(w, h int, fullColour bool) picture {
	q := picture{y: p.y.resize(w, h)}
	if p.grey() {
		return q
	}
	cw, ch := w, h
	if !fullColour {
		cw, ch = (w+1)/2, (h+1)/2
	}
	q.cb, q.cr = p.cb.resize(cw, ch), p.cr.resize(cw, ch)
	return q
}

// fit returns the size in a square of side; it never enlarges.
func fit(w, h, side int) (int, int) {
	if side <= 0 || w <= side && h <= side {
		return w, h
	}
	if w >= h {
		return side, max(1, (h*side+w/2)/w)
	}
	return max(1, (w*side+h/2)/h), side
}
