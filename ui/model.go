package ui

import (
	"context"
	"image"
	"os"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
)

// device is what the screens need of *app.App. See the App's documentation for
// what each method does.
type device interface {
	Changed() *signal.Signal
	Devices() []app.Device
	Findings() []app.Finding
	Self() app.Device
	Entry(app.Digest) (app.Entry, bool)
	Restorable() []app.Entry
	Remnants(d app.Digest) []app.Remnant
	InTrash() ([]app.InTrash, error)
	TrashLen() int
	Purge(ctx context.Context, ds ...app.Digest) error
	HeldDeletions() []app.Entry
	AgreeDeletions(context.Context) error
	Status() app.Status
	Import(ctx context.Context, paths []string) (app.ImportResult, error)
	ImportNew(ctx context.Context, paths []string) (app.ImportResult, error)
	Save(ctx context.Context, ds ...app.Digest) error
	Unsave(ctx context.Context, ds ...app.Digest) error
	UnsaveWhenSafe(ctx context.Context, ds ...app.Digest) error
	ForceUnsave(ctx context.Context, ds ...app.Digest) error
	Delete(ctx context.Context, ds ...app.Digest) error
	Restore(ctx context.Context, ds ...app.Digest) error
	Fetch(ctx context.Context, d app.Digest) (*os.File, error)
	Export(ctx context.Context, opts app.ExportOptions, ds ...app.Digest) error
	Nearby() []app.NearbyDevice
	Join(ctx context.Context, code string, show func(words [4]string)) (app.Device, error)
	RemoveDevice(ctx context.Context, id string) error
	RenameDevice(ctx context.Context, id, name string) error
	Formers() []app.Former
	Backup(ctx context.Context, path string) (app.BackupInfo, error)
	RestoreBackup(ctx context.Context, path string) (app.RestoredInfo, error)
	ProbeDatabase(ctx context.Context, url string) error
	Proxy() (address string, byOption bool)
	ProxyLogin() (user, password string, err error)
	IfLost(id string) (app.Loss, error)
	LookAgain()
	Diagnose() app.Diagnosis
	Peers() []app.Peering
	Ready(ctx context.Context) (app.Ready, error)
	Notices() []string
	Away() error
	Settings() app.Settings
	UpdateSettings(ctx context.Context, s app.Settings) error
	RestartNeeded() []string
	Limits() app.Limits
	Fetching() *app.Fetching
	SetLimits(app.Limits) error
	Role() app.Role
	SetRole(context.Context, app.Role) (app.Dropped, error)
	Plan(app.Role) app.Plan
	CopyRule(album string) app.CopyRule
	PlanCopies(album string, rule app.CopyRule) app.CopiesInfo
	Copies() app.CopiesInfo
	SetCopyRule(ctx context.Context, album string, rule app.CopyRule) error
	BelowOf(...app.Digest) int
	WatchedFolders() []app.WatchedFolder
	AddWatchedFolder(path string) error
	RemoveWatchedFolder(path string) error
	Places() ([]app.PlaceInfo, error)
	AddPlace(ctx context.Context, path string) (app.ImportResult, error)
	RemovePlace(ctx context.Context, path string, force bool) error
	SwitchedOff() app.Off
	Activities() []app.Activity
	ForgetEnded()
	Cards() []app.CardInfo
	DismissCard(path string)
	FindRemovals(text string, n int) (lines []app.Removal, more bool, err error)
	Actions() []app.ActionInfo
	CountActions(context.Context)
	Check(ctx context.Context, opts app.CheckOptions, report func(app.CheckProblem)) (app.CheckResult, error)
	ClockOffers() []app.ClockOffer
	KeptDuplicates() [][]app.Digest
	KeepDuplicates(group []app.Digest, kept bool) error
	ApplyClock(ctx context.Context, o app.ClockOffer) (app.Correction, error)
	DismissClock(o app.ClockOffer, dismissed bool) error
	Remembered() ([]byte, error)
	Remember(data []byte) error
	Undo(ctx context.Context, id string, report func(app.Digest, error)) (app.UndoInfo, error)
	Transfers() []app.Transfer
	Opened() <-chan []string

	Invite(ctx context.Context) (invitation, error)
}

// invitation is an open pair code; *app.Invitation is one.
type invitation interface {
	Code() string
	ShortCode() string
	Expires() time.Time
	Wait(ctx context.Context) (app.Guest, error)
	Accept(ctx context.Context) (app.Device, error)
	Reject()
	Cancel()
}

// library is what the screens need of *imagelib.Library.
type library interface {
	Snapshot() snapshot
	ThumbnailAs(ctx context.Context, d app.Digest, g app.Geometry, size int) (*image.RGBA, error)
	Placeholder(img *imagelib.Image) *image.RGBA
	InstantAs(ctx context.Context, d app.Digest, g app.Geometry, size int) *image.RGBA
	PixelsAs(ctx context.Context, d app.Digest, g app.Geometry, maxSide int) (image.Image, error)
	Rotate(ctx context.Context, ds []app.Digest, quarters int) error
	SetFavourite(ctx context.Context, ds []app.Digest, favourite bool) error
	SetGeometry(ctx context.Context, ds []app.Digest, g app.Geometry) error
	SetRating(ctx context.Context, ds []app.Digest, rating int) error
	SetCaption(ctx context.Context, ds []app.Digest, caption string) error
	EditTags(ctx context.Context, ds []app.Digest, add, remove []string) error
	CorrectDates(ctx context.Context, ds []app.Digest, c app.DateChange) (app.Correction, error)
	Albums() []imagelib.Album
	CreateAlbum(ctx context.Context, name string) (imagelib.Album, error)
	CreateSmartAlbum(ctx context.Context, name string, q imagelib.Query) (imagelib.Album, error)
	SetQuery(ctx context.Context, id string, q imagelib.Query) error
	RestoreAlbum(ctx context.Context, id string) error
	SetCover(ctx context.Context, id string, cover app.Digest) error
	RenameAlbum(ctx context.Context, id, name string) error
	DeleteAlbum(ctx context.Context, id string) error
	AddToAlbum(ctx context.Context, id string, ds []app.Digest) error
	RemoveFromAlbum(ctx context.Context, id string, ds []app.Digest) error
}

// snapshot is the images at one moment, newest first.
type snapshot struct {
	images []*imagelib.Image
	find   func(app.Digest) (img *imagelib.Image, index int, ok bool)
	filter func(imagelib.Query) []int
	shots  func([]app.Entry) [][]app.Entry
	alike  func() [][]int // groups of near duplicates; it takes long
	bursts func() [][]int // groups of what one camera took in quick succession
	tags   func() []imagelib.Tag
	facets func() *imagelib.Facets

	onThisDay func(today time.Time) []imagelib.YearsAgo
}

// realDevice makes an App a device: an interface's method cannot return another
// interface.
type realDevice struct{ *app.App }

func (d realDevice) Invite(ctx context.Context) (invitation, error) {
	inv, err := d.App.Invite(ctx)
	if err != nil {
		return nil, err
	}
	return inv, nil
}

// realLibrary makes a Library a library, likewise.
type realLibrary struct{ *imagelib.Library }

func (l realLibrary) Snapshot() snapshot {
	s := l.Library.Snapshot()
	return snapshot{images: s.Images, find: s.ByDigest, filter: s.Filter, shots: l.Shots, alike: s.NearDuplicates, bursts: s.Bursts, tags: s.Tags, facets: s.Facets, onThisDay: s.OnThisDay}
}
