package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/libpaul/paul/imagelib"
)

// Names of the image model that a screen needs to correct dates.
type (
	// DateChange says how the dates of photos are to be corrected.
	DateChange = imagelib.DateChange
	// Correction is what a correction of dates has done.
	Correction = imagelib.Correction
)

// CorrectDates corrects the dates of photos; see [imagelib.Library.CorrectDates].
// Undo takes it back by the ID of the Correction.
func (a *App) CorrectDates(ctx context.Context, ds []Digest, c DateChange) (Correction, error) {
	if _, err := a.Ready(ctx); err != nil {
		return Correction{}, err
	}
	done, err := a.images.CorrectDates(ctx, ds, c)
	return done, knownImage(err)
}

// knownImage makes an unknown image what an unknown file is here.
func knownImage(err error) error {
	if errors.Is(err, imagelib.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// DateOrder is a correction of dates as a person writes it, for the photos of the
// digests; these may be cut to their first 8 digits or more. See [imagelib.DateChange].
type DateOrder struct {
	Digests   []string `json:"digests"`
	Set       string   `json:"set,omitempty"`   // 2024-05-01 12:30
	Shift     string   `json:"shift,omitempty"` // +1h30m
	Zone      string   `json:"zone,omitempty"`  // Europe/Paris or +02:00
	From      string   `json:"from,omitempty"`  // likewise
	KeepClock bool     `json:"keepClock,omitempty"`
	Reset     bool     `json:"reset,omitempty"`
	Preview   bool     `json:"preview,omitempty"` // only tell what would be
}

// Change reads what the order asks for. It fails with [ErrBadDate].
func (o DateOrder) Change() (c DateChange, err error) {
	bad := func(text string) error { return fmt.Errorf("%w: %s", ErrBadDate, text) }
	kinds := 0
	for _, given := range []bool{o.Set != "", o.Shift != "", o.Zone != "", o.Reset} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return c, bad("say one of: a date, a shift, a time zone, or back to the file's own")
	case o.Zone == "" && (o.From != "" || o.KeepClock):
		return c, bad("a zone to come from, or a clock to keep, goes with the time zone where the photos were taken")
	case o.From != "" && o.KeepClock:
		return c, bad("where the clock is kept, it does not matter on which zone it was")
	}
	c.Reset, c.KeepClock = o.Reset, o.KeepClock
	if o.Set != "" {
		c.Set, err = imagelib.ParseDate(o.Set)
	}
	if o.Shift != "" {
		c.Shift, err = imagelib.ParseShift(o.Shift)
	}
	if o.Zone != "" {
		c.Zone, err = imagelib.ParseZone(o.Zone)
	}
	if o.From != "" && err == nil {
		c.From, err = imagelib.ParseZone(o.From)
	}
	return c, err
}

// PhotoDate is the date of a photo before and after a correction.
type PhotoDate struct {
	Digest string `json:"digest"`
	Name   string `json:"name"`
	Was    string `json:"was"` // as in a Listing
	Date   string `json:"date"`
}

// CorrectionInfo is what a correction has done, or with Preview would do.
type CorrectionInfo struct {
	ID      string      `json:"id,omitempty"` // to undo it by
	Preview bool        `json:"preview,omitempty"`
	Changed int         `json:"changed"`
	Same    int         `json:"same,omitempty"` // photos that had that date already
	Photos  []PhotoDate `json:"photos,omitempty"`
}

// correctDates answers an order.
func (c *control) correctDates(r *http.Request) (any, error) {
	return withBody(r, func(o DateOrder) (any, error) {
		change, err := o.Change()
		if err != nil {
			return nil, err
		}
		if _, err := c.app.Ready(r.Context()); err != nil {
			return nil, err
		}
		ds := make([]Digest, len(o.Digests))
		for i, s := range o.Digests {
			if ds[i], err = c.app.resolve(s); err != nil {
				return nil, err
			}
		}
		return c.app.correct(r.Context(), ds, change, o.Preview)
	})
}

// correct corrects dates, or only tells what that would change.
func (a *App) correct(ctx context.Context, ds []Digest, change DateChange, preview bool) (info CorrectionInfo, err error) {
	dates, err := a.images.PreviewDates(ds, change)
	if err != nil {
		return info, knownImage(err)
	}
	info.Preview = preview
	for _, d := range dates {
		if d.Date == d.Image.Date {
			info.Same++
			continue
		}
		info.Photos = append(info.Photos, PhotoDate{
			Digest: d.Image.Digest.String(), Name: d.Image.Name, Was: d.Image.Date.String(), Date: d.Date.String(),
		})
	}
	if preview {
		info.Changed = len(info.Photos)
		return info, nil
	}
	done, err := a.CorrectDates(ctx, ds, change)
	info.ID, info.Changed, info.Same = done.ID, done.Changed, done.Same
	return info, err
}

// CorrectDates corrects dates as an order says.
func (c *Client) CorrectDates(ctx context.Context, o DateOrder) (info CorrectionInfo, err error) {
	return info, c.call(ctx, http.MethodPost, "/v1/dates", o, &info)
}

// ClockInfo is an offer to set a camera's dates right, as commands show it.
type ClockInfo struct {
	N         int     `json:"n"` // to apply it by
	Camera    string  `json:"camera"`
	First     string  `json:"first"` // dates of the first and the last photo, as in a Listing
	Last      string  `json:"last"`
	Photos    int     `json:"photos"`
	Shift     float64 `json:"shift"`  // seconds to add
	Scenes    int     `json:"scenes"` // that then fall on what phones took
	Alike     int     `json:"alike"`  // of which a phone then has a picture that looks the same
	Chance    float64 `json:"chance"` // at most so probable is it that this is a coincidence
	Dismissed bool    `json:"dismissed,omitempty"`
}

// By is by how much the dates are to be shifted.
func (i ClockInfo) By() time.Duration { return time.Duration(i.Shift * float64(time.Second)) }

// clockRequest is which of the offers is meant, counted from 1.
type clockRequest struct {
	N  int
	Do string // "apply", "preview" or "dismiss"
}

// Clocks compares the cameras' clocks now.
func (c *Client) Clocks(ctx context.Context) (list []ClockInfo, err error) {
	return list, c.call(ctx, http.MethodGet, "/v1/clocks", nil, &list)
}

// ApplyClock corrects the dates of the photos of an offer, or with preview tells what
// that would change.
func (c *Client) ApplyClock(ctx context.Context, n int, preview bool) (info CorrectionInfo, err error) {
	do := "apply"
	if preview {
		do = "preview"
	}
	return info, c.call(ctx, http.MethodPost, "/v1/clocks", clockRequest{n, do}, &info)
}

// DismissClock lets an offer show no more in the gallery.
func (c *Client) DismissClock(ctx context.Context, n int) error {
	return c.call(ctx, http.MethodPost, "/v1/clocks", clockRequest{n, "dismiss"}, nil)
}
