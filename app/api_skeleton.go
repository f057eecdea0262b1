package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
)

// Options says how to open a device. Flags given here override config.json.
type Options struct {
	Home          string   // "" = DefaultHome()
	Name          string   // "" = config.json, else the host's name
	Library       string   // "" = config.json, else the default folder
	Listen        []string // peering listeners as URIs, beside those of config.json
	Peers         []string // static peers as URIs, beside those of config.json
	NoLAN         bool     // do not look for devices on the local network
	NoPublicPeers bool     // do not use the built-in public peers
	Offline       bool     // no link to anybody: for a command that only looks at the home
	Couch         string   // loopback address for the CouchDB protocol; "" = off
	Socks         string   // loopback address for the SOCKS5 and HTTP proxy; "" = off
	Database      string   // URL of an external CouchDB; "" = embedded
	Log           *slog.Logger
}

// Ready is what a device that serves says of itself.
type Ready struct {
	ID      string   `json:"id"`
	Address string   `json:"address"`
	Listen  []string `json:"listen"` // peering listeners, with the real ports
}

type App struct{ changed signal.Signal }

var errTodo = errors.New("not yet")

func Open(opts Options) (*App, error)                   { return nil, errTodo }
func (a *App) Run(ctx context.Context) error            { return nil }
func (a *App) Close() error                             { return nil }
func (a *App) Ready(ctx context.Context) (Ready, error) { return Ready{}, errTodo }
func (a *App) Changed() *signal.Signal                  { return &a.changed }
func (a *App) Home() string                             { return "" }
func (a *App) Images() *imagelib.Library                { return nil }
func (a *App) Self() Device                             { return Device{} }
func (a *App) Devices() []Device                        { return nil }
func (a *App) Entry(d Digest) (Entry, bool)             { return Entry{}, false }
func (a *App) Trash() []Entry                           { return nil }
func (a *App) Status() Status                           { return Status{} }
func (a *App) Import(ctx context.Context, paths []string) (ImportResult, error) {
	return ImportResult{}, errTodo
}
func (a *App) Save(ctx context.Context, ds ...Digest) error        { return errTodo }
func (a *App) Unsave(ctx context.Context, ds ...Digest) error      { return errTodo }
func (a *App) ForceUnsave(ctx context.Context, ds ...Digest) error { return errTodo }
func (a *App) Delete(ctx context.Context, ds ...Digest) error      { return errTodo }
func (a *App) Restore(ctx context.Context, ds ...Digest) error     { return errTodo }

// Fetch returns a file open for reading: the local copy, or a temporary one.
func (a *App) Fetch(ctx context.Context, d Digest) (*os.File, error) { return nil, errTodo }

// Export writes copies of the files into dir under their names, never over a
// file that is there.
func (a *App) Export(ctx context.Context, dir string, ds ...Digest) error { return errTodo }
func (a *App) Invite(ctx context.Context) (*Invitation, error)            { return nil, errTodo }
func (a *App) Join(ctx context.Context, code string, show func(words [4]string)) (Device, error) {
	return Device{}, errTodo
}
func (a *App) RemoveDevice(ctx context.Context, id string) error { return errTodo }
func (a *App) Peers() []Peering                                  { return nil }
func (a *App) AddPeer(uri string) error                          { return errTodo }
func (a *App) RemovePeer(uri string) error                       { return errTodo }
func (a *App) Settings() Settings                                { return Settings{} }

// UpdateSettings keeps s and applies what can be applied at once.
// RestartNeeded names the fields that a restart will apply.
func (a *App) UpdateSettings(ctx context.Context, s Settings) error { return errTodo }
func (a *App) RestartNeeded() []string                              { return nil }
func (a *App) Activities() []Activity                               { return nil }

// Opened delivers what a second start of the program was asked to open.
func (a *App) Opened() <-chan []string { return nil }

// Invitation is a pair code that is open.
type Invitation struct{}

func (i *Invitation) Code() string                            { return "" }
func (i *Invitation) Expires() time.Time                      { return time.Time{} }
func (i *Invitation) Wait(ctx context.Context) (Guest, error) { return Guest{}, errTodo }
func (i *Invitation) Accept(ctx context.Context) (Device, error) {
	return Device{}, errTodo
}
func (i *Invitation) Reject() {}
func (i *Invitation) Cancel() {}

// HandOver gives what was to be opened to the device that runs on home, which
// raises its window; it reports false when none runs.
func HandOver(ctx context.Context, home string, args []string) (bool, error) { return false, errTodo }
