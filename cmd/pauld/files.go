package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/libpaul/paul/app"
)

// importPaths carries out "import".
func importPaths(ctx context.Context, l *line, p *printer) error {
	paths := make([]string, len(l.args))
	for i, path := range l.args {
		abs, err := filepath.Abs(path) // the device may run in another folder
		if err != nil {
			return err
		}
		if _, err := os.Stat(abs); err != nil {
			return fmt.Errorf("nothing was imported: %w", notThere(abs, err))
		}
		paths[i] = abs
	}
	failed := 0
	return use(ctx, l, p, func(c *app.Client) error {
		err := c.Import(ctx, paths, func(e app.Event) {
			switch {
			case e.Progress != nil:
				p.progress(e.Progress)
			case e.Entry != nil:
				p.object(e.Entry, "")
			case e.Problem != nil:
				p.note(map[string]any{"problem": e.Problem}, "pauld: "+e.Problem.Path+": "+e.Problem.Error)
			case e.Imported != nil:
				failed = e.Imported.Failed
				importSummary(p, e.Imported)
			}
		})
		if err == nil && failed > 0 {
			err = &severalError{exitFailed}
		}
		return err
	})
}

// notThere says why the file or folder at path cannot be used, and what to do.
func notThere(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("there is no %s; look for a typing mistake, or for a disk that is not connected", path)
	}
	if at, ok := errors.AsType[*os.PathError](err); ok {
		err = at.Err
	}
	return fmt.Errorf("%s cannot be read: %w", path, err)
}

// importSummary is for people a result, and for programs, which count the
// entries, a note.
func importSummary(p *printer, s *app.ImportSummary) {
	tellImport(p, s, "Imported "+plural(s.Added, "photo", "photos"), "not imported")
}

// tellImport is importSummary in words of the caller's.
func tellImport(p *printer, s *app.ImportSummary, text, failed string) {
	if s.Duplicates > 0 {
		text += fmt.Sprintf("; %d in the library already", s.Duplicates)
	}
	if s.Brought > 0 {
		text += fmt.Sprintf(", %d of which now on this device too", s.Brought)
	}
	if s.Sidecars > 0 {
		text += "; " + plural(s.Sidecars, "sidecar", "sidecars") + " read"
	}
	if s.Failed > 0 {
		text += fmt.Sprintf("; %d %s", s.Failed, failed)
	}
	if p.json {
		p.note(map[string]any{"imported": s}, "")
		return
	}
	p.object(nil, text)
}

// listFiles carries out "list".
func listFiles(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		entries, err := listed(ctx, c, l.args)
		if err != nil {
			return err
		}
		if p.json {
			for _, e := range entries {
				p.object(e, "")
			}
			return nil
		}
		rows := [][]string{{"DIGEST", "DATE", "SIZE", "ON", "NAME"}}
		var bytes int64
		for _, e := range entries {
			bytes += e.Size
			rows = append(rows, []string{e.Digest[:12], strings.Replace(e.Date, "T", " ", 1), size(e.Size), on(e), e.Name})
		}
		text := fmt.Sprintf("%s, %s", plural(len(entries), "photo", "photos"), size(bytes))
		if len(entries) > 0 {
			p.table(rows)
			text += " (ON: devices that have it; * this one does)"
		}
		p.note(nil, text)
		s, err := c.Status(ctx)
		if err == nil && s.WhenSafe > 0 {
			p.note(nil, whenSafeText(s.WhenSafe))
		}
		if err == nil && s.Held > 0 {
			p.note(nil, heldText(s.Held))
		}
		return err
	})
}

// listed returns all files, or those that a search finds.
func listed(ctx context.Context, c *app.Client, search []string) ([]app.Listing, error) {
	if len(search) == 0 {
		return c.List(ctx)
	}
	return c.Find(ctx, strings.Join(search, " "))
}

// on is how many devices hold e, with a star if this one does.
func on(e app.Listing) string {
	s := strconv.Itoa(len(e.Devices))
	if e.Path != "" {
		s += "*"
	}
	return s
}

// deleteFiles carries out "delete".
func deleteFiles(ctx context.Context, l *line, p *printer) error {
	if !l.held {
		return act(ctx, l, p)
	}
	if len(l.args) > 0 {
		return usagef("delete takes digests or --held, not both")
	}
	return use(ctx, l, p, func(c *app.Client) error {
		n, err := c.AgreeDeletions(ctx)
		if err == nil {
			text := "No deletion was held back"
			if n > 0 {
				text = "Deleted " + plural(n, "photo", "photos") + " that had been held back"
			}
			p.object(map[string]int{"deleted": n}, text)
		}
		return err
	})
}

// done is what people are told of a file that is done: what stands before its
// name, and after it.
var done = map[string][2]string{
	"save": {"Saved "}, "unsave": {"Removed ", " from this device"}, "delete": {"Deleted "}, "restore": {"Restored "},
	"trash": {"Removed ", " from the trash here for good"},
}

// idle is what they are told of a file, after its name, that was so already.
var idle = map[string]string{
	"save": "is on this device already", "unsave": "is not on this device", "delete": "was deleted already", "restore": "was not deleted; to have it on this device again: pauld save",
}

