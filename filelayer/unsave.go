package filelayer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Until    time.Time // when that ends, by the device's clock
	Err      error     // why it granted none

	asked bool // it was online
}

// Error says what was kept, what is missing, and what to do.
func (e *CopiesError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s stays here: %s", e.Name, e.lack())
	if errors.Is(e, ErrLastCopy) {
		b.WriteString("; save it on another device first")
	} else {
		b.WriteString("; bring another device that has it online, and try again")
	}
	return b.String()
}

// lack says which proofs are missing.
func (e *CopiesError) lack() string {
	var b strings.Builder
	fmt.Fprintf(&b, "copies proved on other devices: %d of %d", e.Proved, e.Need)
	for _, a := range e.Answers {
		if a.Err != nil && (a.Claimed || !errors.Is(a.Err, ErrNotFound)) {
			b.WriteString("; " + a.why())
		}
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

// why says why a device granted no lease.
func (a Answer) why() string {
	switch {
	case errors.Is(a.Err, ErrNotFound), errors.Is(a.Err, ErrMissing):
		return a.Name + " has no copy of it"
	case errors.Is(a.Err, ErrCorrupt):
		return a.Name + " found its copy rotten"
	}
	return fmt.Sprintf("%s: %v", a.Name, a.Err)
}

// errOffline is the answer of a device that cannot be asked.
var errOffline = errors.New("not online")

// leaseMargin is how long before its end a lease is no longer relied on.
const leaseMargin = 2 * time.Minute

// Unsave moves the copy here to the trash, once enough other devices have
// proved theirs and promised to keep it for a while. Else it fails with a
// [CopiesError], or with [ErrLeased] when a device that relies on the copy here
// does not prove one of its own, and nothing changes. A wish that was not
// fulfilled yet is taken back: the file is no longer fetched, and nobody is asked.
//
// A device that keeps everything refuses with [ErrKeeper].
func (l *Layer) Unsave(ctx context.Context, d Digest) error {
	return l.unsaveHere(ctx, d, RemovedUnsaved)
}

// UnsaveAll is Unsave of many files, and calls report for each. Proofs of them are
// asked for in few requests.
func (l *Layer) UnsaveAll(ctx context.Context, ds []Digest, report func(Digest, error)) {
	if l.Role().Everything {
		for _, d := range ds {
			report(d, fmt.Errorf("unsave: %w", ErrKeeper))
		}
		return
	}
	ds = l.unwishAll(ctx, ds, report)
	for some := range slices.Chunk(ds, l.proofs) {
		for i, err := range l.unsaveAll(ctx, some, RemovedUnsaved) {
			report(some[i], err)
		}
	}
}

// ForceUnsave moves the copy here to the trash though it may be the last. Only
// a device that relies on it, and does not prove one of its own, stops it, or
// that this device keeps everything.
func (l *Layer) ForceUnsave(ctx context.Context, d Digest) error {
	return l.unsaveHere(ctx, d, RemovedForced)
}

// unsaveHere does what a person asks for, if the role of the device lets it last.
func (l *Layer) unsaveHere(ctx context.Context, d Digest, what string) error {
	if l.Role().Everything {
		return fmt.Errorf("unsave: %w", ErrKeeper)
	}
	return l.unsave(ctx, d, what)
}

// A removal is one try to drop the copy here.
type removal struct {
	Entry
	cohort *cohort
	id     string // names its leases
	need   int    // of them; 0 when it is forced
	began  time.Time
	asked  []string // devices
	what   string   // for the log
	leases []Lease  // granted
}

func (l *Layer) unsave(ctx context.Context, d Digest, what string) error {
	return l.unsaveIn(ctx, &cohort{l: l, running: 1}, d, what)
}

func (l *Layer) unsaveIn(ctx context.Context, c *cohort, d Digest, what string) error {
	e, err := l.wanted(ctx, d)
	if err != nil {
		return fmt.Errorf("unsave: %w", err)
	}
	if e.InPlace && !e.Holders.Of(l.opts.DeviceID).Saved {
		return fmt.Errorf("%s stays here: %w; remove it there yourself: %s", e.Name, ErrInPlace, e.Path)
	}
	if !e.Kept() && !e.Holders.Of(l.opts.DeviceID).Saved {
		return fmt.Errorf("unsave %s: no copy here: %w", e.Name, ErrNotFound)
	}
	if e.Kept() {
		if err := l.blobs.Mounted(); err != nil {
			return fmt.Errorf("unsave %s: %w", e.Name, err)
		}
		if _, err := l.locate(ctx, []Digest{d}); err != nil {
			return fmt.Errorf("unsave %s: %w", e.Name, err)
		}
		e, _ = l.mirror.entry(d) // another program may have removed it
	}
	if !e.Kept() { // only a wish
		came, err := l.unwish(ctx, []Entry{e}, what)
		if err != nil || len(came) == 0 {
			return err
		}
		return l.unsaveIn(ctx, c, d, what)
	}
	bound, done := l.blobs.Dropping(d)
	defer done()
	r := &removal{Entry: e, cohort: c, id: rand.Text(), what: what, need: l.opts.Copies, began: l.now()}
	switch what {
	case RemovedForced:
		r.need = 0
	case RemovedForSpace: // no person has said so: what the rules ask for stays
		r.need = max(r.need, l.ruleSet(nil).of(d).Copies)
	}
	if err = l.prove(ctx, r, bound); err == nil {
		err = l.letGo(ctx, r)
	}
	if err != nil && l.blobs.Has(d) { // else what is gone relies on its leases
		l.giveUp(ctx, r)
	}
	return err
}

// unwishAll takes back the wishes of a person for files that are not here, reports
// each, and returns the other files.
func (l *Layer) unwishAll(ctx context.Context, ds []Digest, report func(Digest, error)) (others []Digest) {
	var es []Entry
	for _, d := range ds {
		e, ok := l.mirror.entry(d)
		if ok && e.Deleted == nil && !e.Kept() && e.Holders.Of(l.opts.DeviceID).Saved {
			es = append(es, e)
		} else {
			others = append(others, d)
		}
	}
	came, err := l.unwish(ctx, es, RemovedUnsaved)
	for _, e := range es {
		if err != nil || !slices.Contains(came, e.Digest) {
			report(e.Digest, err)
		} else {
			others = append(others, e.Digest)
		}
	}
	return others
}

// unwish takes back wishes for files, and returns those that have come meanwhile.
func (l *Layer) unwish(ctx context.Context, es []Entry, what string) (came []Digest, err error) {
	ds := digestsOf(es)
	if len(ds) == 0 {
		return nil, nil
	}
	l.queue.withdraw(ds)
	defer l.stirred.add(ds...)
	for _, e := range es {
		l.noteDeclined(e, what)
	}
	kept := func(d Digest) bool { // whatever the record says: the bytes may be lost
		e, _ := l.mirror.entry(d)
		return e.Kept()
	}
	err = l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		return known && !kept(d) && r.set(l.opts.DeviceID, false, 0)
	})
	for _, d := range ds {
		if kept(d) {
			came = append(came, d)
		}
	}
	return came, err
}

