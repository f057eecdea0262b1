package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// Another device's deletions wait for a person when they are more than
// heldFiles, or heldShare of the files here but at least heldFloor, in heldSpan.
const (
	heldFiles = 50
	heldFloor = 10
	heldShare = 0.05
	heldSpan  = time.Hour
)

// held keeps the bytes of files that other devices delete in suspicious
// numbers, until a person agrees. It survives a restart in a small file.
type held struct {
	path string

	mu     sync.Mutex // guards state and agreed
	state  heldState
	agreed map[Digest]bool // may go, once they can; after a restart they are judged again
}

type heldState struct {
	Wary   bool            `json:"wary,omitempty"` // hold all: the state before was lost
	Held   map[Digest]bool `json:"held"`
	Recent []heldBatch     `json:"recent"` // deletions that were let through
}

type heldBatch struct {
	At    time.Time `json:"at"`
	Files int       `json:"files"`
}

func openHeld(path string) (*held, error) {
	h := &held{path: path, agreed: make(map[Digest]bool)}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read held deletions: %w", err)
	case json.Unmarshal(data, &h.state) != nil: // damaged
		h.state = heldState{Wary: true}
	}
	if h.state.Held == nil {
		h.state.Held = make(map[Digest]bool)
	}
	return h, nil
}

// judge returns those of the deleted files whose bytes may go now, of a device
// that has here files, and holds the others.
func (h *held) judge(ds []Digest, here int, now time.Time) ([]Digest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var fresh, let []Digest
	for _, d := range ds {
		switch {
		case h.agreed[d]:
			let = append(let, d)
		case !h.state.Held[d]:
			fresh = append(fresh, d)
		}
	}
	if len(fresh) == 0 {
		return let, nil
	}
	recent := 0
	kept := h.state.Recent[:0]
	for _, b := range h.state.Recent {
		if now.Sub(b.At).Abs() < heldSpan {
			recent, kept = recent+b.Files, append(kept, b)
		}
	}
	h.state.Recent = kept
	limit := min(heldFiles, max(heldFloor, int(heldShare*float64(here+recent))))
	if h.state.Wary || len(h.state.Held) > 0 || recent+len(fresh) > limit {
		for _, d := range fresh {
			h.state.Held[d] = true
		}
		return let, h.save()
	}
	h.state.Recent = append(h.state.Recent, heldBatch{now, len(fresh)})
	if err := h.save(); err != nil {
		return let, err
	}
	for _, d := range fresh {
		h.agreed[d] = true
	}
	return append(let, fresh...), nil
}

// hold keeps files whose deletion is to be decided by a person, however few.
func (h *held) hold(ds []Digest) error {
	if len(ds) == 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range ds {
		h.state.Held[d] = true
		delete(h.agreed, d)
	}
	return h.save()
}

// agree lets files go, also those that were held.
func (h *held) agree(ds []Digest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := len(h.state.Held)
	for _, d := range ds {
		delete(h.state.Held, d)
		h.agreed[d] = true
	}
	if len(h.state.Held) == before {
		return nil
	}
	h.state.Wary = false
	return h.save()
}

// forget lets go of files whose deletion is no longer to be decided.
func (h *held) forget(lists ...[]Digest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := len(h.state.Held)
	for _, ds := range lists {
		for _, d := range ds {
			delete(h.state.Held, d)
			delete(h.agreed, d)
		}
	}
	if len(h.state.Held) != before {
		_ = h.save() // what is held too long is only asked again
	}
}

// has says whether a file is held.
func (h *held) has(d Digest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.Held[d]
}

func (h *held) list() []Digest {
	h.mu.Lock()
	defer h.mu.Unlock()
	ds := make([]Digest, 0, len(h.state.Held))
	for d := range h.state.Held {
		ds = append(ds, d)
	}
	return ds
}

// save writes the state. The caller holds mu.
func (h *held) save() error {
	data, err := json.Marshal(h.state)
	if err != nil {
		return fmt.Errorf("save held deletions: %w", err)
	}
	return durable.WriteFile(h.path, data, 0o600)
}

// agreed returns the deleted files whose bytes may go: all that the person here
// has deleted or agreed to, and others unless they are too many. Who deleted a
// file by its record does not matter, since any device could have written that.
func (l *Layer) agreed(ds []Digest) []Digest {
	let, err := l.held.judge(ds, l.mirror.localCount(), l.now())
	if err != nil {
		l.log.Warn("Deletions wait, since what is held cannot be noted", "error", err)
	}
	if held := len(ds) - len(let); held > 0 {
		l.log.Warn("Deletions wait for a person", "files", held)
	}
	return let
}

// wishHeld writes that this device has no copy of some deleted files, and is to have
// one if they are restored.
func (l *Layer) wishHeld(ctx context.Context, ds []Digest) error {
	if len(ds) == 0 {
		return nil
	}
	return l.amend(ctx, ds, func(_ Digest, r *fileRecord, known bool) bool {
		return known && r.set(l.opts.DeviceID, true, 0)
	})
}

func (m *mirror) localCount() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.local)
}

// HeldDeletions lists files that another device deleted, or this one before it
// stopped halfway, and whose copies here stay until a person agrees, since they
// are suspiciously many. A person who does not agree restores them; then what is
// missing or has rotted meanwhile is fetched again.
func (l *Layer) HeldDeletions() []Entry {
	var out []Entry
	for _, d := range l.held.list() {
		if e, ok := l.mirror.entry(d); ok && e.Deleted != nil && (e.Kept() || e.Holders.Of(l.opts.DeviceID).Saved) {
			out = append(out, e)
		}
	}
	return out
}

// AgreeDeletions lets the held deletions happen.
func (l *Layer) AgreeDeletions(ctx context.Context) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	// What has been restored in the meantime is not agreed to.
	ds := slices.DeleteFunc(l.held.list(), func(d Digest) bool {
		e, ok := l.mirror.entry(d)
		return ok && e.Deleted == nil
	})
	if err := l.held.agree(ds); err != nil {
		return fmt.Errorf("agree to deletions: %w", err)
	}
	later, err := l.settle(ctx, ds)
	l.stirred.add(later...)
	if err != nil {
		return fmt.Errorf("delete held files: %w", err)
	}
	return nil
}
