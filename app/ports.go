package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/overlay"
)

// checkDoors reports what of the addresses in s that are new could not be used at
// the next start: one that is wrong, or that another program has.
func (a *App) checkDoors(old config, s Settings) error {
	for _, uri := range s.Listen {
		if slices.Contains(old.Listen, uri) || slices.Contains(a.started.Listen, uri) {
			continue
		}
		err := overlay.CheckListen(uri)
		if err != nil && !(errors.Is(err, overlay.ErrPortInUse) && a.isOwnPort(uri)) {
			return err
		}
	}
	if s.Socks != "" && s.Socks != old.Socks {
		if err := a.checkProxy(s.Socks); err != nil {
			return err
		}
	}
	if s.Database != "" && s.Database != old.Database {
		return filelayer.CheckDatabase(s.Database)
	}
	return nil
}

// checkProxy reports whether the proxy could listen at an address.
func (a *App) checkProxy(addr string) error {
	at, err := loopbackAddr("proxy", addr)
	if err != nil || a.socks != nil && at.Port == a.socks.Addr().(*net.TCPAddr).Port { // its own
		return err
	}
	ln, err := listenLoopback("proxy", addr)
	if err != nil {
		return err
	}
	return ln.Close()
}

// isOwnPort tells whether this device itself has the port of a listener, which it
// gives back before the next start.
func (a *App) isOwnPort(uri string) bool {
	return slices.ContainsFunc(a.node.ListenURIs(), func(own string) bool { return portOf(own) == portOf(uri) })
}

// portOf is the port in a URL, "" where there is none.
func portOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Port()
}

// ProbeDatabase asks whether an external CouchDB answers at a URL, and lets this
// device in. ErrBadSetting: it is no such URL. The error never tells the password.
func (a *App) ProbeDatabase(ctx context.Context, url string) error {
	if err := filelayer.CheckDatabase(url); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSetting, err)
	}
	return filelayer.ProbeDatabase(ctx, url)
}

// HideUser returns a URL for showing: without user and password. What is no URL
// comes back empty.
func HideUser(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// Proxy tells where the SOCKS5 and HTTP proxy of this start listens, "" while it is
// off, and whether an option of the start says so, whatever the settings are.
func (a *App) Proxy() (address string, byOption bool) {
	return boundAt(a.socks), a.opts.Socks != ""
}

// ProxyLogin returns what programs sign in with at the proxy. The password is made
// when it is first asked for.
func (a *App) ProxyLogin() (user, password string, err error) {
	password, err = loadPassword(a.places.password())
	return loopbackUser, password, err
}

// openNodeAt opens the node. When a listener of the settings cannot listen, since its
// port is taken or its address is none of this machine any more, the device starts without those of the settings, and says so: a person could else
// not mend it in the gallery.
func (a *App) openNodeAt(o overlay.Options) (err error) {
	a.node, err = overlay.Open(o)
	if err == nil || len(a.started.Listen) == 0 || errors.Is(err, overlay.ErrBadURI) {
		return err
	}
	o.Listen = slices.Clone(a.opts.Listen)
	var again error
	if a.node, again = overlay.Open(o); again != nil {
		return err
	}
	shown := make([]string, len(a.started.Listen))
	for i, uri := range a.started.Listen {
		shown[i] = overlay.HidePassword(uri)
	}
	a.tell(fmt.Sprintf("Paul does not listen on %s now: %v", strings.Join(shown, ", "), err))
	return nil
}

// tell adds to what this start could not do.
func (a *App) tell(notice string) {
	a.log.Warn("A part of the settings does not hold", "why", notice)
	if a.notice != "" {
		a.notice = strings.TrimSuffix(a.notice, ".") + ". "
	}
	a.notice += notice
}

// listenProxy listens where the start or the settings say, or returns nil: an
// address of the settings that is taken is told, and does not stop the start.
func (a *App) listenProxy() (err error) {
	switch {
	case a.opts.Socks != "":
		a.socks, err = listenLoopback("--socks", a.opts.Socks)
	case a.started.Socks != "" && !a.command:
		ln, err := listenLoopback("proxy", a.started.Socks)
		if err != nil {
			a.tell(fmt.Sprintf("The proxy for other programs is off now: %v", err))
			return nil
		}
		a.socks = ln
	}
	return err
}
