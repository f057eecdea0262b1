package replicate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// aside is the set of revisions that could not be fetched or written. It
// stands in the target, in a document beside the checkpoint and written before
// it, so that the checkpoint may pass them: they are tried again at the start
// of each session, and, more and more seldom, during it. Documents with large
// attachments are in it until these are streamed.
type aside struct {
	mu      sync.Mutex   // guards all fields
	told    map[ref]bool // the revisions; true for those that Status has counted
	busy    map[ref]bool // those that are being streamed
	size    int          // bytes of their names
	changed bool         // since it was stored
	full    bool         // in this session one was left out: its checkpoint must wait
	rev     string       // of the document
}

const (
	firstRetry = time.Minute
	lastRetry  = time.Hour
	maxAside   = 1 << 20 // bytes of names
)

// asideDoc is the document's form, that of a request to _revs_diff.
type asideDoc struct {
	Rev       string              `json:"_rev,omitempty"`
	Revisions map[string][]string `json:"revisions"`
}

func (r ref) size() int { return len(r.ID) + len(r.Rev) }

// load adds what the target remembers, at the start of a session.
func (a *aside) load(ctx context.Context, target *end, name string) error {
	doc, rev, err := readLocal[asideDoc](ctx, target, name)
	if err != nil {
		return fmt.Errorf("%s: read what was set aside: %w", target.role, err)
	}
	a.begin(rev, doc)
	return nil
}

// begin starts a session, which adds what doc, of revision rev, has.
func (a *aside) begin(rev string, doc asideDoc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == nil {
		a.told = make(map[ref]bool)
	}
	a.rev, a.full, a.busy = rev, false, make(map[ref]bool)
	for id, revs := range doc.Revisions {
		for _, rev := range revs {
			a.add(ref{id, rev}, false)
		}
	}
}

func (a *aside) add(r ref, told bool) {
	before, known := a.told[r]
	if !known {
		if a.size+r.size() > maxAside {
			a.full = true
			return
		}
		a.size += r.size()
		a.changed = true
	}
	a.told[r] = before || told
}

// owe adds r, which is to be streamed, unless it is being streamed already.
func (a *aside) owe(r ref) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[r] {
		return false
	}
	a.add(r, false)
	a.busy[r] = true
	return true
}

// settle takes out refs, which were tried, puts in those of failures that name
// a revision, and returns the failures that are new.
func (a *aside) settle(refs []ref, failures []Failure) (fresh []Failure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	failed := make(map[ref]bool, len(failures))
	for _, f := range failures {
		r := ref{f.ID, f.Rev}
		failed[r] = true
		if !a.told[r] {
			fresh = append(fresh, f)
		}
		if f.Rev != "" {
			a.add(r, true)
		}
	}
	for _, r := range refs {
		delete(a.busy, r)
		if _, known := a.told[r]; known && !failed[r] {
			delete(a.told, r)
			a.size -= r.size()
			a.changed = true
		}
	}
	return fresh
}

// changes returns the revisions, but those that are being streamed, as the rows of a changes feed.
func (a *aside) changes() []change {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := make([]change, 0, len(a.told))
	for r := range a.told {
		if a.busy[r] {
			continue
		}
		rows = append(rows, change{r.ID, []string{r.Rev}, ""})
	}
	return rows
}

// save stores the set in the target if it has changed, and reports whether it is
// complete: a checkpoint may then be written.
func (a *aside) save(ctx context.Context, target *end, name string) (complete bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.changed {
		return !a.full, nil
	}
	doc := asideDoc{Rev: a.rev, Revisions: make(map[string][]string)}
	for r := range a.told {
		doc.Revisions[r.ID] = append(doc.Revisions[r.ID], r.Rev)
	}
	rev, err := writeLocal(ctx, target, name, doc)
	if err != nil {
		return false, fmt.Errorf("%s: write what was set aside: %w", target.role, err)
	}
	a.rev = rev
	a.changed = false
	return !a.full, nil
}

// retry sends what was set aside through the session once more: at its start,
// but not in quick succession, and from time to time.
func (s *session) retry(ctx context.Context, out chan<- batch) error {
	interval := firstRetry
	for {
		if wait := time.Until(s.r.retried.Add(interval)); s.live && wait > 0 && !sleep(ctx, wait, nil) {
			return ctx.Err()
		}
		s.r.retried = time.Now()
		interval = min(2*interval, lastRetry)
		if rows := s.r.aside.changes(); len(rows) > 0 {
			if err := send(ctx, out, batch{page: page{rows: rows}, again: true}); err != nil {
				return err
			}
		}
		if !s.live {
			return nil
		}
	}
}

// present returns the revisions in rows that are not among the missing.
func present(rows []change, missing []ref) []ref {
	lacking := make(map[ref]bool, len(missing))
	for _, r := range missing {
		lacking[r] = true
	}
	var refs []ref
	for _, row := range rows {
		for _, rev := range row.revs {
			if r := (ref{row.id, rev}); !lacking[r] {
				refs = append(refs, r)
			}
		}
	}
	return refs
}
