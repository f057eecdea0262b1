package replicate

import (
	"context"
	"fmt"
	"sync"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// aside is the set of revisions that could not be fetched or written. It
// stands in the target, in a document beside the checkpoint and written before
// it, so that the checkpoint may pass them: they are tried again in each
// session, at most every retryInterval.
type aside struct {
	mu      sync.Mutex   // guards all fields
	told    map[ref]bool // the revisions; true for those that Status has counted
	size    int          // bytes of their names
	changed bool         // since it was stored
	full    bool         // in this session one was left out: its checkpoint must wait
	rev     string       // of the document
}

const (
	retryInterval = time.Hour
	maxAside      = 1 << 20 // bytes of names
)

// asideDoc is the document's form, that of a request to _revs_diff.
type asideDoc struct {
	Rev       string              `json:"_rev,omitempty"`
	Revisions map[string][]string `json:"revisions"`
}

func (r ref) size() int { return len(r.ID) + len(r.Rev) }

// load adds what db remembers, at the start of a session.
func (a *aside) load(ctx context.Context, db *kivik.DB, name string) error {
	doc, rev, err := readLocal[asideDoc](ctx, db, name)
	if err != nil {
		return fmt.Errorf("read what was set aside: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rev, a.full = rev, false
	if a.told == nil {
		a.told = make(map[ref]bool)
	}
	for id, revs := range doc.Revisions {
		for _, rev := range revs {
			a.add(ref{id, rev}, false)
		}
	}
	return nil
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
		if _, known := a.told[r]; known && !failed[r] {
			delete(a.told, r)
			a.size -= r.size()
			a.changed = true
		}
	}
	return fresh
}

// changes returns the revisions as the rows of a changes feed.
func (a *aside) changes() []change {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := make([]change, 0, len(a.told))
	for r := range a.told {
		rows = append(rows, change{r.ID, []string{r.Rev}})
	}
	return rows
}

// save stores the set in db if it has changed, and reports whether it is
// complete: a checkpoint may then be written.
func (a *aside) save(ctx context.Context, db *kivik.DB, name string) (complete bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.changed {
		return !a.full, nil
	}
	doc := asideDoc{Rev: a.rev, Revisions: make(map[string][]string)}
	for r := range a.told {
		doc.Revisions[r.ID] = append(doc.Revisions[r.ID], r.Rev)
	}
	if a.rev, err = db.Put(ctx, "_local/"+name, doc); err != nil {
		return false, fmt.Errorf("write what was set aside: %w", err)
	}
	a.changed = false
	return !a.full, nil
}

// retry sends what was set aside through the session once more: at its start,
// unless that was done a while ago, and from time to time.
func (s *session) retry(ctx context.Context, out chan<- batch) error {
	for {
		if wait := time.Until(s.r.retried.Add(retryInterval)); s.live && wait > 0 && !sleep(ctx, wait, nil) {
			return ctx.Err()
		}
		s.r.retried = time.Now()
		if rows := s.r.aside.changes(); len(rows) > 0 {
			select {
			case out <- batch{page: page{rows: rows}, again: true}:
			case <-ctx.Done():
				return ctx.Err()
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
