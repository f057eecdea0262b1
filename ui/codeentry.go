package ui

import (
	"net/url"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// codeEntry is the field for a pair code: it shows several lines, but Return
// joins, Tab goes on, and line breaks in what is pasted are dropped.
type codeEntry struct {
	look.Entry
	submit, escape func()
	noText         func() // a paste that brought no text
}

func newCodeEntry(submit, escape, noText func()) *codeEntry {
	e := &codeEntry{submit: submit, escape: escape, noText: noText}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapBreak
	e.TextStyle.Monospace = true
	e.ExtendBaseWidget(e)
	e.SetMinRowsVisible(4)
	e.SetPlaceHolder("paul:…")
	return e
}

// AcceptsTab implements [fyne.Tabbable].
func (*codeEntry) AcceptsTab() bool { return false }

// TypedKey implements [fyne.Focusable].
func (e *codeEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		e.submit()
	case fyne.KeyEscape:
		e.escape()
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (e *codeEntry) TypedShortcut(sc fyne.Shortcut) {
	if p, ok := sc.(*fyne.ShortcutPaste); ok {
		if pastedPath(p.Clipboard.Content()) != "" || strings.TrimSpace(p.Clipboard.Content()) == "" {
			e.noText()
			return
		}
		sc = &fyne.ShortcutPaste{Clipboard: oneLine{p.Clipboard}}
	}
	e.Entry.TypedShortcut(sc)
}

// oneLine is a clipboard whose text has no line breaks.
type oneLine struct{ fyne.Clipboard }

// Content implements [fyne.Clipboard].
func (c oneLine) Content() string { return flat(c.Clipboard.Content()) }

// flat drops line breaks.
func flat(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) }

// pastedPath is the file that a file manager put into the clipboard; "" when
// it holds something else.
func pastedPath(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil || u.Scheme != "file" {
		return ""
	}
	return filepath.FromSlash(u.Path)
}

// codeHint says what is to be said of a code that is being typed, in which
// colour, and whether it can be used.
func codeHint(r app.CodeReview, self string) (text string, colour fyne.ThemeColorName, good bool) {
	switch {
	case r.Odd != "":
		return words.T("A pair code has no “{{.Character}}”: it has only digits and letters, and of those no U.", "Character", r.Odd), look.ColorRisk, false
	case r.Digits == 0:
		return words.T("Capitals, spaces and dashes do not matter. O counts as 0, and I and L count as 1."), look.ColorSecondary, false
	case r.Device == self:
		return words.T("This is this computer's own code. Enter it on the other device."), look.ColorRisk, false
	case r.Whole:
		return words.T("The code is complete."), look.ColorSafe, true
	case r.Other:
		return words.T("This is the code of another device than the one that is chosen."), look.ColorRisk, false
	case r.Mended != "":
		return words.T("Group {{.Place}} has a mistake: for {{.Is}} it should most likely say {{.Want}}.", "Place", words.Number(r.Place), "Is", r.Is, "Want", r.Want), look.ColorRisk, false
	case r.Wrong:
		return words.T("There is a mistake in more than one place. Compare each group of five with the other screen."), look.ColorRisk, false
	}
	return words.N("At least {{.N}} more characters are missing.", r.Missing), look.ColorSecondary, false
}
