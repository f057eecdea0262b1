package filelayer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// A Trashed is a file that was deleted, or a copy that was unsaved here.
type Trashed struct {
	Entry
	Removed Stamp     // who deleted or unsaved it, and when
	Until   time.Time // the bytes in the trash here stay until then at least; zero: there are none

	Elsewhere []Remnant // other devices that are known to have the bytes, of a deleted file
}

// Trashed lists, the latest first, what can be brought back: deleted files, if
// [Layer.Restorable], and files
// whose copy here was unsaved, while the trash has the bytes.
func (l *Layer) Trashed() ([]Trashed, error) {
	copies, err := l.blobs.Trashed()
	if err != nil {
		return nil, fmt.Errorf("list the trash: %w", err)
	}
	until := make(map[Digest]time.Time, len(copies))
	var out []Trashed
	for _, c := range copies {
		until[c.Digest] = c.At.Add(trashAge)
		if e, ok := l.mirror.entry(c.Digest); ok && unsavedHere(e, c) {
			out = append(out, Trashed{e, Stamp{l.opts.DeviceID, c.At}, until[c.Digest], nil})
		}
	}
	for _, e := range l.Restorable() {
		others := slices.DeleteFunc(l.Remnants(e.Digest), func(r Remnant) bool { return r.Self })
		out = append(out, Trashed{e, *e.Deleted, until[e.Digest], others})
	}
	slices.SortStableFunc(out, func(x, y Trashed) int { return y.Removed.At.Compare(x.Removed.At) })
	return out, nil
}

// unsavedHere tells whether c is a copy of e that a person has unsaved.
func unsavedHere(e Entry, c blob.Trashed) bool {
	return e.Deleted == nil && !e.Kept() && (c.Reason == trashUnsaved || strings.HasPrefix(c.Reason, forcedPrefix))
}
