package thumb

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestResizeMixes holds the rows that are done the short way to the sum of each pixel's
// weights.
func TestResizeMixes(t *testing.T) {
	for _, size := range [][4]int{{9, 9, 18, 18}, {40, 31, 80, 62}, {40, 31, 80, 61}, {8, 8, 16, 16}, {40, 30, 79, 60}, {40, 30, 20, 15}, {3, 2, 6, 4}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			p := newPlane(size[0], size[1])
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range p.pix {
				p.pix[i] = byte(rng.IntN(256))
			}
			got := p.resize(size[2], size[3])
			hx, vy := filter(p.w, got.w), filter(p.h, got.h)
			for y := range got.h {
				for x := range got.w {
					if want := p.mixed(hx[x], vy[y]); got.row(y)[x] != want {
						t.Fatalf("%d, %d is %d, want %d", x, y, got.row(y)[x], want)
					}
				}
			}
		})
	}
}

// mixed is one pixel: columns first, with four bits of fraction.
func (p plane) mixed(across, down taps) byte {
	sum := int32(1 << (weightBits + 3))
	for i, kx := range across.weights {
		column := int32(1 << 9)
		for j, ky := range down.weights {
			column += ky * int32(p.row(down.first + j)[across.first+i])
		}
		sum += kx * (column >> 10)
	}
	return clamp(sum >> (weightBits + 4))
}
