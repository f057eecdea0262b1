//go:build !windows && !darwin

package desk

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

func open(ctx context.Context, path string) error {
	return begin(ctx, exec.Command("xdg-open", path)) //nolint:gosec,noctx // a file of the person's, by its absolute path; it outlives the window
}

// reveal asks the file manager by the freedesktop.org file manager interface, else
// opens the folder.
func reveal(ctx context.Context, path string) error {
	if err := showItem(ctx, path); err == nil {
		return nil
	}
	return open(ctx, filepath.Dir(path))
}

func showItem(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("session bus: %w", err)
	}
	defer func() { _ = bus.Close() }() // nothing is lost with it
	uri := url.URL{Scheme: "file", Path: path}
	const name = "org.freedesktop.FileManager1"
	call := bus.Object(name, "/org/freedesktop/FileManager1").CallWithContext(ctx, name+".ShowItems", 0, []string{uri.String()}, "")
	return call.Err
}

// copiers are the programs that hold the clipboard, by what must be in the
// environment for each.
var copiers = []struct {
	env  string
	args []string
}{
	{"WAYLAND_DISPLAY", []string{"wl-copy", "--type", "image/png"}},
	{"DISPLAY", []string{"xclip", "-selection", "clipboard", "-t", "image/png", "-i"}},
}

func copyPicture(ctx context.Context, png []byte) error {
	for _, c := range copiers {
		tool, err := exec.LookPath(c.args[0])
		if os.Getenv(c.env) == "" || err != nil {
			continue
		}
		cmd := exec.Command(tool, c.args[1:]...) //nolint:gosec,noctx // one of the above; it outlives the window
		cmd.Stdin = bytes.NewReader(png)
		return begin(ctx, cmd)
	}
	return ErrNoTool
}
