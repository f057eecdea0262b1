package replicator

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/replicate"
)

// States of a replication, as CouchDB's scheduler names them.
const (
	pending   = "pending"
	running   = "running"
	crashing  = "crashing"
	completed = "completed"
	failed    = "failed"
)

// A job is a replication that runs, or waits to be tried again.
type job struct {
	id      string // of the replication, with "+continuous" and the like
	docID   string // of the document that asks for it; "" for _replicate
	spec    *spec
	source  replicate.End
	target  replicate.End
	copying *replicate.Replicator
	started time.Time
	stop    chan struct{} // sent to, to stop the job
	done    chan struct{} // closed at the end

	mu      sync.Mutex // guards what follows
	state   string
	changed time.Time // of state
	errors  int       // in a row
	err     error     // the last of them; after done, why it did not complete
	history []event   // newest first
}

// An event is one line of a job's history.
type event struct {
	Timestamp string `json:"timestamp"`
	Type      string `json:"type"`
	Reason    string `json:"reason,omitempty"`
}

const maxHistory = 20

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// enter puts the job in a state, for the reason err, if there is one.
func (j *job) enter(state, eventType string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := event{Timestamp: timestamp(time.Now()), Type: eventType}
	j.state, j.changed, j.err = state, time.Now(), err
	switch {
	case err != nil:
		e.Reason = err.Error()
		j.errors++
	case state == completed:
		j.errors = 0
	}
	j.history = append([]event{e}, j.history[:min(len(j.history), maxHistory-1)]...)
}

// Between two tries of a replication that crashed.
const (
	firstWait = 5 * time.Second
	maxWait   = 10 * time.Minute
)

func waitAfter(errors int) time.Duration {
	wait := min(firstWait<<min(errors-1, 16), maxWait)
	return wait/2 + rand.N(wait/2)
}

// run works on the job until it is complete, or ctx ends. What nobody but a
// waiting client asked for is not tried again.
func (d *Driver) run(ctx context.Context, j *job) {
	defer d.finished(j)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.wg.Go(func() {
		select {
		case <-j.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		j.enter(failed, "stopped", errCancelled)
		return
	}
	for {
		j.enter(running, "started", nil)
		err := d.copy(ctx, j)
		switch {
		case ctx.Err() != nil:
			j.enter(failed, "stopped", errCancelled)
			return
		case err == nil:
			j.enter(completed, completed, nil)
			return
		case j.docID == "" && !j.spec.continuous:
			j.enter(failed, "crashed", err)
			return
		}
		j.enter(crashing, "crashed", err)
		d.log.InfoContext(ctx, "A replication crashed, and will be tried again", "id", j.id, "doc", j.docID, "err", err)
		t := time.NewTimer(waitAfter(j.errorCount()))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
}

// cancel stops the job, and waits for its end.
func (j *job) cancel() {
	select {
	case j.stop <- struct{}{}:
	case <-j.done:
	}
	<-j.done
}

func (j *job) errorCount() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.errors
}

// copy copies until all is copied, or, if the job is continuous, ctx ends.
func (d *Driver) copy(ctx context.Context, j *job) error {
	if err := open(ctx, j.source, j.spec.source.String(), false); err != nil {
		return err
	}
	if err := open(ctx, j.target, j.spec.target.String(), j.spec.createTarget); err != nil {
		return err
	}
	if j.spec.continuous {
		return j.copying.Run(ctx)
	}
	return j.copying.Once(ctx)
}

// A view is what is told of a job.
type view struct {
	state   string
	err     error
	errors  int
	changed time.Time
	history []event
	status  replicate.Status
}

// look returns what is to be told. A continuous job that cannot reach an end
// at the moment is crashing, though it goes on by itself.
func (j *job) look() view {
	st := j.copying.Status()
	j.mu.Lock()
	defer j.mu.Unlock()
	v := view{j.state, j.err, j.errors, j.changed, append([]event{}, j.history...), st}
	if v.state == running && !st.Online && st.LastErr != nil {
		v.state, v.err, v.errors = crashing, withoutURL(st.LastErr), max(1, v.errors)
	}
	return v
}

// info returns the numbers that CouchDB tells of a replication.
func (v *view) info() map[string]any {
	st := &v.status
	return map[string]any{
		"revisions_checked": st.Checked, "missing_revisions_found": st.Missing,
		"docs_read": st.DocsRead, "docs_written": st.DocsWritten, "doc_write_failures": st.Failed,
		"bulk_get_attempts": st.Missing, "bulk_get_docs": st.DocsRead,
		"changes_pending": st.Pending, "checkpointed_source_seq": orZero(st.SavedSeq), "source_seq": orZero(st.LastSeq), "through_seq": orZero(st.LastSeq),
	}
}

func orZero(seq string) any {
	if seq == "" {
		return 0
	}
	return seq
}

// wasCancelled reports whether the job ended because it was stopped.
func (v *view) wasCancelled() bool { return errors.Is(v.err, errCancelled) }
