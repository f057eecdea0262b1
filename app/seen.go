package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// seenEvery is how often what seen knows is written while a device runs, and
// so how much of it a crash may lose.
const seenEvery = time.Hour

// seen remembers across restarts when each other device was last heard: the
// node forgets.
type seen struct {
	path string

	mu sync.Mutex           // guards at, and the writing of the file
	at map[string]time.Time // by device ID, whole seconds of UTC
}

// loadSeen reads path. What cannot be read is told, and forgotten: nothing
// depends on it.
func loadSeen(path string) (*seen, error) {
	s := &seen{path: path}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &s.at)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		s.at, err = nil, fmt.Errorf("read when devices were last seen: %w", err)
	}
	return s, err
}

// last returns when the device was last heard: now, as the node knows it, or
// in an earlier run; the zero time if never.
func (s *seen) last(id string, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.at[id]; before.After(now) {
		return before
	}
	return now
}

// keep writes the times of the devices, if they have changed.
func (s *seen) keep(at map[string]time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if maps.EqualFunc(at, s.at, time.Time.Equal) {
		return nil
	}
	data, err := json.Marshal(at)
	if err == nil {
		err = durable.WriteFile(s.path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep when devices were last seen: %w", err)
	}
	s.at = at
	return nil
}

// keepSeen keeps seen up to date until ctx ends, and once more then.
func (a *App) keepSeen(ctx context.Context) error {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
		at := make(map[string]time.Time)
		for _, d := range a.files.Devices() {
			if last := a.lastSeen(d.ID); d.Removed == nil && !d.Self && !last.IsZero() {
				at[d.ID] = last.UTC().Truncate(time.Second)
			}
		}
		if err := a.seen.keep(at); err != nil { // the photos are not concerned
			a.log.WarnContext(ctx, "Last contacts were not kept", "err", err)
		}
	}
	return nil
}

// lastSeen is when another device was last heard, by this run or one before.
func (a *App) lastSeen(id string) time.Time {
	key, err := parseKey(id)
	if err != nil {
		return time.Time{}
	}
	return a.seen.last(id, a.node.Path(key).LastSeen)
}
