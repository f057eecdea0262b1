package ui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// notices tells one thing at a time over the page, the most pressing first: that the
// library folder is away; what this start of the program could not do, until the person
// closes it; what came of an import; which card can be imported; and which camera's clock
// was off.
type notices struct {
	s      *shell
	box    *fyne.Container
	told   []string // of this start
	closed bool     // told was closed
	key    string   // of what is on the screen
}

func newNotices(s *shell) *notices {
	n := &notices{s: s, box: container.NewStack()}
	n.box.Hide()
	return n
}

// shown tells whether there is a notice on the screen.
func (n *notices) shown() bool { return n.box.Visible() }

func (n *notices) reload() {
	if now := n.s.dev.Notices(); !slices.Equal(now, n.told) {
		n.told, n.closed = now, false
	}
	key, build := n.next()
	switch key {
	case n.key:
	case "":
		n.key = ""
		n.hide()
	default:
		n.key = key
		n.show(build())
	}
}

// next is what to tell now; key is "" when there is nothing, and changes with it.
func (n *notices) next() (key string, build func() fyne.CanvasObject) {
	s := n.s
	if s.away != nil {
		return s.awayText(), s.awayNotice
	}
	if len(n.told) > 0 && !n.closed {
		return strings.Join(n.told, " "), n.start
	}
	if m := s.lastImport; m != nil {
		return m.key(), func() fyne.CanvasObject { return s.importNotice(m) }
	}
	if cards := s.dev.Cards(); len(cards) > 0 {
		return pluggedKey(cards[0]), func() fyne.CanvasObject { return s.cardNotice(cards[0]) }
	}
	if offers := s.dev.ClockOffers(); len(offers) > 0 {
		return clockKey(offers), func() fyne.CanvasObject { return s.clockNotice(offers[0]) }
	}
	return "", nil
}

// start tells what this start of the program could not do.
func (n *notices) start() fyne.CanvasObject {
	return notice("warning", look.ColorRisk, look.ColorRiskSoft, sentence(strings.Join(n.told, " ")),
		look.NewButton(words.T("Settings"), "", look.Plain, func() { n.s.open("settings") }),
		look.NewIconButton("close", words.T("Close"), look.Ghost, n.close))
}

// close takes away what this start told, for good.
func (n *notices) close() {
	n.closed = true
	n.reload()
}

func (n *notices) show(o fyne.CanvasObject) {
	n.box.Objects = []fyne.CanvasObject{look.Pad(0, columnPad, 10, columnPad, o)}
	n.box.Show()
	n.s.main.Refresh()
}

func (n *notices) hide() {
	n.box.Hide()
	n.s.main.Refresh()
}

// sentence begins a text with a capital and ends it with a full stop, unless it asks.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if !strings.ContainsRune(".?", rune(text[len(text)-1])) {
		text += "."
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
