package app

import (
	"context"
	"fmt"
	"time"
)

// RemovedInfo tells that this device was removed from the library.
type RemovedInfo struct {
	By string    `json:"by"` // name of the device where that was done
	At time.Time `json:"at"`
}

// removed tells of the removal of this device; nil while it has heard of none.
func (a *App) removed() *RemovedInfo {
	by, at, ok := a.files.RemovedBy()
	if !ok {
		return nil
	}
	return &RemovedInfo{by, at.At.UTC().Truncate(time.Second)}
}

// Former is a device that was removed from the library.
type Former struct {
	ID, Name, Platform string
	RemovedInfo
}

// Formers lists the other devices that were removed from the library, the last one
// first.
func (a *App) Formers() []Former {
	names := make(map[string]string)
	for _, d := range a.files.Devices() {
		names[d.ID] = d.Name
	}
	gone := a.files.RemovedDevices()
	for _, d := range gone {
		names[d.ID] = d.Name
	}
	out := make([]Former, len(gone))
	for i, d := range gone {
		out[i] = Former{d.ID, d.Name, d.Platform, RemovedInfo{names[d.Removed.By], d.Removed.At.UTC().Truncate(time.Second)}}
	}
	return out
}

// wantJoined fails with ErrRemoved on a device that was removed from the library.
func (a *App) wantJoined(ctx context.Context) error {
	if _, err := a.Ready(ctx); err != nil {
		return err
	}
	if r := a.removed(); r != nil {
		return fmt.Errorf("%w by %s: join again first, with a code that one of the other devices shows (pauld pair there, and here: pauld join CODE)", ErrRemoved, r.By)
	}
	return nil
}

// hearRefusals takes in what other devices say of having removed this one, until ctx
// ends.
func (a *App) hearRefusals(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-a.node.Notices():
			if err := a.files.HearRemoval(ctx, hexKey(n.From), n.Text); err != nil && ctx.Err() == nil {
				a.log.DebugContext(ctx, "Notice of another device was not taken in", "device", hexKey(n.From), "error", err)
			}
		}
	}
}