// noteDeclined notes that a person has removed a file from here, so that no rule
// brings it back.
func (l *Layer) noteDeclined(e Entry, what string) {
	if what != RemovedForSpace {
		l.copyNotes.decline(e.Digest, stamp{e.Added.By, toMillis(e.Added.At)})
	}
}

// letGo writes the line of the log, lowers the record, then moves the bytes to
// the trash. If they cannot be moved the record says again that they are here.
func (l *Layer) letGo(ctx context.Context, r *removal) error {
	d, why := r.Digest, trashUnsaved
	if r.need == 0 {
		why = trashForced(stamp{r.Added.By, toMillis(r.Added.At)})
	}
	l.whenSafe.letting.RLock()
	defer l.whenSafe.letting.RUnlock()
	if _, waits := l.whenSafe.get(d); !waits && r.what == RemovedWhenSafe {
		return errTakenBack
	}
	if l.since(r.began) > leaseTime-leaseMargin { // it may have waited for its turn, too
		return fmt.Errorf("%s stays here: the proofs took too long, try again: %w", r.Name, ErrUnverified)
	}
	line := l.removalOf(r.what, r.Entry, l.opts.DeviceID)
	line.Leases = r.leases
	if err := l.removals.add(line); err != nil {
		return fmt.Errorf("%s stays here: %w", r.Name, err)
	}
	l.noteDeclined(r.Entry, r.what)
	l.mirror.claim(d)
	defer func() {
		l.mirror.release(d)
		l.stirred.add(d)
		l.changed.Raise()
	}()
	err := l.claimCopies(ctx, []Digest{d}, false)
	if err == nil {
		err = l.blobs.Trash(d, why)
	}
	if err != nil { // settle finds the bytes and claims them again
		l.noteKept(ctx, line, err.Error())
		return fmt.Errorf("unsave %s: %w", r.Name, err)
	}
	l.setGone(d)
	l.whenSafe.over(d)
	return nil
}

