package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/libpaul/paul/overlay"
)

// maxName bounds a device's name, in bytes.
const maxName = 100

// Settings returns what the person has set. A setting that needs a restart is
// returned as it will be then.
func (a *App) Settings() Settings {
	c := a.config.get()
	return Settings{
		Name: c.Name, Library: c.Library, Peers: slices.Clone(c.Peers), PublicPeers: c.PublicPeers, LAN: c.LAN, Direct: c.Direct,
		PortMap: c.PortMap, Listen: slices.Clone(c.Listen), Socks: c.Socks, Database: c.Database, Notify: c.Notify,
		Copies: c.Copies, Theme: c.Theme, Scale: c.Scale, FirstStartDone: c.FirstStartDone,
		Accent: c.Accent, Density: c.Density, ReduceMotion: c.ReduceMotion, Language: c.Language,
		SlideSeconds: c.SlideSeconds,
	}
}

// UpdateSettings keeps s. Name and Peers apply at once, and whoever draws
// applies Theme, Scale, Accent, Density and ReduceMotion on Changed; RestartNeeded names the rest: another
// library folder gets the originals at the next start. With ErrBadSetting
// nothing has changed.
func (a *App) UpdateSettings(ctx context.Context, s Settings) error {
	old := a.config.get()
	if dir := filepath.Clean(s.Library); dir != a.started.Library {
		if err := checkMove(a.started.Library, dir); err != nil {
			return fmt.Errorf("%w: %w", ErrBadSetting, err)
		}
		for _, place := range old.Places {
			if within(place, dir) {
				return fmt.Errorf("%w: library folder: %s, which was added in place, is there. Choose another, or remove that one", ErrBadSetting, place)
			}
		}
		for _, watched := range old.Watched {
			if related(dir, watched) {
				return fmt.Errorf("%w: library folder: the watched folder %s is there; photos of it are copied into the library. Choose another, or do not watch that one", ErrBadSetting, watched)
			}
		}
	}
	if err := a.checkDoors(old, s); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSetting, err)
	}
	a.naming.Lock()
	defer a.naming.Unlock()
	undo, err := a.addPeers(old.Peers, s.Peers)
	if err != nil {
		return err
	}
	if err := a.config.update(func(c *config) error { return s.into(c) }); err != nil {
		undo()
		return err
	}
	defer a.changed.Raise()
	return errors.Join(a.rename(ctx, old.Name, s.Name), a.removePeers(old.Peers, s.Peers))
}

// into checks s and writes it into c.
func (s Settings) into(c *config) error {
	c.Name, c.Library = strings.TrimSpace(s.Name), filepath.Clean(s.Library)
	c.Peers, c.PublicPeers, c.LAN, c.Direct = join(s.Peers, nil), s.PublicPeers, s.LAN, s.Direct
	c.PortMap, c.Listen, c.Socks, c.Database, c.Notify = s.PortMap, join(s.Listen, nil), s.Socks, s.Database, s.Notify
	c.Copies, c.Theme, c.Scale, c.FirstStartDone = s.Copies, s.Theme, s.Scale, s.FirstStartDone
	c.Accent, c.Density, c.ReduceMotion, c.Language = s.Accent, s.Density, s.ReduceMotion, s.Language
	c.SlideSeconds = s.SlideSeconds
	return checkIdentity(c)
}

// checkIdentity makes the library folder absolute, and reports a name or a
// folder that cannot be used.
func checkIdentity(c *config) error {
	if err := checkName(c.Name); err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Library)
	if err != nil {
		return fmt.Errorf("%w: library folder: %w", ErrBadSetting, err)
	}
	if err := usableFolder(dir); err != nil {
		return fmt.Errorf("%w: library folder: %w", ErrBadSetting, err)
	}
	c.Library = dir
	return nil
}

// Rename gives this device another name, of which the others hear. With
// ErrBadSetting nothing has changed.
func (a *App) Rename(ctx context.Context, name string) error {
	s := a.Settings()
	s.Name = name
	return a.UpdateSettings(ctx, s)
}

func (a *App) rename(ctx context.Context, old, name string) error {
	name = strings.TrimSpace(name)
	if name == old {
		return nil
	}
	if err := a.files.Rename(ctx, name); err != nil {
		return fmt.Errorf("tell the others this device's name: %w", err)
	}
	return nil
}

// addPeers gives the node the peers that are new; undo takes them back. On an
// error it has done so already.
func (a *App) addPeers(before, now []string) (undo func(), err error) {
	var added []string
	undo = func() {
		for _, uri := range added {
			_ = a.node.RemovePeer(uri) // it was added a moment ago
		}
	}
	for _, uri := range now {
		if slices.Contains(before, uri) {
			continue
		}
		if err := a.node.AddPeer(uri); err != nil {
			undo()
			return nil, fmt.Errorf("%w: peer %q: %w", ErrBadSetting, uri, err)
		}
		added = append(added, uri)
	}
	return undo, nil
}

// removePeers takes from the node the peers that are no longer wanted.
func (a *App) removePeers(before, now []string) error {
	var errs []error
	for _, uri := range before {
		if !slices.Contains(now, uri) {
			errs = append(errs, ignoreNoPeering(a.node.RemovePeer(uri)))
		}
	}
	return errors.Join(errs...)
}

func ignoreNoPeering(err error) error {
	if errors.Is(err, overlay.ErrNoPeering) {
		return nil
	}
	return err
}

// notPeer is the error for a peer that is not in the settings.
func notPeer(uri string, err error) error {
	if err == nil {
		return nil // it was given by a flag, and is gone until the next start
	}
	if errors.Is(err, overlay.ErrNoPeering) {
		return fmt.Errorf("peer %s: %w: it is none of those that pauld peer list tells", uri, ErrNotFound)
	}
	return err
}

// Notices says, in words for a person, what this start could not do although
// the settings ask for it, and what it found damaged.
func (a *App) Notices() []string {
	notices := append(a.damaged(), a.twins()...)
	if a.notice != "" {
		notices = append(notices, a.notice)
	}
	return notices
}

// Off tells of what has been switched off.
type Off struct {
	LAN         bool // looking for devices on the local network
	PublicPeers bool
	Direct      bool // making direct links
	PortMap     bool // asking the router for a port
}

// SwitchedOff tells what the options of this start switch off, whatever the
// settings say.
func (a *App) SwitchedOff() Off {
	return Off{LAN: a.opts.NoLAN, PublicPeers: a.opts.NoPublicPeers, Direct: a.opts.NoDirect, PortMap: a.opts.NoPortMap}
}

// RestartNeeded names the settings that take effect at the next start only,
// in words for a person; none when what is set is what holds.
func (a *App) RestartNeeded() []string {
	now := a.config.get()
	var out []string
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"library folder", now.Library != a.started.Library},
		{"public peers", now.PublicPeers != a.started.PublicPeers},
		{"devices on the local network", now.LAN != a.started.LAN},
		{"direct links", now.Direct != a.started.Direct},
		{"port of the router", now.PortMap != a.started.PortMap},
		{"listeners", !slices.Equal(now.Listen, a.started.Listen)},
		{"proxy", now.Socks != a.started.Socks && a.opts.Socks == ""},
		{"external database", now.Database != a.started.Database},
		{"copies", now.Copies != a.started.Copies},
		{"language", now.Language != a.started.Language},
	} {
		if f.differs {
			out = append(out, f.name)
		}
	}
	return out
}
