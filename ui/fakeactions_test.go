package ui

import (
	"context"
	"fmt"
	"strings"

	"github.com/libpaul/paul/app"
)

// keeping is what a fake has for what is done to photos, and where they are.
type keeping struct {
	notes bool  // what is done is noted among the actions
	away  error // why the library folder cannot be used

	undone []app.Digest // what an undo of a note tells of
}

// note lets what was called be an action, as the journal of a device does.
func (f *fake) note(call string) {
	word, rest, _ := strings.Cut(call, " ")
	kind := map[string]string{
		"save": app.KindSave, "unsave": app.KindUnsave, "when": app.KindUnsave, "force": app.KindUnsave,
		"delete": app.KindDelete, "restore": app.KindRestore, "rotate": app.KindGeometry, "import": app.KindImport,
	}[word]
	if !f.notes || kind == "" {
		return
	}
	n := len(strings.Fields(rest))
	if word == "rotate" || word == "when" {
		n--
	}
	a := app.ActionInfo{ID: fmt.Sprintf("note-%d", len(f.actions)+1), Kind: kind, Files: n, Device: idSelf, DeviceName: "Laptop", Time: now}
	f.actions = append([]app.ActionInfo{a}, f.actions...)
}

// undoNoted undoes an action of note, all of it.
func (f *fake) undoNoted(id string) (app.UndoInfo, bool) {
	for i := range f.actions {
		if a := &f.actions[i]; a.ID == id && strings.HasPrefix(id, "note-") {
			a.Undone = &now
			return app.UndoInfo{Action: *a, Done: a.Files, Changed: a.Files}, true
		}
	}
	return app.UndoInfo{}, false
}

// CountActions has nothing to count: a test says of how many photos an action is.
func (f *fake) CountActions(context.Context) {}

// Away is as the test says.
func (f *fake) Away() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.away
}

// goAway lets the library folder be there or not, and tells of it.
func (f *fake) goAway(err error) {
	f.mu.Lock()
	f.away = err
	f.mu.Unlock()
	f.changed.Raise()
}
