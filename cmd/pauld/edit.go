package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/libpaul/paul/app"
)

// turn is a turn by right angles, in degrees clockwise.
type turn struct{ quarters int }

func (t *turn) String() string { return strconv.Itoa(90 * t.quarters) }

func (t *turn) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n%90 != 0 || n < -270 || n > 270 {
		return errors.New("a photo is rotated by 90, 180 or 270 degrees clockwise; anything between is for --straighten")
	}
	t.quarters = n / 90 & 3
	return nil
}

// angle is by how much the horizon is levelled, in degrees clockwise.
type angle struct{ degrees float64 }

func (a *angle) String() string { return strconv.FormatFloat(a.degrees, 'f', -1, 64) }

func (a *angle) Set(s string) (err error) {
	if a.degrees, err = strconv.ParseFloat(s, 64); err != nil || !(a.degrees >= -45 && a.degrees <= 45) {
		return errors.New("a photo is straightened by -45 to 45 degrees clockwise")
	}
	return nil
}

// crop is the part of a photo to keep; the zero value is all.
type crop struct{ app.Crop }

func (c *crop) String() string {
	if c.Crop == (app.Crop{}) {
		return "none"
	}
	return fmt.Sprintf("%g,%g,%g,%g", c.X, c.Y, c.W, c.H)
}

func (c *crop) Set(s string) error {
	c.Crop = app.Crop{}
	if s == "none" {
		return nil
	}
	parts := strings.Split(s, ",")
	into := []*float64{&c.X, &c.Y, &c.W, &c.H}
	ok := len(parts) == len(into)
	for i := 0; ok && i < len(parts); i++ {
		v, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		*into[i], ok = v, err == nil
	}
	if !ok || !(app.Edit{Crop: &c.Crop}).Valid() || c.Crop == (app.Crop{}) {
		return errors.New("a crop is X,Y,W,H in shares of the photo, as 0.1,0.1,0.8,0.8, or none")
	}
	return nil
}

// edit carries out "edit".
func edit(ctx context.Context, l *line, p *printer) error {
	if err := checkDigests(l.args); err != nil {
		return err
	}
	change := app.Edit{Reset: l.date.Reset, Turns: l.rotate.quarters, Mirror: l.mirror}
	if l.has("straighten") {
		change.Angle = &l.straighten.degrees
	}
	if l.has("crop") {
		change.Crop = &l.crop.Crop
	}
	if !l.has("reset", "rotate", "mirror", "straighten", "crop") {
		return usagef("say what to do with the photos; usage: pauld %s", l.command.usage)
	}
	exit := exitDone
	err := use(ctx, l, p, func(c *app.Client) error {
		return c.Edit(ctx, change, l.args, func(e app.Event) {
			switch {
			case e.Failure != nil:
				exit = worse(exit, exitOf(e.Failure))
				p.problem(e.Failure)
			case e.Entry != nil:
				p.object(e.Entry, e.Entry.Name+": "+geometryText(e.Entry.Geometry))
			}
		})
	})
	if err == nil && exit != exitDone {
		err = &severalError{exit}
	}
	return err
}

// geometryText says how a photo is shown.
func geometryText(g *app.Geometry) string {
	if g == nil {
		return "as the file is"
	}
	var parts []string
	if g.Mirror {
		parts = append(parts, "mirrored")
	}
	if g.Turns != 0 {
		parts = append(parts, fmt.Sprintf("rotated by %d°", 90*g.Turns))
	}
	if g.Angle != 0 {
		parts = append(parts, fmt.Sprintf("straightened by %g°", g.Angle))
	}
	if c := (crop{g.Crop}); g.Crop != (app.Crop{}) {
		parts = append(parts, "cropped to "+c.String())
	}
	return strings.Join(parts, ", ")
}

// export carries out "export".
func export(ctx context.Context, l *line, p *printer) error {
	if err := checkDigests(l.args); err != nil {
		return err
	}
	dir, err := filepath.Abs(l.output) // the device may run in another folder
	if err != nil {
		return err
	}
	if err := checkFolder(dir); err != nil {
		return fmt.Errorf("nothing was exported: %w", err)
	}
	exit := exitDone
	err = use(ctx, l, p, func(c *app.Client) error {
		return c.Export(ctx, app.ExportOptions{Dir: dir, Edited: l.edited}, l.args, func(e app.Event) {
			switch {
			case e.Failure != nil:
				exit = worse(exit, exitOf(e.Failure))
				p.problem(e.Failure)
			case e.Exported != nil:
				for _, path := range []string{e.Exported.File, e.Exported.Sidecar, e.Exported.Edited} {
					if path != "" && !p.json {
						p.object(nil, path)
					}
				}
				if p.json {
					p.object(e.Exported, "")
				}
			}
		})
	})
	if err == nil && exit != exitDone {
		err = &severalError{exit}
	}
	return err
}
