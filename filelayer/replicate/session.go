package replicate

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// A session is one run from a checkpoint on, in stages that work at the same
// time: read the changes feed, ask what the target lacks, fetch that, write
// it; and, beside them, stream documents with large attachments.
type session struct {
	r     *Replicator
	live  bool // go on when caught up
	since string

	target               checkpoint // as the session found it
	sourceRev, targetRev string     // of the checkpoints, as they are now
	entry                Session    // of the next checkpoint; changed within Replicator.update
	saved                string     // the seq of the last checkpoint
	savedAt              time.Time
	saveEvery            time.Duration
	caughtUp             bool // once at least

	large chan doc // to be streamed
}

// A batch is a page of the feed on its way to the next stage.
type batch struct {
	page
	caughtUp bool // nothing came after it
	again    bool // not of the feed, but what was set aside
}

// A parcel is what the writing stage writes at once.
type parcel struct {
	docs, large []doc // with and without the bytes of their attachments
	tried       []ref // what docs and failures answer for
	failures    []Failure
	missing     int // revisions that the target lacked

	lastSeq string // up to which all is in this parcel or in one before; "" for the same as before

	checked int // revisions that the feed named between lastSeq and that of the parcel before

	// Of the last parcel of a batch:
	last     bool
	pending  int64
	caughtUp bool
}

// session runs one session, live until something fails or ctx ends, else
// until it has caught up.
func (r *Replicator) session(ctx context.Context, live bool) error {
	s := &session{r: r, live: live, large: make(chan doc, streams), saveEvery: checkpointInterval}
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer func() { // what was to be streamed is set aside
		r.update(func(st *Status) { st.Streaming = 0 })
	}()
	group, ctx := errgroup.WithContext(ctx)
	batches, lists, parcels := make(chan batch, 1), make(chan list, 1), make(chan parcel, 1)
	group.Go(func() error {
		defer close(batches)
		return s.readAll(ctx, batches)
	})
	group.Go(func() error {
		defer close(lists)
		return s.compareAll(ctx, batches, lists)
	})
	group.Go(func() error {
		defer close(parcels)
		return s.fetchAll(ctx, lists, parcels)
	})
	group.Go(func() error { return s.writeAll(ctx, parcels) })
	return group.Wait()
}

// send passes v on to the next stage.
func send[T any](ctx context.Context, out chan<- T, v T) error {
	select {
	case out <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recall reads what both databases remember of earlier sessions.
func (s *session) recall(ctx context.Context) (source, target checkpoint, err error) {
	if s.r.opts.NoCheckpoints {
		s.r.aside.begin("", asideDoc{})
		return source, target, nil
	}
	if source, err = readCheckpoint(ctx, s.r.source, s.r.name); err != nil {
		return source, target, err
	}
	if target, err = readCheckpoint(ctx, s.r.target, s.r.name); err != nil {
		return source, target, err
	}
	return source, target, s.r.aside.load(ctx, s.r.target, s.r.name+"-aside")
}

// begin finds where to go on.
func (s *session) begin(ctx context.Context) error {
	source, target, err := s.recall(ctx)
	if err != nil {
		return err
	}
	s.target, s.sourceRev, s.targetRev = target, source.Rev, target.Rev
	s.since = startSeq(source, target)
	if s.since == "0" && s.r.opts.Since != "" {
		s.since = s.r.opts.Since
	}
	s.saved, s.savedAt = s.since, time.Now()
	s.entry = Session{SessionID: newSessionID(), StartTime: httpTime(time.Now()), StartLastSeq: seq(s.since)}
	s.r.update(func(st *Status) {
		st.Online, st.CaughtUp, st.LastErr, st.LastSeq, st.SavedSeq = true, false, nil, s.since, s.since
		st.SessionID, st.Sessions = s.entry.SessionID, target.History
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
		asked, limit := time.Now(), s.r.paces.feed.get()
		p, err := s.r.source.changes(ctx, &s.r.opts, since, limit, wait)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		if !wait {
			s.r.paces.feed.took(p.count, time.Since(asked))
		}
		caughtUp := p.count < limit
		if p.count > 0 || !wait || p.lastSeq != since {
			if err := send(ctx, out, batch{page: *p, caughtUp: caughtUp}); err != nil {
				return err
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

// writeAll is the last stage.
func (s *session) writeAll(ctx context.Context, in <-chan parcel) error {
	group, groupCtx := errgroup.WithContext(ctx)
	for range streams {
		group.Go(func() error { return s.streamAll(groupCtx) })
	}
	group.Go(func() error {
		defer close(s.large)
		return s.writeParcels(groupCtx, in)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return s.save(ctx)
}

func (s *session) writeParcels(ctx context.Context, in <-chan parcel) error {
	timer := time.NewTimer(s.saveEvery)
	defer timer.Stop()
	for {
		select {
		case p, ok := <-in:
			if !ok {
				return ctx.Err()
			}
			if err := s.write(ctx, p); err != nil {
				return err
			}
		case <-timer.C:
		}
		caughtUp := s.caughtUp
		s.caughtUp = s.r.Status().CaughtUp || caughtUp
		if s.caughtUp != caughtUp || time.Since(s.savedAt) >= s.saveEvery {
			if err := s.save(ctx); err != nil {
				return err
			}
		}
		timer.Reset(s.saveEvery)
	}
}

// save stores what is set aside, and then a checkpoint in both databases, if
// there is something to say. On a slow link that is done more seldom.
func (s *session) save(ctx context.Context) error {
	if ctx.Err() != nil || s.r.opts.NoCheckpoints {
		return ctx.Err()
	}
	began := time.Now()
	defer func() {
		s.savedAt = time.Now()
		s.saveEvery = max(checkpointInterval, 20*s.savedAt.Sub(began))
	}()
	complete, err := s.r.aside.save(ctx, s.r.target, s.r.name+"-aside")
	if err != nil || !complete || s.since == s.saved {
		return err
	}
	var c checkpoint
	s.r.update(func(*Status) {
		s.entry.EndTime = httpTime(time.Now())
		s.entry.EndLastSeq, s.entry.RecordedSeq = seq(s.since), seq(s.since)
		c = s.target.with(s.entry)
	})
	if s.sourceRev, err = writeCheckpoint(ctx, s.r.source, s.r.name, s.sourceRev, c); err != nil {
		return err
	}
	if s.targetRev, err = writeCheckpoint(ctx, s.r.target, s.r.name, s.targetRev, c); err != nil {
		return err
	}
	s.saved = s.since
	s.r.update(func(st *Status) { st.SavedSeq, st.Sessions = s.saved, c.History })
	return nil
}