// prove asks other devices for leases: all that rely on the copy here by the
// leases that are bound, then those that claim a copy and at last those online,
// until there are enough.
func (l *Layer) prove(ctx context.Context, r *removal, bound []string) error {
	relying := lessees(bound)
	answers := l.askAll(ctx, relying, r)
	if err := l.unbind(r, bound, answers); err != nil {
		return err
	}
	failure := &CopiesError{Digest: r.Digest, Name: r.Name, Need: r.need, Proved: len(answers), Answers: answers}
	var claiming, others []string
	for _, id := range l.mirror.peers() {
		switch {
		case slices.Contains(relying, id):
		case r.Holders.Of(id).Holds():
			claiming = append(claiming, id)
		case l.opts.Network.Online(id):
			others = append(others, id)
		}
	}
	for _, ids := range [][]string{claiming, others} {
		if failure.Proved >= r.need {
			break
		}
		for _, a := range l.askAll(ctx, ids, r) {
			failure.Answers = append(failure.Answers, a)
			if a.Err == nil {
				failure.Proved++
			}
		}
	}
	if failure.Proved < r.need {
		return failure
	}
	return nil
}

// unbind ends the leases of the devices that have granted one, and fails with
// [ErrLeased] if one has not.
func (l *Layer) unbind(r *removal, bound []string, answers []Answer) error {
	var lacking, whys []string // not wrapped: what another device lacks is no lack here
	for _, a := range answers {
		if a.Err != nil {
			lacking, whys = append(lacking, a.Device), append(whys, a.why())
			bound = slices.DeleteFunc(bound, func(name string) bool { return lessee(name) == a.Device })
		}
	}
	if err := l.blobs.ReleaseLeases(r.Digest, bound...); err != nil {
		return fmt.Errorf("unsave %s: %w", r.Name, err)
	}
	if len(lacking) == 0 {
		return nil
	}
	do := "too few other devices are known to have it: save it on one first, and try again"
	if l.claimsWithout(r, lacking) >= r.need {
		do = fmt.Sprintf("try again once it does, or in %d minutes", int(leaseTime.Minutes()))
	}
	return fmt.Errorf("%s stays here: %w, and does not prove one of its own: %s; %s", r.Name, ErrLeased, strings.Join(whys, "; "), do)
}

// claimsWithout counts the other devices that claim a copy, but for some.
func (l *Layer) claimsWithout(r *removal, some []string) (n int) {
	for _, id := range l.mirror.peers() {
		if !slices.Contains(some, id) && r.Holders.Of(id).Holds() {
			n++
		}
	}
	return n
}

// askAll asks devices for a lease at the same time.
func (l *Layer) askAll(ctx context.Context, ids []string, r *removal) []Answer {
	answers := r.cohort.ask(ctx, &question{removal: r, ids: ids})
	for _, a := range answers {
		if a.asked {
			r.asked = append(r.asked, a.Device)
		}
		if a.Err == nil {
			r.leases = append(r.leases, Lease{a.Device, a.Name, a.Verified, a.Until})
		}
	}
	return answers
}

// giveUp ends the leases of a removal that did not happen, also those of which
// no answer came. What cannot be reached keeps its own until it ends by itself.
func (l *Layer) giveUp(ctx context.Context, r *removal) {
	for _, a := range r.cohort.ask(context.WithoutCancel(ctx), &question{removal: r, ids: r.asked, release: true}) {
		if a.Err != nil {
			l.log.DebugContext(ctx, "Lease was not ended early", "device", a.Device, "error", a.Err)
		}
	}
}

// since is how long ago then was, by the clock that went further: the monotonic
// one may stand still while the device sleeps, the other may be set back.
func (l *Layer) since(then time.Time) time.Duration {
	now := l.now()
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}
