package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// historyStep is how many actions are listed at first, and how many more each time.
const historyStep = 20

// history lists what was done on all devices of late, each with a button that takes
// it back.
func (p *activityPage) history(actions []app.ActionInfo) []fyne.CanvasObject {
	if len(actions) == 0 {
		return nil
	}
	rows := []fyne.CanvasObject{p.keep("history", func() fyne.CanvasObject {
		return look.Pad(12, 0, 0, 0, look.NewText(words.T("The last 30 days"), look.SizeTitle, theme.ColorNameForeground).Bold())
	})}
	for _, a := range actions[:min(p.listed, len(actions))] {
		key := fmt.Sprint("action ", a.ID, " ", a.Count(), a.Undone != nil, a.Waits, a.Left, a.Failed, p.undoing[a.ID], words.Ago(p.s.now(), a.Time))
		rows = append(rows, p.keep(key, func() fyne.CanvasObject { return p.action(a) }))
	}
	if len(actions) > p.listed {
		rows = append(rows, p.keep("more", func() fyne.CanvasObject {
			return container.NewCenter(look.NewButton(words.T("Show more"), "", look.Plain, func() {
				p.listed += historyStep
				p.reload()
			}))
		}))
	}
	return rows
}

// inHistory says whether an activity that has ended well is one of the actions, which
// need not show twice.
func (p *activityPage) inHistory(a app.Activity, actions []app.ActionInfo) bool {
	if a.Running() || a.Err != nil {
		return false
	}
	self := p.s.dev.Self().ID
	return slices.ContainsFunc(actions, func(done app.ActionInfo) bool {
		return done.Kind == a.Kind && done.Device == self && !done.Time.Before(a.Started.Add(-noteTime)) && !done.Time.After(a.Ended.Add(noteTime))
	})
}

// noteTime is how far the time of an action may be from that of its activity.
const noteTime = 2 * time.Second

// actionTitle says what was done, and where if it was done to a device.
func (p *activityPage) actionTitle(a app.ActionInfo) string {
	what := words.N("{{.N}} photos", a.Count())
	done := activityTitle(app.Activity{Kind: a.Kind, Title: what, Ended: a.Time})
	if a.Device != p.s.dev.Self().ID {
		switch a.Kind {
		case app.KindSave:
			done = words.T("Saved {{.What}} on {{.Device}}", "What", what, "Device", a.DeviceName)
		case app.KindUnsave:
			done = words.T("Removed {{.What}} from {{.Device}}", "What", what, "Device", a.DeviceName)
		}
	}
	if a.Undoes != "" {
		return words.T("{{.What}}, to undo an earlier step", "What", done)
	}
	return done
}

// action is a row of the history.
func (p *activityPage) action(a app.ActionInfo) fyne.CanvasObject {
	symbol := map[string]string{
		app.KindImport: "plus", app.KindSave: "save", app.KindUnsave: "remove", app.KindDelete: "trash", app.KindRestore: "restore",
		app.KindDate: "calendar", app.KindGeometry: "rotate-right",
	}[a.Kind]
	if symbol == "" {
		symbol = "activity"
	}
	where := words.T("on {{.Device}}", "Device", a.DeviceName)
	if a.Device == p.s.dev.Self().ID {
		where = words.T("on this computer")
	}
	lines := look.VBox(4,
		look.NewCut(p.actionTitle(a), look.SizeBody, theme.ColorNameForeground),
		look.NewCut(where+"  ·  "+words.Ago(p.s.now(), a.Time), look.SizeCaption, look.ColorSecondary))
	if a.Left > 0 {
		lines.Add(look.NewPara(words.N("{{.N}} photos had been changed again since, and stayed as they were.", a.Left), look.SizeCaption, 560, look.ColorSecondary))
	}
	if a.Failed > 0 {
		lines.Add(look.NewPara(words.N("{{.N}} photos could not be undone there.", a.Failed), look.SizeCaption, 560, look.ColorRisk))
	}
	var end fyne.CanvasObject
	switch {
	case p.undoing[a.ID]:
		end = look.NewText(words.T("Undoing…"), look.SizeCaption, look.ColorSecondary)
	case a.Waits:
		end = look.NewText(words.T("{{.Device}} will undo it", "Device", a.DeviceName), look.SizeCaption, look.ColorSecondary)
	case a.Undone != nil:
		end = look.NewText(revertedText(a), look.SizeCaption, look.ColorSecondary)
	default:
		end = look.NewButton(words.T("Undo"), "", look.Plain, func() { p.undo(a) })
	}
	mark := look.Fixed(40, 40, container.NewCenter(look.NewIcon(symbol, look.ColorSecondary, 20)))
	return look.Card(container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, container.NewCenter(mark)), look.Pad(0, 0, 0, 14, container.NewCenter(end)), lines))
}

