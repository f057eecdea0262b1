package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
)

// modal is a dialog: a card in the middle of the window over a scrim that takes
// all input.
type modal struct {
	s      *shell
	root   *fyne.Container
	body   *fyne.Container
	width  float32
	main   *look.Button // what Return does; nil = nothing
	closed func()       // after it has gone, however
	open   bool
}

// dialogWidth is the usual width of a dialog's content.
const dialogWidth = 420

func (s *shell) newModal(width float32) *modal {
	m := &modal{s: s, width: width, body: container.NewStack()}
	card := container.NewStack(
		look.NewSurface(theme.ColorNameOverlayBackground, theme.ColorNameSeparator, look.CardRadius),
		look.PadAll(24, m.body),
	)
	m.root = container.NewStack(newScrim(), container.NewCenter(card))
	return m
}

// set puts content into the dialog, and gives the keyboard to its main button;
// nil is for a step that has none. It may be called while the dialog is open.
func (m *modal) set(o fyne.CanvasObject, main *look.Button) {
	m.body.Objects = []fyne.CanvasObject{look.Fixed(m.width, 0, o)}
	m.main = main
	m.layOut()
	if m.open {
		m.focus()
	}
}

// layOut gives the dialog its place. The height of paragraphs follows the width
// that they get the first time.
func (m *modal) layOut() {
	for range 2 {
		m.root.Refresh()
	}
}

// focus takes the keyboard from what the dialog showed before.
func (m *modal) focus() {
	c := m.s.win.Canvas()
	if c.Overlays().Top() != m.root {
		return // a menu lies over it
	}
	c.Unfocus()
	if m.main != nil {
		c.Focus(m.main)
	}
}

func (m *modal) show() {
	m.open = true
	c := m.s.win.Canvas()
	m.s.modals = append(m.s.modals, m)
	c.Overlays().Add(m.root)
	m.root.Resize(c.Size())
	m.layOut()
	m.focus()
}

func (m *modal) hide() {
	if !m.open {
		return
	}
	m.open = false
	m.s.modals = slices.DeleteFunc(m.s.modals, func(o *modal) bool { return o == m })
	m.s.win.Canvas().Overlays().Remove(m.root)
	if m.closed != nil {
		m.closed()
	}
}

// key acts on a key that nothing in the dialog has taken.
func (m *modal) key(k fyne.KeyName) {
	switch k {
	case fyne.KeyEscape:
		m.hide()
	case fyne.KeyReturn, fyne.KeyEnter:
		if m.main != nil {
			m.main.Tapped(nil)
		}
	}
}

// scrim dims what lies under a dialog, and takes its clicks.
type scrim struct{ widget.BaseWidget }

func newScrim() *scrim {
	s := &scrim{}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements [fyne.Widget].
func (s *scrim) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(look.NewSurface(look.ColorScrim, "", 0))
}

// Tapped implements [fyne.Tappable].
func (s *scrim) Tapped(*fyne.PointEvent) {}

// TappedSecondary implements [fyne.SecondaryTappable].
func (s *scrim) TappedSecondary(*fyne.PointEvent) {}

// Scrolled implements [fyne.Scrollable].
func (s *scrim) Scrolled(*fyne.ScrollEvent) {}

// dialogHead is a dialog's symbol, title and text.
func dialogHead(symbol string, colour, ground fyne.ThemeColorName, title, text string) *fyne.Container {
	box := look.VBox(12)
	if symbol != "" {
		mark := container.NewStack(look.NewSurface(ground, "", 20), look.Fixed(40, 40, container.NewCenter(look.NewIcon(symbol, colour, 22))))
		box.Add(look.HBox(0, mark))
	}
	box.Add(look.NewPara(title, look.SizeTitle, dialogWidth, theme.ColorNameForeground).Bold())
	if text != "" {
		box.Add(look.NewPara(text, look.SizeBody, dialogWidth, look.ColorSecondary))
	}
	return box
}

// keySelect is a choice in a dialog, whose Escape is the dialog's.
type keySelect struct {
	look.Select
	escape func()
}

func newKeySelect(options []string, escape func()) *keySelect {
	s := &keySelect{escape: escape}
	s.Options = options
	s.ExtendBaseWidget(s)
	return s
}

// FocusGained implements [fyne.Focusable].
func (s *keySelect) FocusGained() {
	s.Select.FocusGained()
	look.Reveal(s)
}

// TypedKey implements [fyne.Focusable].
func (s *keySelect) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		s.escape()
		return
	}
	s.Select.TypedKey(k)
}

// buttons is the row of a dialog's buttons, at the right.
func buttons(b ...fyne.CanvasObject) *fyne.Container {
	row := look.HBox(8, b...)
	return look.Pad(20, 0, 0, 0, container.NewBorder(nil, nil, nil, row))
}

// question is a dialog with a text, a way out and a way on. The keyboard is with
// the way on, but where that is dangerous with the way out.
type question struct {
	symbol, title, text string
	danger              bool
	yes, no             string
	do                  func()
	more                fyne.CanvasObject // between the text and the buttons
	third               string            // another way out, at the left
	thirdDo             func()
}

func (s *shell) ask(q question) {
	m := s.newModal(dialogWidth)
	colour, ground := theme.ColorNamePrimary, look.ColorSoft
	style := look.Primary
	if q.danger {
		colour, ground, style = look.ColorRisk, look.ColorRiskSoft, look.Danger
	}
	box := look.VBox(0, dialogHead(q.symbol, colour, ground, q.title, q.text))
	if q.more != nil {
		box.Add(look.Pad(14, 0, 0, 0, q.more))
	}
	var row []fyne.CanvasObject
	if q.third != "" {
		row = append(row, look.NewButton(q.third, "", look.Ghost, func() {
			m.hide()
			q.thirdDo()
		}))
	}
	var no *look.Button
	if q.no != "" {
		no = look.NewButton(q.no, "", look.Plain, m.hide)
		row = append(row, no)
	}
	yes := look.NewButton(q.yes, "", style, func() {
		m.hide()
		if q.do != nil {
			q.do()
		}
	})
	box.Add(buttons(append(row, yes)...))
	first := yes
	if q.danger {
		first = no
	}
	m.set(box, first)
	m.show()
}

// tell is a dialog that only says something.
func (s *shell) tell(symbol, title, text string) {
	s.ask(question{symbol: symbol, title: title, text: text, yes: tOK()})
}
