package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/overlay"
)

// Options says how to open a device. What is given here overrides config.json;
// the zero value of a field selects what its comment says.
type Options struct {
	Home          string       // "" = DefaultHome()
	Name          string       // kept in config.json; "" = the one there, else the host's name
	Library       string       // kept in config.json; "" = the one there, else the default folder
	Listen        []string     // peering listeners as URIs, beside those of config.json
	Peers         []string     // static peers as URIs, beside those of config.json
	NoLAN         bool         // do not look for devices on the local network
	NoPublicPeers bool         // do not use the built-in public peers
	NoDirect      bool         // do not make direct links
	NoPortMap     bool         // do not ask the router to forward a port for them
	STUN          []string     // servers asked for this device's address, as "host:port", in place of those of config.json; NoSTUN = none
	Offline       bool         // no links at all, neither in nor out: for a command that needs none
	Couch         string       // loopback address for the CouchDB protocol; "" = off
	Socks         string       // loopback address for the SOCKS5 and HTTP proxy; "" = off
	Forward       []string     // overlay ports that lead to local addresses for paired devices, as "PORT=HOST:PORT"
	Database      string       // URL of an external CouchDB, or Embedded; kept in config.json; "" = what is there
	Log           *slog.Logger // nil = discard
	Lean          bool         // collect garbage sooner: the program shares a desktop with others

	// Waiting, if not nil, hears in words for a person what a start waits for.
	Waiting func(text string)
}

// Embedded as Options.Database leads back from an external database to the
// one in the home.
const Embedded = "embedded"

// App is one device. Its methods may be called from any goroutine.
type App struct {
	log    *slog.Logger
	places places
	config *configFile
	opened atomic.Pointer[chan []string] // made by the first call of Opened

	lock   *homeLock
	seen   *seen
	kept   *keptDuplicates
	node   *overlay.Node
	files  *filelayer.Layer
	images *imagelib.Library

	actionPhotos photoCounts

	control    *control
	couch      net.Listener // of --couch; nil without
	socks      net.Listener // of --socks; nil without
	forwards   []forward    // of --forward
	loopback   []service    // what serves them
	opts       Options
	before     config // the settings as a start before has left them
	started    config // the settings as they were at Open
	notice     string // what Open could not do, in words for a person
	activities *activities
	patience   patience
	naming     sync.Mutex // held while this device's name changes in the settings and its record
	watching   watching
	inPlace    inPlace
	plugged    plugged
	counted    holdingsCache
	below      belowCache
	clocks     clocks
	command    bool // it was opened for one command

	changed signal.Signal
	ready   chan struct{} // closed once the device serves
	close   func() error
}

// service is a part that runs until its context ends.
type service func(ctx context.Context) error

// Open locks the home and opens the device in it, making what is missing. It
// waits, until ctx ends, for a command that has the home open, and starts no
// goroutine; see [App.Run]. With an error nothing is held: ErrRunning, at once,
// when another device runs on the home or is about to, ErrConfig when
// config.json is damaged, ErrNotLoopback for an address of Couch or Socks that
// others could reach, ErrBadForward, that of ctx, and those of the parts, such as a port in use.
func Open(ctx context.Context, opts Options) (*App, error) { return open(ctx, opts, false) }

// open is Open, or opens the device for one command: then it does not wait, and
// fails with ErrRunning as well when another command has the home.
func open(ctx context.Context, opts Options, command bool) (*App, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Waiting == nil {
		opts.Waiting = func(string) {}
	}
	a := &App{log: opts.Log, opts: opts, command: command, ready: make(chan struct{})}
	a.activities = newActivities(&a.changed)
	a.watching.app, a.inPlace.app, a.plugged.app = a, a, a
	a.close = sync.OnceValue(a.release)
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if err := a.openHome(ctx); err != nil {
		return err
	}
	for _, step := range []func() error{a.openNode, a.openFiles, a.openImages, a.openLoopback, a.openForwards, a.openControl} {
		if err := step(); err != nil {
			return errors.Join(fullAtStart(err), a.takeBack())
		}
	}
	if from := a.before.InUse; from != "" && from != a.started.Library {
		_, moved := a.activities.start(ctx, KindMove, a.started.Library, 0)
		return moved.finish(nil)
	}
	return nil
}

