package filelayer

import (
	"context"
	"errors"
	"testing"
)

// running puts a file into the queue of d as if it came now; stop is called when its
// fetch is to end.
func (d *device) running(digest Digest, stop func()) *job {
	q := d.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	j := &job{digest: digest, state: jobRunning, stop: stop, speed: new(speed)}
	q.jobs[digest] = j
	return j
}

// TestUnsaveOfWhatComesMeanwhile: a file that was not here when it was unsaved, and is
// when its fetch is to be stopped, needs a proof like any other.
func TestUnsaveOfWhatComesMeanwhile(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	a.net.part(a, b, true)
	for i, unsave := range []func(Digest) error{
		func(d Digest) error { return b.Unsave(ctx, d) },
		func(d Digest) (err error) {
			told := 0
			b.UnsaveAll(ctx, []Digest{d}, func(_ Digest, e error) { told, err = told+1, e })
			if told != 1 {
				t.Errorf("told %d times", told)
			}
			return err
		},
	} {
		d := ds[i]
		info, err := b.blobs.Info(d)
		must(t, err)
		b.mirror.claim(d) // so that nothing else sees to it
		b.mirror.setGone(d, "")
		stopped := false
		j := b.running(d, func() {
			stopped = true
			b.mirror.setHere(info)
		})
		if err := unsave(d); !errors.Is(err, ErrUnverified) {
			t.Errorf("unsave %d of what came: %v", i, err)
		}
		if !stopped {
			t.Errorf("unsave %d lets it come", i)
		}
		if !b.holds(b, d) || !b.entry(d).Here() || b.HasInTrash(d) {
			t.Errorf("after unsave %d: %+v", i, b.entry(d))
		}
		b.queue.putBack([]*job{j})
		b.mirror.release(d)
	}
	b.removedNothing()
}

// TestUnsaveOfWhatIsComing stops its fetch then and there: else it would come, and go to
// the trash. No rule brings it back.
func TestUnsaveOfWhatIsComing(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	must(t, b.SetLimits(Limits{Paused: true}))
	d := a.show(b, "photo", 1000)
	b.mirror.claim(d) // so that it is not queued
	defer b.mirror.release(d)
	must(t, b.Want(ctx, d))
	stopped := false
	j := b.running(d, func() { stopped = true })
	must(t, b.Unsave(ctx, d))
	b.queue.mu.Lock()
	unwanted := j.unwanted
	b.queue.mu.Unlock()
	if !stopped || !unwanted || b.entry(d).Holders.Of(b.id).Saved {
		t.Errorf("stopped: %t, unwanted: %t, %+v", stopped, unwanted, b.entry(d).Holders)
	}
	e := b.entry(d)
	if !b.copyNotes.refuses(d, stamp{e.Added.By, toMillis(e.Added.At)}) {
		t.Error("a rule may bring it back")
	}
	b.queue.putBack([]*job{j})
	if n := b.Queue(); n != 0 {
		t.Errorf("%d files are queued", n)
	}
}

// TestUnsaveThatFailsStaysQueued: a wish that could not be taken back is fulfilled.
func TestUnsaveThatFailsStaysQueued(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	must(t, b.SetLimits(Limits{Paused: true}))
	d := a.show(b, "photo", 1000)
	must(t, b.Want(ctx, d))
	until(t, "it is queued", func() bool { return b.Queue() == 1 }, b)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	came, err := b.unwish(ended, []Entry{b.entry(d)}, RemovedUnsaved)
	if err == nil || len(came) != 0 || !b.entry(d).Holders.Of(b.id).Saved {
		t.Errorf("came: %v, %v, %+v", came, err, b.entry(d).Holders)
	}
	until(t, "it is queued again", func() bool { return b.Queue() == 1 }, b)
}
