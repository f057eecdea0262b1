package ui

import "fyne.io/fyne/v2"

// panStep is how much of the stage an arrow key moves a zoomed picture.
const panStep = 0.15

// key acts on the viewer's keys.
func (v *viewerPage) key(e *fyne.KeyEvent) {
	switch {
	case v.editor != nil:
		v.editor.key(e.Name)
	case v.duo != nil:
		v.duo.key(e.Name)
	case v.stopSlides() && (e.Name == fyne.KeyEscape || e.Name == fyne.KeySpace):
	default:
		v.wake()
		v.lookKey(e.Name)
	}
}

// lookKey moves through the photos and over the picture.
func (v *viewerPage) lookKey(k fyne.KeyName) {
	switch k {
	case fyne.KeyEscape:
		if v.full {
			v.setFull(false)
		} else {
			v.close()
		}
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		v.arrow(k)
	case fyne.KeyPageUp:
		v.turn(-1)
	case fyne.KeyPageDown:
		v.turn(1)
	case fyne.KeyHome:
		v.show(0)
	case fyne.KeyEnd:
		v.show(v.from.source().Len() - 1)
	case fyne.KeySpace:
		v.toggleSlides()
	case fyne.KeyF11:
		v.toggleFull()
	case fyne.KeyI:
		v.toggleInfo()
	case fyne.KeyT:
		v.toggleStrip()
	case fyne.KeyC:
		v.compareNext()
	case fyne.KeyE:
		v.startEditing()
	default:
		if !zoomKey(v.stage, k) {
			v.photoKey(k)
		}
	}
}

// arrow moves a zoomed picture, else turns to a neighbour.
func (v *viewerPage) arrow(k fyne.KeyName) {
	if !v.stage.Fitted() {
		panKey(v.stage, k)
		return
	}
	switch k {
	case fyne.KeyLeft:
		v.turn(-1)
	case fyne.KeyRight:
		v.turn(1)
	}
}

// photoKey does something with the photo.
func (v *viewerPage) photoKey(k fyne.KeyName) {
	switch k {
	case fyne.KeyF:
		v.s.toggleFavourite(v.sel())
	case fyne.KeyS:
		v.s.savePhotos(v.sel())
	case fyne.KeyU:
		v.s.removePhotos(v.sel())
	case fyne.KeyR:
		v.s.rotatePhotos(v.sel(), 1)
	case fyne.KeyL:
		v.s.rotatePhotos(v.sel(), -1)
	case fyne.KeyO:
		v.s.openWith(v.sel().images)
	case fyne.KeyG:
		v.s.showInFolder(v.sel().images)
	case fyne.KeyDelete, fyne.KeyBackspace:
		v.s.deletePhotos(v.sel())
	}
}

// zoomable is a stage, or two.
type zoomable interface {
	Zoom(factor float64)
	Fit()
	Actual()
	Pan(right, down float64)
}

// zoomKey acts on the keys that zoom, and reports whether k is one.
func zoomKey(s zoomable, k fyne.KeyName) bool {
	switch k {
	case fyne.KeyPlus, fyne.KeyEqual:
		s.Zoom(1.3)
	case fyne.KeyMinus:
		s.Zoom(1 / 1.3)
	case fyne.Key0:
		s.Fit()
	case fyne.Key1:
		s.Actual()
	default:
		return false
	}
	return true
}

// panKey moves over the picture by an arrow key.
func panKey(s zoomable, k fyne.KeyName) {
	switch k {
	case fyne.KeyLeft:
		s.Pan(-panStep, 0)
	case fyne.KeyRight:
		s.Pan(panStep, 0)
	case fyne.KeyUp:
		s.Pan(0, -panStep)
	case fyne.KeyDown:
		s.Pan(0, panStep)
	}
}
