package grid

import "fyne.io/fyne/v2"

// Place returns where on the grid a photo is now, and false when it is not in sight.
func (g *Grid) Place(i int) (fyne.Position, fyne.Size, bool) {
	if g.lay == nil || i < 0 || i >= g.src.Len() {
		return fyne.Position{}, fyne.Size{}, false
	}
	r, ok := g.lay.Place(i)
	y := r.Y - g.off
	if !ok || y+float64(r.H) < 0 || y > float64(g.Size().Height) {
		return fyne.Position{}, fyne.Size{}, false
	}
	return fyne.NewPos(r.X+sidePad, float32(y)), fyne.NewSize(r.W, r.H), true
}
