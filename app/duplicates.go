package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/libpaul/paul/internal/durable"
)

// keptDuplicates are the groups of near duplicates that a person wants to keep all of,
// and not to be asked about again on this device.
type keptDuplicates struct {
	path string

	mu     sync.Mutex // guards groups, and the writing of the file
	groups [][]Digest // of the photos' first files, sorted; never changed in place
}

// loadKeptDuplicates reads path. What cannot be read is told, and forgotten: a person
// is then asked again, and no more.
func loadKeptDuplicates(path string) (*keptDuplicates, error) {
	k := &keptDuplicates{path: path}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &k.groups)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		k.groups, err = nil, fmt.Errorf("read which duplicates are kept: %w", err)
	}
	return k, err
}

func (k *keptDuplicates) all() [][]Digest {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.groups
}

// set adds a group, or takes it out.
func (k *keptDuplicates) set(group []Digest, kept bool) error {
	group = slices.SortedFunc(slices.Values(group), func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	k.mu.Lock()
	defer k.mu.Unlock()
	groups := slices.DeleteFunc(slices.Clone(k.groups), func(g []Digest) bool { return slices.Equal(g, group) })
	if kept {
		groups = append(groups, group)
	}
	data, err := json.Marshal(groups)
	if err == nil {
		err = durable.WriteFile(k.path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("remember which duplicates are kept: %w", err)
	}
	k.groups = groups
	return nil
}

// KeptDuplicates lists the groups of near duplicates that a person keeps all of.
// Callers must not change it.
func (a *App) KeptDuplicates() [][]Digest { return a.kept.all() }

// KeepDuplicates remembers on this device, across restarts, that all photos of a group
// of near duplicates are to be kept, or with false forgets it.
func (a *App) KeepDuplicates(group []Digest, kept bool) error {
	err := a.kept.set(group, kept)
	a.changed.Raise()
	return err
}
