// Command paul is a photo gallery that is on all of a person's devices. It
// takes the flags of "pauld run", and paths or paul: links to open.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	fyneapp "fyne.io/fyne/v2/app"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	opts, open, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
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
	dev, err := app.Open(opts)
	if errors.Is(err, app.ErrRunning) {
		if ok, handErr := app.HandOver(ctx, opts.Home, open); ok || handErr != nil {
			return false, handErr
		}
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
	restart = ui.Run(ctx, fyneapp.NewWithID("io.github.libpaul.Paul"), dev, ui.Options{Open: open, Log: opts.Log})
	cancel()
	return restart, <-ran
}

// parse reads the command line; flags may stand before or after arguments.
func parse(args []string) (opts app.Options, open []string, err error) {
	opts.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	fs := flag.NewFlagSet("paul", flag.ContinueOnError)
	fs.StringVar(&opts.Home, "home", "", "`directory` of this device's state")
	fs.StringVar(&opts.Name, "name", "", "`name` of this device")
	fs.StringVar(&opts.Library, "library", "", "`directory` of the originals")
	fs.Func("listen", "peering listener, as a `URI`; may be repeated", appendTo(&opts.Listen))
	fs.Func("peer", "static peer, as a `URI`; may be repeated", appendTo(&opts.Peers))
	fs.BoolVar(&opts.NoLAN, "no-lan", false, "do not look for devices on the local network")
	fs.BoolVar(&opts.NoPublicPeers, "no-public-peers", false, "do not use public peers")
	fs.StringVar(&opts.Couch, "couch", "", "serve the CouchDB protocol on a loopback `address`")
	fs.StringVar(&opts.Socks, "socks", "", "serve a SOCKS5 and HTTP proxy on a loopback `address`")
	fs.StringVar(&opts.Database, "database", "", "`URL` of an external CouchDB")
	for {
		if err := fs.Parse(args); err != nil {
			return opts, nil, fmt.Errorf("command line: %w", err)
		}
		if args = fs.Args(); len(args) == 0 {
			return opts, open, nil
		}
		if strings.HasPrefix(strings.ToLower(args[0]), "paul:") {
			open = append(open, args[0])
		} else if path, err := filepath.Abs(args[0]); err == nil {
			open = append(open, path)
		}
		args = args[1:]
	}
}

func appendTo(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}

// again starts the program anew, with the same command line.
func again() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdout, os.Stderr, os.Environ()
	return cmd.Start()
}
