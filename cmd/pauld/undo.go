package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/libpaul/paul/app"
)

// undo carries out "undo".
func undo(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		if len(l.args) == 0 {
			return listActions(ctx, c, p)
		}
		exit := exitDone
		err := c.Undo(ctx, l.args[0], func(e app.Event) {
			switch {
			case e.Failure != nil:
				exit = worse(exit, exitOf(e.Failure))
				p.problem(e.Failure)
			case e.Entry != nil && p.json:
				p.object(e.Entry, "")
			case e.Undone != nil:
				undoSummary(p, e.Undone)
			}
		})
		if err == nil && exit != exitDone {
			err = &severalError{exit}
		}
		return err
	})
}

func listActions(ctx context.Context, c *app.Client, p *printer) error {
	all, err := c.Actions(ctx)
	if err != nil {
		return err
	}
	if p.json {
		for _, a := range all {
			p.object(a, "")
		}
		return nil
	}
	rows := [][]string{{"ID", "WHEN", "ON", "WHAT", "PHOTOS", "UNDONE"}}
	for _, a := range all {
		rows = append(rows, []string{
			a.ID, a.Time.Local().Format("2006-01-02 15:04"), a.DeviceName, a.Kind, strconv.Itoa(a.Count()), undoneText(a),
		})
	}
	if len(all) == 0 {
		p.note(nil, "Nothing was done in the last 30 days that can be undone")
		return nil
	}
	p.table(rows)
	for _, a := range all {
		for _, w := range a.Why {
			p.note(nil, fmt.Sprintf("%s: not undone on %s: %s", a.ID, a.DeviceName, w.Error))
		}
	}
	return nil
}

// undoneText says what became of an action.
func undoneText(a app.ActionInfo) string {
	switch reverted := a.Reverted(); {
	case a.Waits:
		return fmt.Sprintf("not yet: asked by %s, waits for %s", a.UndoneOn, a.DeviceName)
	case a.Undone == nil && a.Undoes != "":
		return fmt.Sprintf("no (it undid %s)", a.Undoes)
	case a.Undone == nil:
		return "no"
	case reverted == a.Files:
		return "yes, by " + a.UndoneOn
	case reverted == 0:
		return "nothing" + keptText(a)
	default:
		return fmt.Sprintf("%d of them, by %s", reverted, a.UndoneOn) + keptText(a)
	}
}

// keptText says why photos are not as they were before an action that was undone.
func keptText(a app.ActionInfo) (text string) {
	if a.Left > 0 {
		text = fmt.Sprintf("; %d changed again since", a.Left)
	}
	if a.Failed > 0 {
		text += fmt.Sprintf("; %d failed", a.Failed)
	}
	return text
}

// undoSummary is for people a result, and for programs, which count the entries,
// a note.
func undoSummary(p *printer, u *app.UndoInfo) {
	if p.json {
		p.note(map[string]any{"undone": u}, "")
		return
	}
	p.object(nil, undoSummaryText(u))
}

func undoSummaryText(u *app.UndoInfo) string {
	what := u.Action.Kind + " of " + plural(u.Action.Files, "photo", "photos")
	text := fmt.Sprintf("Undid the %s: %s as before", what, plural(u.Done, "photo is", "photos are"))
	switch {
	case u.Asked:
		text = fmt.Sprintf("%s undoes the %s as soon as it hears of this", u.Action.DeviceName, what)
		if u.Left > 0 {
			text += fmt.Sprintf("; %d of them remain to be undone", u.Action.Files-u.Left)
		}
	case u.Already:
		text = fmt.Sprintf("The %s was undone already", what)
	case u.Done == 0:
		text = fmt.Sprintf("The %s was not undone", what)
	}
	if u.Held > 0 {
		text += fmt.Sprintf("; the deletion of %d was held here, and their copies had not moved", u.Held)
	}
	if u.Left > 0 {
		text += fmt.Sprintf("; %d changed again since", u.Left)
	}
	if u.Failed > 0 {
		text += fmt.Sprintf("; %d not undone", u.Failed)
	}
	return text
}
