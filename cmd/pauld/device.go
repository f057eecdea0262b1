package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// use gives a command the device that runs on the home, or one that it opens
// for the time of the command.
func use(ctx context.Context, l *line, p *printer, f func(*app.Client) error) error {
	opts := l.options(p, slog.LevelError+4)
	opts.Offline = !l.command.links && !l.empty && !l.has(linkFlags...)
	answered := tellSlow(p, "Waiting for the device to load its records. Ctrl-C stops.")
	c, err := app.Reach(ctx, opts)
	answered()
	if err != nil {
		return err
	}
	if l.has(linkFlags...) && !c.Local() {
		err = errors.New("a device runs on this home, so flags about its links change nothing; " +
			"stop it first, or use: pauld peer add URI")
	} else {
		noteRemoved(p, c.Hello().Removed)
		err = f(c)
	}
	return errors.Join(err, c.Close())
}

// noteRemoved says that the device was removed from the library, if r is not nil.
func noteRemoved(p *printer, r *app.RemovedInfo) {
	if r != nil {
		p.note(map[string]any{"removed": r}, removedText(r))
	}
}

// slow is how long a person is left without a word.
const slow = 5 * time.Second

// tellSlow says text if what is waited for takes long; stop ends that.
func tellSlow(p *printer, text string) (stop func()) {
	t := time.AfterFunc(slow, func() { p.waiting(text) })
	return func() { t.Stop() }
}

// log is where a device says what happens, from the given level on.
func (l *line) log(p *printer, level slog.Level) *slog.Logger {
	if l.verbose {
		level = slog.LevelDebug
	}
	opts := &slog.HandlerOptions{Level: level}
	if p.json {
		return slog.New(slog.NewJSONHandler(p.std.err, opts))
	}
	return slog.New(slog.NewTextHandler(p.std.err, opts))
}

// runDevice carries out "run".
func runDevice(ctx context.Context, l *line, p *printer) error {
	a, err := app.Open(ctx, l.options(p, slog.LevelWarn))
	if err != nil {
		if ctx.Err() != nil { // it was stopped while it waited for the home
			return nil
		}
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	told := make(chan struct{})
	go func() {
		defer close(told)
		ready, err := a.Ready(ctx)
		if err == nil {
			p.object(map[string]any{"ready": ready}, readyText(a, ready))
		}
	}()
	err = a.Run(ctx)
	cancel()
	<-told
	return errors.Join(err, a.Close())
}

func readyText(a *app.App, r app.Ready) string {
	s := a.Settings()
	text := fmt.Sprintf("%s is running\n  device   %s\n  address  %s\n  home     %s\n  library  %s",
		s.Name, r.ID, r.Address, a.Home(), s.Library)
	for _, uri := range r.Listen {
		text += "\n  listens  " + uri
	}
	if r.Couch != "" {
		text += "\n  couch    http://" + r.Couch + "/"
	}
	if r.Socks != "" {
		text += "\n  socks    " + r.Socks
	}
	for _, f := range r.Forwards {
		text += fmt.Sprintf("\n  forward  overlay port %d to %s", f.Port, f.To)
	}
	return text + "\nPress Ctrl-C to stop it."
}

// devices carries out "devices".
func devices(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		all, err := c.Devices(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"NAME", "ID", "SEEN", "PHOTOS", "SIZE", "ONLY THERE", "REACHED"}}
		now := time.Now()
		for _, d := range all {
			if p.json {
				p.object(d, "")
			}
			rows = append(rows, []string{d.Name, d.ID[:12], ago(d.LastSeen, now), fmt.Sprint(d.Files), size(d.Bytes), fmt.Sprint(d.Only), reached(d, now)})
		}
		if p.json {
			return nil
		}
		p.table(rows)
		return nil
	})
}

// device carries out "device".
func device(ctx context.Context, l *line, p *printer) error {
	switch l.args[0] {
	case "remove":
		return removeDevice(ctx, l, p)
	case "rename":
		return use(ctx, l, p, func(c *app.Client) error {
			was, err := c.Rename(ctx, l.args[1])
			if err == nil {
				p.object(map[string]string{"name": l.args[1], "was": was}, fmt.Sprintf("This device is called %s now, and was %s", l.args[1], was))
			}
			return err
		})
	}
	return usagef("usage: pauld %s", l.command.usage)
}

func removeDevice(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		all, err := c.Devices(ctx)
		if err != nil {
			return err
		}
		d, err := pick(all, l.args[1])
		if err != nil {
			return err
		}
		loss, err := c.IfLost(ctx, d.ID)
		if err != nil {
			return err
		}
		if loss.Files > 0 && !d.Self && !l.force {
			return fmt.Errorf("%s stays in the library, since it alone has %s, %s: %w; save them on another device first (pauld status --if-lost DEVICE --json lists them), or add --force",
				d.Name, plural(loss.Files, "photo", "photos"), size(loss.Bytes), app.ErrLastCopy)
		}
		if err := c.RemoveDevice(ctx, d.ID); err != nil {
			return err
		}
		p.object(d, "Removed "+d.Name+": it is shut out, and its copies no longer count")
		return nil
	})
}

