package app

import (
	"cmp"
	"context"
	"net/http"
	"sync"
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
	Photos     int         `json:"photos,omitempty"` // those files are of: a raw file and its JPEG are one; 0 while it is not counted
	Undoes     string      `json:"undoes,omitempty"` // ID of the action that this one took back
	Undone     *time.Time  `json:"undone,omitempty"` // when it was undone, or its device was asked to
	UndoneOn   string      `json:"undoneOn,omitempty"`
	Waits      bool        `json:"waits,omitempty"`  // its device has not heard yet that it is to undo it
	Left       int         `json:"left,omitempty"`   // photos that stayed as they were then, since a later action had changed them again
	Failed     int         `json:"failed,omitempty"` // photos that its device then could not undo
	Why        []ActionWhy `json:"why,omitempty"`    // of the first of them
}

// Count is how many photos an action was done to; before they are counted, how many files.
func (a ActionInfo) Count() int { return cmp.Or(a.Photos, a.Files) }

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
		Photos: a.actionPhotos.get(act.ID),
	}
	if act.Undone != nil {
		info.Undone, info.UndoneOn = &act.Undone.At, act.UndoneOn
	}
	for _, w := range act.Why {
		info.Why = append(info.Why, ActionWhy{w.Digest, w.Name, w.Err})
	}
	return info
}

// countAtOnce bounds how many actions are counted in one go: each is a list to be read.
const countAtOnce = 50

// photoCounts are of how many photos actions are, by their IDs. What an action was done
// to never changes.
type photoCounts struct {
	mu sync.Mutex // guards of
	of map[string]int
}

func (c *photoCounts) get(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[id]
}

func (c *photoCounts) set(id string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.of[id] = n
}

// CountActions counts the photos of actions that were not counted yet, the latest first
// and so many at once; [App.Actions] tells them from then on. It reads their lists.
func (a *App) CountActions(ctx context.Context) {
	counted := 0
	for _, act := range a.files.Actions() {
		if counted == countAtOnce || ctx.Err() != nil {
			return
		}
		if a.actionPhotos.get(act.ID) > 0 {
			continue
		}
		ds, err := a.files.ActionFiles(ctx, act.ID)
		if err != nil { // its list is not whole here yet
			continue
		}
		counted++
		a.actionPhotos.set(act.ID, a.photosOf(ds))
	}
}

// photosOf counts the photos that files are of.
func (a *App) photosOf(ds []Digest) int {
	entries := make([]Entry, 0, len(ds))
	for _, d := range ds {
		e, _ := a.Entry(d)
		e.Digest = d
		entries = append(entries, e)
	}
	return len(a.images.Shots(entries))
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
	if err == nil {
		c.app.CountActions(r.Context())
	}
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
