package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// activityTitle says what an activity does.
func activityTitle(a app.Activity) string {
	what := map[string]string{
		app.KindImport: words.T("Importing {{.What}}", "What", a.Title), app.KindSave: words.T("Saving {{.What}} here", "What", a.Title),
		app.KindExport: words.T("Exporting {{.What}}", "What", a.Title), app.KindMove: words.T("Moving the library to {{.What}}", "What", a.Title),
		app.KindFetch: words.T("Loading {{.What}}", "What", a.Title), app.KindUnsave: words.T("Removing {{.What}} from this computer", "What", a.Title),
		app.KindDelete: words.T("Deleting {{.What}}", "What", a.Title), app.KindRestore: words.T("Restoring {{.What}}", "What", a.Title),
		app.KindPurge: words.T("Removing {{.What}} from the trash", "What", a.Title),
		app.KindCheck: words.T("Checking {{.What}}", "What", a.Title), app.KindWatch: words.T("Watched folder {{.What}}", "What", a.Title),
		app.KindPlace:    words.T("Folder in place {{.What}}", "What", a.Title),
		app.KindDate:     words.T("Corrected the dates of {{.What}}", "What", a.Title),
		app.KindGeometry: words.T("Turned or cut {{.What}}", "What", a.Title),
		app.KindOutside:  words.T("Changed or added in the library folder: {{.What}}", "What", a.Title),
		app.KindBackup:   words.T("Saving the records to {{.What}}", "What", a.Title), app.KindRestoreBackup: words.T("Taking in the records of {{.What}}", "What", a.Title),
	}
	done := map[string]string{
		app.KindImport: words.T("Imported {{.What}}", "What", a.Title), app.KindSave: words.T("Saved {{.What}} here", "What", a.Title),
		app.KindExport: words.T("Exported {{.What}}", "What", a.Title), app.KindMove: words.T("Moved the library to {{.What}}", "What", a.Title),
		app.KindFetch: words.T("Loaded {{.What}}", "What", a.Title), app.KindUnsave: words.T("Removed {{.What}} from this computer", "What", a.Title),
		app.KindDelete: words.T("Deleted {{.What}}", "What", a.Title), app.KindRestore: words.T("Restored {{.What}}", "What", a.Title),
		app.KindPurge: words.T("Removed {{.What}} from the trash for good", "What", a.Title),
		app.KindCheck: words.T("Checked {{.What}}", "What", a.Title), app.KindWatch: words.T("Watched folder {{.What}}", "What", a.Title),
		app.KindPlace:    words.T("Folder in place {{.What}}", "What", a.Title),
		app.KindDate:     words.T("Corrected the dates of {{.What}}", "What", a.Title),
		app.KindGeometry: words.T("Turned or cut {{.What}}", "What", a.Title),
		app.KindOutside:  words.T("Changed or added in the library folder: {{.What}}", "What", a.Title),
		app.KindBackup:   words.T("Saved the records to {{.What}}", "What", a.Title), app.KindRestoreBackup: words.T("Took in the records of {{.What}}", "What", a.Title),
	}
	if !a.Running() && a.Err == nil {
		what = done
	}
	if t, ok := what[a.Kind]; ok {
		return t
	}
	return a.Title
}

func activitySymbol(a app.Activity) (string, fyne.ThemeColorName, fyne.ThemeColorName) {
	switch {
	case a.Err != nil && !cancelled(a.Err), !a.Running() && a.Failed > 0:
		return "warning", look.ColorRisk, look.ColorRiskSoft
	case !a.Running():
		return "check", look.ColorSafe, look.ColorSafeSoft
	}
	symbol := map[string]string{
		app.KindImport: "plus", app.KindSave: "save", app.KindFetch: "save", app.KindUnsave: "remove",
		app.KindDelete: "trash", app.KindPurge: "trash", app.KindRestore: "restore", app.KindCheck: "safe", app.KindWatch: "plus", app.KindPlace: "plus", app.KindOutside: "plus", app.KindExport: "export", app.KindMove: "folder",
	}[a.Kind]
	if symbol == "" {
		symbol = "activity"
	}
	return symbol, theme.ColorNamePrimary, look.ColorSoft
}

