package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/libpaul/paul/app"
)

// copies carries out "copies": it tells or changes on how many devices photos are
// kept.
func copies(ctx context.Context, l *line, p *printer) error {
	request, change, err := copiesRequest(l)
	if err != nil {
		return err
	}
	return use(ctx, l, p, func(c *app.Client) error {
		all, err := c.Devices(ctx)
		if err != nil {
			return err
		}
		for _, ref := range l.on {
			d, err := pick(all, ref)
			if err != nil {
				return err
			}
			request.On = append(request.On, d.ID)
		}
		info, err := c.Copies(ctx)
		if change && err == nil {
			info, err = c.SetCopies(ctx, request)
		}
		if err != nil {
			return err
		}
		p.object(info, copiesText(info, all, request.Preview))
		return nil
	})
}

// copiesRequest reads the rule that the command line asks for; change is false
// when it asks for none.
func copiesRequest(l *line) (request app.CopiesRequest, change bool, err error) {
	request = app.CopiesRequest{Album: l.album, Preview: l.plan}
	if len(l.args) == 1 && l.args[0] != "none" {
		if request.Copies, err = strconv.Atoi(l.args[0]); err != nil || request.Copies < 1 {
			return request, false, usagef("%q is no number of devices: give 2 or more, or none", l.args[0])
		}
	}
	change = len(l.args) == 1 || len(l.on) > 0
	if l.album != "" && !change {
		return request, false, usagef("usage: pauld %s", l.command.usage)
	}
	return request, change, nil
}

// copiesText tells the rules, what each device has to do, and what cannot be.
func copiesText(info app.CopiesInfo, all []app.Device, preview bool) string {
	var lines []string
	for _, r := range info.Rules {
		lines = append(lines, ruleText(r, all))
	}
	if len(lines) == 0 {
		return "No number of copies is asked for. To have every photo on two devices: pauld copies 2"
	}
	lines = append(lines, fmt.Sprintf("%d of %s on fewer devices than that", info.Below, plural(info.Files, "photo is", "photos are")))
	would := "has to"
	if preview {
		would = "would have to"
	}
	for _, d := range info.Devices {
		lines = append(lines, deviceCopiesText(d, would)...)
	}
	return strings.Join(append(lines, shortText(info)...), "\n")
}

func ruleText(r app.AlbumRule, all []app.Device) string {
	text := "Every photo"
	if r.ID != "" {
		text = fmt.Sprintf("Photos of the album %q", r.Album)
	}
	var on []string
	for _, id := range r.On {
		if i := slices.IndexFunc(all, func(d app.Device) bool { return d.ID == id }); i >= 0 {
			on = append(on, all[i].Name)
		}
	}
	text += ": "
	if r.Copies > 1 || len(on) == 0 {
		text += fmt.Sprintf("on at least %s", plural(max(r.Copies, 1), "device", "devices"))
		if len(on) > 0 {
			text += ", among them "
		}
	} else {
		text += "on "
	}
	return text + strings.Join(on, ", ")
}

func deviceCopiesText(d app.DeviceCopies, would string) (lines []string) {
	for _, part := range []struct {
		files int
		bytes int64
		what  string
	}{
		{d.Fetch, d.FetchBytes, "fetch"},
		{d.Free, d.FreeBytes, "remove for its limit of space"},
		{d.Stuck, d.StuckBytes, "keep beyond its limit of space"},
	} {
		if part.files > 0 {
			lines = append(lines, fmt.Sprintf("%s %s %s %s, %s", d.Name, would, part.what, plural(part.files, "photo", "photos"), size(part.bytes)))
		}
	}
	if d.Late && len(lines) > 0 {
		lines = append(lines, d.Name+" has not delivered for a while: other devices are asked first")
	}
	return lines
}

// belowText tells of a photo that was removed from this device, and is on fewer
// devices than asked for.
func belowText(e *app.Listing) string {
	if !e.Below {
		return ""
	}
	return "; it is on fewer devices than you asked for now: another one takes it if it may, see: pauld copies"
}

// shortText says what cannot be reached, and what to do.
func shortText(info app.CopiesInfo) (lines []string) {
	if info.Few > 0 {
		takers := "no device takes copies by itself. Let one"
		if info.Willing > 0 {
			takers = "only " + plural(info.Willing, "device takes copies by itself", "devices take copies by themselves") + ". Let another one"
		}
		lines = append(lines, fmt.Sprintf("%s, %s of copies, cannot be: %s: pauld keep helping, or keep everything, on that device",
			plural(info.Few, "photo", "photos"), size(info.FewBytes), takers))
	}
	if info.Full > 0 {
		lines = append(lines, fmt.Sprintf("%s cannot be: %s more room is needed on any device that takes copies",
			plural(info.Full, "photo", "photos"), size(info.FullBytes)))
	}
	return lines
}
