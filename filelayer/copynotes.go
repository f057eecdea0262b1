package filelayer

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/internal/durable"
)

// copyNotes is what this device remembers of the copies that its role and rules
// ask for: which files it has taken by itself, and which a person removed from it.
// It survives a restart in a small file, written from time to time: what is lost
// costs a transfer, and no file. A wish that is not noted is a person's.
type copyNotes struct {
	path string

	mu       sync.Mutex       // guards the rest
	taken    map[Digest]taker // wished for by this device itself, and not here yet
	declined map[Digest]stamp // the lifecycle in which a person removed it from here
	taking   int              // calls of take whose wishes are not all in the records yet
	over     int              // files that left taken since the file was written
	dirty    bool
}

// A taker is why a device wishes for a file by itself.
type taker bool

const (
	takenByRule taker = false
	takenByRole taker = true
)

type copyNotesFile struct {
	Taken    []Digest         `json:"taken"` // by rules
	ByRole   []Digest         `json:"byRole,omitempty"`
	Declined map[Digest]stamp `json:"declined"`
}

func openCopyNotes(path string) (*copyNotes, error) {
	n := &copyNotes{path: path, taken: make(map[Digest]taker), declined: make(map[Digest]stamp)}
	file, err := readNotes[copyNotesFile](path)
	if err != nil {
		return nil, fmt.Errorf("read the notes of copies: %w", err)
	}
	for _, d := range file.Taken {
		n.taken[d] = takenByRule
	}
	for _, d := range file.ByRole {
		n.taken[d] = takenByRole
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

// wanted notes that a person wants some files here, and reports whether the notes are
// to be written: that was not so before, or could not be written then.
func (n *copyNotes) wanted(ds []Digest) (dirty bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range ds {
		_, declined := n.declined[d]
		_, taken := n.taken[d]
		n.dirty = n.dirty || declined || taken
		delete(n.declined, d)
		delete(n.taken, d)
	}
	return n.dirty
}

// take notes that this device wishes for files by itself. done is to be called once
// the records say so.
func (n *copyNotes) take(ds []Digest, by taker) (done func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taking++
	for _, d := range ds {
		n.taken[d], n.dirty = by, true
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.taking--
	}
}

// waiting says whether this device wishes for a file by a rule.
func (n *copyNotes) waiting() bool { return len(n.list(takenByRule)) > 0 }

// list returns what this device wishes for by itself.
func (n *copyNotes) list(by taker) (ds []Digest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for d, why := range n.taken {
		if why == by {
			ds = append(ds, d)
		}
	}
	return ds
}

// own says whether this device wishes for a file by itself, if it does.
func (n *copyNotes) own(d Digest) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, own := n.taken[d]
	return own
}

// by says whether this device wishes for a file for that reason, if it does.
func (n *copyNotes) by(d Digest, by taker) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	why, own := n.taken[d]
	return own && why == by
}

// refuses says whether a person has removed a file from here in a lifecycle.
func (n *copyNotes) refuses(d Digest, added stamp) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.declined[d]
	return ok && at == added
}

// save writes the file, if it has changed, without what is over. Of a long list
// what came is left out with the next eighth of it.
func (n *copyNotes) save(current func(d Digest, added stamp) bool, waits func(d Digest) bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	file := copyNotesFile{Declined: n.declined}
	for d, by := range n.taken {
		switch {
		case n.taking == 0 && !waits(d):
			delete(n.taken, d)
			n.over++
		case by == takenByRole:
			file.ByRole = append(file.ByRole, d)
		default:
			file.Taken = append(file.Taken, d)
		}
	}
	for d, added := range n.declined {
		if !current(d, added) {
			delete(n.declined, d)
			n.dirty = true
		}
	}
	if !n.dirty && n.over <= len(n.taken)/8 {
		return nil
	}
	data, err := json.Marshal(file)
	if err == nil {
		err = durable.WriteFile(n.path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the notes of copies: %w", blob.Explain(err))
	}
	n.dirty, n.over = false, 0
	return nil
}
