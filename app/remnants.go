package app

import (
	"context"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// RemnantInfo is a Remnant as commands show it.
type RemnantInfo struct {
	Device string     `json:"device"` // ID
	Name   string     `json:"name"`
	Self   bool       `json:"self,omitempty"`
	Online bool       `json:"online"`
	Until  *time.Time `json:"until"` // its trash keeps the bytes until then; null: they are not in its trash

	Perhaps bool `json:"perhaps,omitempty"` // it had a copy, and has not told whether its trash has the bytes
}

// Remnants lists the devices that are known to have the bytes of a file, deleted or
// not; see [filelayer.Layer.Remnants].
func (a *App) Remnants(d Digest) []Remnant { return a.files.Remnants(d) }

func remnantInfos(list []filelayer.Remnant) (out []RemnantInfo) {
	for _, r := range list {
		out = append(out, RemnantInfo{r.Device, r.Name, r.Self, r.Online, wireTime(r.Until), r.Perhaps})
	}
	return out
}

// Restore brings deleted files back, on every device that still has them. Of those
// that none can have, as far as is known, it joins a [FileError] with ErrNoBytes, and they stay
// deleted.
func (a *App) Restore(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindRestore, digests: ds, do: a.restore})
}

func (a *App) restore(ctx context.Context, ds []Digest, report report) {
	a.files.RestoreSome(ctx, ds, report)
}
