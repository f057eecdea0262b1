package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

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

	pause, clear, log *look.Button
	head              fyne.CanvasObject

	kept, used map[string]fyne.CanvasObject // parts of the list by what they show: of the last reload, of this one
	rows       map[int64]*activityRow       // of what is on the screen, by ID
	open       map[int64]bool               // rows that tell details
	listed     int                          // actions of the history
	undoing    map[string]bool              // those that are being undone, by ID
}

func newActivityPage(s *shell) *activityPage {
	p := &activityPage{
		s: s, listed: historyStep, undoing: make(map[string]bool), open: make(map[int64]bool), rows: make(map[int64]*activityRow),
		list: look.VBox(12), whole: container.NewStack(),
	}
	p.pause = look.NewButton("", "pause", look.Plain, p.togglePause)
	p.clear = look.NewButton(words.T("Clear finished"), "", look.Plain, p.forget)
	p.clear.SetToolTip(words.T("Take what has ended off this list; nothing is undone"))
	p.log = look.NewButton(words.T("Removals"), "", look.Plain, func() { s.open(removalsID) })
	p.log.SetToolTip(words.T("What left this computer, and which devices had proved their copies"))
	p.head = container.NewBorder(nil, nil, nil, look.HBox(8, p.pause, p.clear, p.log))
	p.page = column(860, p.list)
	return p
}

func (p *activityPage) title() string             { return words.T("Activity") }
func (p *activityPage) object() fyne.CanvasObject { return p.whole }
func (p *activityPage) shown()                    {}
func (p *activityPage) hidden()                   {}

// keep returns the part of the list that shows what key says, made when it is new, so
// that what has the keyboard or is being clicked stays while figures change elsewhere.
func (p *activityPage) keep(key string, build func() fyne.CanvasObject) fyne.CanvasObject {
	o, ok := p.kept[key]
	if !ok {
		o = build()
	}
	p.used[key] = o
	return o
}

// reload implements page.
func (p *activityPage) reload() {
	p.used = make(map[string]fyne.CanvasObject)
	parts := p.parts()
	p.kept = p.used
	if slices.Equal(parts, p.list.Objects) {
		return
	}
	p.list.Objects = parts
	p.whole.Objects = []fyne.CanvasObject{p.page}
	p.page.Content.Refresh()
	p.whole.Refresh()
}

// parts is the list: what keeps photos from coming, what runs, what has ended, and
// what was done.
func (p *activityPage) parts() []fyne.CanvasObject {
	acts, actions := p.s.dev.Activities(), p.s.dev.Actions()
	list := append([]fyne.CanvasObject{p.headOf(acts)}, p.reasons()...)
	quiet := len(list) == 1
	rows := make(map[int64]*activityRow)
	for _, running := range []bool{true, false} {
		for _, a := range acts { // newest first
			if a.Running() == running && (noted(a) != "" || a.Retry != nil || !p.inHistory(a, actions)) {
				rows[a.ID] = p.rowOf(a)
				list = append(list, rows[a.ID].object)
			}
		}
	}
	p.rows = rows
	if quiet && len(rows) == 0 {
		list = append(list, p.keep("quiet", func() fyne.CanvasObject {
			return look.Pad(30, 0, 30, 0, emptyState("activity", words.T("Nothing is going on"), words.T("Imports, transfers and checks show here while they run, and for a while after."), nil))
		}))
	}
	return append(list, p.history(actions)...)
}

// headOf sets the buttons over the list.
func (p *activityPage) headOf(acts []app.Activity) fyne.CanvasObject {
	if text, symbol := pauseText(p.s.dev.Limits()); p.pause.Text() != text {
		p.pause.SetText(text)
		p.pause.SetSymbol(symbol, "")
	}
	ended := slices.ContainsFunc(acts, func(a app.Activity) bool { return !a.Running() })
	if ended == p.clear.Disabled() {
		if ended {
			p.clear.Enable()
		} else {
			p.clear.Disable()
		}
	}
	return p.head
}

func pauseText(m app.Limits) (text, symbol string) {
	if m.Paused || m.ServingPaused {
		return words.T("Resume"), "play"
	}
	return words.T("Pause transfers"), "pause"
}

