package app

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/overlay"
)

// findWait is how long Join looks for the device that shows the code: links
// and ways through the overlay are made within seconds.
const findWait = time.Minute

// Invitation is an open pair code.
type Invitation struct {
	app *App
	inv *filelayer.Invitation
}

// Invite makes a pair code for one other device, good for ten minutes and for
// one use, and lets whoever brings it in as far as pairing. ErrRemoved: this device
// has to join again first.
func (a *App) Invite(ctx context.Context) (*Invitation, error) {
	if err := a.wantJoined(ctx); err != nil {
		return nil, err
	}
	inv, err := a.files.GeneratePairCode(ctx)
	if err != nil {
		return nil, err
	}
	return &Invitation{a, inv}, nil
}

// Code is the text to show, also as a QR code.
func (i *Invitation) Code() string { return i.inv.Code() }

// ShortCode is what a device needs of the code that hears of this one on its
// network; "" when this device does not tell its network of itself.
func (i *Invitation) ShortCode() string {
	if !i.app.node.Discovers() {
		return ""
	}
	return i.inv.Short()
}

// Expires is when the code stops working.
func (i *Invitation) Expires() time.Time { return i.inv.Expires() }

// Wait blocks until a device has proved that it knows the code, and returns
// who it says it is; ErrExpired, ErrBurned after three wrong proofs.
func (i *Invitation) Wait(ctx context.Context) (Guest, error) { return i.inv.Wait(ctx) }

// Accept pairs the device that Wait returned.
func (i *Invitation) Accept(ctx context.Context) (Device, error) {
	d, err := i.inv.Accept(ctx)
	if err != nil {
		return Device{}, err
	}
	return i.app.device(d, i.app.holdings()), nil
}

// Reject refuses the device that Wait returned; the code is used up.
func (i *Invitation) Reject() { i.inv.Reject() }

// Cancel ends the invitation. It may be called at any time, and twice.
func (i *Invitation) Cancel() { i.inv.Cancel() }

// lookEvery is how often it is looked whether what Join waits for has changed.
const lookEvery = time.Second

// tellLooking calls tell with what Join waits for, after a moment and whenever
// that changes, until stop is called. stop may be called twice.
func (a *App) tellLooking(tell func(text string)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for last := ""; ; {
			select {
			case <-quit:
				return
			case <-tick.C:
				if text := looking(a.Peers()); text != last {
					last = text
					tell(text)
				}
			}
		}
	}()
	return sync.OnceFunc(func() { close(quit); <-done })
}

// looking says what Join waits for, in words for a person.
func looking(peers []Peering) string {
	const text = "Looking for the device that shows the code ..."
	var silent []string
	linked := false
	for _, p := range peers {
		linked = linked || p.Up
		if p.Kind == overlay.PeeringStatic && !p.Up && p.LastErr != "" {
			silent = append(silent, p.URI)
		}
	}
	switch {
	case len(silent) == 1:
		return text + " (peer " + silent[0] + " does not answer, trying again)"
	case len(silent) > 1:
		return text + " (peers " + strings.Join(silent, ", ") + " do not answer, trying again)"
	case !linked:
		return text + " (there is no link to any other device yet)"
	}
	return text
}

// Join joins the library of the device that showed code. show, which may be
// nil, is called with the words to compare while the other person is asked.
// ErrNoAnswer when that device does not answer for a minute.
func (a *App) Join(ctx context.Context, code string, show func(words [4]string)) (Device, error) {
	if show == nil {
		show = func([4]string) {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(findWait, func() { cancel(ErrNoAnswer) })
	defer late.Stop()
	d, err := a.files.UsePairCode(ctx, code, func(words [4]string) {
		late.Stop()
		show(words)
	})
	if err != nil {
		if errors.Is(context.Cause(ctx), ErrNoAnswer) {
			err = ErrNoAnswer
		}
		return Device{}, err
	}
	err = a.config.update(func(c *config) error { c.FirstStartDone = true; return nil })
	return a.device(d, a.holdings()), err
}

// A CodeReview says how far a text is a pair code, while it is being typed.
type CodeReview = filelayer.CodeReview

// CodeGroup is how many digits of a pair code are shown and named together.
const CodeGroup = filelayer.CodeGroup

// ReviewCode reviews a text that is to be a pair code, without any device.
func ReviewCode(text string) CodeReview { return filelayer.ReviewCode(text) }

// A NearbyDevice is on the local network and shows a pair code now. Its name is
// what it says of itself: the code alone tells that it is the person's.
type NearbyDevice struct{ ID, Name, Platform string }

// Nearby lists the devices on the local network that show a pair code now and
// are not in the library yet.
func (a *App) Nearby() []NearbyDevice {
	var list []NearbyDevice
	for _, o := range a.node.Offers() {
		id := hex.EncodeToString(o.Key)
		if !slices.ContainsFunc(a.files.Devices(), func(d filelayer.Device) bool { return d.ID == id }) {
			list = append(list, NearbyDevice{id, o.Name, o.Platform})
		}
	}
	return list
}

// ReviewShortCode reviews a text that is to be the short code of a nearby
// device, or its whole one.
func ReviewShortCode(id, text string) CodeReview { return filelayer.ReviewShortCode(id, text) }

// FromShortCode returns the code to join a nearby device by; ErrBadCode.
func FromShortCode(id, text string) (string, error) { return filelayer.FromShortCode(id, text) }
