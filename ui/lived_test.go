package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// lived has photos of four years, of most of which the place is known.
func lived(f *fake) {
	towns := []imagelib.GPS{
		{Lat: 38.72, Lon: -9.14}, {Lat: 38.80, Lon: -9.38}, {Lat: 46.62, Lon: 8.04}, {Lat: 53.55, Lon: 9.99}, {Lat: 41.15, Lon: -8.61}, {Lat: 52.52, Lon: 13.40},
	}
	f.images = nil
	day := now.Add(-3 * time.Hour)
	for i := range 900 {
		if i%7 == 6 {
			day = day.AddDate(0, 0, -1-i%17)
		}
		f.add(i, day.Add(-time.Duration(i%50)*time.Minute))
		img := f.images[i]
		img.Name = fmt.Sprintf("IMG_%04d.JPG", 9000-i)
		img.GPS = nil
		if i%5 != 4 {
			img.GPS = &towns[(i/60*2+i/4%3)%len(towns)]
		}
		img.Locate()
	}
}

// scrub presses the scrubber of the present page, at a part of its height.
func (r *rig) scrub(part float32) {
	g := r.presentGrid().grid
	p := fyne.NewPos(g.Size().Width-10, g.Size().Height*part)
	g.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}})
	g.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}, Button: desktop.MouseButtonPrimary})
}

// tapTip clicks the button that tells by a tooltip what it does.
func (r *rig) tapTip(tip string) {
	r.t.Helper()
	var found *look.Button
	walk(r.win.Canvas().Content(), func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && (b.ToolTip() == tip || b.ToolTip() == words.T(tip)) {
			found = b
		}
	})
	if found == nil {
		r.t.Fatalf("no button %q on the screen", tip)
	}
	test.Tap(found)
}

// pickItem clicks the entry of the open menu that has that text.
func (r *rig) pickItem(text string) {
	r.t.Helper()
	var found fyne.Tappable
	walk(r.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		w, ok := o.(fyne.Widget)
		if !ok {
			return
		}
		for _, part := range test.WidgetRenderer(w).Objects() {
			if t, ok := part.(*canvas.Text); ok && t.Text == text {
				if item, ok := o.(fyne.Tappable); ok {
					found = item
				}
			}
		}
	})
	if found == nil {
		r.t.Fatalf("no menu has %q:\n%s", text, r.texts())
	}
	found.Tapped(&fyne.PointEvent{})
}
