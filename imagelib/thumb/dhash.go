package thumb

// The dHash of a picture (N. Krawetz, "Kind of Like That", 2013) is which
// squares of it are brighter than those to their left, on a grid of nine by
// eight: the same picture in another size or quality has nearly the same.
const (
	dHashColumns = 9
	dHashRows    = 8

	// dHashStep is how much brighter a square has to be, in 1/256 of a level:
	// where a picture is even, noise decides nothing.
	dHashStep = 256
)

// dHash returns the dHash of a picture, row by row from the highest bit on; 0
// for one that is even throughout.
func dHash(p picture) (hash uint64) {
	for row := range dHashRows {
		left := p.y.mean(0, row)
		for column := 1; column < dHashColumns; column++ {
			right := p.y.mean(column, row)
			hash <<= 1
			if right > left+dHashStep {
				hash |= 1
			}
			left = right
		}
	}
	return hash
}

// mean returns the mean of a square of the grid, in 1/256 of a level.
func (p plane) mean(column, row int) int {
	x0, x1 := within(column, dHashColumns, p.w)
	y0, y1 := within(row, dHashRows, p.h)
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range p.row(y)[x0:x1] {
			sum += int(v)
		}
	}
	return 256 * sum / ((x1 - x0) * (y1 - y0))
}

// within returns the pixels of part i of n, at least one, along a side.
func within(i, n, side int) (from, to int) {
	from = i * side / n
	return from, max(from+1, (i+1)*side/n)
}
