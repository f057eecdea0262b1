package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/libpaul/paul/internal/durable"
)

// maxSocketPath is the longest path that every system takes as the name of a
// unix socket (104 bytes on macOS, 108 on Linux, with the final zero).
const maxSocketPath = 100

func (p places) socket() string { return filepath.Join(p.home, "control.sock") }
func (p places) tcp() string    { return filepath.Join(p.home, "control.json") }

// tcpControl is control.json: where the control API is, when it is not on a
// unix socket.
type tcpControl struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// listenControl binds the control API's socket in the home, which the caller
// has locked: a unix socket, or, on Windows and on file systems that cannot
// hold one, TCP on loopback with a token in control.json.
func listenControl(p places) (ln net.Listener, token string, forget func() error, err error) {
	if err := removeIfThere(p.socket(), p.tcp()); err != nil { // left by a crash
		return nil, "", nil, fmt.Errorf("clear the old control socket: %w", err)
	}
	if runtime.GOOS != "windows" {
		ln, err = listenUnix(p.socket())
		if err == nil {
			return ln, "", func() error { return removeIfThere(p.socket()) }, nil
		}
	}
	ln, token, err = listenTCP(p.tcp())
	if err != nil {
		return nil, "", nil, fmt.Errorf("open the control socket: %w", err)
	}
	return ln, token, func() error { return removeIfThere(p.tcp()) }, nil
}

func listenUnix(path string) (net.Listener, error) {
	var ln *net.UnixListener
	err := shortPath(path, func(short string) (err error) {
		ln, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // the short name is gone; forget removes the file
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close(), removeIfThere(path))
	}
	return ln, nil
}

func listenTCP(file string) (net.Listener, string, error) {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, "", err
	}
	token := newSecret()
	data, err := json.Marshal(tcpControl{ln.Addr().String(), token})
	if err == nil {
		err = durable.WriteFile(file, data, 0o600)
	}
	if err != nil {
		return nil, "", errors.Join(err, ln.Close())
	}
	return ln, token, nil
}

// dialControl connects to the control API of the device that runs on the home;
// ErrNotRunning when there is none.
func dialControl(ctx context.Context, p places) (conn net.Conn, token string, err error) {
	var d net.Dialer
	err = shortPath(p.socket(), func(short string) (err error) {
		conn, err = d.DialContext(ctx, "unix", short)
		return err
	})
	if err == nil {
		return conn, "", nil
	}
	data, err := os.ReadFile(p.tcp())
	if err != nil {
		return nil, "", notRunning(p)
	}
	var at tcpControl
	if err := json.Unmarshal(data, &at); err != nil {
		return nil, "", fmt.Errorf("read %s: %w", p.tcp(), err)
	}
	conn, err = d.DialContext(ctx, "tcp", at.Address)
	if err != nil {
		return nil, "", notRunning(p)
	}
	return conn, at.Token, nil
}

func notRunning(p places) error {
	home := p.home
	if strings.ContainsAny(home, " \t") {
		home = `"` + home + `"`
	}
	return fmt.Errorf("%w: %s; start it with: pauld --home %s run", ErrNotRunning, p.home, home)
}

// shortPath calls use with a name for path that is short enough for a unix
// socket: path itself, or one through a link in the temporary folder, which is
// removed again; the socket itself is in its place.
func shortPath(path string, use func(short string) error) error {
	if len(path) <= maxSocketPath {
		return use(path)
	}
	dir, err := os.MkdirTemp("", "paul-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // removes the link, not what it leads to
	link := filepath.Join(dir, "home")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		return err
	}
	return use(filepath.Join(link, filepath.Base(path)))
}

func removeIfThere(paths ...string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