// takeBack undoes what openHome has kept of options with which the device
// could not be opened: a later start without them must not fail for them. A
// library folder that holds the library stays.
func (a *App) takeBack() error {
	return a.config.update(func(c *config) error {
		c.Name, c.Database = a.before.Name, a.before.Database
		if !hasMarker(c.Library) {
			c.Library = a.before.Library
		}
		return nil
	})
}

// openHome finds and locks the home, and settles the device's name, library
// folder and database, which stay what they are when a later start names none.
func (a *App) openHome(ctx context.Context) (err error) {
	if a.places, err = findPlaces(a.opts.Home); err != nil {
		return err
	}
	if a.command {
		a.lock, err = lockForCommand(a.places)
	} else {
		a.lock, err = lockForDevice(ctx, a.places, a.opts.Waiting)
	}
	if err != nil {
		return err
	}
	if a.config, err = loadConfig(a.places.config()); err != nil {
		return err
	}
	a.before = a.config.get()
	err = a.config.update(func(c *config) error {
		c.Name = firstOf(a.opts.Name, c.Name, hostName())
		c.Library = firstOf(a.opts.Library, c.Library, a.places.library)
		if c.Database = firstOf(a.opts.Database, c.Database); c.Database == Embedded {
			c.Database = ""
		}
		if err := checkIdentity(c); err != nil {
			return err
		}
		a.notice, err = settleLibrary(c, a.opts.Library != "")
		return err
	})
	a.started = a.config.get()
	if a.notice != "" {
		a.log.WarnContext(ctx, "Library was not moved", "why", a.notice)
	}
	var forgotten error
	if a.seen, forgotten = loadSeen(a.places.seen()); forgotten != nil {
		a.log.WarnContext(ctx, "Last contacts are forgotten", "err", forgotten)
	}
	if a.kept, forgotten = loadKeptDuplicates(a.places.duplicates()); forgotten != nil {
		a.log.WarnContext(ctx, "Kept duplicates are forgotten", "err", forgotten)
	}
	return err
}

func (a *App) openNode() error {
	o, err := nodeOptions(a.opts, a.started)
	if err != nil {
		return err
	}
	o.KeyFile, o.Log = a.places.key(), a.log.With("part", "overlay")
	if err := a.openNodeAt(o); err != nil {
		return fmt.Errorf("join the network: %w", err)
	}
	return nil
}

func (a *App) openFiles() (err error) {
	var listeners [2]net.Listener
	for i, port := range []uint16{filelayer.PeerPort, filelayer.PairPort} {
		if listeners[i], err = a.node.Listen(port); err != nil {
			return fmt.Errorf("serve other devices: %w", err)
		}
	}
	a.files, err = filelayer.Open(filelayer.Options{
		Dir:          a.places.files(),
		Library:      a.started.Library,
		Places:       a.started.Places,
		DeviceID:     a.id(),
		Name:         a.started.Name,
		Platform:     runtime.GOOS,
		Address:      a.node.Address().String(),
		Network:      network{a},
		Transport:    peerTransport(a.node.DialContext),
		Bulk:         peerTransport(a.node.DialExpress),
		Dial:         a.node.DialContext,
		Listener:     listeners[0],
		PairListener: listeners[1],
		DatabaseURL:  a.started.Database,
		Copies:       a.started.Copies,
		Role:         a.started.role(),
		Limits:       a.started.limits(),
		Log:          a.log.With("part", "filelayer"),
	})
	if err != nil {
		return err
	}
	return a.config.update(func(c *config) error { c.InUse = a.started.Library; return nil })
}

func (a *App) openImages() (err error) {
	a.images, err = imagelib.Open(imagelib.Options{
		Files:    a.files,
		Dir:      a.places.images(),
		CacheDir: a.places.cache,
		Log:      a.log.With("part", "imagelib"),
	})
	if err != nil {
		return err
	}
	a.files.SetGroups(a.images.AlbumsOf)
	return nil
}

