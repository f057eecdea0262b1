package meta

// An orientation by EXIF number is a mirror, or none, followed by quarter turns
// with the clock (TIFF 6.0, tag 274).
var (
	mirrored = [9]bool{2: true, 4: true, 5: true, 7: true}
	turns    = [9]int{1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}
)

// Compose returns the orientation of a picture turned by first and then by
// second, both EXIF orientations from 1 to 8.
func Compose(first, second int) int {
	t := turns[first]
	if mirrored[second] {
		t = -t // a mirror turns turns around
	}
	t = (t + turns[second] + 4) % 4
	m := mirrored[first] != mirrored[second]
	for o := 1; o <= 8; o++ {
		if mirrored[o] == m && turns[o] == t {
			return o
		}
	}
	return 1
}
