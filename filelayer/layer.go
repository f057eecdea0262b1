package filelayer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/internal/durable"
	"github.com/libpaul/paul/internal/signal"
)

// A Layer is the file layer of one device. Its methods may be called from any
// goroutine once Run has been started; those that need the records wait for
// them.
type Layer struct {
	opts     Options
	log      *slog.Logger
	blobs    *blob.Store
	db       *databases
	external *external // nil without one
	files    *Database
	roster   *Database
	actions  *Database // what persons did; see journal
	copies   *Database // rules and offers; see copyRules
	mirror   *mirror
	changed  signal.Signal
	loaded   chan struct{} // closed when the records are in the mirror
	ready    chan struct{} // closed when they are settled with what is here
	stirred  *stirred
	queue    *queue
	flow     flow
	held     *held
	removals *removalLog
	twins    *twins
	whenSafe *whenSafe
	journal  *journal
	editors  map[string]Editor // by kind of action; see SetEditor
	cut      []string          // files of actions that were cut off
	faults   *faults
	fetches  *fetches
	invite   *inviting
	client   *http.Client
	bulk     *http.Client // for the bytes of files
	now      func() time.Time
	stall    time.Duration // how long a device may send nothing
	asks     int           // requests that a removal makes at once
	proofs   int           // removals that are tried together

	copyRules  *copyRules
	copyNotes  *copyNotes
	emptied    *emptied
	rot        rot
	deliveries *deliveries
	free       func() (int64, error)       // bytes free for the library; tests replace it
	offered    atomic.Pointer[offerRecord] // what this device would have said when it last looked; nil before

	spreadFrom int64         // bytes of a file that is fetched from several devices at once
	spreading  chan struct{} // holds one for each such file

	// lease asks a device for a lease. Tests replace it.
	lease func(ctx context.Context, device, removal string, e Entry) (proof, error)

	role          atomic.Pointer[Role] // nil until one is set
	roleChanged   signal.Signal
	roleAsked     atomic.Int32 // calls of SetRole that wait for playing
	playing       sync.Mutex   // held while the role changes, and while wishes follow it
	limiting      sync.RWMutex // held while it is found out what is beyond the limit of space
	copiesChanged signal.Signal
	rosterChanged signal.Signal
	lookAgain     signal.Signal // see LookAgain
	closed        chan struct{} // closed by Close
	told          atomic.Int64  // when progress was last told, in nanoseconds
	indexed       atomic.Bool   // the index of the library can be relied on
	settling      sync.Mutex    // held while bytes follow their records; guards spares
	spares        spares

	mu       sync.Mutex // guards handlers
	handlers []peerHandler
}

// Open opens the layer. It starts no goroutine; see [Layer.Run].
func Open(opts Options) (*Layer, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := durable.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open file layer: %w", err)
	}
	if err := sweepWork(opts.Dir); err != nil {
		return nil, fmt.Errorf("open file layer: %w", err)
	}
	l := &Layer{
		opts: opts, log: opts.Log, now: opts.now,
		mirror: newMirror(opts.DeviceID),
		loaded: make(chan struct{}), ready: make(chan struct{}), closed: make(chan struct{}), stall: peerStall,
		asks: removalAsks, proofs: leaseFiles, spreadFrom: spreadFile, spreading: make(chan struct{}, fetchers),
		stirred: newStirred(), queue: newQueue(), faults: newFaults(), fetches: newFetches(), invite: new(inviting), twins: newTwins(), journal: newJournal(),
		copyRules: newCopyRules(), deliveries: newDeliveries(),
		spares: make(spares), removals: newRemovalLog(filepath.Join(opts.Dir, "removals.jsonl")),
		client: &http.Client{Transport: opts.Transport, CheckRedirect: noRedirect},
	}
	l.lease, l.bulk = l.askLease, l.client
	if opts.Bulk != nil {
		l.bulk = &http.Client{Transport: opts.Bulk, CheckRedirect: noRedirect}
	}
	if err := errors.Join(l.initRole(opts.Role), l.SetLimits(opts.Limits)); err != nil {
		return nil, err
	}
	if l.held, err = openHeld(filepath.Join(opts.Dir, "deletions.json")); err != nil {
		return nil, err
	}
	l.mirror.waits = l.held.has
	if l.whenSafe, err = openWhenSafe(filepath.Join(opts.Dir, "removewhensafe.json")); err != nil {
		return nil, err
	}
	if l.cut, err = l.cutOff(); err != nil {
		return nil, err
	}
	if l.copyNotes, err = openCopyNotes(filepath.Join(opts.Dir, "copies.json")); err != nil {
		return nil, err
	}
	if l.emptied, err = openEmptied(filepath.Join(opts.Dir, "emptied.json")); err != nil {
		return nil, err
	}
	l.blobs, err = blob.Open(blob.Options{
		Library: opts.Library, Places: opts.Places, StateDir: opts.Dir, CacheBytes: opts.CacheBytes, Log: opts.Log,
		OnAside: l.noteAside, Now: opts.now, Believing: opts.believing,
	})
	if err != nil {
		return nil, fmt.Errorf("open library: %w", err)
	}
	l.free = l.blobs.Free
	if err := l.openDatabases(); err != nil {
		return nil, errors.Join(err, l.blobs.Close())
	}
	return l, nil
}

