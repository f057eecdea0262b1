package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
)

// progressEvery is how often a long command says how far it is.
const progressEvery = 250 * time.Millisecond

// follow calls send with what now returns, again and again, until the func it
// returns is called.
func follow(send func(Event), now func() *Progress) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				send(Event{Progress: now()})
			}
		}
	}()
	return func() { close(quit); <-done }
}

// importPaths imports, and sends progress, an entry for each file added, and
// the summary.
func (c *control) importPaths(r *http.Request, send func(Event)) error {
	var req pathsRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	return c.importing(send, func(report func(imagelib.ImportProgress)) (ImportResult, error) {
		return c.app.importPaths(r.Context(), plainPaths(req.Paths), report)
	})
}

// importing does an import, and sends how it goes and what it did.
func (c *control) importing(send func(Event), do func(report func(imagelib.ImportProgress)) (ImportResult, error)) error {
	var last time.Time
	result, err := do(func(p imagelib.ImportProgress) {
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			send(Event{Progress: &Progress{
				Files: p.Done, TotalFiles: p.Total, Bytes: p.Bytes, TotalBytes: p.TotalBytes, Current: p.Current,
			}})
		}
	})
	for _, p := range result.Problems {
		send(Event{Problem: &Problem{Path: p.Path, Error: p.Err.Error(), Kept: p.Kept()}})
	}
	for _, d := range result.Added {
		if e, ok := c.app.Entry(d); ok {
			l := c.app.listing(e)
			send(Event{Entry: &l})
		}
	}
	send(Event{Imported: &ImportSummary{Added: len(result.Added), Duplicates: result.Duplicates, Brought: result.Brought, Failed: result.Failed, Sidecars: result.Sidecars}})
	return err
}

// act saves, unsaves, deletes or restores: it sends progress, and an entry or
// a failure for each file. What is so already it leaves alone.
func (c *control) act(r *http.Request, send func(Event)) error {
	var req filesRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	j, err := c.job(req)
	if err != nil {
		return err
	}
	queued := make(map[Digest]bool) // before
	for _, s := range req.Digests {
		d, err := c.app.resolve(s)
		if err != nil {
			send(Event{Failure: &Failure{Code: failure(err).Code, Message: err.Error(), Digest: s}})
			continue
		}
		if e, ok := c.app.Entry(d); ok && c.app.isDone(req.Do, e) {
			l := c.app.listing(e)
			send(Event{Entry: &l, Unchanged: true})
		} else if _, again := queued[d]; !again {
			j.digests = append(j.digests, d)
			queued[d] = ok && c.app.queued(e) && !c.app.files.HasInTrash(d)
		}
	}
	if len(j.digests) == 0 {
		return nil
	}
	stays := c.app.othersOfShots(j.digests)
	stop := func() {}
	j.started = func(act *activity) {
		stop = follow(send, func() *Progress { return act.progress(c.app.files.Transfers(), time.Now()) })
	}
	j.report = func(d Digest, err error) {
		if err != nil {
			send(Event{Failure: failure(err)})
			return
		}
		e, _ := c.app.Entry(d)
		l := c.app.listing(e)
		l.Digest = d.String()
		if j.kind == KindUnsave || j.kind == KindDelete {
			l.Stays = c.app.staying(stays[d], j.kind)
		}
		switch j.kind {
		case KindUnsave:
			l.Below, l.Queued = c.app.BelowOf(d) > 0, queued[d] && !c.app.files.HasInTrash(d) // else it had come meanwhile
		case KindRestore:
			l.From = remnantInfos(c.app.Remnants(d))
		}
		send(Event{Entry: &l})
	}
	_ = c.app.each(r.Context(), j) // report has told each error
	stop()
	return nil
}

