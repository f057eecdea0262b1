package places

import "math"

// point is on the unit sphere: there neither the poles nor the antimeridian are
// special, and what is nearer along the surface is nearer along the chord.
type point [3]float32

func onSphere(lat, lon float64) point {
	const degree = math.Pi / 180
	s, c := math.Sincos(lat * degree)
	sl, cl := math.Sincos(lon * degree)
	return point{float32(c * cl), float32(c * sl), float32(s)}
}

// chord returns the chord, on the unit sphere, of a distance along the surface in
// metres.
func chord(metres float64) float32 { return float32(2 * math.Sin(metres/earthRadius/2)) }

// node is a town in a k-d tree (Bentley, 1975) that is laid out in a list: the
// middle of a part divides it by one coordinate, those in turn.
type node struct {
	at    point
	reach float32 // of the town
	most  float32 // the greatest reach in the part
	id    ID
}

// arrange makes a list a tree, and returns the greatest reach in it.
func arrange(list []node, axis int) (most float32) {
	if len(list) == 0 {
		return 0
	}
	mid := len(list) / 2
	divide(list, mid, axis)
	n := &list[mid]
	axis = (axis + 1) % 3
	n.most = max(n.reach, arrange(list[:mid], axis), arrange(list[mid+1:], axis))
	return n.most
}

// divide orders a list so far that what comes before item k is not greater by a
// coordinate, and what comes after not less (quickselect; Hoare, 1961).
func divide(list []node, k, axis int) {
	for from, to := 0, len(list)-1; from < to; {
		pivot := list[from+(to-from)/2].at[axis]
		i, j := from, to
		for i <= j {
			for list[i].at[axis] < pivot {
				i++
			}
			for list[j].at[axis] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			to = j
		case k >= i:
			from = i
		default:
			return
		}
	}
}

// nearest returns the town whose edge is nearest to a point, 0 when none is
// within MaxDistance.
func nearest(tree []node, at point) ID {
	s := search{at: at, best: chord(MaxDistance)}
	s.look(tree, 0)
	return s.found
}

// search looks for the town nearest to a point.
type search struct {
	at    point
	best  float32 // distance of the nearest edge yet; negative within
	found ID
}

func (s *search) look(part []node, axis int) {
	if len(part) == 0 {
		return
	}
	mid := len(part) / 2
	n := &part[mid]
	x, y, z := n.at[0]-s.at[0], n.at[1]-s.at[1], n.at[2]-s.at[2]
	if d := float32(math.Sqrt(float64(x*x+y*y+z*z))) - n.reach; d < s.best {
		s.best, s.found = d, n.id
	}
	same, other := part[:mid], part[mid+1:]
	beyond := s.at[axis] - n.at[axis]
	if beyond >= 0 {
		same, other = other, same
	} else {
		beyond = -beyond
	}
	axis = (axis + 1) % 3
	s.look(same, axis)
	if len(other) > 0 && beyond-other[len(other)/2].most < s.best {
		s.look(other, axis)
	}
}
