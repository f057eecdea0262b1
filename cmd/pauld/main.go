// Command pauld is Paul without a screen: a device of a person's photo
// library for a NAS, a Raspberry Pi, scripts and tests. "pauld help" tells its
// commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/libpaul/paul/app"
)

func main() {
	app.ServeIfChild()
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, std stdio) int {
	p := &printer{std: std}
	line, err := parse(args)
	if line != nil {
		p.json = line.json
	}
	if err != nil {
		return p.fail(err)
	}
	if line.help || line.command == nil {
		return help(p, line)
	}
	err = line.command.run(ctx, line, p)
	p.clear()
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err())) {
		err = errors.New("stopped; what was done until then stays")
	}
	if err != nil {
		return p.fail(err)
	}
	return exitDone
}

// help prints what was asked for, to standard output; without any command it
// is a mistake.
func help(p *printer, line *line) int {
	text := overview()
	if line.command != nil {
		text = line.command.help()
	}
	if !line.help {
		_, _ = fmt.Fprint(p.std.err, text) // nothing can be done about a closed terminal
		return exitUsage
	}
	_, _ = fmt.Fprint(p.std.out, text) // as above
	return exitDone
}
