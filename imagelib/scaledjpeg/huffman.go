package scaledjpeg

import "fmt"

// lookBits are the bits of a code that are looked up at once; longer ones are
// rare.
const lookBits = 10

// huffman is a table of codes.
type huffman struct {
	// value tells, by the next bits, a code and the number behind it where both
	// are within lookBits: number<<16 | run<<8 | bits. 0 says that they are not.
	value [1 << lookBits]int32

	// length tells a code alone, and the bits of the number: run+1 << 8 | bits of
	// both; symbol what it stands for, with its own bits: bits<<8 | symbol. 0 says
	// that the code is longer.
	length [1 << lookBits]uint16
	symbol [1 << lookBits]uint16

	// Of longer codes: the first code that is too large for n bits, as 16 bits,
	// and what to add to one of n bits to find its symbol.
	limit   [18]int32
	offset  [17]int32
	symbols []byte
}

// blockEnd is the run of a code that ends the block.
const blockEnd = 63

// huffmans reads tables of codes (B.2.4.2).
func (d *decoder) huffmans(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return fmt.Errorf("%w: a table of codes", ErrDamaged)
		}
		class, id := b[0]>>4, b[0]&15
		total := 0
		for _, n := range b[1:17] {
			total += int(n)
		}
		if class > 1 || id > 3 || total > 256 || len(b) < 17+total {
			return fmt.Errorf("%w: a table of codes", ErrDamaged)
		}
		h, err := newHuffman(b[1:17], b[17:17+total])
		if err != nil {
			return err
		}
		d.tables[class][id] = h
		b = b[17+total:]
	}
	return nil
}

// newHuffman builds a table of counts, of codes of 1 to 16 bits, and their
// symbols (annex C).
func newHuffman(counts, symbols []byte) (*huffman, error) {
	h := &huffman{symbols: symbols}
	code, k := int32(0), int32(0)
	for n := int32(1); n <= 16; n++ {
		h.offset[n] = k - code
		for range counts[n-1] {
			if code >= 1<<n {
				return nil, fmt.Errorf("%w: a table of codes", ErrDamaged)
			}
			h.fill(code, n, symbols[k])
			code++
			k++
		}
		h.limit[n] = code << (16 - n)
		code <<= 1
	}
	h.limit[17] = 1 << 16
	return h, nil
}

// fill enters a code of n bits where the next bits may begin with it.
func (h *huffman) fill(code, n int32, symbol byte) {
	if n > lookBits {
		return
	}
	run, size := int32(symbol>>4), int32(symbol&15)
	if size == 0 && run != 15 {
		run = blockEnd
	}
	for rest := range int32(1) << (lookBits - n) {
		at := code<<(lookBits-n) | rest
		h.symbol[at] = uint16(n)<<8 | uint16(symbol)
		h.length[at] = uint16(run+1)<<8 | uint16(n+size)
		if n+size > lookBits {
			continue
		}
		number := int32(0)
		if size > 0 {
			number = extend(uint32(rest>>(lookBits-n-size))&(1<<size-1), uint32(size))
		}
		h.value[at] = number<<16 | run<<8 | (n + size)
	}
}

// extend is the number that size bits stand for (F.2.2.1).
func extend(bits, size uint32) int32 {
	v := int32(bits)
	if v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}
