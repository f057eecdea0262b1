package app

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// BackupInfo tells of a backup of the records, as commands show it.
type BackupInfo struct {
	Path   string    `json:"path"`
	Device string    `json:"device"` // ID of the device that made it
	Name   string    `json:"name"`   // of that device
	Made   time.Time `json:"made"`
}

// RestoredInfo tells what the records of a backup gave back.
type RestoredInfo struct {
	BackupInfo
	Records int `json:"records"` // in the backup
	Written int `json:"written"` // versions of them that were missing here; a record may have several
	Refused int `json:"refused"` // of them, those that cannot be used
	Held    int `json:"held"`    // deletions of photos here that wait for a person
}

// Backup writes the records to a file at path; photos are not part of it. See
// [filelayer.Layer.Backup].
func (a *App) Backup(ctx context.Context, path string) (BackupInfo, error) {
	ctx, act := a.activities.start(ctx, KindBackup, path, 0)
	b, err := a.files.Backup(ctx, path)
	return BackupInfo{path, b.Device, b.Name, b.Made}, act.finish(err)
}

// RestoreBackup takes in the records of the backup at path. See
// [filelayer.Layer.RestoreBackup].
func (a *App) RestoreBackup(ctx context.Context, path string) (RestoredInfo, error) {
	ctx, act := a.activities.start(ctx, KindRestoreBackup, path, 0)
	r, err := a.files.RestoreBackup(ctx, path)
	return RestoredInfo{
		BackupInfo: BackupInfo{path, r.Backup.Device, r.Backup.Name, r.Backup.Made},
		Records:    r.Documents, Written: r.Written, Refused: r.Refused, Held: len(a.HeldDeletions()),
	}, act.finish(err)
}

// backup carries out the command of that name.
func (c *control) backup(r *http.Request) (any, error) {
	return withBody(r, func(b backupRequest) (any, error) {
		if b.Restore {
			return c.app.RestoreBackup(r.Context(), b.Path)
		}
		return c.app.Backup(r.Context(), b.Path)
	})
}

// damaged tells of records that could not be read at the start, in words for a
// person.
func (a *App) damaged() []string {
	var out []string
	for _, err := range a.files.Damaged() {
		out = append(out, fmt.Sprintf("Some records could not be read and were put aside: %v. Your photos are untouched. "+
			"The records come back from your other devices, or from a backup by: pauld backup --restore FILE", err))
	}
	return out
}
