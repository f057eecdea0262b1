package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/overlay"
)

// Listing is an entry as commands show it.
type Listing struct {
	Digest  string   `json:"digest"`
	Name    string   `json:"name"`
	Size    int64    `json:"size"` // bytes
	Type    string   `json:"type"`
	Date    string   `json:"date"`            // capture wall time, 2024-05-01T12:30:05, with its offset when known
	Devices []string `json:"devices"`         // IDs of the devices that hold a verified copy
	Path    string   `json:"path"`            // of the copy here; "" if none
	With    []string `json:"with,omitempty"`  // in a list: digests of the files that the gallery shows as one with it
	Stays   []string `json:"stays,omitempty"` // once it was deleted or removed: names of the other files of the same shot, which were not

	OldestProof *time.Time `json:"oldestProof"`        // when the first of the copies was read; null: there are none
	NewestProof *time.Time `json:"newestProof"`        // and the last
	WhenSafe    *WhenSafe  `json:"whenSafe,omitempty"` // it is removed from here as soon as that is safe
	Below       bool       `json:"below,omitempty"`    // after a removal: it is on fewer devices than wished
	Geometry    *Geometry  `json:"geometry,omitempty"` // how it is turned and cut; null: as the file is
	Queued      bool       `json:"queued,omitempty"`   // it is saved here, and has not come yet; after a removal: it had not, and is no longer fetched

	From []RemnantInfo `json:"from,omitempty"` // after a restore: where the bytes are known to be
}

// TrashListing is a file that can be brought back, as commands show it.
type TrashListing struct {
	Listing
	Removed time.Time  `json:"removed"`           // when it was deleted or unsaved
	By      string     `json:"by"`                // ID of the device where that was done
	Unsaved bool       `json:"unsaved,omitempty"` // from this device alone: save brings it back, else restore
	Until   *time.Time `json:"until"`             // its bytes stay in the trash here until then; null: there are none

	Elsewhere []RemnantInfo `json:"elsewhere,omitempty"` // other devices that are known to have the bytes of a deleted one
}

func (a *App) trashListings() ([]TrashListing, error) {
	trashed, err := a.files.Trashed()
	if err != nil {
		return nil, err
	}
	out := make([]TrashListing, len(trashed))
	for i, t := range trashed {
		out[i] = TrashListing{Listing: a.listing(t.Entry), Removed: t.Removed.At.UTC().Truncate(time.Second), By: t.Removed.By, Unsaved: t.Deleted == nil}
		out[i].Until, out[i].Elsewhere = wireTime(t.Until), remnantInfos(t.Elsewhere)
	}
	return out, nil
}

func (a *App) listing(e Entry) Listing {
	l := Listing{
		Digest: e.Digest.String(), Name: e.Name, Size: e.Size, Type: e.Type,
		Devices: e.HolderIDs(), Path: e.Path, Queued: a.queued(e),
	}
	if l.Devices == nil {
		l.Devices = []string{}
	}
	copies := e.Copies()
	l.WhenSafe = a.WaitsWhenSafe(e.Digest)
	l.OldestProof, l.NewestProof = wireTime(copies.Oldest), wireTime(copies.Newest)
	if img, ok := a.images.Snapshot().File(e.Digest); ok {
		l.Date = img.Date.String()
		if g := img.Geometry(); g != (Geometry{}) {
			l.Geometry = &g
		}
	} else if !e.Time.IsZero() {
		l.Date = e.Time.Format("2006-01-02T15:04:05-07:00")
	}
	return l
}

// queued says whether a file is saved here and has not come yet.
func (a *App) queued(e Entry) bool {
	return e.Deleted == nil && !e.Kept() && e.Holders.Of(a.id()).Saved
}

type devicePath struct {
	Kind      string     `json:"kind"`
	Via       string     `json:"via"`
	ViaDevice string     `json:"viaDevice,omitempty"`
	ViaPublic bool       `json:"viaPublic,omitempty"`
	RTTMs     float64    `json:"rttMs"`
	Method    string     `json:"method"`
	Since     *time.Time `json:"since"`  // null: never online
	RXRate    uint64     `json:"rxRate"` // bytes a second
	TXRate    uint64     `json:"txRate"`
}

func (p Path) wire() devicePath {
	return devicePath{
		Kind: p.Kind, Method: p.Method, Via: p.Via, ViaDevice: p.ViaDevice, ViaPublic: p.ViaPublic,
		RTTMs: milliseconds(p.RTT), Since: wireTime(p.Since), RXRate: p.RX, TXRate: p.TX,
	}
}