// restoreFiles carries out "restore".
func restoreFiles(ctx context.Context, l *line, p *printer) error {
	if !l.held {
		return act(ctx, l, p)
	}
	if len(l.args) > 0 {
		return usagef("restore takes digests or --held, not both")
	}
	return use(ctx, l, p, func(c *app.Client) error {
		held, err := c.Held(ctx)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			p.note(map[string]int{"restored": 0}, "No deletion was held back")
			return nil
		}
		digests := make([]string, len(held))
		for i, e := range held {
			digests[i] = e.Digest
		}
		return actOn(ctx, c, l, p, digests)
	})
}

// act carries out "save", "unsave", "delete" and "restore".
func act(ctx context.Context, l *line, p *printer) error {
	if len(l.args) == 0 {
		return usagef("usage: pauld %s", l.command.usage)
	}
	if err := checkDigests(l.args); err != nil {
		return err
	}
	return use(ctx, l, p, func(c *app.Client) error { return actOn(ctx, c, l, p, l.args) })
}

// actOn does to the files what the command is called.
func actOn(ctx context.Context, c *app.Client, l *line, p *printer, digests []string) error {
	exit := exitDone
	do := l.command.name
	switch {
	case l.whenSafe:
		do = app.DoUnsaveWhenSafe
	case l.empty:
		do = app.KindPurge
	}
	err := c.Act(ctx, do, digests, l.force, func(e app.Event) {
		switch {
		case e.Progress != nil:
			p.progress(e.Progress)
		case e.Failure != nil:
			exit = worse(exit, exitOf(e.Failure))
			p.problem(e.Failure)
		case e.Entry != nil && e.Unchanged:
			text := e.Entry.Name + " " + idle[l.command.name]
			p.object(e.Entry, text)
			if p.json {
				p.note(map[string]string{"unchanged": text, "digest": e.Entry.Digest}, "")
			}
		case e.Entry != nil && e.Entry.WhenSafe != nil:
			p.object(e.Entry, waitingText(e.Entry))
		case e.Entry != nil && e.Entry.Queued && l.command.name == "unsave":
			p.object(e.Entry, e.Entry.Name+" is no longer to be fetched; it was not here, and nothing was removed"+belowText(e.Entry))
		case e.Entry != nil:
			text := done[l.command.name]
			p.object(e.Entry, text[0]+e.Entry.Name+text[1]+belowText(e.Entry)+fromText(e.Entry.From)+staysText(e.Entry))
		}
	})
	if err == nil && exit != exitDone {
		err = &severalError{exit}
	}
	return err
}

// staysText says which files of the same shot were left as they are.
func staysText(e *app.Listing) string {
	switch len(e.Stays) {
	case 0:
		return ""
	case 1:
		return "; " + e.Stays[0] + ", of the same shot, stays"
	default:
		return "; " + strings.Join(e.Stays, " and ") + ", of the same shot, stay"
	}
}

// checkDigests reports an argument that cannot be the beginning of a digest.
func checkDigests(args []string) error {
	for _, s := range args {
		if strings.Trim(strings.ToLower(s), "0123456789abcdef") != "" || len(s) < 8 || len(s) > sha256.Size*2 {
			return usagef("%q is not a digest: it has 64 hex digits, of which the first 8 or more may be given", s)
		}
	}
	return nil
}

// fetch carries out "fetch".
func fetch(ctx context.Context, l *line, p *printer) error {
	if err := checkDigests(l.args); err != nil {
		return err
	}
	if err := checkOutput(l.output); err != nil {
		return err
	}
	return use(ctx, l, p, func(c *app.Client) error {
		body, entry, err := c.Fetch(ctx, l.args[0])
		if err != nil {
			return err
		}
		path, err := write(p.std.out, l.output, entry, body)
		if err := errors.Join(err, body.Close()); err != nil {
			return err
		}
		if path != "-" {
			p.object(struct {
				app.Listing
				File string `json:"file"` // where the copy was written
			}{entry, path}, path)
		}
		return nil
	})
}

// checkOutput reports an output in a folder that is not there, before a photo
// is fetched for it.
func checkOutput(output string) error {
	if err := checkFolder(filepath.Dir(output)); err != nil {
		return fmt.Errorf("nothing was fetched: %w", err)
	}
	return nil
}

// checkFolder reports what is no folder that is there.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder")
	}
	if err != nil {
		return notThere(dir, err)
	}
	return nil
}

// write writes a photo to output, a file or a folder, "-" being stdout, and
// returns where it is.
func write(stdout io.Writer, output string, entry app.Listing, body io.Reader) (string, error) {
	checked := &checkedReader{r: body, want: entry.Digest, sum: sha256.New()}
	switch output {
	case "-":
		_, err := io.Copy(stdout, checked)
		return output, err
	case "":
		return app.CopyNew(filepath.Base(entry.Name), checked)
	}
	if info, err := os.Stat(output); err == nil && info.IsDir() {
		return app.CopyNew(filepath.Join(output, filepath.Base(entry.Name)), checked)
	}
	return output, app.CopyOver(output, checked)
}

// checkedReader fails at the end of bytes that are not those of the digest.
type checkedReader struct {
	r    io.Reader
	want string
	sum  hash.Hash
}

func (c *checkedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	_, _ = c.sum.Write(b[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) && hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return n, fmt.Errorf("the copy that arrived: %w", app.ErrCorrupt)
	}
	return n, err
}
