package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Select is the toolkit's choice of one of several, which comes into view when
// the keyboard comes to it, and which waits with its list until it is drawn: the
// toolkit has no place for the list before, and would end the program.
type Select struct {
	widget.Select
	self fyne.Widget // what stands in the window: this, or what extends it
}

// NewSelect returns a choice; changed may be nil.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// ExtendBaseWidget makes the choice known as the widget that stands in the window.
func (s *Select) ExtendBaseWidget(self fyne.Widget) {
	s.self = self
	s.Select.ExtendBaseWidget(self)
}

// Tapped implements [fyne.Tappable].
func (s *Select) Tapped(e *fyne.PointEvent) {
	if drawn(s.self) {
		s.Select.Tapped(e)
	}
}

// TypedKey implements [fyne.Focusable].
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	if drawn(s.self) {
		s.Select.TypedKey(e)
	}
}

// drawn is whether an object has been drawn, so that the toolkit knows its window. A
// page that was just made anew has not, and a click or a key may come before.
func drawn(o fyne.CanvasObject) bool {
	return fyne.CurrentApp().Driver().CanvasForObject(o) != nil
}

// FocusGained implements [fyne.Focusable].
func (s *Select) FocusGained() {
	s.Select.FocusGained()
	Reveal(s)
}

// Entry is the toolkit's field for text, which waits with its menu until it is
// drawn, likewise.
type Entry struct {
	widget.Entry
	self fyne.Widget // as of a Select
}

// NewEntry returns an empty field of one line.
func NewEntry() *Entry {
	e := &Entry{}
	e.ExtendBaseWidget(e)
	return e
}

// ExtendBaseWidget makes the field known as the widget that stands in the window.
func (e *Entry) ExtendBaseWidget(self fyne.Widget) {
	e.self = self
	e.Entry.ExtendBaseWidget(self)
}

// TappedSecondary implements [fyne.SecondaryTappable].
func (e *Entry) TappedSecondary(pe *fyne.PointEvent) {
	if drawn(e.self) {
		e.Entry.TappedSecondary(pe)
	}
}

// Check is the toolkit's box to tick, which comes into view when the keyboard
// comes to it.
type Check struct{ widget.Check }

// NewCheck returns a box that is not ticked; changed may be nil.
func NewCheck(text string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained implements [fyne.Focusable].
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	Reveal(c)
}
