package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// whenSafeRetry is how often removals that wait are tried though nothing has
// happened that is known here.
const whenSafeRetry = 15 * time.Minute

// errTakenBack ends a try whose removal a person no longer wants.
var errTakenBack = errors.New("the removal was taken back")

// A Waiting is a file whose copy here is removed as soon as that is safe.
type Waiting struct {
	Entry
	Asked   time.Time // when the person asked for it
	Missing string    // why it was refused last; "" when it was not tried since the start
}

// whenSafe holds the removals that wait for a proof. It survives a restart in a
// small file; if that is damaged they are forgotten, and the files stay.
type whenSafe struct {
	path    string
	wake    chan struct{}
	letting sync.RWMutex // held while bytes go, and while a removal is taken back

	mu    sync.Mutex // guards the rest
	files map[Digest]waitingFile
	due   map[Digest]struct{} // to be tried
	dirty bool                // the file holds some that are over
}

type waitingFile struct {
	Asked   millis `json:"asked"`
	Added   stamp  `json:"added"` // the lifecycle that was meant
	missing string
}

func openWhenSafe(path string) (*whenSafe, error) {
	files, err := readNotes[map[Digest]waitingFile](path)
	if err != nil {
		return nil, fmt.Errorf("read the removals that wait: %w", err)
	}
	if files == nil {
		files = make(map[Digest]waitingFile)
	}
	return &whenSafe{path: path, wake: make(chan struct{}, 1), files: files, due: make(map[Digest]struct{})}, nil
}

// stir has those of the files tried that wait.
func (w *whenSafe) stir(ds ...Digest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range ds {
		if _, ok := w.files[d]; ok {
			w.due[d] = struct{}{}
		}
	}
	if len(w.due) > 0 {
		select {
		case w.wake <- struct{}{}:
		default: // already woken
		}
	}
}

func (w *whenSafe) all() []Digest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.files))
}

func (w *whenSafe) take() []Digest {
	w.mu.Lock()
	defer w.mu.Unlock()
	ds := slices.Collect(maps.Keys(w.due))
	clear(w.due)
	return ds
}

func (w *whenSafe) get(d Digest) (f waitingFile, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok = w.files[d]
	return f, ok
}

// put notes a file, on the disk if it is new.
func (w *whenSafe) put(d Digest, f waitingFile) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, known := w.files[d]
	w.files[d] = f
	if known {
		return nil
	}
	if err := w.save(); err != nil {
		delete(w.files, d)
		return err
	}
	return nil
}

// noteMissing notes why a file that still waits was refused.
func (w *whenSafe) noteMissing(d Digest, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f, ok := w.files[d]; ok {
		f.missing = why
		w.files[d] = f
	}
}

// over forgets a file whose removal has happened, or can no longer. After a
// crash that is found again.
func (w *whenSafe) over(d Digest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.files[d]; ok {
		delete(w.files, d)
		w.dirty = true
	}
}

// cancel takes removals back; that is on the disk when it returns nil. None of
// them is being carried out then.
func (w *whenSafe) cancel(ds []Digest) error {
	w.letting.Lock()
	defer w.letting.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.files)
	for _, d := range ds {
		delete(w.files, d)
	}
	if len(w.files) == before {
		return nil
	}
	return w.save()
}

// tidy writes the file if it holds what is over.
func (w *whenSafe) tidy() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirty {
		return nil
	}
	return w.save()
}

