package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/libpaul/paul/app"
)

// placeFolders carries out "place": it adds, removes or lists the folders whose
// photos stay where they are.
func placeFolders(ctx context.Context, l *line, p *printer) error {
	what := l.args[0]
	if (what == "list") != (len(l.args) == 1) || l.force && what != "remove" {
		return usagef("usage: pauld %s", l.command.usage)
	}
	if what == "list" {
		return use(ctx, l, p, func(c *app.Client) error { return listPlaces(ctx, c, p) })
	}
	path, err := filepath.Abs(l.args[1])
	if err != nil {
		return err
	}
	switch what {
	case "add":
		return addPlace(ctx, l, p, path)
	case "remove":
		return use(ctx, l, p, func(c *app.Client) error {
			err := c.RemovePlace(ctx, path, l.force)
			if err == nil {
				p.object(map[string]string{"path": path}, "No longer in Paul: "+path+"; its files stay where they are")
			}
			if errors.Is(err, app.ErrLastCopy) {
				err = fmt.Errorf("%w; or add --force, and Paul forgets where they are", err)
			}
			return err
		})
	}
	return usagef("usage: pauld %s", l.command.usage)
}

func addPlace(ctx context.Context, l *line, p *printer, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("nothing was added: %w", notThere(path, err))
	}
	return use(ctx, l, p, func(c *app.Client) error {
		var summary *app.ImportSummary
		err := c.AddPlace(ctx, path, func(e app.Event) {
			switch {
			case e.Progress != nil:
				p.progress(e.Progress)
			case e.Entry != nil:
				p.object(e.Entry, "")
			case e.Problem != nil:
				p.note(map[string]any{"problem": e.Problem}, "pauld: "+e.Problem.Path+": "+e.Problem.Error)
			case e.Imported != nil:
				summary = e.Imported
			}
		})
		if summary != nil && (err == nil || summary.Added > 0) {
			placeSummary(p, path, summary)
		}
		return err
	})
}

// placeSummary tells what is new of a folder in place. What is no photo there is
// no failure: the folder is the person's.
func placeSummary(p *printer, path string, s *app.ImportSummary) {
	tellImport(p, s, fmt.Sprintf("New from %s: %s, which stay where they are", path, plural(s.Added, "photo", "photos")), "passed over")
}

func listPlaces(ctx context.Context, c *app.Client, p *printer) error {
	all, err := c.Places(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"FOLDER", "PHOTOS", "SIZE", "ONLY THERE", "REMARKS"}}
	for _, f := range all {
		if p.json {
			p.object(f, "")
			continue
		}
		rows = append(rows, []string{f.Path, fmt.Sprint(f.Files), size(f.Bytes), fmt.Sprint(f.Only), strings.Join(f.Remarks(), "; ")})
	}
	switch {
	case p.json:
	case len(all) > 0:
		p.table(rows)
	default:
		p.note(nil, "No folders were added in place")
	}
	return nil
}
