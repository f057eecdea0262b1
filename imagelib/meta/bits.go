package meta

// bits reads big-endian numbers of any size.
type bits struct {
	d   []byte
	p   int
	bad bool // read past the end
}

func (r *bits) uint(n int) (x uint64) {
	if n > 8 || r.p+n > len(r.d) {
		r.bad = true
		return 0
	}
	for _, c := range r.d[r.p : r.p+n] {
		x = x<<8 | uint64(c)
	}
	r.p += n
	return x
}
