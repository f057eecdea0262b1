package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/libpaul/paul/app"
)

// backup carries out "backup".
func backup(ctx context.Context, l *line, p *printer) error {
	path, err := filepath.Abs(l.args[0]) // the device may run in another folder
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil && l.restore {
		return fmt.Errorf("nothing was restored: %w", notThere(path, err))
	}
	if dir := filepath.Dir(path); !l.restore {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("nothing was written: %w", notThere(dir, err))
		}
	}
	return use(ctx, l, p, func(c *app.Client) error {
		if l.restore {
			return restoreBackup(ctx, c, p, path)
		}
		b, err := c.Backup(ctx, path)
		if err == nil {
			p.object(b, "Saved the records to "+b.Path+". Photos are not part of it.")
		}
		return err
	})
}

func restoreBackup(ctx context.Context, c *app.Client, p *printer, path string) error {
	r, err := c.RestoreBackup(ctx, path)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Took in the records that %s saved on %s: %s, and %s of them that this device lacked",
		r.Name, r.Made.Local().Format(time.DateTime), plural(r.Records, "record", "records"), plural(r.Written, "version", "versions"))
	if r.Refused > 0 {
		text += fmt.Sprintf("; %d cannot be used", r.Refused)
	}
	if r.Held > 0 {
		text += "\n" + heldText(r.Held)
	}
	p.object(r, text)
	return nil
}