// Run runs the device until ctx ends and returns nil; any error is a failure
// of a part, and has stopped the others. It may be called once.
func (a *App) Run(ctx context.Context) error {
	a.log.InfoContext(ctx, "Starting", "home", a.places.home, "id", a.id())
	paceHeap(a.opts.Lean)
	node, stopNode := a.runNode(ctx)
	g, ctx := errgroup.WithContext(ctx)
	parts := append([]service{node, a.files.Run, a.images.Run, a.control.run, a.announce, a.keepSeen, a.hearRefusals, a.hearName}, a.loopback...)
	if !a.command {
		parts = append(parts, a.watching.run, a.inPlace.run, a.plugged.run, a.watchClocks)
	}
	for _, part := range parts {
		g.Go(func() error { return part(ctx) })
	}
	for _, s := range []*signal.Signal{a.node.Changed(), a.files.Changed(), a.images.Changed()} {
		g.Go(func() error { return a.pass(ctx, s) })
	}
	err := errors.Join(g.Wait(), stopNode())
	a.log.InfoContext(ctx, "Stopped", "home", a.places.home)
	return err
}

// runNode runs the node until stop is called: the parts that serve and call
// through it must have ended before. failed ends with the node, or with its context.
func (a *App) runNode(ctx context.Context) (failed service, stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	var err error // to be read after ended
	go func() {
		defer close(ended)
		err = a.node.Run(ctx)
	}()
	failed = func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-ended: // stop tells the error
			return errNodeEnded
		}
		return nil
	}
	return failed, func() error { cancel(); <-ended; return err }
}

// pass raises Changed for each change of a part.
func (a *App) pass(ctx context.Context, s *signal.Signal) error {
	woken, stop := s.Listen()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
			a.changed.Raise()
		}
	}
}

// announce closes ready once the records are loaded.
func (a *App) announce(ctx context.Context) error {
	if err := a.files.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("load the records: %w", err)
	}
	a.patience.begin()
	close(a.ready)
	a.changed.Raise()
	return nil
}

// Close gives back what Open took. Run must have returned. Closing again does
// nothing.
func (a *App) Close() error { return a.close() }

func (a *App) release() error {
	var errs []error
	if a.control != nil {
		errs = append(errs, a.control.close())
	}
	for _, ln := range []net.Listener{a.couch, a.socks} {
		if ln == nil {
			continue
		}
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) { // closed already when Run has ended
			errs = append(errs, err)
		}
	}
	if a.images != nil {
		errs = append(errs, a.images.Close())
	}
	if a.files != nil {
		errs = append(errs, a.files.Close())
	}
	if a.node != nil {
		errs = append(errs, a.node.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.release())
	}
	return errors.Join(errs...)
}

// Ready is what a device that serves says of itself.
type Ready struct {
	ID      string   `json:"id"`      // 64 hex digits
	Address string   `json:"address"` // in the overlay
	Listen  []string `json:"listen"`  // peering listeners, with the real ports

	Couch string `json:"couch,omitempty"` // where --couch listens, if it was given
	Socks string `json:"socks,omitempty"` // where --socks does

	Forwards []ForwardInfo `json:"forwards,omitempty"` // of --forward
}

// Ready blocks until the device serves, or ctx ends.
func (a *App) Ready(ctx context.Context) (Ready, error) {
	select {
	case <-ctx.Done():
		return Ready{}, ctx.Err()
	case <-a.ready:
	}
	r := Ready{ID: a.id(), Address: a.node.Address().String(), Listen: a.node.ListenURIs()}
	r.Couch, r.Socks, r.Forwards = boundAt(a.couch), boundAt(a.socks), a.Forwards()
	if r.Listen == nil {
		r.Listen = []string{}
	}
	return r, nil
}

// Changed is raised after anything that a screen shows has changed.
func (a *App) Changed() *signal.Signal { return &a.changed }

// Home is the directory of this device.
func (a *App) Home() string { return a.places.home }

// Images is the image model.
func (a *App) Images() *imagelib.Library { return a.images }

func (a *App) id() string { return hexKey(a.node.PublicKey()) }

func firstOf(values ...string) string {
	i := slices.IndexFunc(values, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return values[i]
}

// join returns the members of both lists, each once, in a new slice.
func join(a, b []string) []string {
	var out []string
	for _, s := range slices.Concat(a, b) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
