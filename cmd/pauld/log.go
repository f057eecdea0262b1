package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// sinceTime is the value of --since.
type sinceTime struct {
	text string
	time time.Time
}

func (s *sinceTime) String() string { return s.text }

func (s *sinceTime) Set(text string) (err error) {
	s.text = text
	s.time, err = parseSince(text, time.Now())
	return err
}

// parseSince reads a date, a date and a time, or how long before now.
func parseSince(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, errors.New("give a date like 2024-05-01, a date and a time like 2024-05-01T12:30, or how long ago, like 24h or 7d")
}

// tellLog carries out "log".
func tellLog(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		n := 0
		err := c.Removals(ctx, l.since.time, func(e app.Event) {
			if e.Removal != nil {
				n++
				p.object(e.Removal, removalText(e.Removal))
			}
		})
		if err == nil && n == 0 {
			text := "Nothing was removed from this device"
			if l.has("since") {
				text += " since " + l.since.time.Local().Format("2006-01-02 15:04")
			}
			p.note(nil, text)
		}
		return err
	})
}

// removalText is a line of the log for people.
func removalText(r *app.Removal) string {
	const minute = "2006-01-02 15:04"
	name := r.ByName
	if name == "" {
		name = r.By[:min(len(r.By), 12)]
	}
	text := fmt.Sprintf("%s  %-9s  %s  %s  %s, by %s",
		r.Time.Local().Format(minute+":05"), r.What, r.Digest.String()[:12], r.Name, size(r.Size), name)
	for _, lease := range r.Leases {
		text += fmt.Sprintf("; %s has it, read on %s, kept until %s at least",
			lease.Name, lease.Verified.Local().Format(minute), lease.Until.Local().Format(minute))
	}
	if r.Error != "" {
		text += ": " + r.Error
	}
	return text
}