func (l *Layer) openDatabases() (err error) {
	if l.opts.DatabaseURL != "" {
		if l.external, err = openExternal(l.opts, &l.changed); err != nil {
			return err
		}
	}
	if l.db, err = openDatabases(l.opts); err != nil {
		return err
	}
	if l.files, err = l.Database("files", mergeFiles); err != nil {
		return errors.Join(err, l.db.Close())
	}
	if l.roster, err = l.Database("devices", mergeDevices); err != nil {
		return errors.Join(err, l.db.Close())
	}
	if l.actions, err = l.Database("journal", mergeJournal); err != nil {
		return errors.Join(err, l.db.Close())
	}
	if l.copies, err = l.Database("copies", mergeCopyRecords); err != nil {
		return errors.Join(err, l.db.Close())
	}
	return nil
}

// noRedirect keeps a peer from sending requests elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close releases the files and databases. Run must have returned.
func (l *Layer) Close() error {
	close(l.closed)
	return errors.Join(l.db.Close(), l.blobs.Close(), l.removals.close())
}

// Mounted returns nil when the library folder is there now, and else why it cannot be
// used, such as [ErrNotMounted].
func (l *Layer) Mounted() error { return l.blobs.Mounted() }

// Ready blocks until the records are loaded. After Close it fails with
// [ErrClosed].
func (l *Layer) Ready(ctx context.Context) error {
	select {
	case <-l.closed:
		return ErrClosed
	default:
	}
	select {
	case <-l.closed:
		return ErrClosed
	case <-l.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the records: %w", context.Cause(ctx))
	}
}

// Changed is raised whenever entries, devices or transfers have changed.
func (l *Layer) Changed() *signal.Signal { return &l.changed }

// Entries lists the files that are not deleted, sorted by digest. The slice is
// shared and must not be changed.
func (l *Layer) Entries() []Entry { return l.mirror.live() }

// Entry returns one file, deleted or not, or [ErrNotFound].
func (l *Layer) Entry(d Digest) (Entry, error) {
	e, ok := l.mirror.entry(d)
	if !ok {
		return Entry{}, fmt.Errorf("file %v: %w", d, ErrNotFound)
	}
	return e, nil
}

// Deleted lists the files that have been deleted, the latest first. The slice
// is shared and must not be changed.
func (l *Layer) Deleted() []Entry { return l.mirror.tombstones() }

// wanted returns the entry of a file that is not deleted.
func (l *Layer) wanted(ctx context.Context, d Digest) (Entry, error) {
	if err := l.Ready(ctx); err != nil {
		return Entry{}, err
	}
	e, err := l.Entry(d)
	if err == nil && e.Deleted != nil {
		err = fmt.Errorf("%s: %w: restore it first", e.Name, ErrDeleted)
	}
	return e, err
}

// Damaged tells of records that could not be read when the layer was opened:
// where their file was moved to, each as an error that wraps [ErrDamaged].
// Other devices, or a backup, fill them again.
func (l *Layer) Damaged() []error { return l.db.damaged }

// AddPeer asks the overlay for a peering, and keeps it.
func (l *Layer) AddPeer(uri string) error {
	settle, err := l.opts.Network.AddPeer(uri)
	if err != nil {
		return err
	}
	return settle(true)
}

// Address is this device's address in the overlay.
func (l *Layer) Address() string { return l.opts.Address }

// Online says whether a paired device answers now.
func (l *Layer) Online(id string) bool {
	return l.mirror.paired(id) && l.opts.Network.Online(id) && !l.givesWay()
}