// togglePause pauses all transfers, or lets them go on.
func (p *activityPage) togglePause() {
	m := p.s.dev.Limits()
	pause := !m.Paused && !m.ServingPaused
	p.s.goDo(func(context.Context) error {
		m := p.s.dev.Limits()
		m.Paused, m.ServingPaused = pause, pause
		return p.s.dev.SetLimits(m)
	}, func(err error) {
		if err != nil {
			p.s.fail(words.T("The setting was not changed"), err)
		}
		p.s.reload()
	})
}

// forget takes what has ended off the list.
func (p *activityPage) forget() {
	p.s.dev.ForgetEnded()
	p.s.reload()
}

// reasons says what keeps photos from coming or going.
func (p *activityPage) reasons() (list []fyne.CanvasObject) {
	add := func(symbol string, colour, ground fyne.ThemeColorName, text string) {
		list = append(list, p.keep(symbol+text, func() fyne.CanvasObject { return notice(symbol, colour, ground, text) }))
	}
	m, status, fetching := p.s.dev.Limits(), p.s.dev.Status(), p.s.dev.Fetching()
	if text := pausedText(m); text != "" {
		add("pause", theme.ColorNamePrimary, look.ColorSoft, text)
	}
	why := p.waits(fetching)
	list = append(list, why...)
	if status.Queue > 0 && len(why) == 0 && !m.Paused && !p.s.receiving() {
		add("save", look.ColorSecondary, look.ColorSurface, words.N("{{.N}} photos are waiting to be saved here; they come when a device that has them is online.", status.Queue))
	}
	if n := status.WhenSafe; n > 0 {
		add("remove", look.ColorSecondary, look.ColorSurface, words.N("{{.N}} photos leave this computer once other devices prove their copies", n))
	}
	return list
}

// pausedText tells of a pause; "" when there is none.
func pausedText(m app.Limits) string {
	switch {
	case m.Paused && m.ServingPaused:
		return words.T("Transfers are paused: nothing is fetched, and nothing is sent. What you open or save now still comes.")
	case m.Paused:
		return words.T("Fetching is paused. What you open or save now still comes.")
	case m.ServingPaused:
		return words.T("Sending to other devices is paused.")
	}
	return ""
}

// rowOf is the row of an activity, with its present figures.
func (p *activityPage) rowOf(a app.Activity) *activityRow {
	row := p.rows[a.ID]
	key := p.rowKey(a)
	object := p.keep(key, func() fyne.CanvasObject {
		row = p.newRow(a)
		return row.object
	})
	if row == nil || row.object != object {
		row = p.newRow(a)
		p.used[key] = row.object
	}
	row.set(a)
	return row
}

// rowKey changes when more than the figures of a row do.
func (p *activityPage) rowKey(a app.Activity) string {
	var key strings.Builder
	fmt.Fprint(&key, "row ", a.ID, a.Running(), a.Err != nil, a.Cause, noted(a), len(a.Troubles), a.Cancel != nil, p.open[a.ID])
	if p.open[a.ID] {
		for _, t := range a.Moving {
			fmt.Fprint(&key, " ", t.Digest, t.From, t.Err)
		}
	} else {
		fmt.Fprint(&key, len(a.Moving) > 0)
	}
	return key.String()
}

// toggle shows or hides the details of an activity; the keyboard stays on the button.
func (p *activityPage) toggle(id int64) {
	p.open[id] = !p.open[id]
	p.reload()
	if row := p.rows[id]; row != nil && row.more != nil {
		p.s.win.Canvas().Focus(row.more)
	}
}

// retry does again what an activity did not do.
func (p *activityPage) retry(a app.Activity) {
	p.s.goDo(a.Retry, func(err error) {
		p.s.reload()
		again := p.s.dev.Activities() // the latest first
		if err == nil && len(again) > 0 && again[0].Failed > 0 {
			p.s.toasts.show(words.N("{{.N}} files were not imported.", again[0].Failed), nil)
		} else if err == nil {
			p.s.toasts.show(words.T("It worked this time"), nil)
		} else if !cancelled(err) {
			e := words.Explain(err)
			p.s.toasts.show(e.What, nil)
		}
	})
	p.s.reload()
}
