package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	ttwidget "github.com/dweymouth/fyne-tooltip/widget"
)

// Style is how much a button asks for attention.
type Style int

// Styles of buttons.
const (
	Plain   Style = iota // on its own ground
	Primary              // the one action of a screen
	Ghost                // no ground until the mouse is over it
	Danger               // removes something
	Dark                 // no ground, on the viewer's stage
	Toast                // no ground, on a toast
)

// Button is a button with text, a symbol, or both. One with a symbol alone
// should have a tooltip.
type Button struct {
	ttwidget.ToolTipWidget
	OnTapped func()

	text, symbol string
	style        Style
	colour       fyne.ThemeColorName // of the symbol; "" = as the text
	disabled     bool
	hovered      bool
	focused      bool
	pressed      bool
}

var (
	_ fyne.Tappable     = (*Button)(nil)
	_ fyne.Focusable    = (*Button)(nil)
	_ fyne.Disableable  = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
	_ desktop.Mouseable = (*Button)(nil)
)

// NewButton returns a button.
func NewButton(text, symbol string, style Style, tapped func()) *Button {
	b := &Button{text: text, symbol: symbol, style: style, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton returns a button with a symbol alone, and says in a tooltip what
// it does.
func NewIconButton(symbol, tip string, style Style, tapped func()) *Button {
	b := NewButton("", symbol, style, tapped)
	b.SetToolTip(tip)
	return b
}

// Text returns the button's text.
func (b *Button) Text() string { return b.text }

// SetText changes the text.
func (b *Button) SetText(text string) {
	if b.text != text {
		b.text = text
		b.Refresh()
	}
}

// SetStyle changes how much the button asks for attention.
func (b *Button) SetStyle(style Style) {
	if b.style != style {
		b.style = style
		b.Refresh()
	}
}

// SetSymbol changes the symbol and its colour; "" means as the text.
func (b *Button) SetSymbol(symbol string, colour fyne.ThemeColorName) {
	if b.symbol != symbol || b.colour != colour {
		b.symbol, b.colour = symbol, colour
		b.Refresh()
	}
}

// Enable implements [fyne.Disableable].
func (b *Button) Enable() { b.setDisabled(false) }

// Disable implements [fyne.Disableable].
func (b *Button) Disable() { b.setDisabled(true) }

// Disabled implements [fyne.Disableable].
func (b *Button) Disabled() bool { return b.disabled }

func (b *Button) setDisabled(d bool) {
	if b.disabled != d {
		b.disabled = d
		b.Refresh()
	}
}

// Hide implements [fyne.CanvasObject]. A button that goes away under the mouse
// takes its tooltip along.
func (b *Button) Hide() {
	b.ToolTipWidget.MouseOut()
	b.hovered, b.pressed = false, false
	b.ToolTipWidget.Hide()
}

// Tapped implements [fyne.Tappable].
func (b *Button) Tapped(*fyne.PointEvent) {
	b.ToolTipWidget.MouseOut()
	if !b.disabled && b.OnTapped != nil {
		b.OnTapped()
	}
}

// MouseIn implements [desktop.Hoverable].
func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.ToolTipWidget.MouseIn(e)
	b.hovered = true
	b.Refresh()
}

// MouseMoved implements [desktop.Hoverable].
func (b *Button) MouseMoved(e *desktop.MouseEvent) { b.ToolTipWidget.MouseMoved(e) }

// MouseOut implements [desktop.Hoverable].
func (b *Button) MouseOut() {
	b.ToolTipWidget.MouseOut()
	b.hovered, b.pressed = false, false
	b.Refresh()
}

// MouseDown implements [desktop.Mouseable].
func (b *Button) MouseDown(*desktop.MouseEvent) {
	b.pressed = true
	b.Refresh()
}

// MouseUp implements [desktop.Mouseable].
func (b *Button) MouseUp(*desktop.MouseEvent) {
	b.pressed = false
	b.Refresh()
}

// FocusGained implements [fyne.Focusable].
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	Reveal(b)
}

// FocusLost implements [fyne.Focusable].
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
}

// TypedRune implements [fyne.Focusable].
func (b *Button) TypedRune(r rune) { PassRune(b, r) }

// PassRune hands what is typed, and the focused object o has no use for, to its window.
func PassRune(o fyne.CanvasObject, r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// TypedKey implements [fyne.Focusable].
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		PassKey(b, e)
	}
}

// PassKey hands a key that the focused object o has no use for to its window.
func PassKey(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// CreateRenderer implements [fyne.Widget].
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b: b, ground: canvas.NewRectangle(color.Transparent), over: canvas.NewRectangle(color.Transparent),
		ring: canvas.NewRectangle(color.Transparent), label: canvas.NewText("", color.Black), icon: &canvas.Image{FillMode: canvas.ImageFillContain},
	}
	r.ground.CornerRadius, r.over.CornerRadius, r.ring.CornerRadius = Radius, Radius, Radius
	if b.filled() {
		r.ring.CornerRadius = Radius - ringInset
	}
	r.paint()
	return r
}