// isDone tells whether e is already as an act would make it.
func (a *App) isDone(do string, e Entry) bool {
	own := e.Holders.Of(a.id())
	switch {
	case do == KindRestore:
		return e.Deleted == nil
	case do == KindDelete:
		return e.Deleted != nil && !e.Kept() // one that is held back is here, and this agrees to it
	case e.Deleted != nil:
		return false // which is an error
	case do == KindSave:
		return e.Here() && own.Holds() && a.WaitsWhenSafe(e.Digest) == nil && // which it takes back
			a.files.Mounted() == nil // else nobody can tell
	case do == KindUnsave || do == DoUnsaveWhenSafe:
		return !e.Here() && !own.Saved
	}
	return false
}

func (c *control) job(req filesRequest) (job, error) {
	a := c.app
	switch {
	case req.Do == KindSave:
		return job{kind: KindSave, do: a.save}, nil
	case req.Do == KindUnsave && req.Force:
		return job{kind: KindUnsave, do: oneByOne(a.files.ForceUnsave)}, nil
	case req.Do == KindUnsave:
		return job{kind: KindUnsave, do: a.proving(a.files.UnsaveAll)}, nil
	case req.Do == DoUnsaveWhenSafe:
		return job{kind: KindUnsave, do: oneByOne(a.unsaveWhenSafe)}, nil
	case req.Do == KindDelete:
		return job{kind: KindDelete, do: together(a.files.Delete)}, nil
	case req.Do == KindPurge:
		return job{kind: KindPurge, do: a.proving(a.files.Purge)}, nil
	case req.Do == KindRestore:
		return job{kind: KindRestore, do: a.restore}, nil
	}
	return job{}, fmt.Errorf("no such command: %q", req.Do)
}

// check compares records and files: it sends how far it is, each problem, and the summary.
func (c *control) check(r *http.Request, send func(Event)) error {
	var opts CheckOptions
	if err := readBody(r, &opts); err != nil {
		return err
	}
	var last time.Time
	opts.Progress = func(p filelayer.CheckProgress) {
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			send(Event{Progress: &Progress{Files: p.Files, TotalFiles: p.TotalFiles, Bytes: p.Bytes, TotalBytes: p.TotalBytes}})
		}
	}
	result, err := c.app.Check(r.Context(), opts, func(p filelayer.Problem) {
		problem := Problem{Path: p.Path, Name: p.Name, Error: p.Err.Error(), Coming: p.Coming, Lost: p.Lost && !p.Repaired, Repaired: p.Repaired}
		if !p.Digest.IsZero() {
			problem.Digest = p.Digest.String()
		}
		send(Event{Problem: &problem})
	})
	summary := CheckSummary(result)
	send(Event{Checked: &summary})
	return err
}

// removals sends the lines of the log of removals.
func (c *control) removals(r *http.Request, send func(Event)) error {
	var req logRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	for removal, err := range c.app.Removals(req.Since) {
		if err = errors.Join(err, r.Context().Err()); err != nil {
			return err
		}
		send(Event{Removal: &removal})
	}
	return nil
}

// Check compares records, index and files of this device; see
// [filelayer.Layer.Check].
func (a *App) Check(ctx context.Context, opts filelayer.CheckOptions, report func(filelayer.Problem)) (filelayer.CheckResult, error) {
	ctx, act := a.activities.start(ctx, KindCheck, "the library", 0)
	tell := opts.Progress
	opts.Progress = func(p filelayer.CheckProgress) {
		act.update(func(s *Activity) {
			s.Files, s.TotalFiles, s.Bytes, s.TotalBytes = p.Files, p.TotalFiles, p.Bytes, p.TotalBytes
		})
		if tell != nil {
			tell(p)
		}
	}
	result, err := a.files.Check(ctx, opts, func(p filelayer.Problem) {
		act.update(func(s *Activity) {
			s.Troubles = append(s.Troubles, Trouble{Name: p.Name, Err: p.Err, Repaired: p.Repaired})
		})
		if report != nil {
			report(p)
		}
	})
	act.update(func(s *Activity) {
		s.Failed, s.Repaired = result.Problems-result.Repaired, result.Repaired
		s.Files, s.TotalFiles, s.Bytes, s.TotalBytes = result.Files, result.Files, result.Bytes, result.Bytes
	})
	return result, act.finish(err)
}

