package ui

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// undosKept bounds how many steps of a window can be taken back one after the other.
const undosKept = 100

// A step is something that was done in this window and can be taken back.
type step struct {
	text string // what was done
	at   time.Time
	id   string // of the action of this device that it is; "" where it is none
	back func()
}

// steps are what was done in a window, the last at the end.
type steps struct{ list []*step }

// push adds a step.
func (u *steps) push(st *step) {
	u.list = append(u.list, st)
	if n := len(u.list) - undosKept; n > 0 {
		u.list = slices.Delete(u.list, 0, n)
	}
}

// take removes a step, and reports whether it was there: what was taken back by its
// button is not taken back by a key again.
func (u *steps) take(st *step) bool {
	i := slices.Index(u.list, st)
	if i >= 0 {
		u.list = slices.Delete(u.list, i, i+1)
	}
	return i >= 0
}

// last is the step that is taken back next; nil without one.
func (u *steps) last() *step {
	if len(u.list) == 0 {
		return nil
	}
	return u.list[len(u.list)-1]
}

// did tells that something was done which back takes back: with its button, or by
// the key.
func (s *shell) did(text string, back func()) { s.toasts.show(text, back) }

// didEdit is did for what the library takes back at once.
func (s *shell) didEdit(text string, back func(context.Context) error) {
	s.did(text, func() {
		s.goDo(back, func(err error) {
			s.reload()
			if err != nil {
				s.fail(words.T("Could not undo this"), err)
				return
			}
			s.tellUndone(text)
		})
	})
}

func (s *shell) tellUndone(text string) {
	s.toasts.show(words.T("Undone: {{.What}}", "What", text), nil)
}

// didAction is did for an action of this device of a kind that was begun at a time: it
// is taken back as Activity does it, on all devices. Where it was not noted, back takes
// it back. told says in more words what came of it; it may be nil.
func (s *shell) didAction(text, kind string, since time.Time, back func(), told func() string) {
	a, noted := s.noted(kind, since)
	if !noted {
		s.did(text, back)
		return
	}
	s.toasts.offer(text, &step{text: text, at: s.now(), id: a.ID, back: func() { s.takeBack(a, s.orUndone(text, told)) }})
}

// orUndone tells what came of an undo that did not do all; else what told says of it, or
// what was undone.
func (s *shell) orUndone(text string, told func() string) func(app.UndoInfo) string {
	return func(u app.UndoInfo) string {
		switch {
		case u.Left+u.Failed+u.Held > 0 || u.Already:
			return undoneText(u)
		case told != nil:
			return told()
		}
		return words.T("Undone: {{.What}}", "What", text)
	}
}

// noted finds the action of this device of a kind that began at a time or later.
func (s *shell) noted(kind string, since time.Time) (app.ActionInfo, bool) {
	since = since.Truncate(time.Millisecond) // as the journal counts
	for _, a := range s.dev.Actions() {      // the latest first
		if a.Device == s.self.ID && a.Kind == kind && a.Undone == nil && a.Undoes == "" && !a.Time.Before(since) {
			return a, true
		}
	}
	return app.ActionInfo{}, false
}

// takeBack undoes an action, and tells what came of it.
func (s *shell) takeBack(a app.ActionInfo, told func(app.UndoInfo) string) {
	var u app.UndoInfo
	var failed []error
	var done []app.Digest
	s.goDo(func(ctx context.Context) (err error) {
		u, err = s.dev.Undo(ctx, a.ID, func(d app.Digest, err error) {
			if err != nil {
				failed = append(failed, err)
			} else {
				done = append(done, d)
			}
		})
		return err
	}, func(err error) {
		s.reload()
		if u.Changed == len(done) { // else some were so already
			u.Changed = s.photosIn(done)
		}
		if err != nil && !errors.Is(err, app.ErrUndone) {
			s.fail(words.T("Could not undo this"), err)
			return
		}
		if kept := errors.Join(failed...); a.Kind == app.KindSave && u.Failed > 0 {
			s.refused(failures(kept), kept)
			return
		}
		s.toasts.show(told(u), nil)
	})
}

// undo takes back what was done last: in this window, or else on this device. What
// lies before this window is asked for first, and so is what takes photos away.
func (s *shell) undo() {
	st := s.undos.last()
	a, found := s.lastAction()
	switch {
	case st != nil && (!found || st.id == a.ID || !a.Time.After(st.at)):
		s.undos.take(st)
		s.toasts.hide()
		st.back()
	case found:
		s.undoAction(a)
	default:
		s.toasts.show(words.T("There is nothing to undo"), nil)
	}
}

// lastAction is the last action of this device that was not taken back.
func (s *shell) lastAction() (app.ActionInfo, bool) {
	for _, a := range s.dev.Actions() {
		if a.Device == s.self.ID && a.Undone == nil && a.Undoes == "" && !s.asked[a.ID] {
			return a, true
		}
	}
	return app.ActionInfo{}, false
}

// undoAction asks whether an action is to be taken back, and does.
func (s *shell) undoAction(a app.ActionInfo) {
	title := s.page("activity").(*activityPage).actionTitle(a)
	q := question{
		symbol: "undo", title: words.T("Undo: {{.What}}?", "What", title), yes: words.T("Undo"), no: words.T("Cancel"),
		text: words.T("This was done {{.Ago}}.", "Ago", words.Ago(s.now(), a.Time)),
	}
	if text := undoText(a); text != "" {
		q.text += " " + text
	}
	q.do = func() {
		s.asked[a.ID] = true // once: what is left of it is in Activity
		s.takeBack(a, undoneText)
	}
	s.ask(q)
}

// undoText says what goes where an action is taken back; "" where photos only come
// back, or stay.
func undoText(a app.ActionInfo) string {
	switch a.Kind {
	case app.KindImport, app.KindRestore:
		return words.T("The photos go to the trash of all devices, which keeps them for 30 days.")
	case app.KindSave:
		return words.T("Their copies are removed again from {{.Device}}, where other devices prove that they have one.", "Device", a.DeviceName)
	}
	return ""
}