type buttonRenderer struct {
	b            *Button
	ground, over *canvas.Rectangle
	ring         *canvas.Rectangle // tells who has the keyboard
	label        *canvas.Text
	icon         *canvas.Image
}

const (
	buttonPad  = 14
	buttonIcon = 18
	buttonGap  = 7
	ringWidth  = 2
	ringInset  = 2 // on a button with a strong ground
)

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	objs := []fyne.CanvasObject{r.ground, r.over}
	if r.b.focused {
		objs = append(objs, r.ring)
	}
	if r.b.symbol != "" {
		objs = append(objs, r.icon)
	}
	if r.b.text != "" {
		objs = append(objs, r.label)
	}
	return objs
}

func (r *buttonRenderer) content() (width float32) {
	if r.b.text != "" {
		width = r.label.MinSize().Width
		if r.b.symbol != "" {
			width += buttonGap
		}
	}
	if r.b.symbol != "" {
		width += buttonIcon
	}
	return width
}

func (r *buttonRenderer) MinSize() fyne.Size {
	if r.b.text == "" {
		return fyne.NewSquareSize(ControlHeight())
	}
	cut := r.label.Text
	r.label.Text = r.b.text
	width := r.content() + 2*buttonPad
	r.label.Text = cut
	return fyne.NewSize(width, ControlHeight())
}

func (r *buttonRenderer) Layout(s fyne.Size) {
	r.fit(s.Width)
	r.ground.Resize(s)
	r.over.Resize(s)
	inset := float32(0)
	if r.b.filled() {
		inset = ringInset
	}
	r.ring.Move(fyne.NewSquareOffsetPos(inset))
	r.ring.Resize(s.SubtractWidthHeight(2*inset, 2*inset))
	x := (s.Width - r.content()) / 2
	if r.b.symbol != "" {
		r.icon.Resize(fyne.NewSquareSize(buttonIcon))
		r.icon.Move(fyne.NewPos(x, (s.Height-buttonIcon)/2))
		x += buttonIcon + buttonGap
	}
	m := r.label.MinSize()
	r.label.Resize(m)
	r.label.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
}

// fit cuts the text to what there is room for in a width.
func (r *buttonRenderer) fit(width float32) {
	r.label.Text = r.b.text
	room := width - buttonGap
	if r.b.symbol != "" {
		room -= buttonIcon + buttonGap
	}
	if r.b.text != "" && width > 0 && r.label.MinSize().Width > room {
		t := NewText(r.b.text, SizeBody, "")
		t.style = r.label.TextStyle
		r.label.Text = t.cut(room)
	}
}

// filled tells a button that stands on a strong colour.
func (b *Button) filled() bool { return b.style == Primary || b.style == Danger }

// onDark tells a button that stands on a ground that is dark in both variants.
func (b *Button) onDark() bool { return b.style == Dark || b.style == Toast }

// colours of a button's ground and text.
func (b *Button) colours() (ground, text fyne.ThemeColorName) {
	switch b.style {
	case Primary:
		ground, text = theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary
	case Danger:
		ground, text = theme.ColorNameError, theme.ColorNameForegroundOnError
	case Ghost:
		text = theme.ColorNameForeground
	case Dark:
		text = ColorOnStage
	case Toast:
		text = ColorToastLink
	default:
		ground, text = theme.ColorNameButton, theme.ColorNameForeground
	}
	if b.disabled {
		if ground != "" {
			ground = theme.ColorNameDisabledButton
		}
		text = theme.ColorNameDisabled
	}
	return ground, text
}

func (r *buttonRenderer) paint() {
	b := r.b
	ground, text := b.colours()
	r.ground.FillColor, r.over.FillColor = color.Transparent, color.Transparent
	if ground != "" {
		r.ground.FillColor = Color(ground)
	}
	switch {
	case b.disabled:
	case b.onDark() && (b.hovered || b.pressed):
		r.over.FillColor = rgba(0xFFFFFF, 0x26)
	case b.pressed:
		r.over.FillColor = Color(theme.ColorNamePressed)
	case b.hovered:
		r.over.FillColor = Color(theme.ColorNameHover)
	}
	r.ring.StrokeColor, r.ring.StrokeWidth = color.Transparent, 0
	if b.focused && !b.disabled {
		c := theme.ColorNamePrimary
		if b.filled() || b.onDark() {
			c = text // the accent would not show on itself
		}
		r.ring.StrokeColor, r.ring.StrokeWidth = Color(c), ringWidth
	}
	r.label.Text, r.label.TextSize, r.label.Color = b.text, SizeBody, Color(text)
	r.label.TextStyle.Bold = b.filled() || b.style == Toast
	if b.symbol != "" {
		c := text
		if b.colour != "" && !b.disabled {
			c = b.colour
		}
		r.icon.Resource = Symbol(b.symbol, c)
	}
}

func (r *buttonRenderer) Refresh() {
	r.paint()
	r.Layout(r.b.Size())
	r.ground.Refresh()
	r.over.Refresh()
	r.ring.Refresh()
	r.label.Refresh()
	if r.b.symbol != "" {
		r.icon.Refresh()
	}
	canvas.Refresh(r.b)
}
