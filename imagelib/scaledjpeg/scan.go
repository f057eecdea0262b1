package scaledjpeg

// zigzag is where the coefficients lie that follow each other (figure A.6): rows
// of eight.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// plan says which coefficients of a block are built.
type plan struct {
	last int       // the last of them in zigzag order
	slot [64]uint8 // where each goes, in rows of four; none is the place for the others
}

const none = 16

// plans are those for blocks of 1, 2 and 4 pixels.
var plans = [5]*plan{1: newPlan(1), 2: newPlan(2), 4: newPlan(4)}

func newPlan(side int) *plan {
	p := &plan{}
	for k := range p.slot {
		p.slot[k] = none
		if y, x := int(zigzag[k])/8, int(zigzag[k])%8; y < side && x < side {
			p.slot[k], p.last = uint8(4*y+x), k
		}
	}
	return p
}

// scan decodes the units from data[at:] on, and returns how many were there. At
// damage it goes on behind the next restart marker, if there is one.
func (d *decoder) scan(at int) (units int) {
	d.bits = bitReader{pos: at}
	total := d.across * d.down
	for unit := 0; unit < total; {
		end := total
		if d.interval > 0 {
			end = min(unit+d.interval, total)
		}
		for i := range d.comps {
			d.comps[i].pred = 0
		}
		for ; unit < end && d.unit(unit); unit++ {
			units++
		}
		if unit = end; unit < total && !d.bits.restart(d.data) {
			return units
		}
	}
	return units
}

// unit decodes one minimum coded unit, and reports whether it was there.
func (d *decoder) unit(n int) bool {
	row, col := n/d.across, n%d.across
	for i := range d.comps {
		c := &d.comps[i]
		p := plans[c.side]
		for v := range c.v {
			for h := range c.h {
				var block [none + 1]int32
				few, ok := d.block(c, p, &block)
				if !ok {
					return false
				}
				at := (row*c.v+v)*c.side*c.stride + (col*c.h+h)*c.side
				put(c.pix[at:], c.stride, c.side, &block, few)
			}
		}
	}
	return !d.bits.overrun()
}

// block decodes the coefficients of a block that p asks for, each multiplied by
// its quantizer. few is true when all but the first are zero; ok is false at
// damage.
func (d *decoder) block(c *component, p *plan, block *[none + 1]int32) (few, ok bool) {
	r := &d.bits
	if r.n < 32 {
		r.refill(d.data)
	}
	symbol, ok := r.symbol(c.dc)
	if !ok || symbol > 11 {
		return false, false
	}
	if symbol > 0 {
		c.pred += extend(uint32(r.acc>>(64-uint(symbol))), uint32(symbol))
		r.acc <<= symbol
		r.n -= uint(symbol)
	}
	block[0] = c.pred * int32(c.quant[0])
	k, ok := d.low(c, p, block)
	if !ok {
		return false, false
	}
	few = block[1]|block[2]|block[3]|block[4]|block[5]|block[6]|block[7]|block[8]|
		block[9]|block[10]|block[11]|block[12]|block[13]|block[14]|block[15] == 0
	return few, k > 63 || d.skip(c.ac, k)
}

// low decodes the coefficients from the second on up to the last that p asks
// for, and returns the number of the next, more than 63 at the block's end. It
// keeps the bits in variables of its own, which is what makes it fast.
func (d *decoder) low(c *component, p *plan, block *[none + 1]int32) (k int, ok bool) {
	acc, n := d.bits.acc, d.bits.n
	table, quant, last := &c.ac.value, c.quant, uint(p.last)
	at := uint(1)
	for at <= last {
		if n < 32 {
			d.bits.acc, d.bits.n = acc, n
			d.bits.refill(d.data)
			acc, n = d.bits.acc, d.bits.n
		}
		if e := table[acc>>(64-lookBits)]; e != 0 {
			at += uint(e>>8) & 63
			acc <<= uint(e) & 31
			n -= uint(e) & 31
			if at > 63 {
				break
			}
			block[p.slot[at]] = (e >> 16) * int32(quant[at])
			at++
			continue
		}
		d.bits.acc, d.bits.n = acc, n
		symbol, ok := d.bits.symbol(c.ac)
		if !ok {
			return 0, false
		}
		acc, n = d.bits.acc, d.bits.n
		run, size := uint(symbol>>4), uint(symbol&15)
		switch {
		case size == 0 && run != 15: // the end of the block
			run = blockEnd
		case size > 0 && at+run <= 63:
			block[p.slot[at+run]] = extend(uint32(acc>>(64-size)), uint32(size)) * int32(quant[at+run])
			acc <<= size
			n -= size
		case size > 0:
			return 0, false
		}
		at += run + 1
	}
	d.bits.acc, d.bits.n = acc, n
	return int(at), true
}

// skip passes over the coefficients from k on.
func (d *decoder) skip(h *huffman, k int) bool {
	acc, n := d.bits.acc, d.bits.n
	table := &h.length
	for k < 64 {
		if n < 32 {
			d.bits.acc, d.bits.n = acc, n
			d.bits.refill(d.data)
			acc, n = d.bits.acc, d.bits.n
		}
		if e := uint(table[acc>>(64-lookBits)]); e != 0 {
			k += int(e >> 8)
			acc <<= e & 31
			n -= e & 31
			continue
		}
		d.bits.acc, d.bits.n = acc, n
		symbol, ok := d.bits.symbol(h)
		if !ok {
			return false
		}
		acc, n = d.bits.acc, d.bits.n
		run, size := symbol>>4, uint(symbol&15)
		if size == 0 && run != 15 {
			break
		}
		acc <<= size
		n -= size
		k += run + 1
	}
	d.bits.acc, d.bits.n = acc, n
	return true // a run beyond the block is let pass, as others do
}

// symbol reads a code; ok is false when there is none such.
func (r *bitReader) symbol(h *huffman) (symbol int, ok bool) {
	if e := h.symbol[r.acc>>(64-lookBits)]; e != 0 {
		r.acc <<= e >> 8
		r.n -= uint(e >> 8)
		return int(e & 255), true
	}
	code := int32(r.acc >> 48)
	n := int32(lookBits + 1)
	for n <= 16 && code >= h.limit[n] {
		n++
	}
	if n > 16 {
		return 0, false
	}
	at := code>>(16-n) + h.offset[n]
	if at < 0 || int(at) >= len(h.symbols) {
		return 0, false
	}
	r.acc <<= uint(n)
	r.n -= uint(n)
	return int(h.symbols[at]), true
}
