package filelayer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer/blob"
)

// Run serves peers, replicates, fetches what is wished for, and acts on what
// other devices do, until ctx ends. It may be called once.
func (l *Layer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	filesRead, rosterRead, journalRead, copiesRead := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	g.Go(func() error { return l.followFiles(ctx, sync.OnceFunc(func() { close(filesRead) })) })
	g.Go(func() error { return l.followRoster(ctx, sync.OnceFunc(func() { close(rosterRead) })) })
	g.Go(func() error { return l.followJournal(ctx, sync.OnceFunc(func() { close(journalRead) })) })
	g.Go(func() error { return l.followCopies(ctx, sync.OnceFunc(func() { close(copiesRead) })) })
	merged := make(chan struct{})
	for _, db := range l.db.seal() {
		caughtUp := func() {}
		if db == l.files {
			caughtUp = sync.OnceFunc(func() { close(merged) })
		}
		g.Go(func() error { return db.resolve(ctx, caughtUp) })
	}
	g.Go(func() error {
		if err := l.begin(ctx, filesRead, rosterRead, journalRead, copiesRead); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		l.serve(ctx, g)
		select {
		case <-ctx.Done():
			return nil
		case <-merged: // before that, a record may not tell this device's last word
		}
		l.work(ctx, g)
		return nil
	})
	defer l.client.CloseIdleConnections()
	defer l.bulk.CloseIdleConnections()
	return g.Wait()
}

// begin makes the databases and fills the mirror.
func (l *Layer) begin(ctx context.Context, read ...<-chan struct{}) error {
	if err := l.db.create(ctx); err != nil {
		return err
	}
	if err := l.loadCopies(); err != nil {
		return err
	}
	if err := l.correctRemovals(ctx); err != nil {
		l.log.WarnContext(ctx, "The log of removals may tell of one that did not happen", "error", err)
	}
	for _, c := range read {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.indexed.Store(!l.blobs.Fresh())
	close(l.loaded)
	if err := l.introduce(ctx); err != nil {
		return fmt.Errorf("write this device's record: %w", err)
	}
	close(l.ready)
	l.changed.Raise()
	return nil
}

// serve starts what needs the records.
func (l *Layer) serve(ctx context.Context, g *errgroup.Group) {
	g.Go(func() error { return l.syncLoop(ctx) })
	g.Go(func() error { return l.speakLoop(ctx) })
	g.Go(func() error { return l.syncExternal(ctx) })
	g.Go(func() error { return l.servePeers(ctx) })
	g.Go(func() error { return l.servePairing(ctx) })
	g.Go(func() error { return l.db.driver.Run(ctx) })
}

// work starts what lets records and bytes follow each other.
func (l *Layer) work(ctx context.Context, g *errgroup.Group) {
	g.Go(func() error { return l.tidyLoop(ctx) })
	g.Go(func() error { return l.purgeLoop(ctx) })
	g.Go(func() error { return l.scrubLoop(ctx) })
	g.Go(func() error { return l.settleLoop(ctx) })
	l.lookAtRole() // before anything is fetched
	for range fetchers {
		g.Go(func() error { return l.fetchLoop(ctx) })
	}
	g.Go(func() error { return l.retryLoop(ctx) })
	g.Go(func() error { return l.whenSafeLoop(ctx) })
	g.Go(func() error { return l.roleLoop(ctx) })
	g.Go(func() error { return l.copiesLoop(ctx) })
	g.Go(func() error { return l.journalLoop(ctx) })
	g.Go(func() error { l.noteCutOff(ctx, l.cut); return nil })
}

// followFiles keeps the mirror's File records true.
func (l *Layer) followFiles(ctx context.Context, caughtUp func()) error {
	return l.files.Follow(ctx, "", func(docs []Doc, _ string) error {
		if len(docs) == 0 {
			caughtUp()
			return nil
		}
		return l.takeFiles(ctx, docs)
	})
}

// takeFiles joins documents into the mirror. Once that is loaded, the bytes
// follow, and documents that are gone are written again.
func (l *Layer) takeFiles(ctx context.Context, docs []Doc) error {
	var seen, gone []Digest
	for _, doc := range docs {
		d, r, err := parseFile(doc.ID, doc.Body)
		switch {
		case doc.Deleted:
			if d, err := ParseDigest(doc.ID); err == nil {
				gone = append(gone, d)
			}
		case err != nil:
			l.log.WarnContext(ctx, "File record is passed over", "error", err)
		default:
			l.mirror.joinFile(d, r, doc.Rev)
			seen = append(seen, d)
		}
	}
	select {
	case <-l.loaded:
		l.stirred.add(seen...)
		l.whenSafe.stir(seen...)
		l.changed.Raise()
		return l.reinstate(ctx, gone)
	default:
		return nil
	}
}

// reinstate writes records anew whose documents somebody has deleted: only a
// tombstone deletes a file.
func (l *Layer) reinstate(ctx context.Context, ds []Digest) error {
	for _, d := range ds {
		l.mirror.setRev(d, "")
	}
	err := l.amend(ctx, ds, func(_ Digest, _ *fileRecord, known bool) bool { return known })
	if err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "Deleted records were not written again", "error", err)
	}
	return nil
}

