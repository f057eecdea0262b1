package atlas

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// mark is what shows a group on the map: the picture of its newest photo, how many
// there are, and where.
type mark struct {
	frame, badge, plate *canvas.Rectangle
	picture             *canvas.Image
	count, name         *canvas.Text
}

const (
	frameWidth  = 2
	badgeHeight = 18
	plateHeight = 18
	plateMost   = 92 // of its width
)

func newMark() *mark {
	k := &mark{
		frame: canvas.NewRectangle(color.Transparent), badge: canvas.NewRectangle(color.Transparent), plate: canvas.NewRectangle(color.Transparent),
		picture: &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.ThumbRadius},
		count:   canvas.NewText("", color.Transparent), name: canvas.NewText("", color.Transparent),
	}
	k.frame.CornerRadius, k.badge.CornerRadius, k.plate.CornerRadius = look.Radius, badgeHeight/2, plateHeight/2
	k.count.TextSize, k.name.TextSize = look.SizeCaption, look.SizeCaption
	k.count.TextStyle.Bold = true
	return k
}

// show makes the mark that of a group.
func (k *mark) show(m *Map, c *Cluster, key thumbs.Key) {
	at := m.view.at(c.shown)
	corner := at.SubtractXY(markSize/2, markSize/2)
	if img, ok := m.opts.Thumbs.Get(key); !ok {
		k.picture.Image = nil
	} else if k.picture.Image != img {
		k.picture.Image = img
		k.picture.Refresh()
	}
	k.frame.FillColor, k.frame.StrokeColor, k.frame.StrokeWidth = look.Color(theme.ColorNameOverlayBackground), look.Color(look.ColorBorder), 1
	if m.focused && m.isChosen(c) || c == m.hovered {
		k.frame.StrokeColor, k.frame.StrokeWidth = look.Color(theme.ColorNamePrimary), 3
	}
	k.frame.Move(corner)
	k.frame.Resize(fyne.NewSquareSize(markSize))
	k.picture.Move(corner.AddXY(frameWidth, frameWidth))
	k.picture.Resize(fyne.NewSquareSize(markSize - 2*frameWidth))

	k.count.Text = ""
	if n := len(c.Members); n > 1 {
		k.count.Text = m.opts.Count(n)
	}
	k.count.Color, k.badge.FillColor = look.Color(theme.ColorNameForegroundOnPrimary), look.Color(theme.ColorNamePrimary)
	size := k.count.MinSize()
	w := max(size.Width+12, badgeHeight)
	k.badge.Resize(fyne.NewSize(w, badgeHeight))
	k.badge.Move(fyne.NewPos(corner.X+markSize-w+6, corner.Y-6))
	k.count.Resize(size)
	k.count.Move(k.badge.Position().AddXY((w-size.Width)/2, (badgeHeight-size.Height)/2))

	k.name.Text = cutTo(m.name(c), plateMost-12)
	k.name.Color, k.plate.FillColor = look.Color(theme.ColorNameForeground), look.Color(theme.ColorNameOverlayBackground)
	size = k.name.MinSize()
	k.plate.Resize(fyne.NewSize(size.Width+12, plateHeight))
	k.plate.Move(fyne.NewPos(at.X-(size.Width+12)/2, at.Y+markSize/2-4))
	k.name.Resize(size)
	k.name.Move(k.plate.Position().AddXY(6, (plateHeight-size.Height)/2))
	if !inside(k.badge, m.view.size) { // it would be cut
		k.count.Text = ""
	}
	if !inside(k.plate, m.view.size) {
		k.name.Text = ""
	}
	for _, o := range k.objects() {
		if o != k.picture {
			o.Refresh()
		}
	}
}

// inside tells whether all of an object is on the map.
func inside(o fyne.CanvasObject, size fyne.Size) bool {
	a, b := o.Position(), o.Position().Add(o.Size())
	return a.X >= 0 && a.Y >= 0 && b.X <= size.Width && b.Y <= size.Height
}

func (k *mark) objects() []fyne.CanvasObject {
	objs := []fyne.CanvasObject{k.frame}
	if k.picture.Image != nil {
		objs = append(objs, k.picture)
	}
	if k.count.Text != "" {
		objs = append(objs, k.badge, k.count)
	}
	if k.name.Text != "" {
		objs = append(objs, k.plate, k.name)
	}
	return objs
}

// cutTo cuts a text to a width.
func cutTo(text string, width float32) string {
	fits := func(s string) bool { return fyne.MeasureText(s, look.SizeCaption, fyne.TextStyle{}).Width <= width }
	if fits(text) {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && !fits(string(runes)+"…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
