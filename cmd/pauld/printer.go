package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/libpaul/paul/app"
)

// printer writes results to standard output, and progress and errors to
// standard error: for people, or one JSON object a line.
type printer struct {
	std  stdio
	json bool

	mu   sync.Mutex // guards the rest, and keeps lines whole
	open bool       // a progress line stands on the terminal
}

// object prints a result: v as JSON, or text for people ("" = nothing).
func (p *printer) object(v any, text string) {
	p.clear()
	p.write(p.std.out, v, text)
}

// note prints beside the results, to standard error.
func (p *printer) note(v any, text string) {
	p.clear()
	p.write(p.std.err, v, text)
}

// waiting says what the command waits for.
func (p *printer) waiting(text string) { p.note(map[string]string{"waiting": text}, text) }

func (p *printer) write(w io.Writer, v any, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.json {
		if text != "" {
			_, _ = fmt.Fprintln(w, text) // nothing can be done about a closed terminal
		}
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // as above
}

// errorLine is an error as JSON.
type errorLine struct {
	Error  string `json:"error"`
	Exit   int    `json:"exit"` // the exit code it leads to
	Digest string `json:"digest,omitempty"`
}

// problem prints an error that does not end the command.
func (p *printer) problem(err error) {
	text := "pauld: " + err.Error()
	line := errorLine{Error: err.Error(), Exit: exitOf(err)}
	var f *app.Failure
	if errors.As(err, &f) {
		line.Digest = f.Digest
	}
	p.note(line, text)
}

// fail prints the error that ends the command, and returns its exit code.
func (p *printer) fail(err error) int {
	var several *severalError
	if !errors.As(err, &several) { // those have been printed
		p.problem(err)
	}
	return exitOf(err)
}

// progress shows how far a long command is: on a terminal on one line that is
// written over, as JSON a line each; not at all in a log file.
func (p *printer) progress(g *app.Progress) {
	if p.json {
		p.write(p.std.err, map[string]any{"progress": g}, "")
		return
	}
	if !isTerminal(p.std.err) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%d of %d, %s of %s", g.Files, g.TotalFiles, size(g.Bytes), size(g.TotalBytes))
	if g.Rate > 0 {
		text += ", " + size(int64(g.Rate)) + "/s"
	}
	_, _ = fmt.Fprintf(p.std.err, "\r\x1b[K%s", text) // as above
	p.open = true
}

// clear wipes the progress line.
func (p *printer) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		_, _ = fmt.Fprint(p.std.err, "\r\x1b[K") // as above
		p.open = false
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// table prints rows of cells under a heading, with the columns aligned.
func (p *printer) table(rows [][]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := tabwriter.NewWriter(p.std.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t ")) // as above
	}
	_ = w.Flush() // as above
}

// size is n bytes for people, in powers of 1000.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, 0
	for value >= 999.95 && unit < 3 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGT"[unit])
}

// ago is how long before now t is, for people.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return t.Local().Format("2006-01-02")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
