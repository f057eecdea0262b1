package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/libpaul/paul/filelayer/pairing"
	"github.com/libpaul/paul/internal/signal"
)

// A Layer is the file layer of one device. Its methods may be called from any
// goroutine once Run has been started.
type Layer struct {
	opts    Options
	changed signal.Signal
}

// Open opens the layer. It starts no goroutine; see [Layer.Run].
func Open(opts Options) (*Layer, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Layer{opts: opts}, nil
}

// Run serves peers, replicates, fetches what is wished for, and acts on what
// other devices do, until ctx ends.
func (l *Layer) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Close releases the files and databases. Run must have returned.
func (l *Layer) Close() error { return nil }

// Ready blocks until the records are loaded.
func (l *Layer) Ready(ctx context.Context) error { return errors.ErrUnsupported }

// Changed is raised whenever entries, devices or transfers have changed.
func (l *Layer) Changed() *signal.Signal { return &l.changed }

// Entries lists the files that are not deleted, sorted by digest. The slice is
// shared and must not be changed.
func (l *Layer) Entries() []Entry { return nil }

// Entry returns one file, deleted or not, or [ErrNotFound].
func (l *Layer) Entry(d Digest) (Entry, error) { return Entry{}, ErrNotFound }

// Deleted lists the files that have been deleted, the latest first. The slice
// is shared and must not be changed.
func (l *Layer) Deleted() []Entry { return nil }

// Create stores the bytes of r as a file of the library, and returns its entry
// once both are safe on disk. Bytes the library has already keep their entry;
// this device then holds a copy as well.
func (l *Layer) Create(ctx context.Context, r io.Reader, md Metadata) (Entry, error) {
	return Entry{}, errors.ErrUnsupported
}

// A Batch creates many files at the price of one.
type Batch struct{}

// NewBatch begins a batch. It must end in Commit or Abort. Several goroutines
// may create files in it.
func (l *Layer) NewBatch() *Batch { return &Batch{} }

// Create adds a file to the batch. The entry tells its digest; nothing is kept
// before Commit.
func (b *Batch) Create(ctx context.Context, r io.Reader, md Metadata) (Entry, error) {
	return Entry{}, errors.ErrUnsupported
}

// Commit makes the batch's files safe on disk, then writes their records. On
// error, what was kept will be found by the next identical import.
func (b *Batch) Commit(ctx context.Context) error { return errors.ErrUnsupported }

// Abort drops what was not committed.
func (b *Batch) Abort() {}

// Delete deletes a file on all devices. Each moves its copy to its trash.
func (l *Layer) Delete(ctx context.Context, d Digest) error { return errors.ErrUnsupported }

// Restore undoes Delete. Devices that still have the bytes bring them back.
func (l *Layer) Restore(ctx context.Context, d Digest) error { return errors.ErrUnsupported }

// HeldDeletions lists files that another device deleted, and whose copies here
// stay until a person agrees, since they are suspiciously many.
func (l *Layer) HeldDeletions() []Entry { return nil }

// AgreeDeletions lets the held deletions happen.
func (l *Layer) AgreeDeletions(ctx context.Context) error { return errors.ErrUnsupported }

// Fetch opens a file's bytes for reading: the copy here, else a temporary one,
// fetched from a holder that is online. The caller closes it.
func (l *Layer) Fetch(ctx context.Context, d Digest) (*os.File, error) {
	return nil, errors.ErrUnsupported
}

// Save fetches a file into this device's library and returns once it is safe
// there. The wish is recorded first: when Save fails for want of a holder, the
// file follows as soon as one is online.
func (l *Layer) Save(ctx context.Context, d Digest) (Entry, error) {
	return Entry{}, errors.ErrUnsupported
}

// Want records the wish that this device keeps the files; they are fetched in
// the background.
func (l *Layer) Want(ctx context.Context, digests ...Digest) error { return errors.ErrUnsupported }

// Unsave moves the copy here to the trash, once enough other devices have
// proved theirs and promised to keep it for a while. Else it fails with
// [ErrLastCopy], [ErrUnverified] or [ErrLeased], and nothing changes.
func (l *Layer) Unsave(ctx context.Context, d Digest) error { return errors.ErrUnsupported }

// ForceUnsave moves the copy here to the trash though it may be the last. Only
// a lease that another device relies on stops it.
func (l *Layer) ForceUnsave(ctx context.Context, d Digest) error { return errors.ErrUnsupported }

