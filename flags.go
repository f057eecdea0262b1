package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/libpaul/paul/app"
)

// parse reads the command line; flags may stand before or after arguments.
func parse(args []string) (opts app.Options, open []string, err error) {
	opts.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	opts.Waiting = func(text string) { fmt.Fprintln(os.Stderr, "paul:", text) }
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
