package meta

import "bytes"

// hevcCoding returns how HEVC says that brightness and colour difference were made
// of colours: MatrixCoefficients, and whether brightness is from 16 to 235. config
// is the decoder's configuration (ISO/IEC 14496-15, 8.3.3.1). ok is false where it
// is damaged.
func hevcCoding(config []byte) (matrix byte, limited, ok bool) {
	r := bits{d: config, p: 22}
	for range r.uint(1) {
		typ, count := r.uint(1)&63, r.uint(2)
		for range count {
			n := int(r.uint(2))
			if r.bad || n > len(config)-r.p {
				return 0, false, false
			}
			if typ == 33 {
				return spsCoding(config[r.p : r.p+n])
			}
			r.p += n
		}
	}
	return 0, false, false
}

// spsCoding reads a sequence parameter set up to the colours (ITU-T H.265, 7.3.2.2
// and E.2.1). Where it says nothing of them, brightness is limited (E.3.1).
func spsCoding(nal []byte) (matrix byte, limited, ok bool) {
	r := highBits{d: bytes.ReplaceAll(nal, []byte{0, 0, 3}, []byte{0, 0})}
	r.skip(16 + 4)
	layers := r.uint(3)
	r.skip(1)
	r.profiles(layers)
	r.ue()
	if r.ue() == 3 {
		r.skip(1)
	}
	r.ues(2) // size
	if r.flag() {
		r.ues(4) // of what is cut off
	}
	r.ues(2) // depths
	order := int(r.ue()) + 4
	from := layers
	if r.flag() {
		from = 0
	}
	r.ues(3 * (int(layers-from) + 1))
	r.ues(6)
	if r.flag() { // scaling lists, which may be those of the standard
		if r.flag() {
			r.scalingLists()
		}
	}
	r.skip(2)
	if r.flag() { // PCM
		r.skip(8)
		r.ues(2)
		r.skip(1)
	}
	r.pictureSets()
	if r.flag() { // long-term pictures
		for range min(r.ue(), maxSets) {
			r.skip(order + 1)
		}
	}
	r.skip(2)
	if r.flag() {
		matrix, limited = r.signal()
	} else {
		limited = true
	}
	return matrix, limited, !r.bad
}

const maxSets = 64 // of reference pictures: H.265, 7.4.3.2.1

// signal reads usability information up to the colours.
func (r *highBits) signal() (matrix byte, limited bool) {
	if r.flag() && r.uint(8) == 255 {
		r.skip(32) // a pixel's sides
	}
	if r.flag() {
		r.skip(1)
	}
	if !r.flag() {
		return 0, true
	}
	r.skip(3)
	limited = !r.flag()
	if r.flag() {
		r.skip(16)
		matrix = byte(r.uint(8))
	}
	return matrix, limited
}

// profiles skips profiles, tiers and levels (7.3.3).
func (r *highBits) profiles(layers uint32) {
	r.skip(96)
	var skip int
	for range layers {
		if r.flag() {
			skip += 88
		}
		if r.flag() {
			skip += 8
		}
	}
	if layers > 0 {
		skip += 2 * int(8-layers)
	}
	r.skip(skip)
}

// scalingLists skips them (7.3.4).
func (r *highBits) scalingLists() {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for i := 0; i < 6; i += step {
			switch {
			case !r.flag():
				r.ue()
			case size > 1:
				r.ues(1 + 64)
			default:
				r.ues(16 << (2 * size))
			}
		}
	}
}

// pictureSets skips the short-term reference picture sets (7.3.7).
func (r *highBits) pictureSets() {
	pictures := 0 // of the set before
	for i := range min(r.ue(), maxSets) {
		if i > 0 && r.flag() {
			r.skip(1)
			r.ue()
			n := 0
			for range pictures + 1 {
				used := r.flag()
				if !used {
					used = r.flag() // for later pictures
				}
				if used {
					n++
				}
			}
			pictures = n
			continue
		}
		pictures = int(min(r.ue(), 16) + min(r.ue(), 16))
		for range pictures {
			r.ue()
			r.skip(1)
		}
	}
}

// highBits reads numbers of which the highest bit comes first.
type highBits struct {
	d   []byte
	p   int // bits read
	bad bool
}

func (r *highBits) skip(n int) {
	r.p += n
	r.bad = r.bad || r.p > 8*len(r.d)
}

func (r *highBits) uint(n int) (x uint32) {
	at := r.p
	if r.skip(n); r.bad {
		return 0
	}
	for i := at; i < at+n; i++ {
		x = x<<1 | uint32(r.d[i/8]>>(7-i%8)&1)
	}
	return x
}

func (r *highBits) flag() bool { return r.uint(1) == 1 }

// ue reads a number in Exp-Golomb code (9.2), and ues passes over some: signed ones
// are of the same length.
func (r *highBits) ue() uint32 {
	zeros := 0
	for !r.bad && zeros < 32 && !r.flag() {
		zeros++
	}
	return uint32(uint64(1)<<min(zeros, 31)-1) + r.uint(min(zeros, 31))
}

func (r *highBits) ues(n int) {
	for range n {
		r.ue()
	}
}