// Transfers lists the files that are being fetched, or wait after a failure.
func (l *Layer) Transfers() []Transfer { return nil }

// Queue counts the files that are wished for and not here yet.
func (l *Layer) Queue() int { return 0 }

// A Guest is a device that asks to be paired.
type Guest struct {
	ID, Name, Platform string
	Words              [4]string // shown on both devices; they must be equal
}

// An Invitation is a live pair code.
type Invitation struct{}

// GeneratePairCode makes a pair code for one other device, good for ten
// minutes, and opens the overlay to whoever brings it. Run serves it.
func (l *Layer) GeneratePairCode(ctx context.Context) (*Invitation, error) {
	return nil, errors.ErrUnsupported
}

// Code is the text to show, also as a QR code.
func (i *Invitation) Code() string { return "" }

// Expires is when the code stops working.
func (i *Invitation) Expires() time.Time { return time.Time{} }

// Wait blocks until a device has proved that it knows the code.
func (i *Invitation) Wait(ctx context.Context) (Guest, error) { return Guest{}, errors.ErrUnsupported }

// Accept pairs the device that Wait returned.
func (i *Invitation) Accept(ctx context.Context) (Device, error) {
	return Device{}, errors.ErrUnsupported
}

// Reject refuses the device that Wait returned; the code is used up.
func (i *Invitation) Reject() {}

// Cancel ends the invitation. It may be called at any time, and twice.
func (i *Invitation) Cancel() {}

// UsePairCode joins the library of the device that showed code. show is called
// with the words to compare while the other person is asked.
func (l *Layer) UsePairCode(ctx context.Context, code string, show func(words [4]string)) (Device, error) {
	return Device{}, fmt.Errorf("join: %w", pairing.ErrBadCode)
}

// Devices lists the paired devices and this one, sorted by name.
func (l *Layer) Devices() []Device { return nil }

// RemoveDevice takes a device out of the library: every other device expels
// it, and its copies stop counting. Removing this device leaves the library.
func (l *Layer) RemoveDevice(ctx context.Context, id string) error { return errors.ErrUnsupported }

// Rename gives this device another name.
func (l *Layer) Rename(ctx context.Context, name string) error { return errors.ErrUnsupported }

// AddPeer asks the overlay for a peering.
func (l *Layer) AddPeer(uri string) error { return l.opts.Network.AddPeer(uri) }

// Address is this device's address in the overlay.
func (l *Layer) Address() string { return l.opts.Address }

// CheckOptions selects what [Layer.Check] does.
type CheckOptions struct {
	ReadData bool // read every copy here and compare its digest
	Repair   bool // put right what can be: records, and bytes from other holders
}

// A Problem is something that Check found.
type Problem struct {
	Digest   Digest
	Path     string // "" when there is no file
	Err      error  // what is wrong; errors.Is tells ErrMissing, ErrCorrupt
	Repaired bool
}

// A CheckResult counts what Check looked at.
type CheckResult struct {
	Files    int   // copies that should be here
	Bytes    int64 // of those
	Problems int
	Repaired int
}

// Check compares records, index and files. It calls report, if not nil, for
// each problem, and returns an error only when it could not finish.
func (l *Layer) Check(ctx context.Context, opts CheckOptions, report func(Problem)) (CheckResult, error) {
	return CheckResult{}, errors.ErrUnsupported
}

// Database returns the named database of another package, replicated between
// all paired devices; conflicts are merged by merge. It must be called before
// Run, with the same name on every device.
func (l *Layer) Database(name string, merge MergeFunc) (*Database, error) {
	return nil, errors.ErrUnsupported
}

// HandlePeer serves GET requests of paired devices whose path begins with
// prefix, such as "/thumb/". It must be called before Run.
func (l *Layer) HandlePeer(prefix string, h http.Handler) {}

// PeerGet asks a paired device for a path that it serves with HandlePeer. The
// caller closes the body.
func (l *Layer) PeerGet(ctx context.Context, deviceID, path string) (*http.Response, error) {
	return nil, ErrNotPaired
}

// Online says whether a paired device answers now.
func (l *Layer) Online(id string) bool { return l.opts.Network.Online(id) }

// CouchHandler serves the databases in full, without asking who calls: for
// loopback only, behind a password.
func (l *Layer) CouchHandler() http.Handler { return http.NotFoundHandler() }