func (p devicePath) path() Path {
	return Path{
		Kind: p.Kind, Method: p.Method, Via: p.Via, ViaDevice: p.ViaDevice, ViaPublic: p.ViaPublic,
		RTT: time.Duration(p.RTTMs * float64(time.Millisecond)), Since: timeOf(p.Since), RX: p.RXRate, TX: p.TXRate,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// wireTime is a time as JSON has it: in whole seconds of UTC, null for the zero time.
func wireTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// deviceJSON is a Device as the control API and the commands write it.
type deviceJSON struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Address  string     `json:"address"`
	Platform string     `json:"platform"`
	Self     bool       `json:"self"`
	Online   bool       `json:"online"`
	Path     devicePath `json:"path"`
	LastSeen *time.Time `json:"lastSeen"` // null: never
	Files    int        `json:"files"`
	Bytes    int64      `json:"bytes"`

	Only        int        `json:"only"` // files that no other device holds
	OnlyBytes   int64      `json:"onlyBytes"`
	OldestProof *time.Time `json:"oldestProof"` // null: it holds none
	NewestProof *time.Time `json:"newestProof"`

	Room *roomJSON `json:"room,omitempty"` // absent: it has not said
}

// roomJSON is what a device keeps by itself, and how full its disk is.
type roomJSON struct {
	Everything bool  `json:"everything"`
	Helps      bool  `json:"helps"`
	Space      int64 `json:"space"` // bytes that photos may take; 0 = no limit
	Trash      int64 `json:"trash"`
	Free       int64 `json:"free"`
	Disk       int64 `json:"disk"` // 0: not known, nor is free
}

func (d Device) room() *roomJSON {
	if !d.RoleKnown {
		return nil
	}
	return &roomJSON{d.Role.Everything, d.Role.Helps, d.Role.Space, d.Trash, d.DiskFree, d.DiskSize}
}

// MarshalJSON writes the documented fields, with times in RFC 3339.
func (d Device) MarshalJSON() ([]byte, error) {
	return json.Marshal(deviceJSON{
		ID: d.ID, Name: d.Name, Address: d.Address, Platform: d.Platform, Self: d.Self, Online: d.Online,
		Path: d.Path.wire(), LastSeen: wireTime(d.LastSeen), Files: d.Files, Bytes: d.Bytes,
		Only: d.Only, OnlyBytes: d.OnlyBytes, OldestProof: wireTime(d.OldestProof), NewestProof: wireTime(d.NewestProof),
		Room: d.room(),
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Device) UnmarshalJSON(data []byte) error {
	var j deviceJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*d = Device{
		ID: j.ID, Name: j.Name, Address: j.Address, Platform: j.Platform, Self: j.Self, Online: j.Online,
		Path: j.Path.path(), LastSeen: timeOf(j.LastSeen), Files: j.Files, Bytes: j.Bytes,
		Only: j.Only, OnlyBytes: j.OnlyBytes, OldestProof: timeOf(j.OldestProof), NewestProof: timeOf(j.NewestProof),
	}
	if r := j.Room; r != nil {
		d.RoleKnown, d.Role, d.Trash, d.DiskFree, d.DiskSize = true, Role{Everything: r.Everything, Helps: r.Helps, Space: r.Space}, r.Trash, r.Free, r.Disk
	}
	return nil
}

// PeerInfo is a link as commands show it.
type PeerInfo struct {
	URI     string  `json:"uri"`
	Kind    string  `json:"kind"` // "lan", "static", "public" or "inbound"
	Up      bool    `json:"up"`
	Inbound bool    `json:"inbound"`
	RTTMs   float64 `json:"rttMs"`
	RX      uint64  `json:"rx"`      // bytes received
	TX      uint64  `json:"tx"`      // bytes sent
	Transit uint64  `json:"transit"` // of rx: bytes carried for others
	Error   string  `json:"error,omitempty"`
}

func peerInfo(p Peering) PeerInfo {
	return PeerInfo{
		URI: overlay.HidePassword(p.URI), Kind: p.Kind, Up: p.Up, Inbound: p.Inbound,
		RTTMs: milliseconds(p.RTT), RX: p.RX, TX: p.TX, Transit: p.Transit, Error: p.LastErr,
	}
}

// Progress is how far a long command is.
type Progress struct {
	Files      int     `json:"files"`
	TotalFiles int     `json:"totalFiles"`
	Bytes      int64   `json:"bytes"`
	TotalBytes int64   `json:"totalBytes"`
	Rate       float64 `json:"rate"` // bytes a second
	Current    string  `json:"current,omitempty"`
}

// GuestInfo is a Guest as the control API writes it.
type GuestInfo struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Platform string    `json:"platform"`
	Words    [4]string `json:"words"`
}

// ImportSummary counts what an import did.
type ImportSummary struct {
	Added      int `json:"added"`
	Duplicates int `json:"duplicates"`
	Brought    int `json:"brought,omitempty"` // of those: that were not on this device, and are now
	Failed     int `json:"failed"`
	Sidecars   int `json:"sidecars"` // files beside photos that said something of them
}

// CheckSummary counts what a check looked at.
type CheckSummary struct {
	Files        int   `json:"files"`
	Bytes        int64 `json:"bytes"`
	Read         int   `json:"read"`    // copies whose bytes were read
	Waiting      int   `json:"waiting"` // of photos that were never here yet, and are to be fetched
	WaitingBytes int64 `json:"waiting_bytes"`
	Problems     int   `json:"problems"`
	Repaired     int   `json:"repaired"`
}

// nameRequest is the name of a device.
type nameRequest struct {
	Name string `json:"name"`
}

// Problem is a file that an import or a check has something to say of.
type Problem struct {
	Path     string `json:"path"`
	Name     string `json:"name,omitempty"` // of what a check found
	Digest   string `json:"digest,omitempty"`
	Error    string `json:"error"`
	Kept     bool   `json:"kept,omitempty"`     // an import kept the file all the same
	Coming   bool   `json:"coming,omitempty"`   // another device has it, from which it is fetched unasked
	Lost     bool   `json:"lost,omitempty"`     // no copy is known: a person has to bring one, or to delete it
	Repaired bool   `json:"repaired,omitempty"` // a check put it right
}

// Event is one line of the answer to a long command: one of its fields is set,
// and Unchanged may be beside Entry.
type Event struct {
	Progress   *Progress       `json:"progress,omitempty"`
	Entry      *Listing        `json:"entry,omitempty"`
	Unchanged  bool            `json:"unchanged,omitempty"` // Entry was as it was to be made
	Problem    *Problem        `json:"problem,omitempty"`
	Failure    *Failure        `json:"error,omitempty"`
	Exported   *ExportInfo     `json:"exported,omitempty"`
	Removal    *Removal        `json:"removal,omitempty"`
	Undone     *UndoInfo       `json:"undone,omitempty"`
	Imported   *ImportSummary  `json:"imported,omitempty"`
	Checked    *CheckSummary   `json:"checked,omitempty"`
	Invitation *InvitationInfo `json:"invitation,omitempty"`
	Guest      *GuestInfo      `json:"guest,omitempty"`
	Waiting    string          `json:"waiting,omitempty"` // what a command waits for, in words for a person
	Words      *[4]string      `json:"words,omitempty"`
	Paired     *Device         `json:"paired,omitempty"`
	End        bool            `json:"end,omitempty"` // the last line: all was said
}

// InvitationInfo is an Invitation as the control API writes it.
type InvitationInfo struct {
	ID      int64     `json:"id"` // to answer it by
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// Failure is an error that crossed the control API. It keeps what errors.Is
// tells of the sentinels of this package.
type Failure struct {
	Code    string `json:"code"` // names the sentinel; "failed" for any other error
	Message string `json:"message"`
	Digest  string `json:"digest,omitempty"` // the file it is about
}

func (f *Failure) Error() string { return f.Message }

// Is reports whether target is the sentinel that Code names.
func (f *Failure) Is(target error) bool {
	for _, c := range codes {
		if c.name == f.Code {
			return c.err == target
		}
	}
	return false
}

// codes names the sentinels that cross the control API, the more telling first.
var codes = []struct {
	name string
	err  error
}{
	{"lastCopy", ErrLastCopy},
	{"unverified", ErrUnverified},
	{"leased", ErrLeased},
	{"keeper", ErrKeeper},
	{"beyondLimit", ErrBeyondLimit},
	{"inPlace", ErrInPlace},
	{"badPlace", ErrBadPlace},
	{"placeAway", ErrPlaceAway},
	{"noHolder", ErrNoHolder},
	{"noBytes", ErrNoBytes},
	{"undone", ErrUndone},
	{"deleted", ErrDeleted},
	{"notFound", ErrNotFound},
	{"notPaired", ErrNotPaired},
	{"ambiguous", ErrAmbiguous},
	{"badCode", ErrBadCode},
	{"expired", ErrExpired},
	{"used", ErrUsed},
	{"burned", ErrBurned},
	{"ownCode", ErrOwnCode},
	{"rejected", ErrRejected},
	{"cancelled", ErrCancelled},
	{"wrongSecret", ErrWrongSecret},
	{"oldPaul", ErrOldPaul},
	{"hungUp", ErrHungUp},
	{"notPaul", ErrProtocol},
	{"clock", ErrClock},
	{"tooMany", ErrTooMany},
	{"noAnswer", ErrNoAnswer},
	{"corrupt", ErrCorrupt},
	{"noSpace", ErrNoSpace},
	{"readOnly", ErrReadOnly},
	{"notMounted", ErrNotMounted},
	{"missing", ErrMissing},
	{"badSetting", ErrBadSetting},
	{"badDate", ErrBadDate},
	{"badQuery", ErrBadQuery},
	{"badURI", ErrBadURI},
	{"badGeometry", imagelib.ErrBadGeometry},
	{"ownDevice", ErrOwnDevice},
	{"removed", ErrRemoved},
	{"noWindow", ErrNoWindow},
	{"stopped", ErrStopped},
}

// failure puts err on the wire.
func failure(err error) *Failure {
	f := &Failure{Code: "failed", Message: err.Error()}
	if errors.Is(err, context.Canceled) { // the client has not gone, or nobody would read this
		f.Code, f.Message = "stopped", ErrStopped.Error()
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			f.Code = c.name
			break
		}
	}
	var file *FileError
	if errors.As(err, &file) {
		f.Digest = file.Digest.String()
	}
	return f
}
