package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/libpaul/paul/app"
)

// dates carries out "dates": it corrects when photos were taken.
func dates(ctx context.Context, l *line, p *printer) error {
	l.date.Digests, l.date.Preview = l.args, l.dryRun
	if _, err := l.date.Change(); err != nil {
		return usagef("%s; see: pauld help dates", err)
	}
	return use(ctx, l, p, func(c *app.Client) error {
		info, err := c.CorrectDates(ctx, l.date)
		if err != nil {
			return err
		}
		tellCorrection(p, info)
		return nil
	})
}

// tellCorrection prints what a correction has done, or would do.
func tellCorrection(p *printer, info app.CorrectionInfo) {
	if p.json {
		p.object(info, "")
		return
	}
	rows := [][]string{{"DIGEST", "WAS", "IS", "NAME"}}
	if info.Preview {
		rows[0][2] = "WOULD BE"
	}
	for _, d := range info.Photos {
		rows = append(rows, []string{d.Digest[:12], d.Was, d.Date, d.Name})
	}
	if len(info.Photos) > 0 {
		p.table(rows)
	}
	text := plural(info.Changed, "date", "dates") + " corrected; the files are as they were"
	if info.Preview {
		text = plural(info.Changed, "date", "dates") + " would be corrected; nothing was changed"
	}
	if info.Same > 0 {
		text += fmt.Sprintf(", %d were so already", info.Same)
	}
	if info.ID != "" {
		text += ". To take it back: pauld undo " + info.ID
	}
	p.note(nil, text)
}

// clocks carries out "clocks": it tells which cameras' clocks were off, and sets
// their dates right.
func clocks(ctx context.Context, l *line, p *printer) error {
	if l.has("apply") && l.has("dismiss") || l.dryRun && !l.has("apply") {
		return usagef("usage: pauld %s", l.command.usage)
	}
	return use(ctx, l, p, func(c *app.Client) error {
		switch {
		case l.has("apply"):
			info, err := c.ApplyClock(ctx, l.apply, l.dryRun)
			if err == nil {
				tellCorrection(p, info)
			}
			return err
		case l.has("dismiss"):
			return c.DismissClock(ctx, l.dismiss)
		}
		list, err := c.Clocks(ctx)
		if err == nil {
			tellClocks(p, list)
		}
		return err
	})
}

func tellClocks(p *printer, list []app.ClockInfo) {
	if p.json {
		for _, o := range list {
			p.object(o, "")
		}
		return
	}
	if len(list) == 0 {
		p.note(nil, "No camera's clock is known to have been off")
		return
	}
	rows := [][]string{{"N", "CAMERA", "FROM", "TO", "PHOTOS", "SHIFT", "RESTS ON", "BY CHANCE"}}
	for _, o := range list {
		row := []string{strconv.Itoa(o.N), o.Camera, o.First, o.Last, strconv.Itoa(o.Photos), shiftText(o.By()), restsOn(o), chanceText(o.Chance)}
		if o.Dismissed {
			row = append(row, "dismissed in the gallery")
		}
		rows = append(rows, row)
	}
	p.table(rows)
	p.note(nil, "To correct the dates of one: pauld clocks --apply N, with --dry-run to look first")
}

// restsOn says what an offer is concluded from.
func restsOn(o app.ClockInfo) string {
	text := plural(o.Scenes, "scene", "scenes")
	if o.Alike > 0 {
		text += fmt.Sprintf(", %d alike", o.Alike)
	}
	return text
}

// chanceText is a small probability for people.
func chanceText(chance float64) string {
	if chance < 1e-9 {
		return "< 1 in 10^9"
	}
	return fmt.Sprintf("< 1 in 10^%.0f", math.Floor(-math.Log10(chance)))
}

// shiftText writes a shift as --shift takes it.
func shiftText(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	text := ""
	if days := d / (24 * time.Hour); days > 0 {
		text, d = fmt.Sprintf("%dd", days), d%(24*time.Hour)
	}
	for _, part := range []struct {
		length time.Duration
		unit   string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / part.length; n > 0 {
			text += fmt.Sprintf("%d%s", n, part.unit)
		}
		d %= part.length
	}
	return sign + text
}
