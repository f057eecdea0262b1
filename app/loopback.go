package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/internal/durable"
	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/proxy"
)

// loopbackUser is who programs of this machine say they are.
const loopbackUser = "paul"

// openLoopback binds what --couch, --socks and the settings ask for.
func (a *App) openLoopback() error {
	if err := a.listenProxy(); err != nil {
		return err
	}
	if a.opts.Couch == "" && a.socks == nil {
		return nil
	}
	password, err := loadPassword(a.places.password())
	if err != nil {
		return err
	}
	if a.opts.Couch != "" {
		if a.couch, err = listenLoopback("--couch", a.opts.Couch); err != nil {
			return err
		}
		h := couch.Auth(couch.AuthOptions{User: loopbackUser, Password: password, Log: a.log.With("part", "couch")}, a.files.CouchHandler())
		h = couch.CORS(a.config.get().CORSOrigins, h)
		a.loopback = append(a.loopback, func(ctx context.Context) error { return serve(ctx, a.couch, h, nil) })
	}
	if a.socks != nil {
		opts := proxy.Options{
			Dial: a.node.DialContext, Resolve: a.resolveName, User: loopbackUser, Password: password,
			Log: a.log.With("part", "proxy"),
		}
		a.loopback = append(a.loopback, func(ctx context.Context) error { return proxy.Serve(ctx, a.socks, opts) })
	}
	return nil
}

func boundAt(ln net.Listener) string {
	if ln == nil {
		return ""
	}
	return ln.Addr().String()
}

// listenLoopback listens on addr if only this machine can reach it.
func listenLoopback(flag, addr string) (net.Listener, error) {
	at, err := loopbackAddr(flag, addr)
	if err != nil {
		return nil, err
	}
	ln, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w; choose another port, or 0 for any that is free", flag, addr, err)
	}
	return ln, nil
}

// loopbackAddr reads an address that only this machine can reach.
func loopbackAddr(flag, addr string) (*net.TCPAddr, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w; give an address and a port, such as 127.0.0.1:5984", flag, addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s %s: %w: use 127.0.0.1, ::1 or localhost, since others must not reach it", flag, addr, ErrNotLoopback)
	}
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, addr, err)
	}
	if !at.IP.IsLoopback() { // an odd localhost
		return nil, fmt.Errorf("%s %s: %w: it is %s", flag, addr, ErrNotLoopback, at.IP)
	}
	return at, nil
}

// loadPassword reads the password of path, or makes one.
func loadPassword(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		password := newSecret()
		return password, durable.WriteFile(path, []byte(password+"\n"), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("read the loopback password: %w", err)
	}
	password := strings.TrimSpace(string(data))
	if password == "" {
		return "", fmt.Errorf("%s is empty; remove it, and a new password is made", path)
	}
	return password, nil
}

// resolveName finds the host name of the device called name, without regard
// to case, as <name>.paul.internal; a name that two devices have leads nowhere.
func (a *App) resolveName(name string) (host string, ok bool) {
	for _, d := range a.Devices() {
		if !strings.EqualFold(label(d.Name), name) {
			continue
		}
		key, err := parseKey(d.ID)
		if err != nil || ok {
			return "", false
		}
		host, ok = overlay.HostName(key), true
	}
	return host, ok
}

// label is a device's name as a DNS label: what is no letter or digit is a dash.
func label(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	})
	return strings.Join(parts, "-")
}
