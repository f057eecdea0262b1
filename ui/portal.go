package ui

import (
	"context"
	"crypto/rand"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// Names of the desktop portal, https://flatpak.github.io/xdg-desktop-portal/docs/
const (
	portalName    = "org.freedesktop.portal.Desktop"
	portalPath    = "/org/freedesktop/portal/desktop"
	portalOpen    = "org.freedesktop.portal.FileChooser.OpenFile"
	portalRequest = "org.freedesktop.portal.Request"
)

// portal asks the desktop for its own file dialog.
type portal struct {
	connect func() (*dbus.Conn, error) // to the bus of the session
}

// portalOptions are those of OpenFile.
type portalOptions struct {
	folder bool   // choose a folder, not files
	start  string // the folder to begin with; "" = the desktop's choice
	kinds  []portalKind
}

// portalKind is a choice of files by their names: a(sa(us)).
type portalKind struct {
	Name     string
	Patterns []portalPattern
}

type portalPattern struct {
	Kind    uint32 // 0 = a pattern of a file's name
	Pattern string
}

// choose shows the dialog and returns the paths that were chosen: errNoChooser when
// there is no portal or it cannot, errCancelled when nothing was chosen or ctx ended.
func (p portal) choose(ctx context.Context, title string, o portalOptions) ([]string, error) {
	conn, err := p.connect()
	if err != nil {
		return nil, errNoChooser
	}
	defer func() { _ = conn.Close() }() // what it was for is over
	answers := make(chan *dbus.Signal, 8)
	conn.Signal(answers)
	request, err := p.ask(ctx, conn, title, o)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case s, open := <-answers:
			if !open {
				return nil, errNoChooser // the bus has gone
			}
			if s.Path == request && s.Name == portalRequest+".Response" {
				return chosen(s.Body)
			}
		case <-ctx.Done():
			_ = conn.Object(portalName, request).Call(portalRequest+".Close", 0).Err // nobody waits for it any more
			return nil, errCancelled
		}
	}
}

// ask sends the request, of which the answer comes as a signal: it is listened for
// before, at the path that the portal makes of the token.
func (p portal) ask(ctx context.Context, conn *dbus.Conn, title string, o portalOptions) (dbus.ObjectPath, error) {
	token := "paul" + strings.ToLower(rand.Text())
	sender := strings.ReplaceAll(strings.TrimPrefix(conn.Names()[0], ":"), ".", "_")
	request := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	if err := conn.AddMatchSignal(dbus.WithMatchObjectPath(request), dbus.WithMatchInterface(portalRequest)); err != nil {
		return "", errNoChooser
	}
	options := map[string]dbus.Variant{
		"handle_token": dbus.MakeVariant(token), "multiple": dbus.MakeVariant(!o.folder), "directory": dbus.MakeVariant(o.folder),
	}
	if len(o.kinds) > 0 {
		options["filters"] = dbus.MakeVariant(o.kinds)
	}
	if o.start != "" {
		options["current_folder"] = dbus.MakeVariant(append([]byte(o.start), 0))
	}
	var got dbus.ObjectPath
	if err := conn.Object(portalName, portalPath).CallWithContext(ctx, portalOpen, 0, "", title, options).Store(&got); err != nil {
		if ctx.Err() != nil {
			return "", errCancelled
		}
		return "", errNoChooser
	}
	if got != request { // a portal of before version 0.9
		if err := conn.AddMatchSignal(dbus.WithMatchObjectPath(got), dbus.WithMatchInterface(portalRequest)); err != nil {
			return "", errNoChooser
		}
	}
	return got, nil
}

// chosen reads the answer: a status, of which 0 is that something was chosen, and
// results.
func chosen(body []any) (paths []string, err error) {
	if len(body) != 2 {
		return nil, errNoChooser
	}
	status, _ := body[0].(uint32)
	results, ok := body[1].(map[string]dbus.Variant)
	if !ok || status != 0 {
		return nil, errCancelled
	}
	uris, _ := results["uris"].Value().([]string)
	for _, uri := range uris {
		if u, err := url.Parse(uri); err == nil && u.Scheme == "file" {
			paths = append(paths, filepath.FromSlash(u.Path))
		}
	}
	if len(paths) == 0 {
		return nil, errCancelled
	}
	return paths, nil
}