// pair opens an invitation and sends it, the guest who used it, and the device
// once POST /v1/pair/{id} has accepted. With DELETE, and when the client goes,
// the invitation is cancelled.
func (c *control) pair(r *http.Request, send func(Event)) error {
	ctx, withdraw := context.WithCancelCause(r.Context())
	defer withdraw(nil)
	err := c.invite(ctx, func() { withdraw(ErrCancelled) }, send)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrCancelled) {
		return cause
	}
	return err
}

func (c *control) invite(ctx context.Context, withdraw func(), send func(Event)) error {
	inv, err := c.app.Invite(ctx)
	if err != nil {
		return err
	}
	defer inv.Cancel()
	id, answered, forget := c.remember(func() { inv.Cancel(); withdraw() })
	defer forget()
	send(Event{Invitation: &InvitationInfo{ID: id, Code: inv.Code(), Expires: inv.Expires()}})
	guest, err := inv.Wait(ctx)
	if err != nil {
		return err
	}
	send(Event{Guest: &GuestInfo{guest.ID, guest.Name, guest.Platform, guest.Words}})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case accept := <-answered:
		if !accept {
			inv.Reject()
			return fmt.Errorf("%s: %w", guest.Name, ErrRejected)
		}
	}
	d, err := inv.Accept(ctx)
	if err != nil {
		return err
	}
	send(Event{Paired: &d})
	return nil
}

// openInvitation is an invitation that a client may answer or cancel.
type openInvitation struct {
	answer chan bool
	cancel func()
}

// remember makes an invitation known to answerGuest and cancelInvitation.
func (c *control) remember(cancel func()) (id int64, answered <-chan bool, forget func()) {
	answer := make(chan bool, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastInvite++
	id = c.lastInvite
	c.invitations[id] = openInvitation{answer, cancel}
	return id, answer, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.invitations, id)
	}
}

// invitation finds the invitation that a request names.
func (c *control) invitation(r *http.Request) (openInvitation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, err := strconv.ParseInt(r.PathValue("id"), 10, 64); err == nil {
		if i, ok := c.invitations[id]; ok {
			return i, nil
		}
	}
	return openInvitation{}, fmt.Errorf("invitation %q: %w", r.PathValue("id"), ErrNotFound)
}

// cancelInvitation makes a code useless at once.
func (c *control) cancelInvitation(r *http.Request) (any, error) {
	i, err := c.invitation(r)
	if err == nil {
		i.cancel()
	}
	return struct{}{}, err
}

// answerGuest passes on whether the person lets the guest in.
func (c *control) answerGuest(r *http.Request) (any, error) {
	return withBody(r, func(b pairAnswer) (any, error) {
		i, err := c.invitation(r)
		if err != nil {
			return nil, err
		}
		select {
		case i.answer <- b.Accept:
			return b, nil
		default:
			return nil, errors.New("the invitation was answered already")
		}
	})
}

// joinWait is how long the command waits for the records of a library that it
// has joined, so that the next command sees them.
const joinWait = 20 * time.Second

// join uses a pair code: it sends what it waits for, the words to compare, and
// the device joined.
func (c *control) join(r *http.Request, send func(Event)) error {
	var req joinRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	found := c.app.tellLooking(func(text string) { send(Event{Waiting: text}) })
	d, err := c.app.Join(r.Context(), req.Code, func(words [4]string) {
		found()
		send(Event{Words: &words})
	})
	found()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), joinWait)
	defer cancel()
	if err := c.app.files.Synced(ctx, d.ID); err != nil { // they follow later
		c.app.log.InfoContext(ctx, "Records are still to come", "err", err)
	}
	d = c.app.refresh(d)
	send(Event{Paired: &d})
	return nil
}

// refresh returns the device as it is now.
func (a *App) refresh(d Device) Device {
	for _, now := range a.Devices() {
		if now.ID == d.ID {
			return now
		}
	}
	return d
}