// activityRow is an activity on the page: what, how far, how fast, how long still, and
// why not.
type activityRow struct {
	p      *activityPage
	object fyne.CanvasObject
	title  *look.Text
	detail *look.Text
	bar    *progress
	more   *look.Button // unfolds the details; nil without any
	files  []*movingRow // of what moves, when it is unfolded
}

func (p *activityPage) newRow(a app.Activity) *activityRow {
	r := &activityRow{p: p}
	symbol, colour, ground := activitySymbol(a)
	mark := container.NewStack(look.NewSurface(ground, "", 20), look.Fixed(40, 40, container.NewCenter(look.NewIcon(symbol, colour, 20))))
	r.title = look.NewCut("", look.SizeBody, theme.ColorNameForeground).Bold()
	r.detail = look.NewPara("", look.SizeCaption, 300, look.ColorSecondary)
	lines := look.VBox(4, r.title)
	if a.Running() {
		r.bar = newProgress(activityPart(a))
		lines.Add(r.bar)
	}
	lines.Add(r.detail)
	for _, t := range outcome(a) {
		lines.Add(t)
	}
	head := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.VBox(0, mark)), look.Pad(0, 0, 0, 14, container.NewCenter(look.HBox(8, r.buttons(a)...))), lines)
	whole := look.VBox(10, head)
	if p.open[a.ID] {
		whole.Add(look.Pad(0, 0, 0, 58, r.details(a)))
	}
	r.object = look.Card(whole)
	return r
}

// set shows the figures of now.
func (r *activityRow) set(a app.Activity) {
	r.title.Set(activityTitle(a))
	r.detail.Set(r.p.detail(a))
	if r.bar != nil {
		r.bar.set(activityPart(a))
	}
	for i, f := range r.files[:min(len(r.files), len(a.Moving))] {
		f.set(a.Moving[i])
	}
}

// outcome says what an activity left out, and why it ended early.
func outcome(a app.Activity) (lines []fyne.CanvasObject) {
	if text := noted(a); text != "" {
		colour := look.ColorSecondary
		if a.Failed > 0 {
			colour = look.ColorRisk
		}
		lines = append(lines, look.NewPara(text, look.SizeCaption, 560, colour))
	}
	if a.Err != nil && !cancelled(a.Err) {
		cause := a.Cause
		if cause == "" || words.Known(a.Err) {
			e := words.Explain(a.Err)
			cause = e.What + " " + e.Do
		}
		lines = append(lines, look.NewPara(cause, look.SizeCaption, 560, look.ColorRisk))
	}
	return lines
}

// buttons are what can be done with an activity.
func (r *activityRow) buttons(a app.Activity) (row []fyne.CanvasObject) {
	if len(a.Troubles) > 0 || len(a.Moving) > 0 {
		text := words.T("Details")
		if r.p.open[a.ID] {
			text = words.T("Hide details")
		}
		r.more = look.NewButton(text, "", look.Ghost, func() { r.p.toggle(a.ID) })
		row = append(row, r.more)
	}
	switch {
	case a.Running() && a.Cancel != nil:
		row = append(row, look.NewButton(words.T("Cancel"), "", look.Plain, a.Cancel))
	case a.Retry != nil:
		row = append(row, look.NewButton(words.T("Try again"), "", look.Plain, func() { r.p.retry(a) }))
	}
	return row
}

// mostDetails bounds the files that a row tells of.
const mostDetails = 100

