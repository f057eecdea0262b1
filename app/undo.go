package app

import (
	"context"
	"net/http"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// ActionInfo is something that a person did to photos, on any device, as
// commands show it.
type ActionInfo struct {
	ID         string      `json:"id"` // to undo it by
	Time       time.Time   `json:"time"`
	Device     string      `json:"device"` // ID of the device where it was done
	DeviceName string      `json:"deviceName"`
	Kind       string      `json:"kind"` // KindImport, KindSave, KindUnsave, KindDelete, KindRestore, KindDate or KindGeometry
	Files      int         `json:"files"`
	Undoes     string      `json:"undoes,omitempty"` // ID of the action that this one took back
	Undone     *time.Time  `json:"undone,omitempty"` // when it was undone, or its device was asked to
	UndoneOn   string      `json:"undoneOn,omitempty"`
	Waits      bool        `json:"waits,omitempty"`  // its device has not heard yet that it is to undo it
	Left       int         `json:"left,omitempty"`   // photos that stayed as they were then, since a later action had changed them again
	Failed     int         `json:"failed,omitempty"` // photos that its device then could not undo
	Why        []ActionWhy `json:"why,omitempty"`    // of the first of them
}

// Reverted counts the photos that are as they were before an action that was
// undone.
func (a ActionInfo) Reverted() int { return max(0, a.Files-a.Left-a.Failed) }

// ActionWhy is why an action was not undone for a photo.
type ActionWhy struct {
	Digest Digest `json:"digest"`
	Name   string `json:"name,omitempty"`
	Error  string `json:"error"`
}

// UndoInfo is what an undo did.
type UndoInfo struct {
	Action  ActionInfo `json:"action"`
	Asked   bool       `json:"asked,omitempty"`   // its device was asked to, and does it when it hears of that
	Already bool       `json:"already,omitempty"` // nothing was left to undo
	Done    int        `json:"done"`              // photos that are as they were before
	Changed int        `json:"changed"`           // of those, what the undo has changed; the others were so already
	Left    int        `json:"left"`              // that a later action has changed again, which counts; of Asked, as far as it is known here
	Held    int        `json:"held,omitempty"`    // of done: their deletion waited for a person here, so that their copies had not moved
	Failed  int        `json:"failed"`            // that could not be undone
}

// Actions lists what was done to photos on all devices in the last 30 days, the
// latest first.
func (a *App) Actions() []ActionInfo {
	out := []ActionInfo{}
	for _, act := range a.files.Actions() {
		out = append(out, a.actionInfo(act))
	}
	return out
}

func (a *App) actionInfo(act filelayer.Action) ActionInfo {
	info := ActionInfo{
		ID: act.ID, Time: act.At, Device: act.Device, DeviceName: act.DeviceName, Kind: act.Kind, Files: act.Files,
		Undoes: act.Undoes, Waits: act.Waits, Left: act.Left, Failed: act.Failed,
	}
	if act.Undone != nil {
		info.Undone, info.UndoneOn = &act.Undone.At, act.UndoneOn
	}
	for _, w := range act.Why {
		info.Why = append(info.Why, ActionWhy{w.Digest, w.Name, w.Err})
	}
	return info
}

// Undo takes back an action; see [filelayer.Layer.Undo]. It calls report, if not
// nil, for each photo, with a [FileError] where that was not undone.
func (a *App) Undo(ctx context.Context, id string, report func(Digest, error)) (UndoInfo, error) {
	u, err := a.files.Undo(ctx, id, func(d Digest, err error) {
		if report == nil {
			return
		}
		if err != nil {
			e, _ := a.Entry(d)
			err = a.fileError(d, e.Name, err)
		}
		report(d, err)
	})
	return UndoInfo{a.actionInfo(u.Action), u.Asked, u.Already, u.Done, u.Changed, u.Left, u.Held, u.Failed}, err
}

// journaled calls do, and notes what a person did by it.
func (a *App) journaled(ctx context.Context, kind string, ds []Digest, do func()) {
	switch kind {
	case KindSave, KindUnsave, KindDelete, KindRestore:
		a.files.Recorded(ctx, kind, ds, do)
	default:
		do()
	}
}

// actions answers with all actions, once they are read.
func (c *control) actions(r *http.Request) (any, error) {
	_, err := c.app.Ready(r.Context())
	return c.app.Actions(), err
}

// undo undoes an action: it sends an entry or a failure for each file, and the
// summary.
func (c *control) undo(r *http.Request, send func(Event)) error {
	var req undoRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	u, err := c.app.Undo(r.Context(), req.ID, func(d Digest, err error) {
		if err != nil {
			send(Event{Failure: failure(err)})
			return
		}
		if e, ok := c.app.Entry(d); ok {
			l := c.app.listing(e)
			send(Event{Entry: &l})
		}
	})
	if err != nil {
		return err
	}
	send(Event{Undone: &u})
	return nil
}
