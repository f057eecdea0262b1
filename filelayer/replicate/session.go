package replicate

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// A session is one run from a checkpoint on, in three stages that work at the
// same time: read the changes feed, fetch what is missing, write it.
type session struct {
	r     *Replicator
	live  bool // go on when caught up
	since string

	target               checkpoint // as the session found it
	sourceRev, targetRev string     // of the checkpoints, as they are now
	entry                entry      // of the next checkpoint
	saved                string     // the seq of the last checkpoint
	savedAt              time.Time
	caughtUp             bool // once at least
}

// A batch is a page of the feed on its way to the fetching stage.
type batch struct {
	page
	caughtUp bool // nothing came after it
	again    bool // not of the feed, but what was set aside
}

// A parcel is what the writing stage writes at once.
type parcel struct {
	docs     []doc
	tried    []ref // what docs and failures answer for
	failures []Failure
	missing  int // revisions that the target lacked

	// Of the last parcel of a batch:
	lastSeq  string // "" for others
	checked  int    // revisions that the batch named
	pending  int64
	caughtUp bool
}

// session runs one session, live until something fails or ctx ends, else
// until it has caught up.
func (r *Replicator) session(ctx context.Context, live bool) error {
	s := &session{r: r, live: live}
	if err := s.begin(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	batches, parcels := make(chan batch, 1), make(chan parcel, 1)
	group.Go(func() error {
		defer close(batches)
		return s.readAll(ctx, batches)
	})
	group.Go(func() error {
		defer close(parcels)
		return s.fetchAll(ctx, batches, parcels)
	})
	group.Go(func() error { return s.writeAll(ctx, parcels) })
	return group.Wait()
}

// begin finds where to go on.
func (s *session) begin(ctx context.Context) error {
	source, err := readCheckpoint(ctx, s.r.source.db, s.r.name)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	target, err := readCheckpoint(ctx, s.r.opts.Target, s.r.name)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if err := s.r.aside.load(ctx, s.r.opts.Target, s.r.name+"-aside"); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	s.target, s.sourceRev, s.targetRev = target, source.Rev, target.Rev
	s.since = startSeq(source, target)
	s.saved, s.savedAt = s.since, time.Now()
	s.entry = entry{SessionID: newSessionID(), StartTime: httpTime(time.Now()), StartLastSeq: s.since}
	s.r.update(func(st *Status) {
		st.Online, st.CaughtUp, st.LastErr, st.LastSeq = true, false, nil, s.since
	})
	return nil
}

// readAll is the first stage.
func (s *session) readAll(ctx context.Context, out chan<- batch) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.readFeed(ctx, out) })
	group.Go(func() error { return s.retry(ctx, out) })
	return group.Wait()
}

func (s *session) readFeed(ctx context.Context, out chan<- batch) error {
	since, wait := s.since, false
	for {
		asked := time.Now()
		p, err := s.r.source.changes(ctx, since, s.r.opts.BatchSize, wait)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		caughtUp := p.count < s.r.opts.BatchSize
		if p.count > 0 || !wait || p.lastSeq != since {
			select {
			case out <- batch{page: *p, caughtUp: caughtUp}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if caughtUp && !s.live {
			return nil
		}
		// A longpoll without rows came back by itself; one that does so at
		// once must not be asked in a tight loop.
		if rest := time.Second - time.Since(asked); wait && p.count == 0 && rest > 0 && !sleep(ctx, rest, nil) {
			return ctx.Err()
		}
		since, wait = p.lastSeq, caughtUp
	}
}

// writeAll is the third stage.
func (s *session) writeAll(ctx context.Context, in <-chan parcel) error {
	timer := time.NewTimer(checkpointInterval)
	defer timer.Stop()
	for {
		select {
		case p, ok := <-in:
			if !ok {
				return s.save(ctx)
			}
			if err := s.write(ctx, p); err != nil {
				return err
			}
		case <-timer.C:
		}
		caughtUp := s.caughtUp
		s.caughtUp = s.r.Status().CaughtUp || caughtUp
		if s.caughtUp != caughtUp || time.Since(s.savedAt) >= checkpointInterval {
			if err := s.save(ctx); err != nil {
				return err
			}
		}
		timer.Reset(checkpointInterval)
	}
}

// save stores what is set aside, and then a checkpoint in both databases, if
// there is something to say.
func (s *session) save(ctx context.Context) error {
	s.savedAt = time.Now()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	complete, err := s.r.aside.save(ctx, s.r.opts.Target, s.r.name+"-aside")
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if !complete || s.since == s.saved {
		return nil
	}
	s.entry.EndTime = httpTime(time.Now())
	s.entry.EndLastSeq, s.entry.RecordedSeq = s.since, s.since
	c := s.target.with(s.entry)
	if s.sourceRev, err = writeCheckpoint(ctx, s.r.source.db, s.r.name, s.sourceRev, c); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if s.targetRev, err = writeCheckpoint(ctx, s.r.opts.Target, s.r.name, s.targetRev, c); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	s.saved = s.since
	return nil
}