// revertedText says how much of an action was undone.
func revertedText(a app.ActionInfo) string {
	switch n := a.Reverted(); n {
	case a.Files:
		return words.T("Undone")
	case 0:
		return words.T("Nothing undone")
	default:
		return words.T("{{.N}} of {{.All}} undone", "N", words.Number(n), "All", words.Number(a.Files))
	}
}

// undo takes an action back. Where photos leave devices by that, it asks first.
func (p *activityPage) undo(a app.ActionInfo) {
	q := question{
		symbol: "trash", yes: words.T("Undo"), no: words.T("Cancel"), do: func() { p.takeBack(a) },
		title: words.T("Undo: {{.What}}?", "What", p.actionTitle(a)),
	}
	switch a.Kind {
	case app.KindImport, app.KindRestore:
		q.text = words.T("The photos go to the trash of all devices, which keeps them for 30 days.")
	case app.KindSave:
		q.text = words.T("Their copies are removed again from {{.Device}}, where other devices prove that they have one.", "Device", a.DeviceName)
	default: // photos come back
		p.takeBack(a)
		return
	}
	p.s.ask(q)
}

func (p *activityPage) takeBack(a app.ActionInfo) {
	var u app.UndoInfo
	p.undoing[a.ID] = true
	p.reload()
	p.s.goDo(func(ctx context.Context) (err error) {
		u, err = p.s.dev.Undo(ctx, a.ID, nil)
		return err
	}, func(err error) {
		delete(p.undoing, a.ID)
		p.s.reload()
		if err != nil && !errors.Is(err, app.ErrUndone) {
			p.s.fail(words.T("Could not undo this"), err)
			return
		}
		p.s.toasts.show(undoneText(u), nil)
	})
}

// undoneText says what an undo did.
func undoneText(u app.UndoInfo) string {
	switch {
	case u.Asked:
		text := words.T("{{.Device}} undoes it as soon as it hears of this", "Device", u.Action.DeviceName)
		if u.Left > 0 {
			text = words.T("{{.Text}}, {{.N}} have changed again since", "Text", text, "N", words.Number(u.Left))
		}
		return text
	case u.Already:
		return words.T("It was undone already")
	case u.Changed+u.Failed == 0 && u.Left > 0:
		return words.N("{{.N}} photos had been changed again since, and stayed as they were.", u.Left)
	}
	moved := words.N("{{.N}} photos moved to the trash", u.Changed)
	text := map[string]string{
		app.KindImport: moved, app.KindRestore: moved,
		app.KindDelete: words.N("{{.N}} photos restored", u.Changed),
		app.KindSave:   words.N("{{.N}} photos removed from this computer", u.Changed),
		app.KindUnsave: words.N("{{.N}} photos come back to this computer", u.Changed),
		app.KindDate:   words.N("Dates of {{.N}} photos are as they were", u.Changed),

		app.KindGeometry: words.N("{{.N}} photos are turned and cut as they were", u.Changed),
	}[u.Action.Kind]
	if u.Held > 0 {
		text = words.T("{{.Text}}, {{.N}} of them had not been moved here, since they waited for you", "Text", text, "N", words.Number(u.Held))
	}
	if u.Left > 0 {
		text = words.T("{{.Text}}, {{.N}} have changed again since", "Text", text, "N", words.Number(u.Left))
	}
	if u.Failed > 0 {
		text = words.T("{{.Text}}, {{.N}} could not be undone", "Text", text, "N", words.Number(u.Failed))
	}
	return text
}
