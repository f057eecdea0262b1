package look

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/assets"
)

// Symbol returns a symbol of the user interface in a colour of the running
// theme. An unknown name panics: names are constants of the program.
func Symbol(name string, colour fyne.ThemeColorName) fyne.Resource {
	return paint(name, Color(colour))
}

func paint(name string, c color.Color) fyne.Resource {
	src := assets.Symbol(name)
	if src == nil {
		panic("look: no symbol " + name)
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	hex := fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
	return fyne.NewStaticResource("paul-"+name+hex+".svg", bytes.ReplaceAll(src, []byte("currentColor"), []byte(hex)))
}

// MenuSymbol returns a symbol for a menu item.
func MenuSymbol(name string) fyne.Resource { return Symbol(name, ColorSecondary) }

// Icon is a symbol that follows the theme.
type Icon struct {
	widget.BaseWidget
	name   string
	colour fyne.ThemeColorName
	size   float32
	img    *canvas.Image
}

// NewIcon returns a symbol in a square of size.
func NewIcon(name string, colour fyne.ThemeColorName, size float32) *Icon {
	i := &Icon{name: name, colour: colour, size: size, img: &canvas.Image{FillMode: canvas.ImageFillContain}}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes the symbol and its colour.
func (i *Icon) Set(name string, colour fyne.ThemeColorName) {
	if i.name == name && i.colour == colour {
		return
	}
	i.name, i.colour = name, colour
	i.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	i.img.Resource = Symbol(i.name, i.colour)
	return &iconRenderer{i}
}

type iconRenderer struct{ i *Icon }

func (r *iconRenderer) Destroy()                     {}
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.i.img} }
func (r *iconRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.i.size) }
func (r *iconRenderer) Layout(s fyne.Size) {
	r.i.img.Resize(fyne.NewSquareSize(r.i.size))
	r.i.img.Move(fyne.NewPos((s.Width-r.i.size)/2, (s.Height-r.i.size)/2))
}

func (r *iconRenderer) Refresh() {
	r.i.img.Resource = Symbol(r.i.name, r.i.colour)
	r.i.img.Refresh()
}
