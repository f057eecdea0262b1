package look

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Text sizes.
const (
	SizeCaption = 12
	SizeBody    = 14
	SizeTitle   = 17
	SizeHeading = 22
	SizeHero    = 30
)

// Text is text without padding that follows the theme. A paragraph breaks
// between words, and its height follows its width; else it is one line that is
// cut with an ellipsis where it does not fit.
type Text struct {
	widget.BaseWidget
	text   string
	size   float32
	style  fyne.TextStyle
	colour fyne.ThemeColorName
	align  fyne.TextAlign
	wrapAt float32 // 0 = one line
	least  float32 // least width asked for; one line only; < 0 = the whole line

	lines []*canvas.Text
}

// NewText returns one line that asks for its whole width.
func NewText(text string, size float32, colour fyne.ThemeColorName) *Text {
	t := &Text{text: text, size: size, colour: colour, least: -1}
	t.ExtendBaseWidget(t)
	return t
}

// NewCut returns one line that asks for little width and is cut to what it gets.
func NewCut(text string, size float32, colour fyne.ThemeColorName) *Text {
	t := NewText(text, size, colour)
	t.least = 24
	return t
}

// NewPara returns text broken into lines; width is what it asks for.
func NewPara(text string, size, width float32, colour fyne.ThemeColorName) *Text {
	t := NewText(text, size, colour)
	t.wrapAt = width
	return t
}

// Bold makes the text bold, and returns it.
func (t *Text) Bold() *Text {
	t.style.Bold = true
	return t
}

// Mono sets the text in a fixed pitch, and returns it.
func (t *Text) Mono() *Text {
	t.style.Monospace = true
	return t
}

// Align aligns the text, and returns it.
func (t *Text) Align(a fyne.TextAlign) *Text {
	t.align = a
	return t
}

// Text returns the text.
func (t *Text) Text() string { return t.text }

// Set changes the text.
func (t *Text) Set(text string) {
	if t.text == text {
		return
	}
	t.text = text
	t.Refresh()
}

// SetColour changes the colour.
func (t *Text) SetColour(c fyne.ThemeColorName) {
	if t.colour == c {
		return
	}
	t.colour = c
	t.Refresh()
}

func (t *Text) measure(s string) fyne.Size { return fyne.MeasureText(s, t.size, t.style) }

func (t *Text) lineHeight() float32 { return t.measure("Mg").Height }

// wrapped breaks the text between words, and inside a word that is too long.
func (t *Text) wrapped(width float32) []string {
	var out []string
	for para := range strings.SplitSeq(t.text, "\n") {
		line := ""
		for word := range strings.FieldsFuncSeq(para, breakable) {
			next := word
			if line != "" {
				next = line + " " + word
			}
			if t.measure(next).Width <= width {
				line = next
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			for line = word; t.measure(line).Width > width; {
				head := t.head(line, width)
				if i := strings.LastIndexAny(head, `/\`); i > 0 {
					head = head[:i+1] // between folders of a path
				}
				out = append(out, head)
				line = line[len(head):]
			}
		}
		out = append(out, line)
	}
	return out
}

// breakable tells a space at which a line may break; some do not, such as those
// before a French colon.
func breakable(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }

// head returns the longest start of s that fits, at least one rune.
func (t *Text) head(s string, width float32) string {
	last := 0
	for i := range s {
		if i > 0 && t.measure(s[:i]).Width > width {
			break
		}
		last = i
	}
	if last == 0 {
		for i := range s {
			if i > 0 {
				return s[:i]
			}
		}
		return s
	}
	return s[:last]
}

// adopt breaks the text at the width that it was given, where that is another
// than it asked for, so that its height follows at the next layout.
func (t *Text) adopt(width float32) []string {
	lines := t.wrapped(t.wrapAt)
	longest := float32(0)
	for _, l := range lines {
		longest = max(longest, t.measure(l).Width)
	}
	if width > 40 && (width > t.wrapAt+1 || width < longest-1) {
		t.wrapAt = width
		return t.wrapped(width)
	}
	return lines
}

// Hint is a hint for a field, cut to what the field has room for.
func Hint(text string, width float32) string { return NewText(text, SizeBody, "").cut(width) }

// cut shortens one line to the width.
func (t *Text) cut(width float32) string {
	if t.measure(t.text).Width <= width+0.5 {
		return t.text
	}
	return strings.TrimRight(t.head(t.text, width-t.measure("…").Width), " ") + "…"
}

// CreateRenderer implements [fyne.Widget].
func (t *Text) CreateRenderer() fyne.WidgetRenderer { return &textRenderer{t: t} }

type textRenderer struct {
	t    *Text
	objs []fyne.CanvasObject
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) Objects() []fyne.CanvasObject { return r.objs }

func (r *textRenderer) MinSize() fyne.Size {
	t := r.t
	if t.wrapAt > 0 {
		lines := t.wrapped(t.wrapAt)
		w := float32(0)
		for _, l := range lines {
			w = max(w, t.measure(l).Width)
		}
		return fyne.NewSize(w, t.lineHeight()*float32(len(lines)))
	}
	m := t.measure(t.text)
	if t.least >= 0 {
		m.Width = min(m.Width, t.least)
	}
	return fyne.NewSize(m.Width, t.lineHeight())
}

func (r *textRenderer) Layout(s fyne.Size) {
	t := r.t
	lines := []string{t.cut(s.Width)}
	if t.wrapAt > 0 {
		lines = t.adopt(s.Width)
	}
	for len(t.lines) < len(lines) {
		t.lines = append(t.lines, canvas.NewText("", nil))
	}
	r.objs = r.objs[:0]
	h, y := t.lineHeight(), float32(0)
	if t.wrapAt == 0 {
		y = (s.Height - h) / 2
	}
	for i, line := range lines {
		c := t.lines[i]
		c.Text, c.TextSize, c.TextStyle, c.Color, c.Alignment = line, t.size, t.style, theme.Color(t.colour), t.align
		c.Move(fyne.NewPos(0, y))
		c.Resize(fyne.NewSize(s.Width, h))
		c.Refresh()
		r.objs = append(r.objs, c)
		y += h
	}
}

func (r *textRenderer) Refresh() { r.Layout(r.t.Size()) }
