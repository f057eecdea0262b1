package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Reveal scrolls the pages that o lies in until it is on the screen: the
// keyboard has come to it. It is looked for in containers, and not in what
// widgets draw.
func Reveal(o fyne.CanvasObject) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	if c == nil {
		return
	}
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	var around []*container.Scroll
	if !find(root, o, &around) {
		return
	}
	const edge = 12
	for _, s := range around { // the innermost first
		y := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(s).Y
		by := float32(0)
		if over := y + o.Size().Height + edge - s.Size().Height; over > 0 {
			by = over
		}
		if y-by < edge {
			by = y - edge
		}
		if by != 0 {
			s.ScrollToOffset(s.Offset.AddXY(0, by))
		}
	}
}

// find tells whether o is in root, and which scrollers are around it.
func find(root, o fyne.CanvasObject, around *[]*container.Scroll) bool {
	if root == o {
		return true
	}
	if root == nil || !root.Visible() {
		return false
	}
	switch r := root.(type) {
	case *fyne.Container:
		for _, k := range r.Objects {
			if find(k, o, around) {
				return true
			}
		}
	case *container.Scroll:
		if find(r.Content, o, around) {
			*around = append(*around, r)
			return true
		}
	case *container.ThemeOverride:
		return find(r.Content, o, around)
	}
	return false
}
