package app

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// What a [Removal] tells of; see the constants of the file layer.
const (
	RemovedUnsaved  = filelayer.RemovedUnsaved
	RemovedForced   = filelayer.RemovedForced
	RemovedWhenSafe = filelayer.RemovedWhenSafe
	RemovedForSpace = filelayer.RemovedForSpace
	RemovedDeleted  = filelayer.RemovedDeleted
	RemovedUnwanted = filelayer.RemovedUnwanted
	RemovedPurged   = filelayer.RemovedPurged
	RemovedEmptied  = filelayer.RemovedEmptied
	RemovedRotten   = filelayer.RemovedRotten
	RemovedRestored = filelayer.RemovedRestored
	RemovedNot      = filelayer.RemovedNot
)

// FindRemovals reads the log of Removals for the latest n lines of files whose names
// hold text, in any case, the latest first; more tells that there are others. It reads
// all of the log, which may take a second.
func (a *App) FindRemovals(text string, n int) (lines []Removal, more bool, err error) {
	return latest(a.Removals(time.Time{}), text, n)
}

// latest keeps the last n of the lines that hold text.
func latest(all iter.Seq2[Removal, error], text string, n int) (lines []Removal, more bool, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	for r, err := range all {
		if err != nil {
			return nil, false, err
		}
		if !strings.Contains(strings.ToLower(r.Name), text) {
			continue
		}
		lines = append(lines, r)
		if len(lines) > 2*n+1 { // not one move for each line
			lines = append(lines[:0], lines[len(lines)-n-1:]...)
		}
	}
	more = len(lines) > n
	lines = slices.Clone(lines[max(len(lines)-n, 0):])
	slices.Reverse(lines)
	return lines, more, nil
}
