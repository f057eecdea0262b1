// Command paul is a photo gallery that is on all of a person's devices. It
// takes the flags of "pauld run", and paths, file URIs or paul: links to open.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	fyneapp "fyne.io/fyne/v2/app"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui"
)

// appID names the program to the desktop.
const appID = "io.github.libpaul.Paul"

// release is the version, set when the program is built by "make build";
// otherwise that of its package counts, or of the module.
var release string

func main() {
	app.ServeIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	opts, open, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if errors.Is(err, errVersion) {
		if release == "" {
			release = fyneapp.NewWithID(appID).Metadata().Version
		}
		_, _ = fmt.Fprintln(os.Stdout, app.VersionLine("paul", release)) // nothing can be done about a closed terminal
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "paul:", err)
		os.Exit(2)
	}
	restart, err := run(ctx, opts, open)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "paul:", err)
		os.Exit(1)
	}
	if restart {
		if err := again(); err != nil {
			fmt.Fprintln(os.Stderr, "paul: start again:", err)
			os.Exit(1)
		}
	}
}

// run opens the device and shows its gallery. A second start hands what is to
// be opened to the first.
func run(ctx context.Context, opts app.Options, open []string) (restart bool, err error) {
	if err := findScreen(runtime.GOOS, os.Getenv); err != nil { // before a home is made
		return false, err
	}
	dev, err := app.Open(ctx, opts)
	if err != nil && ctx.Err() != nil { // it was stopped while it waited for the home
		return false, nil
	}
	if errors.Is(err, app.ErrRunning) {
		if ok, handErr := app.HandOver(ctx, opts.Home, open); ok || handErr != nil {
			return false, handErr
		}
	}
	if errors.Is(err, app.ErrNotMounted) { // a disk can be connected
		fmt.Fprintln(os.Stderr, "paul:", err)
		return ui.NotThere(ctx, fyneapp.NewWithID(appID), err), nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() {
		defer cancel() // without its device the gallery ends
		ran <- dev.Run(ctx)
	}()
	restart = ui.Run(ctx, fyneapp.NewWithID(appID), dev, ui.Options{Open: open, Log: opts.Log, Command: loginCommand(opts)})
	cancel()
	return restart, <-ran
}

// again starts the program anew, with the same command line.
func again() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), self, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Start()
}
