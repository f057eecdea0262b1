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
// until the person closes it.
type notices struct {
	s    *shell
	box  *fyne.Container
	told []string // what is shown, or was closed
}

func newNotices(s *shell) *notices {
	n := &notices{s: s, box: container.NewStack()}
	n.box.Hide()
	return n
}

// shown tells whether there is a notice on the screen.
func (n *notices) shown() bool { return n.box.Visible() }

func (n *notices) reload() {
	now := n.s.dev.Notices()
	if slices.Equal(now, n.told) {
		return
	}
	n.told = now
	if len(now) == 0 {
		n.hide()
		return
	}
	n.box.Objects = []fyne.CanvasObject{look.Pad(0, columnPad, 10, columnPad, notice("warning", look.ColorRisk, look.ColorRiskSoft, sentence(strings.Join(now, " ")),
		look.NewButton(words.T("Settings"), "", look.Plain, func() { n.s.open("settings") }),
		look.NewIconButton("close", words.T("Close"), look.Ghost, n.hide)))}
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
