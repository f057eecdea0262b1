package filelayer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/libpaul/paul/internal/durable"
)

// copyNotes is what this device remembers of the copies that rules ask for: which
// files it has taken by itself, and which a person removed from it. It survives a
// restart in a small file, written from time to time: what is lost costs a
// transfer, and no file.
type copyNotes struct {
	path string

	mu       sync.Mutex          // guards the rest
	taken    map[Digest]struct{} // wished for by this device itself, and not here yet
	declined map[Digest]stamp    // the lifecycle in which a person removed it from here
	dirty    bool
}

type copyNotesFile struct {
	Taken    []Digest         `json:"taken"`
	Declined map[Digest]stamp `json:"declined"`
}

func openCopyNotes(path string) (*copyNotes, error) {
	n := &copyNotes{path: path, taken: make(map[Digest]struct{}), declined: make(map[Digest]stamp)}
	file, err := readNotes[copyNotesFile](path)
	if err != nil {
		return nil, fmt.Errorf("read the notes of copies: %w", err)
	}
	for _, d := range file.Taken {
		n.taken[d] = struct{}{}
	}
	if file.Declined != nil {
		n.declined = file.Declined
	}
	return n, nil
}

// decline notes that a person does not want a file here.
func (n *copyNotes) decline(d Digest, added stamp) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.declined[d], n.dirty = added, true
	delete(n.taken, d)
}

// wanted notes that a person wants some files here.
func (n *copyNotes) wanted(ds []Digest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range ds {
		_, declined := n.declined[d]
		_, taken := n.taken[d]
		n.dirty = n.dirty || declined || taken
		delete(n.declined, d)
		delete(n.taken, d)
	}
}

// take notes that this device wishes for files by itself.
func (n *copyNotes) take(ds []Digest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range ds {
		n.taken[d], n.dirty = struct{}{}, true
	}
}

// waiting says whether this device wishes for a file by itself.
func (n *copyNotes) waiting() bool { return len(n.list()) > 0 }

func (n *copyNotes) list() []Digest {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Keys(n.taken))
}

// refuses says whether a person has removed a file from here in a lifecycle.
func (n *copyNotes) refuses(d Digest, added stamp) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.declined[d]
	return ok && at == added
}

// save writes the file, if it has changed, without what is over.
func (n *copyNotes) save(current func(d Digest, added stamp) bool, waits func(d Digest) bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	file := copyNotesFile{Declined: n.declined}
	for d := range n.taken {
		if waits(d) {
			file.Taken = append(file.Taken, d)
		} else {
			delete(n.taken, d)
			n.dirty = true
		}
	}
	for d, added := range n.declined {
		if !current(d, added) {
			delete(n.declined, d)
			n.dirty = true
		}
	}
	if !n.dirty {
		return nil
	}
	data, err := json.Marshal(file)
	if err == nil {
		err = durable.WriteFile(n.path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the notes of copies: %w", err)
	}
	n.dirty = false
	return nil
}
