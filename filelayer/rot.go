package filelayer

import "sync"

// rot is the copies here that were found rotten since the start, by a check of the
// layer's own: a person should hear of them though nobody asked.
type rot struct {
	mu    sync.Mutex // guards found
	found map[Digest]bool
}

func (r *rot) note(d Digest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found == nil {
		r.found = make(map[Digest]bool)
	}
	r.found[d] = true
}

// Rot counts the copies here that Paul itself has found rotten since the start, and
// those of them that are whole again, or of files that were deleted since.
func (l *Layer) Rot() (found, healed int) {
	l.rot.mu.Lock()
	defer l.rot.mu.Unlock()
	for d := range l.rot.found {
		if e, ok := l.mirror.entry(d); !ok || e.Deleted != nil || e.Here() {
			healed++
		}
	}
	return len(l.rot.found), healed
}
