package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/internal/autostart"
)

// errVersion: the command line asks for the version alone.
var errVersion = errors.New("the version was asked for")

// parse reads the command line; flags may stand before or after arguments.
func parse(args []string) (opts app.Options, open []string, err error) {
	opts.Lean = true
	level := new(slog.LevelVar)
	opts.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	opts.Waiting = func(text string) { fmt.Fprintln(os.Stderr, "paul:", text) }
	fs := flag.NewFlagSet("paul", flag.ContinueOnError)
	fs.StringVar(&opts.Home, "home", "", "`directory` of this device's state")
	fs.StringVar(&opts.Name, "name", "", "`name` of this device")
	fs.StringVar(&opts.Library, "library", "", "`directory` of the originals")
	fs.Func("listen", "peering listener, as a `URI`; may be repeated", appendTo(&opts.Listen))
	fs.Func("peer", "static peer, as a `URI`; may be repeated", appendTo(&opts.Peers))
	fs.BoolVar(&opts.NoLAN, "no-lan", false, "do not look for devices on the local network")
	fs.BoolVar(&opts.NoPublicPeers, "no-public-peers", false, "do not use public peers")
	fs.BoolVar(&opts.NoDirect, "no-direct", false, "do not make direct links to devices in other networks")
	fs.BoolVar(&opts.NoPortMap, "no-port-map", false, "do not ask the router to forward a port")
	fs.Func("stun", "STUN `server` as HOST:PORT, in place of the built-in ones, or none; may be repeated", func(s string) error {
		opts.STUN = append(opts.STUN, s)
		return app.CheckSTUN(s)
	})
	fs.StringVar(&opts.Couch, "couch", "", "serve the CouchDB protocol on a loopback `address`")
	fs.StringVar(&opts.Socks, "socks", "", "serve a SOCKS5 and HTTP proxy on a loopback `address`")
	fs.Func("forward", "let paired devices reach a local address by an overlay port, as `PORT=ADDR`; may be repeated", appendTo(&opts.Forward))
	fs.StringVar(&opts.Database, "database", "", "`URL` of an external CouchDB")
	verbose := fs.Bool("verbose", false, "log what happens to standard error")
	version := fs.Bool("version", false, "print the version")
	for {
		if err := fs.Parse(args); err != nil {
			return opts, nil, fmt.Errorf("command line: %w", err)
		}
		if *verbose {
			level.Set(slog.LevelDebug)
		}
		if *version {
			return opts, nil, errVersion
		}
		if args = fs.Args(); len(args) == 0 {
			return opts, open, nil
		}
		what, err := toOpen(args[0])
		if err != nil {
			return opts, nil, err
		}
		open = append(open, what)
		args = args[1:]
	}
}

// loginCommand is how the system starts the program at login, as it was started now;
// nil when that is not known. What the settings keep is left out: a later change of it
// would else be undone.
func loginCommand(opts app.Options) []string {
	args, err := loginArgs(opts)
	if err != nil {
		return nil
	}
	command, err := autostart.Command(args...)
	if err != nil {
		return nil
	}
	return command
}

func loginArgs(opts app.Options) (args []string, err error) {
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				args = append(args, flag, v)
			}
		}
	}
	if opts.Home != "" {
		home, err := filepath.Abs(opts.Home) // it starts in another folder
		if err != nil {
			return nil, err
		}
		add("--home", home)
	}
	for _, f := range []struct {
		name string
		on   bool
	}{{"--no-lan", opts.NoLAN}, {"--no-public-peers", opts.NoPublicPeers}, {"--no-direct", opts.NoDirect}, {"--no-port-map", opts.NoPortMap}} {
		if f.on {
			args = append(args, f.name)
		}
	}
	add("--listen", opts.Listen...)
	add("--peer", opts.Peers...)
	add("--stun", opts.STUN...)
	add("--couch", opts.Couch)
	add("--socks", opts.Socks)
	add("--forward", opts.Forward...)
	return args, nil
}

// toOpen returns the paul: link that arg is, or the absolute path of the path
// or file URI.
func toOpen(arg string) (string, error) {
	lower := strings.ToLower(arg)
	switch {
	case arg == "":
		return "", errors.New("a path is empty; nothing was opened")
	case strings.HasPrefix(lower, "paul:"):
		return arg, nil
	case strings.HasPrefix(lower, "file:/"):
		return fromURI(arg)
	}
	return filepath.Abs(arg)
}

// fromURI returns the path that a file URI names (RFC 8089). Its host may be
// empty or localhost.
func fromURI(uri string) (string, error) {
	escaped := uri[len("file:"):]
	if rest, ok := strings.CutPrefix(escaped, "//"); ok {
		host, path, _ := strings.Cut(rest, "/")
		if host != "" && !strings.EqualFold(host, "localhost") {
			return "", fmt.Errorf("%s is on another machine; copy it to this one first", uri)
		}
		escaped = "/" + path
	}
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return "", fmt.Errorf("%s is not a file URI: %w", uri, err)
	}
	if filepath.VolumeName(path[1:]) != "" { // file:///C:/photo.jpg
		path = path[1:]
	}
	return filepath.Abs(filepath.FromSlash(path))
}

// errNoScreen is returned where there is nothing to show the gallery on.
var errNoScreen = errors.New("there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set); " +
	"use pauld, which needs none, or in the source tree \"make run\", which makes one")

// findScreen returns errNoScreen on a Linux system whose environment, as
// getenv tells it, names no display.
func findScreen(system string, getenv func(string) string) error {
	if system == "linux" && getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
		return errNoScreen
	}
	return nil
}

func appendTo(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}
