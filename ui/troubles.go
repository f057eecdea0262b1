package ui

import (
	"errors"
	"slices"
	"strings"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// noted is what an activity that has ended left out, or found and put right; ""
// when there is nothing to tell.
func noted(a app.Activity) string {
	if a.Running() {
		return ""
	}
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	if a.Kind == app.KindCheck {
		add(a.Repaired, words.N("{{.N}} photos were damaged or missing, and are whole again", a.Repaired))
		add(a.Failed, words.N("{{.N}} files are not as they should be", a.Failed))
		return strings.Join(parts, " · ")
	}
	switch a.Kind {
	case app.KindImport, app.KindWatch, app.KindOutside, app.KindPlace:
	default:
		if len(a.Troubles) > 1 {
			add(len(a.Troubles), words.N("{{.N}} photos were not dealt with", len(a.Troubles)))
		}
		return strings.Join(parts, " · ")
	}
	add(a.Duplicates, words.N("{{.N}} already in the library", a.Duplicates))
	add(a.Failed, words.N("{{.N}} not imported", a.Failed))
	kept := 0
	for _, t := range a.Troubles {
		if errors.Is(t.Err, imagelib.ErrKeptUndrawn) || errors.Is(t.Err, imagelib.ErrKeptPartial) {
			kept++
		}
	}
	add(kept, words.N("{{.N}} damaged, or of a kind that cannot be shown", kept))
	return strings.Join(parts, " · ")
}

// troubleLines names the first of the files, each with what is wrong with it, and
// what was put right last.
func troubleLines(troubles []app.Trouble) string { return troubleList(troubles, 8) }

func troubleList(troubles []app.Trouble, most int) string {
	repaired := func(t app.Trouble) bool { return t.Repaired }
	left := slices.DeleteFunc(slices.Clone(troubles), repaired)
	troubles = append(left, slices.DeleteFunc(slices.Clone(troubles), func(t app.Trouble) bool { return !repaired(t) })...)
	var lines []string
	for _, t := range troubles[:min(most, len(troubles))] {
		lines = append(lines, words.T("{{.File}}: {{.Problem}}", "File", t.Name, "Problem", troubleText(t)))
	}
	if more := len(troubles) - most; more > 0 {
		lines = append(lines, words.N("and {{.N}} more", more))
	}
	return strings.Join(lines, "\n")
}

// troubleText says in short what is wrong with a file.
func troubleText(t app.Trouble) string {
	switch {
	case errors.Is(t.Err, app.ErrCorrupt) && t.Repaired:
		return words.T("It had rotted on the disk, and came again from another device.")
	case errors.Is(t.Err, app.ErrCorrupt):
		return words.T("It has rotted on the disk. It comes again when a device that has it is online.")
	case errors.Is(t.Err, app.ErrMissing) && t.Repaired:
		return words.T("It was gone, and came again from another device.")
	case words.Known(t.Err):
		return words.Explain(t.Err).What
	}
	if one := (*app.FileError)(nil); errors.As(t.Err, &one) {
		return one.Err.Error()
	}
	return t.Err.Error()
}

// checked sums a check up.
func (s *shell) checked(opts app.CheckOptions, r app.CheckResult, troubles []app.Trouble) {
	if r.Problems == 0 {
		text := words.N("{{.N}} photos were read, and all are as they should be", r.Read)
		if !opts.ReadData {
			text = words.N("{{.N}} photos are where they should be; they were not read", r.Files)
		}
		if r.Waiting > 0 {
			text += ". " + words.N("{{.N}} photos are waiting to be saved here", r.Waiting)
		}
		s.toasts.show(text, nil)
		return
	}
	a := app.Activity{Kind: app.KindCheck, Failed: r.Problems - r.Repaired, Repaired: r.Repaired, Ended: s.now()}
	s.tell("warning", words.T("The photos here were checked"), noted(a)+"\n\n"+troubleLines(troubles))
}
