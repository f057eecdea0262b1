//go:build !windows

package ui

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// TestChosen reads what a portal answers.
func TestChosen(t *testing.T) {
	t.Parallel()
	uris := func(list ...string) map[string]dbus.Variant {
		return map[string]dbus.Variant{"uris": dbus.MakeVariant(list)}
	}
	for _, test := range []struct {
		name string
		body []any
		want []string
		err  error
	}{
		{"files", []any{uint32(0), uris("file:///p/a%20b+c.jpg", "file:///p/100%25.jpg")}, []string{"/p/a b+c.jpg", "/p/100%.jpg"}, nil},
		{"cancelled", []any{uint32(1), uris()}, nil, errCancelled},
		{"ended", []any{uint32(2), map[string]dbus.Variant{}}, nil, errCancelled},
		{"nothing", []any{uint32(0), map[string]dbus.Variant{}}, nil, errCancelled},
		{"elsewhere", []any{uint32(0), uris("https://example.com/a.jpg")}, nil, errCancelled},
		{"odd", []any{"x"}, nil, errNoChooser},
	} {
		got, err := chosen(test.body)
		if !slices.Equal(got, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

// fakePortal is a portal that answers each request as the test says.
type fakePortal struct {
	conn   *dbus.Conn
	asked  chan map[string]dbus.Variant
	answer func() (uint32, []string) // nil = never
	closed chan struct{}
}

func (d *fakePortal) OpenFile(sender dbus.Sender, _, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	token, _ := options["handle_token"].Value().(string)
	handle := dbus.ObjectPath(portalPath + "/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + token)
	if err := d.conn.Export(d, handle, portalRequest); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	if d.answer != nil { // before the caller knows the handle, as it may happen
		status, uris := d.answer()
		if err := d.conn.Emit(handle, portalRequest+".Response", status, map[string]dbus.Variant{"uris": dbus.MakeVariant(uris)}); err != nil {
			return "", dbus.MakeFailedError(err)
		}
	}
	d.asked <- options
	return handle, nil
}

// Close is of the request.
func (d *fakePortal) Close() *dbus.Error {
	close(d.closed)
	return nil
}

// newBus is a bus of its own, as a session has one.
func newBus(t *testing.T) func() (*dbus.Conn, error) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon")
	}
	dir, err := os.MkdirTemp("", "bus") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	conf := filepath.Join(dir, "conf")
	text := `<busconfig><type>session</type><listen>unix:dir=` + dir + `</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, "--config-file="+conf, "--nofork", "--print-address") //nolint:gosec // a program of the system
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Skipf("the bus does not start: %v", err)
	}
	return func() (*dbus.Conn, error) { return dbus.Connect(strings.TrimSpace(address)) }
}

// newPortal has a portal on a bus.
func newPortal(t *testing.T, connect func() (*dbus.Conn, error), answer func() (uint32, []string)) *fakePortal {
	t.Helper()
	conn, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	d := &fakePortal{conn: conn, answer: answer, asked: make(chan map[string]dbus.Variant, 1), closed: make(chan struct{})}
	if err := conn.Export(d, portalPath, "org.freedesktop.portal.FileChooser"); err != nil {
		t.Fatal(err)
	}
	if reply, err := conn.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return d
}

// TestPortal chooses files and folders, and gives up the dialog with its context.
func TestPortal(t *testing.T) {
	t.Parallel()
	connect := newBus(t)
	p := portal{connect}
	if _, err := p.choose(t.Context(), "Import", portalOptions{}); !errors.Is(err, errNoChooser) {
		t.Errorf("without a portal: %v", err)
	}
	d := newPortal(t, connect, func() (uint32, []string) { return 0, []string{"file:///p/a.jpg", "file:///p/b.jpg"} })
	kinds := []portalKind{{"Photos", []portalPattern{{0, "*.jpg"}}}}
	if sig := dbus.MakeVariant(kinds).Signature().String(); sig != "a(sa(us))" {
		t.Errorf("the kinds of files are sent as %s", sig)
	}
	got, err := p.choose(t.Context(), "Import", portalOptions{kinds: kinds})
	if err != nil || !slices.Equal(got, []string{"/p/a.jpg", "/p/b.jpg"}) {
		t.Errorf("files: %q, %v", got, err)
	}
	options := <-d.asked
	if many, _ := options["multiple"].Value().(bool); !many || options["filters"].Value() == nil {
		t.Errorf("asked for %v", options)
	}
	d.answer = func() (uint32, []string) { return 1, nil }
	if _, err := p.choose(t.Context(), "Folder", portalOptions{folder: true, start: "/home"}); !errors.Is(err, errCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	options = <-d.asked
	if folder, _ := options["directory"].Value().(bool); !folder || options["current_folder"].Value() == nil {
		t.Errorf("asked for %v", options)
	}
	d.answer = nil
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := p.choose(ctx, "Import", portalOptions{})
		ended <- err
	}()
	<-d.asked
	cancel()
	if err := <-ended; !errors.Is(err, errCancelled) {
		t.Errorf("given up: %v", err)
	}
}
