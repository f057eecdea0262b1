package filelayer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A CopiesError is why Unsave refused: who was asked for a proof, and what
// they answered. It is [ErrLastCopy] when the other devices do not even claim
// enough copies, and [ErrUnverified] when they claim them and did not prove
// them. Nothing was removed.
type CopiesError struct {
	Digest  Digest
	Name    string
	Need    int // copies that had to be proved
	Proved  int
	Answers []Answer
}

// An Answer is what one device replied.
type Answer struct {
	Device   string
	Name     string
	Claimed  bool      // its record says that it has a checked copy
	Verified time.Time // of the lease that it granted; zero: none
	Err      error     // why it granted none
}

// Error says what was kept, what is missing, and what to do.
func (e *CopiesError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s stays here: copies proved on other devices: %d of %d", e.Name, e.Proved, e.Need)
	for _, a := range e.Answers {
		if a.Err != nil && (a.Claimed || !errors.Is(a.Err, ErrNotFound)) {
			fmt.Fprintf(&b, "; %s: %v", a.Name, a.Err)
		}
	}
	if errors.Is(e, ErrLastCopy) {
		b.WriteString("; save it on another device first")
	} else {
		b.WriteString("; bring another device that has it online, and try again")
	}
	return b.String()
}

// Unwrap returns [ErrLastCopy] or [ErrUnverified].
func (e *CopiesError) Unwrap() error {
	claimed := 0
	for _, a := range e.Answers {
		if a.Claimed {
			claimed++
		}
	}
	if claimed < e.Need {
		return ErrLastCopy
	}
	return ErrUnverified
}

// errOffline is the answer of a device that cannot be asked.
var errOffline = errors.New("not online")

// leaseMargin is how long before its end a lease is no longer relied on.
const leaseMargin = 2 * time.Minute

// Unsave moves the copy here to the trash, once enough other devices have
// proved theirs and promised to keep it for a while. Else it fails with a
// [CopiesError], or [ErrLeased] when another device relies on the copy here,
// and nothing changes. A wish that was not fulfilled yet is taken back.
func (l *Layer) Unsave(ctx context.Context, d Digest) error { return l.unsave(ctx, d, true) }

// ForceUnsave moves the copy here to the trash though it may be the last. Only
// a lease that another device relies on stops it.
func (l *Layer) ForceUnsave(ctx context.Context, d Digest) error { return l.unsave(ctx, d, false) }

func (l *Layer) unsave(ctx context.Context, d Digest, proof bool) error {
	e, err := l.wanted(ctx, d)
	if err != nil {
		return fmt.Errorf("unsave: %w", err)
	}
	if !e.Here() && !e.Holders[l.opts.DeviceID].Saved {
		return fmt.Errorf("unsave %s: no copy here: %w", e.Name, ErrNotFound)
	}
	if !e.Here() { // only a wish
		return l.claimCopies(ctx, []Digest{d}, false)
	}
	if err := l.blobs.Mounted(); err != nil {
		return fmt.Errorf("unsave %s: %w", e.Name, err)
	}
	release, err := l.blobs.Dropping(d)
	if errors.Is(err, ErrLeased) {
		return fmt.Errorf("%s stays here: %w: it has dropped its own, or is about to; try again in %d minutes",
			e.Name, ErrLeased, int(leaseTime.Minutes()))
	}
	if err != nil {
		return fmt.Errorf("unsave %s: %w", e.Name, err)
	}
	defer release()
	why := trashForced(stamp{e.Added.By, toMillis(e.Added.At)})
	if proof {
		why = trashUnsaved
		begin := time.Now()
		if err := l.prove(ctx, e); err != nil {
			return err
		}
		if time.Since(begin) > leaseTime-leaseMargin {
			return fmt.Errorf("%s stays here: the other devices took too long, try again: %w", e.Name, ErrUnverified)
		}
	}
	if err := l.letGo(ctx, d, why); err != nil {
		return fmt.Errorf("unsave %s: %w", e.Name, err)
	}
	return nil
}

// letGo lowers the record, then moves the bytes to the trash. If they cannot
// be moved the record says again that they are here.
func (l *Layer) letGo(ctx context.Context, d Digest, why string) error {
	l.mirror.claim(d)
	defer func() {
		l.mirror.release(d)
		l.stirred.add(d)
		l.changed.Raise()
	}()
	if err := l.claimCopies(ctx, []Digest{d}, false); err != nil {
		return err
	}
	if err := l.blobs.Trash(d, why); err != nil {
		return err // settle finds the bytes and claims them again
	}
	l.mirror.setGone(d, why)
	return nil
}

// prove asks the other devices for leases until there are enough: those first
// that claim a copy, then all others that are online.
func (l *Layer) prove(ctx context.Context, e Entry) error {
	var claiming, others []string
	for _, id := range l.mirror.peers() {
		if e.Holders[id].Holds() {
			claiming = append(claiming, id)
		} else if l.opts.Network.Online(id) {
			others = append(others, id)
		}
	}
	failure := &CopiesError{Digest: e.Digest, Name: e.Name, Need: l.opts.Copies}
	for _, ids := range [][]string{claiming, others} {
		failure.Answers = append(failure.Answers, l.askAll(ctx, ids, e)...)
		failure.Proved = 0
		for _, a := range failure.Answers {
			if a.Err == nil {
				failure.Proved++
			}
		}
		if failure.Proved >= l.opts.Copies {
			return nil
		}
	}
	return failure
}

// askAll asks devices for a lease at the same time.
func (l *Layer) askAll(ctx context.Context, ids []string, e Entry) []Answer {
	answers := make([]Answer, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			a := Answer{Device: id, Name: l.deviceName(id), Claimed: e.Holders[id].Holds()}
			if l.Online(id) {
				a.Verified, a.Err = l.lease(ctx, id, e)
			} else {
				a.Err = errOffline
			}
			answers[i] = a
		})
	}
	wg.Wait()
	slices.SortFunc(answers, func(a, b Answer) int { return cmp.Compare(a.Device, b.Device) })
	return answers
}
