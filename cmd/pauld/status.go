package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// status carries out "status".
func status(ctx context.Context, l *line, p *printer) error {
	answered := tellSlow(p, "Waiting for the device, which is starting. Ctrl-C stops.")
	c, err := app.Connect(ctx, l.home)
	answered()
	if err != nil {
		return err
	}
	if l.ifLost != "" {
		noteRemoved(p, c.Hello().Removed)
		err = ifLost(ctx, l, p, c)
	} else {
		err = sumUp(ctx, p, c)
	}
	return errors.Join(err, c.Close())
}

// sumUp prints the state of the library.
func sumUp(ctx context.Context, p *printer, c *app.Client) error {
	s, err := c.Status(ctx)
	if err == nil {
		text := fmt.Sprintf("%s, %s\n%d on this device, %d on one device only",
			plural(s.Files, "photo", "photos"), size(s.Bytes), s.Local, s.OneCopy)
		if s.Removed != nil {
			text = removedText(s.Removed) + "\n" + text
		}
		if s.Away != "" {
			text = upper(s.Away) + "\nUntil it is back nothing on it is taken for lost or removed, and no photo is kept here.\n" + text
		}
		if s.NoCopy > 0 {
			text += fmt.Sprintf(", %d on none that is known", s.NoCopy)
		}
		if s.OnlyInTrash > 0 {
			text += fmt.Sprintf("\n%d of those are in the trash here: they come back by themselves in some minutes, but for what was removed with --force; pauld save brings back any of them", s.OnlyInTrash)
		}
		if s.Below > 0 {
			text += fmt.Sprintf("\n%d on fewer devices than you asked for; see: pauld copies", s.Below)
		}
		if s.Fetching != nil {
			text += "\n" + fetchingText(s.Fetching, time.Now())
		}
		if s.WhenSafe > 0 {
			text += "\n" + whenSafeText(s.WhenSafe)
		}
		if s.Held > 0 {
			text += "\n" + heldText(s.Held)
		}
		if s.Limits != nil {
			text += "\n" + limitsText(*s.Limits)
		}
		text += "\n" + plural(s.Peers, "link", "links") + " to the network"
		if s.Transit > 0 {
			text += ", " + size(int64(s.Transit)) + " carried for others"
		}
		if s.Database != nil {
			text += "\n" + databaseText(s.Database)
		}
		for _, f := range s.Forwards {
			text += "\n" + forwardText(f)
		}
		p.object(s, strings.Join(append([]string{text}, s.Notices...), "\n"))
	}
	return err
}

// removedText is for a device that was removed.
func removedText(r *app.RemovedInfo) string {
	return fmt.Sprintf("This device was removed from the library by %s on %s: the other devices shut it out, and its photos stay here.\n"+
		"To join again: pauld pair on one of the others, and here: pauld join CODE", r.By, r.At.Local().Format("2006-01-02"))
}

// ifLost prints what would be lost with a device.
func ifLost(ctx context.Context, l *line, p *printer, c *app.Client) error {
	all, err := c.Devices(ctx)
	if err != nil {
		return err
	}
	d, err := pick(all, l.ifLost)
	if err != nil {
		return err
	}
	loss, err := c.IfLost(ctx, d.ID)
	if err != nil {
		return err
	}
	if !p.json {
		p.object(nil, lossText(loss))
		return nil
	}
	for _, e := range loss.Entries {
		p.object(e, "")
	}
	p.note(map[string]any{"ifLost": loss}, "")
	return nil
}

func lossText(loss app.Loss) string {
	text := fmt.Sprintf("If %s died now: ", loss.Name)
	if loss.Files == 0 {
		return text + "nothing would be lost, as other devices have copies of all its photos"
	}
	text += fmt.Sprintf("%s, %s would be lost", plural(loss.Files, "photo", "photos"), size(loss.Bytes))
	if loss.InTrash > 0 {
		text += fmt.Sprintf(" (the trash here still has %d of them)", loss.InTrash)
	}
	return text + "; --json lists them, and pauld save on another device keeps one there too"
}

func databaseText(d *app.DatabaseStatus) string {
	switch {
	case d.Synced:
		return "The records are also in " + d.URL
	case d.Online:
		return "The records are being made the same as in " + d.URL
	case d.Error != "":
		return fmt.Sprintf("%s does not answer, or refuses (%s): everything works without it, and it will catch up", d.URL, d.Error)
	}
	return d.URL + " has not answered yet"
}

func forwardText(f app.ForwardInfo) string {
	text := fmt.Sprintf("Overlay port %d leads to %s, %s", f.Port, f.To, plural(f.Open, "connection", "connections"))
	if f.Error != "" {
		text += " (the last was not led on: " + f.Error + ")"
	}
	return text
}

func heldText(n int) string {
	return fmt.Sprintf("%d deleted by other devices, suspiciously many: their copies here stay until you agree by: pauld delete --held, "+
		"or bring them back by: pauld restore --held", n)
}
