package main

import (
	"context"
	"strings"

	"github.com/libpaul/paul/app"
)

// limit carries out "limit": it tells or changes how fast photos may move.
func limit(ctx context.Context, l *line, p *printer) error {
	return changeLimits(ctx, l, p, func(m *app.LimitsInfo) {
		if l.has("down") {
			m.Down = l.down.bytes
		}
		if l.has("up") {
			m.Up = l.up.bytes
		}
	})
}

// pause carries out "pause".
func pause(ctx context.Context, l *line, p *printer) error {
	return changeLimits(ctx, l, p, func(m *app.LimitsInfo) { m.Paused, m.ServingPaused = true, m.ServingPaused || l.serving })
}

// resume carries out "resume".
func resume(ctx context.Context, l *line, p *printer) error {
	return changeLimits(ctx, l, p, func(m *app.LimitsInfo) { m.Paused, m.ServingPaused = false, false })
}

// changeLimits changes the limits, if there is something to change, and prints
// those that hold then.
func changeLimits(ctx context.Context, l *line, p *printer, change func(*app.LimitsInfo)) error {
	return use(ctx, l, p, func(c *app.Client) error {
		m, err := c.Limits(ctx)
		if err != nil {
			return err
		}
		before := m
		if change(&m); m != before {
			err = c.SetLimits(ctx, m)
		}
		if err == nil {
			p.object(m, limitsText(m))
		}
		return err
	})
}

func limitsText(m app.LimitsInfo) string {
	var parts []string
	if m.Paused {
		parts = append(parts, "Fetching is paused, but for what you ask for; it goes on with: pauld resume")
	}
	if m.ServingPaused {
		parts = append(parts, "Other devices get no photos from this one until: pauld resume")
	}
	if m.Down > 0 {
		parts = append(parts, "Photos are fetched at "+size(m.Down)+"/s at most")
	}
	if m.Up > 0 {
		parts = append(parts, "Photos are sent at "+size(m.Up)+"/s at most")
	}
	if len(parts) == 0 {
		return "Photos come and go freely"
	}
	return strings.Join(parts, "\n")
}
