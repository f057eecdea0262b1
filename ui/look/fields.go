package look

import (
	"fyne.io/fyne/v2/widget"
)

// Select is the toolkit's choice of one of several, which comes into view when
// the keyboard comes to it.
type Select struct{ widget.Select }

// NewSelect returns a choice; changed may be nil.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// FocusGained implements [fyne.Focusable].
func (s *Select) FocusGained() {
	s.Select.FocusGained()
	Reveal(s)
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
