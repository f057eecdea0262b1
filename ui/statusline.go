package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	ttwidget "github.com/dweymouth/fyne-tooltip/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// statusLine says in one sentence whether everything is safe, and at the right
// what is going on.
type statusLine struct {
	s      *shell
	object *fyne.Container
	icon   *look.Icon
	text   *look.Text
	right  *look.Text
	click  *hotspot
	safety words.Safety
	busy   bool // right tells what goes on
}

func newStatusLine(s *shell) *statusLine {
	l := &statusLine{
		s: s, icon: look.NewIcon("safe", look.ColorSafe, 16),
		text: look.NewCut("", look.SizeCaption, look.ColorSecondary), right: look.NewText("", look.SizeCaption, look.ColorSecondary),
	}
	l.click = newHotspot(l.open)
	l.click.at = l.openActivity
	row := container.NewBorder(nil, nil, look.Pad(0, 8, 0, 16, l.icon), look.Pad(0, 20, 0, 12, l.right), l.text)
	l.object = container.NewStack(look.NewSurface(look.ColorSidebar, "", 0), row, l.click)
	return l
}

// open shows the page with the photos that the sentence is of.
func (l *statusLine) open() {
	switch s := l.s; {
	case l.safety.None:
	case l.safety.Away:
		s.open("settings")
	case l.safety.Safe, l.safety.Below:
		s.open("devices")
	default:
		s.open("onecopy")
	}
}

// openActivity shows what goes on, where a click is at the text that tells of it.
func (l *statusLine) openActivity(x float32) bool {
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	if !l.busy || x < place(l.right).X-place(l.click).X {
		return false
	}
	l.s.open("activity")
	return true
}

// tip says what a click does; "" for nothing.
func (l *statusLine) tip() string {
	switch {
	case l.safety.None:
		return ""
	case l.safety.Away:
		return words.T("Open the settings of the library folder")
	case l.safety.Safe, l.safety.Below:
		return words.T("Show which device has how many photos")
	default:
		return words.T("Show these photos")
	}
}

func (l *statusLine) reload() {
	s := l.s
	if !s.loaded {
		l.safety = words.Safety{Text: words.T("Loading…"), None: true}
	} else {
		l.safety = words.Safe(words.Kept{
			Photos: len(s.snap.images), OnlyHere: s.counts.onlyHere, OneCopy: s.counts.oneCopy,
			Below: s.dev.Status().Below, Devices: len(s.devices), Away: s.away != nil,
		})
	}
	switch {
	case l.safety.None:
		l.icon.Set("photos", look.ColorSecondary)
		l.text.SetColour(look.ColorSecondary)
	case l.safety.Safe:
		l.icon.Set("safe", look.ColorSafe)
		l.text.SetColour(look.ColorSecondary)
	default:
		l.icon.Set("one-copy", look.ColorRisk)
		l.text.SetColour(look.ColorRisk)
	}
	l.text.Set(l.safety.Text)
	l.click.SetToolTip(l.tip())
	what := l.going()
	l.busy = what != ""
	if !l.busy {
		what = l.online()
	}
	l.right.Set(what)
	l.object.Refresh()
}

// going says what runs now, or waits; "" when nothing does.
func (l *statusLine) going() string {
	for _, a := range l.s.dev.Activities() {
		if a.Running() {
			return activityLine(a)
		}
	}
	q := l.s.dev.Status().Queue
	switch {
	case q > 0 && l.s.dev.Limits().Paused:
		return words.N("Paused: {{.N}} photos are to be saved here", q)
	case q > 0:
		return words.N("{{.N}} photos are waiting to be saved here", q)
	}
	return ""
}

// online says which other devices are.
func (l *statusLine) online() string {
	var online []string
	for _, d := range l.s.devices {
		if d.Online && !d.Self {
			online = append(online, d.Name)
		}
	}
	if len(online) > 0 {
		return words.T("Online: {{.Names}}", "Names", strings.Join(online, ", "))
	}
	if len(l.s.devices) > 1 {
		return words.T("No other device is online")
	}
	return ""
}

// activityLine is an activity in one short line.
func activityLine(a app.Activity) string {
	parts := []string{activityTitle(a)}
	if a.TotalFiles > 1 {
		parts = append(parts, words.T("{{.Done}} of {{.Total}}", "Done", words.Number(a.Files), "Total", words.Number(a.TotalFiles)))
	}
	if a.Rate > 0 {
		parts = append(parts, words.Rate(a.Rate))
	}
	return strings.Join(parts, " · ")
}

// hotspot is an area that can be clicked, of which only the focus is seen.
type hotspot struct {
	ttwidget.ToolTipWidget
	do   func()
	at   func(x float32) bool // acts on a click at a place, and reports whether it did; or nil
	ring *look.Surface
}

func newHotspot(do func()) *hotspot {
	h := &hotspot{do: do, ring: look.NewRing(theme.ColorNamePrimary, look.Radius)}
	h.ring.Hide()
	h.ExtendBaseWidget(h)
	return h
}

// Tapped implements [fyne.Tappable].
func (h *hotspot) Tapped(e *fyne.PointEvent) {
	if e == nil || h.at == nil || !h.at(e.Position.X) {
		h.do()
	}
}

// FocusGained implements [fyne.Focusable].
func (h *hotspot) FocusGained() { h.ring.Show() }

// FocusLost implements [fyne.Focusable].
func (h *hotspot) FocusLost() { h.ring.Hide() }

// TypedRune implements [fyne.Focusable].
func (h *hotspot) TypedRune(r rune) { look.PassRune(h, r) }

// TypedKey implements [fyne.Focusable].
func (h *hotspot) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		h.do()
	default:
		look.PassKey(h, e)
	}
}

// Cursor implements [desktop.Cursorable].
func (h *hotspot) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer implements [fyne.Widget].
func (h *hotspot) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(h.ring)
}
