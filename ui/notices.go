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

// notices tells, over the page, what this start of the program could not do,
// until the person closes it, and else which camera's clock was off.
type notices struct {
	s    *shell
	box  *fyne.Container
	told []string // what is shown, or was closed
	held bool     // told is on the screen
	key  string   // of the offer on the screen
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
		n.told, n.held, n.key = now, len(now) > 0, ""
		if n.held {
			n.show(notice("warning", look.ColorRisk, look.ColorRiskSoft, sentence(strings.Join(now, " ")),
				look.NewButton(words.T("Settings"), "", look.Plain, func() { n.s.open("settings") }),
				look.NewIconButton("close", words.T("Close"), look.Ghost, n.close)))
		}
	}
	if n.held {
		return
	}
	offers := n.s.dev.ClockOffers()
	switch key := clockKey(offers); {
	case key == "" && n.shown():
		n.key = ""
		n.hide()
	case key != n.key:
		n.key = key
		n.show(n.s.clockNotice(offers[0]))
	}
}

// close takes away what was told, for good.
func (n *notices) close() {
	n.held = false
	n.hide()
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

// sentence begins a text with a capital and ends it with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
