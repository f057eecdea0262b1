package thumb

// Geometry is how a person wants a picture turned and cut. It is applied to the
// upright picture, in the order of its fields. The zero value leaves it as it is.
type Geometry struct {
	Mirror bool    `json:"mirror,omitempty"` // left and right are exchanged
	Turns  int     `json:"turns,omitempty"`  // quarter turns clockwise, 0 to 3
	Angle  float64 `json:"angle,omitempty"`  // degrees clockwise, to level the horizon: -45 to 45
	Crop   Crop    `json:"crop,omitzero"`
}

// Crop is the part of a picture to keep, in shares of its width and height,
// from its upper left. The zero value keeps all.
type Crop struct {
	X, Y, W, H float64
}

// maxAngle is how far a picture may be turned to level its horizon, degrees.
const maxAngle = 45

// Valid reports whether a picture can be drawn so: nothing is out of bounds, and
// something of it is left.
func (g Geometry) Valid() bool {
	return g.Turns >= 0 && g.Turns <= 3 && g.Angle >= -maxAngle && g.Angle <= maxAngle && g.Crop.valid()
}

func (c Crop) valid() bool {
	if c == (Crop{}) {
		return true
	}
	return c.X >= 0 && c.Y >= 0 && c.W > 0 && c.H > 0 && c.X+c.W <= 1 && c.Y+c.H <= 1
}
