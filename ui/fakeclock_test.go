package ui

import (
	"context"
	"slices"

	"github.com/libpaul/paul/app"
)

func (f *fake) ClockOffers() []app.ClockOffer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.offers)
}

func (f *fake) ApplyClock(ctx context.Context, o app.ClockOffer) (app.Correction, error) {
	done, err := f.CorrectDates(ctx, o.Files, app.DateChange{Shift: o.Shift})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("apply clock %s", o.Camera)
	f.offers = f.offers[1:]
	return done, err
}

func (f *fake) DismissClock(o app.ClockOffer, dismissed bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("dismiss clock %s %t", o.Camera, dismissed)
	if dismissed {
		f.offers = slices.DeleteFunc(f.offers, func(x app.ClockOffer) bool { return x.First == o.First })
	} else {
		f.offers = append(f.offers, o)
	}
	return nil
}
