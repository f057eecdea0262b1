package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/imagelib"
)

// TestRotate turns photos by keys, in the grid and in the viewer: tile and picture
// take the new shape, and the toast takes it back.
func TestRotate(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.settle()
	g := r.presentGrid()
	before := g.grid.Source().Aspect(2)
	g.grid.Select(2)
	r.press(fyne.KeyR)
	r.waitCall("rotate 1 2")
	r.until("the tile", func() bool { return g.grid.Source().Aspect(2) == 1/before })
	r.settle()
	if m, ok := r.thumbs.Get(thumbKey(g.image(2), 256)); !ok || (m.Rect.Dx() > m.Rect.Dy()) != (before < 1) {
		t.Error("the tile does not show the photo turned")
	}
	r.wantText("1 photo rotated right")
	r.toasts.undo()
	r.waitCall("rotate -1 2")
	r.until("the tile as before", func() bool { return g.grid.Source().Aspect(2) == before })

	r.view.open(g, 3)
	r.settle()
	was := thumbKey(r.view.img, 0)
	r.press(fyne.KeyL)
	r.waitCall("rotate -1 3")
	r.until("the photo", func() bool { return thumbKey(r.view.img, 0) != was && r.view.near[thumbKey(r.view.img, 0)] != nil })
	b := r.view.near[thumbKey(r.view.img, 0)].Bounds()
	if (b.Dx() > b.Dy()) != (r.view.img.Width > r.view.img.Height) {
		t.Errorf("the viewer shows %v of %d x %d", b, r.view.img.Width, r.view.img.Height)
	}
	r.wantText("1 photo rotated left")
}

// TestExportOfEdited asks whether edits are to be applied, where there are any.
func TestExportOfEdited(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	r.settle()
	r.pick.paths = []string{"/media/out"}
	g := r.presentGrid()
	g.grid.Select(1)
	r.exportPhotos(r.selection())
	r.waitCall("export /media/out 1")
	r.rotatePhotos(makeSel([]*imagelib.Image{r.snap.images[2]}), 1)
	r.waitCall("rotate 1 2")
	g.grid.Select(2)
	r.until("the edit", func() bool { return g.image(2).Geometry().Turns == 1 })
	r.exportPhotos(r.selection())
	r.wantText("Export the photo with your edits applied?")
	r.tap("Originals and edited copies")
	r.waitCall("export /media/out 2 edited")
	r.exportPhotos(r.selection())
	r.tap("Originals only")
	r.waitCall("export /media/out 2")
}
