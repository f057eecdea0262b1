package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
)

// progress is a thin bar; a negative part shows that it is not known.
type progress struct {
	widget.BaseWidget
	part        float32
	track, fill *canvas.Rectangle
}

func newProgress(part float32) *progress {
	p := &progress{part: part, track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	p.track.CornerRadius, p.fill.CornerRadius = 3, 3
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *progress) CreateRenderer() fyne.WidgetRenderer {
	r := &progressRenderer{p}
	r.paint()
	return r
}

// set changes how much is done.
func (p *progress) set(part float32) {
	if p.part != part {
		p.part = part
		p.Refresh()
	}
}

type progressRenderer struct{ p *progress }

func (r *progressRenderer) Destroy()           {}
func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(80, 12) }
func (r *progressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.track, r.p.fill}
}

func (r *progressRenderer) Layout(s fyne.Size) {
	part := min(max(r.p.part, 0), 1)
	if r.p.part < 0 {
		part = 0.08
	}
	r.p.track.Resize(fyne.NewSize(s.Width, 6))
	r.p.track.Move(fyne.NewPos(0, 3))
	r.p.fill.Resize(fyne.NewSize(max(s.Width*part, 6), 6))
	r.p.fill.Move(fyne.NewPos(0, 3))
}

func (r *progressRenderer) paint() {
	r.p.track.FillColor, r.p.fill.FillColor = look.Color(look.ColorSkeleton), look.Color(theme.ColorNamePrimary)
}

func (r *progressRenderer) Refresh() {
	r.paint()
	r.Layout(r.p.Size())
	r.p.track.Refresh()
	r.p.fill.Refresh()
}