// save writes the file. The caller holds mu.
func (w *whenSafe) save() error {
	data, err := json.Marshal(w.files)
	if err == nil {
		err = durable.WriteFile(w.path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("note which removals wait: %w", err)
	}
	w.dirty = false
	return nil
}

// UnsaveWhenSafe is [Layer.Unsave] that, when it is refused for want of a proof
// or because another device relies on the copy here, is tried again whenever a
// device comes online or the file's copies change, also after a restart: waits
// then is true and err nil. It never forces. [Layer.Save], [Layer.Want] and
// [Layer.CancelUnsave] take it back, and so does the file's deletion, or a role by
// which this device keeps everything.
func (l *Layer) UnsaveWhenSafe(ctx context.Context, d Digest) (waits bool, err error) {
	refused := l.Unsave(ctx, d)
	if !errors.Is(refused, ErrLastCopy) && !errors.Is(refused, ErrUnverified) && !errors.Is(refused, ErrLeased) {
		return false, refused
	}
	e, err := l.Entry(d)
	if err != nil {
		return false, err
	}
	f := waitingFile{Asked: toMillis(l.now()), Added: stamp{e.Added.By, toMillis(e.Added.At)}, missing: missingOf(refused)}
	if err := l.whenSafe.put(d, f); err != nil {
		return false, fmt.Errorf("%s stays here, and will not be removed by itself: %w", e.Name, err)
	}
	l.whenSafe.stir(d) // what has changed meanwhile counts too
	l.changed.Raise()
	return true, nil
}

// missingOf says why a removal was refused, to who knows which and that it waits.
func missingOf(refused error) string {
	var c *CopiesError
	if errors.As(refused, &c) {
		return c.lack()
	}
	return refused.Error()
}

// CancelUnsave takes back removals that wait. Others it passes over.
func (l *Layer) CancelUnsave(ds ...Digest) error {
	if err := l.whenSafe.cancel(ds); err != nil {
		return err
	}
	l.changed.Raise()
	return nil
}

// Waiting tells whether the removal of a file waits.
func (l *Layer) Waiting(d Digest) (Waiting, bool) {
	f, waits := l.whenSafe.get(d)
	if !waits { // as most do not
		return Waiting{}, false
	}
	e, known := l.mirror.entry(d)
	return Waiting{e, f.Asked.time(), f.missing}, known
}

// WaitingCount counts the removals that wait.
func (l *Layer) WaitingCount() int { return len(l.whenSafe.all()) }

// whenSafeLoop carries out removals that have waited, until ctx ends.
func (l *Layer) whenSafeLoop(ctx context.Context) error {
	changed, stop := l.opts.Network.Changed().Listen()
	defer stop()
	online := make(map[string]bool)
	retry := time.NewTicker(whenSafeRetry)
	defer retry.Stop()
	l.whenSafe.stir(l.whenSafe.all()...)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			if l.arrived(online) {
				l.whenSafe.stir(l.whenSafe.all()...)
			}
		case <-retry.C:
			l.whenSafe.stir(l.whenSafe.all()...)
		case <-l.whenSafe.wake:
			l.tryWhenSafe(ctx, l.whenSafe.take()...)
			if err := l.whenSafe.tidy(); err != nil {
				l.log.WarnContext(ctx, "Removals that are over will be looked at again", "error", err)
			}
			l.changed.Raise()
		}
	}
}

// tryWhenSafe removes the copies of files that wait, if the devices that are
// said to have them are online and prove it.
func (l *Layer) tryWhenSafe(ctx context.Context, ds ...Digest) {
	ds = slices.DeleteFunc(ds, func(d Digest) bool { return !l.mayBeSafe(d) })
	for i, err := range l.unsaveAll(ctx, ds, RemovedWhenSafe) {
		if err != nil && ctx.Err() == nil {
			l.whenSafe.noteMissing(ds[i], missingOf(err))
		}
	}
}

// mayBeSafe says whether it is worth while to try a removal that waits. One that
// can no longer happen is over.
func (l *Layer) mayBeSafe(d Digest) bool {
	f, waits := l.whenSafe.get(d)
	e, known := l.mirror.entry(d)
	switch {
	case !waits:
		return false
	case !known || e.Deleted != nil || f.Added != (stamp{e.Added.By, toMillis(e.Added.At)}),
		!e.Kept() && !e.Holders.Of(l.opts.DeviceID).Saved:
		l.whenSafe.over(d)
		return false
	case l.Role().Everything: // it would be fetched again
		l.whenSafe.over(d)
		return false
	case !e.Kept(): // missing, and to be fetched again
		return false
	}
	claimed := 0
	for id, h := range e.Holders.All() {
		if h.Holds() && l.Online(id) {
			claimed++
		}
	}
	return claimed >= l.opts.Copies
}
