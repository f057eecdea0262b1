package app

import (
	"context"
	"time"
)

// DoUnsaveWhenSafe is what Client.Act does beside the kinds of activity: it
// unsaves each file now, or as soon as other devices prove their copies.
const DoUnsaveWhenSafe = "unsaveWhenSafe"

// WhenSafe tells that a file is removed from this device as soon as that is safe.
type WhenSafe struct {
	Asked   time.Time `json:"asked"`             // when the person asked for it
	Missing string    `json:"missing,omitempty"` // why it was refused last
}

// UnsaveWhenSafe is Unsave of files that, where it is refused, wait: each is
// removed as soon as enough other devices prove their copies, also after a
// restart. Save takes it back.
func (a *App) UnsaveWhenSafe(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindUnsave, digests: ds, do: oneByOne(a.unsaveWhenSafe)})
}

func (a *App) unsaveWhenSafe(ctx context.Context, d Digest) error {
	if known, _ := a.holdersOf(d); known {
		a.patience.holder(ctx, a, d)
	}
	_, err := a.files.UnsaveWhenSafe(ctx, d)
	return err
}

// WaitsWhenSafe tells whether a file waits to be removed from this device, nil
// if not.
func (a *App) WaitsWhenSafe(d Digest) *WhenSafe {
	w, waits := a.files.Waiting(d)
	if !waits {
		return nil
	}
	return &WhenSafe{Asked: w.Asked.UTC().Truncate(time.Second), Missing: w.Missing}
}
