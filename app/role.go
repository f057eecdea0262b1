package app

import (
	"context"
	"fmt"
)

// RoleInfo is what this device keeps by itself, or might, and what it has to do
// for that now.
type RoleInfo struct {
	Everything   bool  `json:"everything"` // every photo of the library; else those that are saved here
	Helps        bool  `json:"helps"`      // photos of which too few devices have a copy, too
	Space        int64 `json:"space"`      // bytes that photos may take here, the trash not counted; 0 = no limit
	Fetch        int   `json:"fetch"`      // photos to be saved here
	FetchBytes   int64 `json:"fetchBytes"`
	Queued       int   `json:"queued"` // photos that are saved here and have not come yet
	QueuedBytes  int64 `json:"queuedBytes"`
	Dropped      int   `json:"dropped"` // photos that were still to come by the role before, and are no longer fetched
	DroppedBytes int64 `json:"droppedBytes"`
	Held         int   `json:"held"` // photos that a person saved and that are beyond the limit: they come once they fit
	HeldBytes    int64 `json:"heldBytes"`
	Paused       bool  `json:"paused"` // no photo is fetched until resume
	Free         int   `json:"free"`   // photos to be removed from here, once other devices prove theirs
	FreeBytes    int64 `json:"freeBytes"`
	Stuck        int   `json:"stuck"` // photos beyond the limit that too few other devices have: they stay
	StuckBytes   int64 `json:"stuckBytes"`
	TrashBytes   int64 `json:"trashBytes"` // in the trash here, beside what may be taken
}

// Role returns what this device keeps by itself.
func (a *App) Role() Role { return a.files.Role() }

// Plan tells what this device would have to do for a role.
func (a *App) Plan(r Role) Plan { return a.files.Plan(r) }

// SetRole changes what this device keeps by itself, at once and for later
// starts, and returns what is no longer fetched for that. With ErrBadSetting
// nothing has changed.
func (a *App) SetRole(ctx context.Context, r Role) (Dropped, error) {
	if r.Space < 0 {
		return Dropped{}, fmt.Errorf("%w: a limit of %d bytes", ErrBadSetting, r.Space)
	}
	err := a.config.update(func(c *config) error {
		c.KeepEverything, c.KeepHelping, c.SpaceLimit = r.Everything, r.Helps, r.Space
		return nil
	})
	if err != nil {
		return Dropped{}, err
	}
	defer a.changed.Raise()
	return a.files.SetRole(ctx, r)
}

func (a *App) roleInfo(r Role) RoleInfo {
	p := a.Plan(r)
	trash, err := a.files.TrashBytes()
	if err != nil {
		a.log.Debug("Size of the trash is not known", "err", err)
	}
	return RoleInfo{
		Everything: r.Everything, Helps: r.Helps, TrashBytes: trash, Space: r.Space, Fetch: p.Fetch, FetchBytes: p.FetchBytes,
		Queued: p.Queued, QueuedBytes: p.QueuedBytes, Dropped: p.Drop, DroppedBytes: p.DropBytes, Held: p.Held, HeldBytes: p.HeldBytes,
		Paused: a.Limits().Paused, Free: p.Free, FreeBytes: p.FreeBytes, Stuck: p.Stuck, StuckBytes: p.StuckBytes,
	}
}
