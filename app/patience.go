package app

import (
	"context"
	"sync"
	"time"
)

const (
	// startGrace covers the links, the first hellos and the first answers of a
	// device that has just started.
	startGrace = 20 * time.Second

	// recordLag covers the way of a record from the device that has just got a
	// copy to this one.
	recordLag = 3 * time.Second
)

// patience is how long a device waits for others before it says that nobody
// has a file.
type patience struct {
	mu      sync.Mutex // guards started
	started time.Time
}

func (p *patience) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = time.Now()
}

// end is when waiting for a holder of d is no longer worth it, having begun at
// since: while this device has started lately, and a device is said to hold d;
// and for a moment when none is, but a record may be on its way.
func (p *patience) end(a *App, d Digest, since time.Time) time.Time {
	p.mu.Lock()
	started := p.started
	p.mu.Unlock()
	known, _ := a.holdersOf(d)
	switch {
	case known:
		return started.Add(startGrace)
	case a.company():
		return since.Add(recordLag)
	}
	return since
}

// holder waits, while it is worth it, until a device that is said to hold d is
// online, and tells whether one is.
func (p *patience) holder(ctx context.Context, a *App, d Digest) bool {
	since := time.Now()
	woken, stop := a.changed.Listen()
	defer stop()
	for {
		if _, online := a.holdersOf(d); online {
			return true
		}
		left := time.Until(p.end(a, d, since))
		if left <= 0 {
			return false
		}
		late := time.NewTimer(left)
		select {
		case <-ctx.Done():
			late.Stop()
			return false
		case <-late.C:
		case <-woken:
			late.Stop()
		}
	}
}

// holdersOf tells whether other devices are said to hold d, and whether one
// of them is online.
func (a *App) holdersOf(d Digest) (known, online bool) {
	e, err := a.files.Entry(d)
	if err != nil {
		return false, false
	}
	for id, h := range e.Holders.All() {
		if id != a.id() && h.Has() {
			known = true
			online = online || a.files.Online(id)
		}
	}
	return known, online
}

// company tells whether any other device is online.
func (a *App) company() bool {
	for _, d := range a.files.Devices() {
		if !d.Self && d.Removed == nil && a.files.Online(d.ID) {
			return true
		}
	}
	return false
}
