package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/libpaul/paul/app"
)

// keeps carries out "keep": it tells or changes what the device keeps by itself.
func keeps(ctx context.Context, l *line, p *printer) error {
	if len(l.args) == 1 && !slices.Contains([]string{"everything", "helping", "chosen"}, l.args[0]) {
		return usagef("usage: pauld %s", l.command.usage)
	}
	return use(ctx, l, p, func(c *app.Client) error {
		now, err := c.Role(ctx)
		if err != nil {
			return err
		}
		role := app.Role{Everything: now.Everything, Helps: now.Helps, Space: now.Space}
		if len(l.args) == 1 {
			role.Everything, role.Helps = l.args[0] == "everything", l.args[0] == "helping"
		}
		if l.has("space") {
			role.Space = l.space.bytes
		}
		switch {
		case l.preview:
			now, err = c.Plan(ctx, role)
		case len(l.args) == 1 || l.has("space"):
			now, err = c.SetRole(ctx, role)
		}
		if err != nil {
			return err
		}
		p.object(now, roleText(now, l.preview))
		return nil
	})
}

func roleText(r app.RoleInfo, preview bool) string {
	verb, would, dropped := "keeps", "To do", "No longer fetched:"
	if preview {
		verb, would, dropped = "would keep", "It would have to do", "It would no longer fetch"
	}
	text := "This device " + verb + " the photos that are saved here"
	switch {
	case r.Helps:
		text += " and those of which too few devices have a copy"
	case r.Everything:
		text = "This device " + verb + " every photo of the library"
	}
	if r.Space > 0 {
		text += ", the newest up to " + size(r.Space)
	}
	text += "."
	if r.Space > 0 && r.TrashBytes > 0 {
		text += fmt.Sprintf(" The trash here takes %s beside that; photos leave it after 30 days.", size(r.TrashBytes))
	}
	paused := ""
	if r.Paused {
		paused = " (paused; to go on: pauld resume)"
	}
	told := len(text)
	for _, part := range []struct {
		files       int
		bytes       int64
		what, after string
	}{
		{r.Dropped, r.DroppedBytes, dropped, ""},
		{r.Queued, r.QueuedBytes, "Still to be fetched:", paused},
		{r.Fetch, r.FetchBytes, would + ": fetch", paused},
		{r.Held, r.HeldBytes, "Saved by hand beyond the limit, fetched once they fit:", ""},
		{r.Free, r.FreeBytes, would + ": remove, once other devices prove theirs:", ""},
		{r.Stuck, r.StuckBytes, would + ": leave here beyond the limit, since too few other devices have it:", ""},
	} {
		if part.files > 0 {
			text += fmt.Sprintf("\n%s %s, %s%s", part.what, plural(part.files, "photo", "photos"), size(part.bytes), part.after)
		}
	}
	if r.Queued+r.Fetch+r.Held+r.Free+r.Stuck == 0 {
		text = text[:told] + " Nothing is left to do." + text[told:]
	}
	return text
}
