package pairing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// TTL is how long a code can be used.
	TTL = 10 * time.Minute
	// maxFailures is how many wrong secrets burn a code.
	maxFailures = 3
	// maxGuests is how many connections are served at once.
	maxGuests = 16
)

// Options says who invites. Zero fields mean the defaults named.
type Options struct {
	Self  Peer          // the inviting device; the key is required
	Hints []string      // peering URIs by which it may be reached
	TTL   time.Duration // 0 means the constant TTL
}

// An Invitation is the host's side of one pair code. It is open until a guest
// that has proved the secret is accepted or rejected, until it expires, until
// three wrong secrets have burned it, or until it is cancelled. Of several
// guests, the first valid proof wins. Its methods are safe for concurrent use.
type Invitation struct {
	self    Peer
	code    Code
	text    string
	expires time.Time

	mu       sync.Mutex // guards the fields below
	ended    error      // why it is no longer open
	guests   int        // connections being served
	failures int
	visit    *visit        // of the guest that has proved the secret
	shown    *visit        // the last that Wait returned, whom the person has seen
	changed  chan struct{} // closed, and replaced, at each change of ended and visit
}

// A Guest has proved the secret and awaits the person's decision.
type Guest struct {
	Peer
	Words [4]string // which the guest shows too
}

// visit is the stay of a guest that has proved the secret.
type visit struct {
	guest    Guest
	hangUp   func()
	ready    bool          // it has told its name
	settled  bool          // a decision was sent
	decided  chan decision // holds one
	finished chan struct{} // closed once the fields below are set
	payload  []byte
	err      error
}

// decision is the person's; err is nil to accept.
type decision struct {
	payload []byte
	err     error
}

// NewInvitation makes a code with a new secret. Nothing is open to guests
// until their connections are given to Serve.
func NewInvitation(opts Options) (*Invitation, error) {
	ttl := opts.TTL
	if ttl <= 0 {
		ttl = TTL
	}
	inv := &Invitation{self: opts.Self, expires: time.Now().Add(ttl), changed: make(chan struct{})}
	inv.code = Code{Key: opts.Self.Key, Expires: inv.expires, Hints: opts.Hints}
	_, _ = rand.Read(inv.code.Secret[:]) // never fails, see crypto/rand
	var err error
	if inv.text, err = inv.code.Encode(); err != nil {
		return nil, err
	}
	return inv, nil
}

// Code returns the pair code, to be shown to the person and to nobody else.
func (inv *Invitation) Code() string { return inv.text }

// Short returns the short code, for a device that has heard of this one on its
// network.
func (inv *Invitation) Short() string { return inv.code.Short() }

// Expires returns when the code's time is over.
func (inv *Invitation) Expires() time.Time { return inv.expires }

// Wait returns a guest that awaits the person's decision. When that guest
// leaves before (Accept says ErrGone), call Wait again. Its errors are that of
// ctx and why the invitation ended: ErrExpired, ErrBurned, ErrCancelled, ErrUsed
// or ErrRejected.
func (inv *Invitation) Wait(ctx context.Context) (Guest, error) {
	expiry := time.NewTimer(time.Until(inv.expires))
	defer expiry.Stop()
	for {
		inv.mu.Lock()
		err, v, changed := inv.stateLocked(), inv.visit, inv.changed
		ready := v != nil && v.ready
		if ready {
			inv.shown = v
		}
		inv.mu.Unlock()
		switch {
		case ready:
			return v.guest, nil
		case err != nil:
			return Guest{}, fmt.Errorf("wait for a guest: %w", err)
		}
		select {
		case <-changed:
		case <-expiry.C:
		case <-ctx.Done():
			return Guest{}, ctx.Err()
		}
	}
}

// Accept lets the guest that Wait returned last in, and no other: it hands
// payload over, and returns the guest and its payload. Errors: ErrNoGuest;
// ErrGone, after which the invitation is open again until it ends; that of ctx,
// likewise.
func (inv *Invitation) Accept(ctx context.Context, payload []byte) (Guest, []byte, error) {
	if len(payload) > MaxPayload {
		return Guest{}, nil, fmt.Errorf("accept: payload of %d bytes, %d are allowed", len(payload), MaxPayload)
	}
	v, err := inv.decide(decision{payload: payload})
	if err != nil {
		return Guest{}, nil, fmt.Errorf("accept: %w", err)
	}
	select {
	case <-v.finished:
	case <-ctx.Done():
		v.hangUp()
		if <-v.finished; v.err != nil {
			return Guest{}, nil, ctx.Err()
		}
	}
	if v.err != nil {
		return Guest{}, nil, fmt.Errorf("accept %s: %w", v.guest.Name, v.err)
	}
	return v.guest, v.payload, nil
}

// Reject turns the guest that Wait returned away, and ends the invitation.
func (inv *Invitation) Reject() {
	inv.end(ErrRejected)
}

// Cancel ends the invitation, and turns away a guest that awaits the decision.
// One that was accepted before stays. After the end Cancel does nothing.
func (inv *Invitation) Cancel() {
	inv.end(ErrCancelled)
}

func (inv *Invitation) end(why error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.stateLocked() != nil {
		return
	}
	if inv.visit != nil {
		inv.visit.settle(decision{err: why})
	}
	inv.endLocked(why)
}

// decide passes the person's decision to the guest's connection.
func (inv *Invitation) decide(d decision) (*visit, error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	v := inv.shown
	switch {
	case inv.ended != nil:
		return nil, inv.ended
	case v == nil:
		return nil, ErrNoGuest
	case v != inv.visit: // whoever is there now is not whom the person saw
		return nil, ErrGone
	case !v.settle(d):
		return nil, ErrNoGuest
	}
	return v, nil
}

// settle reports whether d is the first decision, which counts. The caller
// holds mu.
func (v *visit) settle(d decision) bool {
	if v.settled {
		return false
	}
	v.settled = true
	v.decided <- d
	return true
}

// stateLocked returns nil while the code can be used, and notes its expiry.
func (inv *Invitation) stateLocked() error {
	if inv.ended == nil && inv.visit == nil && !time.Now().Before(inv.expires) {
		inv.endLocked(ErrExpired)
	}
	return inv.ended
}

func (inv *Invitation) endLocked(why error) {
	inv.ended = why
	inv.wakeLocked()
}

func (inv *Invitation) wakeLocked() {
	close(inv.changed)
	inv.changed = make(chan struct{})
}

// open returns why a new guest cannot use the code, or nil.
func (inv *Invitation) open() error {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.openLocked()
}

func (inv *Invitation) openLocked() error {
	err := inv.stateLocked()
	if inv.visit != nil || errors.Is(err, ErrRejected) { // whom the person turned away is no stranger's business
		return ErrUsed
	}
	return err
}