// pick finds the device that is called so, or whose ID begins so.
func pick(all []app.Device, ref string) (found app.Device, err error) {
	named := matching(all, func(d app.Device) bool { return strings.EqualFold(d.Name, ref) })
	begun := matching(all, func(d app.Device) bool { return len(ref) >= 8 && strings.HasPrefix(d.ID, strings.ToLower(ref)) })
	switch {
	case len(named) == 1 && len(begun) == 0:
		return named[0], nil
	case len(named) == 0 && len(begun) == 1:
		return begun[0], nil
	case len(named) > 0:
		return found, usagef("several devices are meant by %q: give the ID of one, or the digits it begins with; see: pauld devices", ref)
	case len(begun) > 0:
		return found, usagef("several devices begin with %s: give more digits", ref)
	case len(ref) < 8 && strings.Trim(strings.ToLower(ref), "0123456789abcdef") == "":
		return found, usagef("no device is called %q, and it is too short for an ID: give its first 8 digits or more; see: pauld devices", ref)
	}
	return found, fmt.Errorf("device %s: %w: none of this library has that name or ID; see: pauld devices", ref, app.ErrNotFound)
}

func matching(all []app.Device, is func(app.Device) bool) (out []app.Device) {
	for _, d := range all {
		if is(d) {
			out = append(out, d)
		}
	}
	return out
}

// peer carries out "peer".
func peer(ctx context.Context, l *line, p *printer) error {
	if (l.args[0] == "list") != (len(l.args) == 1) {
		return usagef("usage: pauld %s", l.command.usage)
	}
	switch l.args[0] {
	case "list":
		return use(ctx, l, p, func(c *app.Client) error { return listPeers(ctx, c, p) })
	case "add":
		return use(ctx, l, p, func(c *app.Client) error {
			return told(c.AddPeer(ctx, l.args[1]), p, l.args[1], "Added ")
		})
	case "remove":
		return use(ctx, l, p, func(c *app.Client) error {
			return told(c.RemovePeer(ctx, l.args[1]), p, l.args[1], "Removed ")
		})
	}
	return usagef("usage: pauld %s", l.command.usage)
}

func told(err error, p *printer, uri, text string) error {
	if err == nil {
		p.object(map[string]string{"uri": uri}, text+uri)
	}
	return err
}

func listPeers(ctx context.Context, c *app.Client, p *printer) error {
	all, err := c.Peers(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"URI", "KIND", "STATE", "RECEIVED", "SENT", "FOR OTHERS"}}
	for _, r := range all {
		if p.json {
			p.object(r, "")
		}
		state := "up"
		if !r.Up {
			state = "down " + r.Error
		}
		rows = append(rows, []string{r.URI, r.Kind, state, size(int64(r.RX)), size(int64(r.TX)), size(int64(r.Transit))})
	}
	switch {
	case p.json:
	case len(all) > 0:
		p.table(rows)
	default:
		p.note(nil, "No links, and no peers to link with")
	}
	return nil
}

// check carries out "check".
func check(ctx context.Context, l *line, p *printer) error {
	if l.has("subset") && !l.readData {
		return usagef("--subset says which photos to read: give --read-data too")
	}
	left, lost := 0, 0
	opts := app.CheckOptions{ReadData: l.readData, Part: l.part.Part, Repair: l.repair}
	return use(ctx, l, p, func(c *app.Client) error {
		err := c.Check(ctx, opts, func(e app.Event) {
			switch {
			case e.Progress != nil:
				p.progress(e.Progress)
			case e.Problem != nil:
				if e.Problem.Lost {
					lost++
				}
				p.object(e.Problem, problemText(e.Problem))
			case e.Checked != nil:
				s := e.Checked
				left = s.Problems - s.Repaired
				p.object(s, checkedText(s))
			}
		})
		if err == nil && left > 0 {
			err = fmt.Errorf("%s left; nothing was removed%s", plural(left, "problem", "problems"), lostText(lost))
		}
		return err
	})
}

// lostText says what to do for photos of which a check found no copy.
func lostText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(". Of %s no copy is known: bring a device online, or a disk or backup to import from, that has them; or give them up: pauld delete DIGEST",
		plural(n, "photo", "photos"))
}

func checkedText(s *app.CheckSummary) string {
	text := fmt.Sprintf("Checked %s, %s, and read %d of them: %s, %d repaired",
		plural(s.Files, "photo", "photos"), size(s.Bytes), s.Read, plural(s.Problems, "problem", "problems"), s.Repaired)
	if s.Waiting > 0 {
		text += fmt.Sprintf("\n%s still to be fetched from another device, %s", plural(s.Waiting, "photo is", "photos are"), size(s.WaitingBytes))
	}
	return text
}

func problemText(f *app.Problem) string {
	text := f.Name
	if text == "" && len(f.Digest) > 12 {
		text = f.Digest[:12]
	}
	text += ": " + f.Error
	if f.Path != "" {
		text += " (" + f.Path + ")"
	}
	switch {
	case f.Repaired:
		text += " (repaired)"
	case f.Lost:
		text += "; no copy is known, digest " + f.Digest[:12]
	case f.Coming:
		text += "; it comes again by itself from another device"
	}
	return text
}

// release is the version, set when a package is built; otherwise that of the
// module counts.
var release string

// version carries out "version".
func version(_ context.Context, _ *line, p *printer) error {
	p.object(map[string]string{"version": app.Version(release), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH},
		app.VersionLine("pauld", release))
	return nil
}
