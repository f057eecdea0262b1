package ui

import (
	"context"
	"fmt"
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// activityPage shows what runs and what ran lately, and what can be undone.
type activityPage struct {
	s     *shell
	whole *fyne.Container
	list  *fyne.Container
	page  *container.Scroll
	key   string

	listed  int             // actions of the history
	undoing map[string]bool // those that are being undone, by ID
}

func newActivityPage(s *shell) *activityPage {
	p := &activityPage{s: s, listed: historyStep, undoing: make(map[string]bool), list: look.VBox(12), whole: container.NewStack()}
	p.page = column(860, p.list)
	return p
}

func (p *activityPage) title() string             { return words.T("Activity") }
func (p *activityPage) object() fyne.CanvasObject { return p.whole }
func (p *activityPage) shown()                    {}
func (p *activityPage) hidden()                   {}

// reload implements page.
func (p *activityPage) reload() {
	acts := p.s.dev.Activities()
	status := p.s.dev.Status()
	queue := status.Queue
	fetching := p.s.dev.Fetching()
	actions := p.s.dev.Actions()
	var key strings.Builder
	fmt.Fprint(&key, p.listed, p.undoing, historyKey(actions))
	fmt.Fprint(&key, p.s.dev.Limits(), queue, status.WhenSafe, p.s.receiving(), p.s.now().Unix()/60)
	if fetching != nil {
		fmt.Fprint(&key, p.waitKey(fetching))
	}
	for _, a := range acts {
		fmt.Fprint(&key, a.ID, a.Title, a.Files, a.Bytes, a.Rate, a.Ended, a.Cause)
	}
	if key.String() == p.key {
		return
	}
	p.key = key.String()
	paused := p.s.dev.Limits().Paused
	if len(acts) == 0 && len(actions) == 0 && queue == 0 && status.WhenSafe == 0 && !paused && fetching == nil {
		p.whole.Objects = []fyne.CanvasObject{emptyState("activity", words.T("Nothing is going on"), words.T("Imports, transfers and checks show here while they run, and for a while after."), nil)}
		p.whole.Refresh()
		return
	}
	p.list.Objects = nil
	if paused {
		p.list.Add(notice("activity", theme.ColorNamePrimary, look.ColorSoft, words.T("Fetching is paused. What you open or save now still comes."), look.NewButton(words.T("Resume"), "", look.Primary, p.resume)))
	}
	why := p.waits(fetching)
	for _, w := range why {
		p.list.Add(w)
	}
	if queue > 0 && len(why) == 0 && !paused && !p.s.receiving() {
		p.list.Add(notice("save", look.ColorSecondary, look.ColorSurface, words.N("{{.N}} photos are waiting to be saved here; they come when a device that has them is online.", queue)))
	}
	if n := status.WhenSafe; n > 0 {
		p.list.Add(notice("remove", look.ColorSecondary, look.ColorSurface, words.N("{{.N}} photos leave this computer once other devices prove their copies", n)))
	}
	for _, running := range []bool{true, false} {
		for _, a := range acts { // newest first
			if a.Running() == running && (noted(a) != "" || !p.inHistory(a, actions)) {
				p.list.Add(p.row(a))
			}
		}
	}
	for _, row := range p.history(actions) {
		p.list.Add(row)
	}
	p.whole.Objects = []fyne.CanvasObject{p.page}
	p.page.Content.Refresh()
	p.whole.Refresh()
}

// resume ends a pause.
func (p *activityPage) resume() {
	p.s.goDo(func(context.Context) error {
		m := p.s.dev.Limits()
		m.Paused, m.ServingPaused = false, false
		return p.s.dev.SetLimits(m)
	}, func(err error) {
		if err != nil {
			p.s.fail(words.T("The setting was not changed"), err)
		}
		p.s.reload()
	})
}

// activityTitle says what an activity does.
func activityTitle(a app.Activity) string {
	what := map[string]string{
		app.KindImport: words.T("Importing {{.What}}", "What", a.Title), app.KindSave: words.T("Saving {{.What}} here", "What", a.Title),
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
		app.KindDelete: "trash", app.KindPurge: "trash", app.KindRestore: "restore", app.KindCheck: "safe", app.KindWatch: "plus", app.KindPlace: "plus", app.KindOutside: "plus",
	}[a.Kind]
	if symbol == "" {
		symbol = "activity"
	}
	return symbol, theme.ColorNamePrimary, look.ColorSoft
}

// row is an activity: what, how far, how fast, how long still, and why not.
func (p *activityPage) row(a app.Activity) fyne.CanvasObject {
	symbol, colour, ground := activitySymbol(a)
	mark := container.NewStack(look.NewSurface(ground, "", 20), look.Fixed(40, 40, container.NewCenter(look.NewIcon(symbol, colour, 20))))
	lines := look.VBox(4, look.NewCut(activityTitle(a), look.SizeBody, theme.ColorNameForeground).Bold())
	if a.Running() {
		lines.Add(newProgress(activityPart(a)))
	}
	lines.Add(look.NewCut(p.detail(a), look.SizeCaption, look.ColorSecondary))
	if text := noted(a); text != "" {
		colour := look.ColorSecondary
		if a.Failed > 0 {
			colour = look.ColorRisk
		}
		lines.Add(look.NewPara(text, look.SizeCaption, 560, colour))
	}
	if a.Err != nil && !cancelled(a.Err) {
		cause := a.Cause
		if cause == "" || words.Known(a.Err) {
			e := words.Explain(a.Err)
			cause = e.What + " " + e.Do
		}
		lines.Add(look.NewPara(cause, look.SizeCaption, 560, look.ColorRisk))
	}
	end := look.Space(0, 0)
	if a.Running() && a.Cancel != nil {
		end = container.NewCenter(look.NewButton(words.T("Cancel"), "", look.Plain, a.Cancel))
	} else if len(a.Troubles) > 0 {
		end = container.NewCenter(look.NewButton(words.T("Which?"), "", look.Plain, func() {
			p.s.tell("warning", activityTitle(a), noted(a)+"\n\n"+troubleLines(a.Troubles))
		}))
	}
	return look.Card(container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, container.NewCenter(mark)), look.Pad(0, 0, 0, 14, end), lines))
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
		if left := a.TotalBytes - a.Bytes; left > 0 {
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

// progress is a thin bar; a negative part shows that it is not known.
type progress struct {
	widget.BaseWidget
	part        float32
	track, fill *canvas.Rectangle
}

func newProgress(part float32) *progress {
	p := &progress{part: part, track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	p.track.CornerRadius, p.fill.CornerRadius = 3, 3
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *progress) CreateRenderer() fyne.WidgetRenderer {
	r := &progressRenderer{p}
	r.paint()
	return r
}

type progressRenderer struct{ p *progress }

func (r *progressRenderer) Destroy()           {}
func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(80, 12) }
func (r *progressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.track, r.p.fill}
}

func (r *progressRenderer) Layout(s fyne.Size) {
	part := min(max(r.p.part, 0), 1)
	if r.p.part < 0 {
		part = 0.08
	}
	r.p.track.Resize(fyne.NewSize(s.Width, 6))
	r.p.track.Move(fyne.NewPos(0, 3))
	r.p.fill.Resize(fyne.NewSize(max(s.Width*part, 6), 6))
	r.p.fill.Move(fyne.NewPos(0, 3))
}

func (r *progressRenderer) paint() {
	r.p.track.FillColor, r.p.fill.FillColor = look.Color(look.ColorSkeleton), look.Color(theme.ColorNamePrimary)
}

func (r *progressRenderer) Refresh() {
	r.paint()
	r.Layout(r.p.Size())
	r.p.track.Refresh()
	r.p.fill.Refresh()
}