// details names what moves now and from where, and the files that failed and why.
func (r *activityRow) details(a app.Activity) fyne.CanvasObject {
	box := look.VBox(8)
	for _, t := range a.Moving[:min(len(a.Moving), mostDetails)] {
		f := r.p.newMovingRow(t)
		r.files = append(r.files, f)
		box.Add(f.object)
	}
	if len(a.Troubles) > 0 {
		box.Add(look.NewPara(troubleList(a.Troubles, mostDetails), look.SizeCaption, 560, look.ColorSecondary))
		box.Add(look.HBox(0, look.NewButton(words.T("Copy this list"), "copy", look.Plain, func() {
			r.p.s.copy(troubleList(a.Troubles, len(a.Troubles)))
		})))
	}
	return box
}

// movingRow is a file on its way here.
type movingRow struct {
	object fyne.CanvasObject
	right  *look.Text
	bar    *progress
}

func (p *activityPage) newMovingRow(t app.Transfer) *movingRow {
	m := &movingRow{right: look.NewText("", look.SizeCaption, look.ColorSecondary), bar: newProgress(part(t))}
	name := t.Name
	if from := p.s.deviceNames(t.From); len(from) > 0 && t.Err == "" {
		name = words.T("{{.File}} from {{.Devices}}", "File", t.Name, "Devices", words.List(from))
	}
	lines := look.VBox(2, container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 10, m.right), look.NewCut(name, look.SizeCaption, theme.ColorNameForeground)), m.bar)
	if t.Err != "" {
		lines.Add(look.NewPara(words.T("It is tried again by itself: {{.Error}}", "Error", t.Err), look.SizeCaption, 560, look.ColorRisk))
	}
	m.object = lines
	return m
}

func (m *movingRow) set(t app.Transfer) {
	text := words.T("{{.Done}} of {{.Total}}", "Done", words.Bytes(t.Done), "Total", words.Bytes(t.Total))
	if t.Rate > 0 && t.Err == "" {
		text += "  ·  " + words.Rate(t.Rate)
	}
	m.right.Set(text)
	m.bar.set(part(t))
}

// deviceNames are the names of devices of the library.
func (s *shell) deviceNames(ids []string) (names []string) {
	for _, id := range ids {
		for _, d := range s.devices {
			if d.ID == id {
				names = append(names, d.Name)
			}
		}
	}
	return names
}

// activityPart is how much of an activity is done, 0 to 1; -1 when not known.
func activityPart(a app.Activity) float32 {
	switch {
	case a.TotalBytes > 0:
		return float32(float64(a.Bytes) / float64(a.TotalBytes))
	case a.TotalFiles > 0:
		return float32(a.Files) / float32(a.TotalFiles)
	default:
		return -1
	}
}

// etaAfter is how long an activity has run before its rate tells when it will end.
const etaAfter = 3 * time.Second

// detail is the second line of an activity.
func (p *activityPage) detail(a app.Activity) string {
	var parts []string
	if a.TotalFiles > 1 && a.Running() {
		parts = append(parts, words.T("{{.Done}} of {{.Total}} photos", "Done", words.Number(a.Files), "Total", words.Number(a.TotalFiles)))
	}
	switch {
	case a.Running() && a.TotalBytes > 0:
		parts = append(parts, words.T("{{.Done}} of {{.Total}}", "Done", words.Bytes(a.Bytes), "Total", words.Bytes(a.TotalBytes)))
	case a.Bytes > 0:
		parts = append(parts, words.Bytes(a.Bytes))
	}
	if a.Running() && a.Rate > 0 {
		parts = append(parts, words.Rate(a.Rate))
		if left := a.TotalBytes - a.Bytes; left > 0 && p.s.now().Sub(a.Started) >= etaAfter {
			parts = append(parts, words.Left(time.Duration(float64(left)/a.Rate*float64(time.Second))))
		}
	}
	if !a.Running() {
		if cancelled(a.Err) {
			parts = append(parts, words.T("cancelled"))
		}
		parts = append(parts, words.Ago(p.s.now(), a.Ended))
	}
	if len(parts) == 0 {
		parts = append(parts, words.T("started {{.Ago}}", "Ago", words.Ago(p.s.now(), a.Started)))
	}
	return strings.Join(parts, "  ·  ")
}
