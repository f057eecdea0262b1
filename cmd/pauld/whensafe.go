package main

import (
	"context"
	"fmt"

	"github.com/libpaul/paul/app"
)

// unsave carries out "unsave".
func unsave(ctx context.Context, l *line, p *printer) error {
	if l.whenSafe && l.force {
		return usagef("unsave takes --force or --when-safe, not both: what is forced does not wait")
	}
	if l.queued {
		return unsaveQueued(ctx, l, p)
	}
	if l.whenSafe && len(l.args) == 0 {
		return use(ctx, l, p, func(c *app.Client) error { return listWaiting(ctx, c, p) })
	}
	return act(ctx, l, p)
}

// unsaveQueued takes back all that is saved on this device and has not come.
func unsaveQueued(ctx context.Context, l *line, p *printer) error {
	if l.force || l.whenSafe || len(l.args) > 0 {
		return usagef("unsave takes --queued alone: it is about all photos that are still to be fetched")
	}
	return use(ctx, l, p, func(c *app.Client) error {
		role, err := c.Role(ctx)
		if err == nil && role.Everything {
			err = app.ErrKeeper
		}
		if err != nil {
			return err
		}
		all, err := c.List(ctx)
		if err != nil {
			return err
		}
		var digests []string
		for _, e := range all {
			if e.Queued {
				digests = append(digests, e.Digest)
			}
		}
		if len(digests) == 0 {
			p.note(nil, "No photo is still to be fetched")
			return nil
		}
		return actOn(ctx, c, l, p, digests)
	})
}

// listWaiting prints the photos that are removed from this device when that is safe.
func listWaiting(ctx context.Context, c *app.Client, p *printer) error {
	all, err := c.List(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, e := range all {
		if e.WhenSafe != nil {
			n++
			p.object(e, e.Digest[:12]+"  "+waitingText(&e))
		}
	}
	if n == 0 {
		p.note(nil, "No photo waits to be removed from this device")
	}
	return nil
}

// waitingText tells of a photo that waits.
func waitingText(e *app.Listing) string {
	text := fmt.Sprintf("%s stays for now, since %s", e.Name, e.WhenSafe.Asked.Local().Format("2006-01-02 15:04"))
	if e.WhenSafe.Missing != "" {
		text += " (" + e.WhenSafe.Missing + ")"
	} else {
		text += " (no other device was asked since the start yet)"
	}
	return text + ", and is removed from this device as soon as enough others prove their copies; to keep it: pauld save " + e.Digest[:12]
}

func whenSafeText(n int) string {
	return fmt.Sprintf("%d to be removed from this device as soon as others prove their copies; see: pauld unsave --when-safe", n)
}
