package scaledjpeg

// Constants of the transform of four points, in 1<<fraction: the square root of
// two times the cosine and the sine of an eighth of pi.
const (
	fraction = 12
	cos8     = 5352 // 1.306563
	sin8     = 2217 // 0.541196
)

// put writes the pixels of a block: the inverse transform (A.3.3) of as many
// points as the block has pixels in the result, over the lowest frequencies.
func put(pix []byte, stride, side int, b *[none + 1]int32, few bool) {
	switch {
	case few || side == 1:
		v := clamp((b[0]+4)>>3 + 128)
		for y := range side {
			row := pix[y*stride : y*stride+side]
			for x := range row {
				row[x] = v
			}
		}
	case side == 2:
		put2(pix, stride, b)
	default:
		put4(pix, stride, b)
	}
}

func put2(pix []byte, stride int, b *[none + 1]int32) {
	const round = 4 + 128<<3
	top, topOdd := b[0]+b[4]+round, b[1]+b[5]
	low, lowOdd := b[0]-b[4]+round, b[1]-b[5]
	pix[0], pix[1] = clamp((top+topOdd)>>3), clamp((top-topOdd)>>3)
	pix[stride], pix[stride+1] = clamp((low+lowOdd)>>3), clamp((low-lowOdd)>>3)
}

func put4(pix []byte, stride int, b *[none + 1]int32) {
	var t [16]int32
	for x := range 4 {
		b0, b1, b2, b3 := b[x], b[4+x], b[8+x], b[12+x]
		if b1|b2|b3 == 0 {
			v := b0 << 2
			t[x], t[4+x], t[8+x], t[12+x] = v, v, v, v
			continue
		}
		even0, even1 := (b0+b2)<<2, (b0-b2)<<2
		odd0 := (b1*cos8 + b3*sin8 + 1<<(fraction-3)) >> (fraction - 2)
		odd1 := (b1*sin8 - b3*cos8 + 1<<(fraction-3)) >> (fraction - 2)
		t[x], t[4+x], t[8+x], t[12+x] = even0+odd0, even1+odd1, even1-odd1, even0-odd0
	}
	const shift = fraction + 2 + 3
	const round = 1<<(shift-1) + 128<<shift
	for y := range 4 {
		t0, t1, t2, t3 := t[4*y], t[4*y+1], t[4*y+2], t[4*y+3]
		even0, even1 := (t0+t2)<<fraction+round, (t0-t2)<<fraction+round
		odd0, odd1 := t1*cos8+t3*sin8, t1*sin8-t3*cos8
		row := pix[y*stride : y*stride+4 : y*stride+4]
		row[0], row[1] = clamp((even0+odd0)>>shift), clamp((even1+odd1)>>shift)
		row[2], row[3] = clamp((even1-odd1)>>shift), clamp((even0-odd0)>>shift)
	}
}

func clamp(v int32) byte {
	if uint32(v) > 255 {
		return byte(^(v >> 31)) // 0 below, 255 above
	}
	return byte(v)
}
