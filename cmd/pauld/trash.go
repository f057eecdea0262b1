package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// runTrash carries out "trash".
func runTrash(ctx context.Context, l *line, p *printer) error {
	switch {
	case l.empty:
		return emptyTrash(ctx, l, p)
	case l.yes:
		return usagef("trash takes --yes only with --empty")
	case len(l.args) > 0:
		return usagef("trash takes a digest only with --empty; to bring a photo back: pauld restore")
	}
	return use(ctx, l, p, func(c *app.Client) error {
		all, err := c.Trash(ctx)
		if err != nil {
			return err
		}
		if p.json {
			for _, t := range all {
				p.object(t, "")
			}
			return nil
		}
		return trashTable(ctx, c, p, all)
	})
}

// emptyTrash carries out "trash --empty".
func emptyTrash(ctx context.Context, l *line, p *printer) error {
	if err := checkDigests(l.args); err != nil {
		return err
	}
	return use(ctx, l, p, func(c *app.Client) error {
		all, err := c.InTrash(ctx)
		if err != nil {
			return err
		}
		digests := l.args
		var bytes int64
		only := 0
		for _, t := range all {
			d := t.Digest.String()
			if len(l.args) == 0 {
				digests = append(digests, d)
			} else if !slices.ContainsFunc(l.args, func(arg string) bool { return strings.HasPrefix(d, strings.ToLower(arg)) }) {
				continue
			}
			bytes += t.Size
			if t.Only {
				only++
			}
		}
		if len(digests) == 0 {
			p.note(nil, "The trash of this device is empty")
			return nil
		}
		p.note(map[string]int{"onlyHere": only}, onlyHereText(only))
		if accept, err := l.yes, error(nil); !accept {
			if accept, err = ask(ctx, p, emptyQuestion(len(digests), bytes)); err != nil || !accept {
				return errors.Join(errors.New("you did not agree: nothing was removed"), err)
			}
		}
		return actOn(ctx, c, l, p, digests)
	})
}

// onlyHereText warns of what is lost when the trash is emptied.
func onlyHereText(n int) string {
	if n == 0 {
		return "" // all of it is elsewhere too, or goes with proof only
	}
	return fmt.Sprintf("%s, as far as is known here, in no other trash and on no other device, and lost then", plural(n, "deleted photo is", "deleted photos are"))
}

func emptyQuestion(n int, bytes int64) string {
	return fmt.Sprintf("This removes %s, %s, from the trash of this device, and cannot be undone. Other devices keep what is in their trash\n"+
		"until its 30 days are over. What was unsaved here but not deleted goes only if another device proves its copy now. Go on?",
		plural(n, "photo", "photos"), size(bytes))
}

func trashTable(ctx context.Context, c *app.Client, p *printer, all []app.TrashListing) error {
	devices, err := c.Devices(ctx)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(devices))
	for _, d := range devices {
		names[d.ID] = d.Name
	}
	rows := [][]string{{"DIGEST", "SIZE", "REMOVED", "BY", "UNTIL", "NAME"}}
	var bytes int64
	now := time.Now()
	for _, t := range all {
		bytes += t.Size
		rows = append(rows, []string{t.Digest[:12], size(t.Size), t.Removed.Local().Format("2006-01-02 15:04"), remover(t, names), until(t, now), t.Name})
	}
	if len(all) > 0 {
		p.table(rows)
	}
	p.note(nil, fmt.Sprintf("%s, %s", plural(len(all), "photo", "photos"), size(bytes)))
	s, err := c.Status(ctx)
	if err == nil && s.Held > 0 {
		p.note(nil, heldText(s.Held))
	}
	return err
}

// remover says where t was deleted or unsaved.
func remover(t app.TrashListing, names map[string]string) string {
	name := names[t.By]
	if name == "" { // it is no longer in the library
		name = t.By[:min(len(t.By), 12)]
	}
	if t.Unsaved {
		name += " (unsave)"
	}
	return name
}

// until says how long the bytes of t stay here, or on which other device they are.
func until(t app.TrashListing, now time.Time) string {
	switch {
	case t.Path != "": // another device relies on it for some minutes, or a person is to agree
		return "still here"
	case t.Until != nil:
		return t.Until.Local().Format("2006-01-02")
	case len(t.Elsewhere) == 0:
		return "-"
	}
	text := elsewhere(t.Elsewhere[0], now)
	if more := len(t.Elsewhere) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// elsewhere says where another device has the bytes, and for how long.
func elsewhere(r app.RemnantInfo, now time.Time) string {
	switch {
	case r.Perhaps:
		return "perhaps in the trash of " + r.Name
	case r.Until == nil:
		return "still on " + r.Name
	}
	days := int((r.Until.Sub(now) + 24*time.Hour - 1) / (24 * time.Hour))
	return fmt.Sprintf("in the trash of %s, %s left", r.Name, plural(max(days, 0), "day", "days"))
}

// fromText says from where the bytes of a restored photo come back.
func fromText(from []app.RemnantInfo) string {
	if len(from) == 0 {
		return ""
	}
	var perhaps, online, offline []string
	for _, r := range from {
		switch {
		case r.Self:
			return ": its bytes are here"
		case r.Perhaps:
			perhaps = append(perhaps, r.Name)
		case r.Online:
			online = append(online, r.Name)
		default:
			offline = append(offline, r.Name)
		}
	}
	if len(perhaps) > 0 {
		return ": its bytes may be in the trash of " + strings.Join(perhaps, " or ") + ", where it then comes back; no device is known to have them"
	}
	if len(online) > 0 {
		return ": its bytes are on " + strings.Join(online, " and ") + ", where it comes back"
	}
	return ": its bytes are on " + strings.Join(offline, " and ") + ", offline now, where it comes back when that is online"
}
