package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Stretch gives an image another size, and keeps the texture that it has: Resize would
// send its pixels to the graphics card again, in each frame of a zoom. The image's
// scale mode is to be [canvas.ImageScaleFastest], whose texture is of no size.
func Stretch(img *canvas.Image, size fyne.Size) {
	loose := *img // is on no canvas, so that nothing of it is drawn anew
	loose.Resize(size)
	*img = loose
}
