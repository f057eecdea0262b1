package main

import (
	"context"
	"fmt"

	"github.com/libpaul/paul/app"
)

// listTrash carries out "trash".
func listTrash(ctx context.Context, l *line, p *printer) error {
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
	for _, t := range all {
		bytes += t.Size
		rows = append(rows, []string{t.Digest[:12], size(t.Size), t.Removed.Local().Format("2006-01-02 15:04"), remover(t, names), until(t), t.Name})
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

// until says how long the bytes of t stay here.
func until(t app.TrashListing) string {
	switch {
	case t.Path != "": // another device relies on it for some minutes, or a person is to agree
		return "still here"
	case t.Until == nil:
		return "-"
	}
	return t.Until.Local().Format("2006-01-02")
}
