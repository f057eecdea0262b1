package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/libpaul/paul/app"
)

// watchFolders carries out "watch": it adds, removes or lists the folders whose
// photos are imported by themselves.
func watchFolders(ctx context.Context, l *line, p *printer) error {
	if (l.args[0] == "list") != (len(l.args) == 1) {
		return usagef("usage: pauld %s", l.command.usage)
	}
	if l.args[0] == "list" {
		return use(ctx, l, p, func(c *app.Client) error { return listWatched(ctx, c, p) })
	}
	path, err := filepath.Abs(l.args[1])
	if err != nil {
		return err
	}
	change, text := (*app.Client).AddWatchedFolder, "Watching "+path
	switch l.args[0] {
	case "add":
	case "remove":
		change, text = (*app.Client).RemoveWatchedFolder, "Not watched any more: "+path+"; what was imported stays"
	default:
		return usagef("usage: pauld %s", l.command.usage)
	}
	return use(ctx, l, p, func(c *app.Client) error {
		err := change(c, ctx, path)
		if err == nil {
			p.object(map[string]string{"path": path}, text)
		}
		return err
	})
}

func listWatched(ctx context.Context, c *app.Client, p *printer) error {
	all, err := c.WatchedFolders(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"FOLDER", "STATE", "PHOTOS", "STAY DELETED", "NOT PHOTOS", "WHY"}}
	for _, f := range all {
		if p.json {
			p.object(f, "")
			continue
		}
		rows = append(rows, []string{f.Path, f.State, fmt.Sprint(f.Photos), fmt.Sprint(f.Deleted), fmt.Sprint(f.NotPhotos), f.Reason})
	}
	switch {
	case p.json:
	case len(all) > 0:
		p.table(rows)
	default:
		p.note(nil, "No folders are watched")
	}
	return nil
}