// followRoster keeps the mirror's Device records true.
func (l *Layer) followRoster(ctx context.Context, caughtUp func()) error {
	return l.roster.Follow(ctx, "", func(docs []Doc, _ string) error {
		l.takeDevices(ctx, docs)
		if len(docs) == 0 {
			caughtUp()
		}
		return nil
	})
}

func (l *Layer) takeDevices(ctx context.Context, docs []Doc) {
	for _, doc := range docs {
		if doc.Deleted {
			continue // the mirror knows better, and writes it again when it changes
		}
		r, err := parseDevice(doc.ID, doc.Body)
		if err != nil {
			l.log.WarnContext(ctx, "Device record is passed over", "error", err)
			continue
		}
		l.noteDevice(doc.ID, r)
	}
}

// loadCopies fills the mirror with what is in the library and in the trash.
func (l *Layer) loadCopies() error {
	for info, err := range l.blobs.All() {
		if err != nil {
			return fmt.Errorf("read the index of the library: %w", err)
		}
		l.mirror.setHere(info)
	}
	if err := l.loadPlaced(); err != nil {
		return err
	}
	return l.loadTrash()
}

// tidy finds files that are missing or back, and sees to all that a crash has
// left half-done.
func (l *Layer) tidy(ctx context.Context) error {
	if l.blobs.Fresh() { // without its index, nothing can be said to be missing
		if _, err := l.blobs.Reindex(ctx, nil); err != nil {
			return err
		}
		if err := l.loadCopies(); err != nil {
			return err
		}
	}
	l.indexed.Store(true)
	l.changed.Raise()
	l.stirred.add(l.mirror.unsettled()...)
	_, err := l.scan(ctx)
	return err
}

// scan looks at every file of the library, and returns those that it found
// missing. They may be here again by then.
func (l *Layer) scan(ctx context.Context) (missing map[Digest]blob.Info, err error) {
	changed, err := l.blobs.Scan(ctx)
	missing = make(map[Digest]blob.Info)
	for _, info := range changed {
		if info.Missing {
			missing[info.Digest] = info
			l.setGone(info.Digest) // the trash may have it from before
		} else {
			l.mirror.setHere(info)
		}
		l.stirred.add(info.Digest)
	}
	if len(changed) > 0 {
		l.changed.Raise()
	}
	return missing, err
}

// locate scans the library if one of the files is not where it was: whoever
// moved it did not remove it. It reports whether it has scanned.
func (l *Layer) locate(ctx context.Context, lists ...[]Digest) (looked bool, err error) {
	for _, d := range slices.Concat(lists...) {
		if info, err := l.blobs.Info(d); err == nil && info.Missing {
			_, err := l.scan(ctx)
			return true, err
		}
	}
	return false, nil
}

// unsettled lists the files whose records and bytes differ.
func (m *mirror) unsettled() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Digest
	var p plan
	for d := range m.files {
		if m.duty(&p, d) != &p.rest {
			out = append(out, d)
		}
	}
	for _, copies := range []map[Digest]localCopy{m.local, m.placed} {
		for d := range copies {
			if _, known := m.files[d]; !known {
				out = append(out, d)
			}
		}
	}
	return out
}
