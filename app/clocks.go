package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/imagelib"
)

// ClockOffer says that a camera's clock was off for a while.
type ClockOffer = imagelib.ClockOffer

// clocks compares the cameras' clocks now and then, and knows what came of it.
type clocks struct {
	mu     sync.Mutex // guards offers
	offers []ClockOffer
}

// dismissedClock is an offer that a person does not want to see again.
type dismissedClock struct {
	Camera string    `json:"camera"`
	First  time.Time `json:"first"` // wall clocks of its first and last photo
	Last   time.Time `json:"last"`
	Shift  string    `json:"shift"`
}

// maxDismissed is how many of them are remembered, the last ones.
const maxDismissed = 200

// covers says whether an offer is the one that was dismissed, though photos may have
// come to it since.
func (d dismissedClock) covers(o ClockOffer) bool {
	shift, err := time.ParseDuration(d.Shift)
	return err == nil && d.Camera == o.Camera && (shift-o.Shift).Abs() <= 5*time.Minute &&
		!o.Last.Date.Wall.Before(d.First) && !o.First.Date.Wall.After(d.Last)
}

// ClockOffers lists the cameras whose clock was off, as was last found out, the
// latest first, without those that were dismissed, and those whose photos have got
// other dates since.
func (a *App) ClockOffers() []ClockOffer {
	a.clocks.mu.Lock()
	offers := slices.Clone(a.clocks.offers)
	a.clocks.mu.Unlock()
	now := a.images.Snapshot()
	return slices.DeleteFunc(offers, func(o ClockOffer) bool {
		return a.clockDismissed(o) || !unchanged(now, o.First) || !unchanged(now, o.Last)
	})
}

// unchanged says whether an image is there still, with the date that it had.
func unchanged(now *imagelib.Snapshot, img *imagelib.Image) bool {
	is, ok := now.File(img.Digest)
	return ok && is.Date == img.Date
}

func (a *App) clockDismissed(o ClockOffer) bool {
	return slices.ContainsFunc(a.config.get().Dismissed, func(d dismissedClock) bool { return d.covers(o) })
}

// DismissClock lets an offer show no more on this device, or with false again.
func (a *App) DismissClock(o ClockOffer, dismissed bool) error {
	err := a.config.update(func(c *config) error {
		list := slices.DeleteFunc(slices.Clone(c.Dismissed), func(d dismissedClock) bool { return d.covers(o) })
		if dismissed {
			list = append(list, dismissedClock{o.Camera, o.First.Date.Wall, o.Last.Date.Wall, o.Shift.String()})
		}
		c.Dismissed = list[max(0, len(list)-maxDismissed):]
		return nil
	})
	a.changed.Raise()
	return err
}

// ApplyClock corrects the dates of the photos of an offer.
func (a *App) ApplyClock(ctx context.Context, o ClockOffer) (Correction, error) {
	done, err := a.CorrectDates(ctx, o.Files, DateChange{Shift: o.Shift})
	a.compareClocks()
	return done, err
}

// compareClocks compares the cameras' clocks.
func (a *App) compareClocks() []ClockOffer {
	offers := a.images.Snapshot().ClockOffers()
	a.clocks.mu.Lock()
	a.clocks.offers = offers
	a.clocks.mu.Unlock()
	a.changed.Raise()
	return offers
}

const (
	clocksAfter = 20 * time.Second // the start, which has more urgent things to do
	clocksEvery = 2 * time.Minute  // at most
)

// watchClocks compares the clocks when the library has changed, until ctx ends.
func (a *App) watchClocks(ctx context.Context) error {
	woken, stop := a.images.Changed().Listen()
	defer stop()
	pause := clocksAfter
	var last *imagelib.Snapshot
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		start := time.Now()
		if now := a.images.Snapshot(); now != last {
			last = now
			a.compareClocks()
		}
		pause = max(clocksEvery, 100*time.Since(start)) // a hundredth of one processor at most
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// clockInfos answers with the offers of now.
func (c *control) clockInfos(r *http.Request) (any, error) {
	if _, err := c.app.Ready(r.Context()); err != nil {
		return nil, err
	}
	list := []ClockInfo{}
	for i, o := range c.app.compareClocks() {
		list = append(list, ClockInfo{
			N: i + 1, Camera: o.Camera, First: o.First.Date.String(), Last: o.Last.Date.String(), Photos: o.Photos,
			Shift: o.Shift.Seconds(), Scenes: o.Scenes, Alike: o.Alike, Chance: o.Chance, Dismissed: c.app.clockDismissed(o),
		})
	}
	return list, nil
}

// doClock does to an offer what is asked for.
func (c *control) doClock(r *http.Request) (any, error) {
	return withBody(r, func(req clockRequest) (any, error) {
		if _, err := c.app.Ready(r.Context()); err != nil {
			return nil, err
		}
		offers := c.app.compareClocks()
		if req.N < 1 || req.N > len(offers) {
			return nil, fmt.Errorf("offer %d: %w: there are %d; see: pauld clocks", req.N, ErrNotFound, len(offers))
		}
		o := offers[req.N-1]
		switch req.Do {
		case "dismiss":
			return struct{}{}, c.app.DismissClock(o, true)
		case "apply", "preview":
			info, err := c.app.correct(r.Context(), o.Files, DateChange{Shift: o.Shift}, req.Do == "preview")
			c.app.compareClocks()
			return info, err
		}
		return nil, fmt.Errorf("no such command: %q", req.Do)
	})
}
