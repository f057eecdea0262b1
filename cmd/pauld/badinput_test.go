package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

func TestNoDeviceRuns(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.refused(t, []string{"no Paul is running", "run"}, "status")
	photos := drawPhotos(t, filepath.Join(h.cwd, "in"), 2, 2)
	h.want(t, exitDone, "import", "in")
	if got := h.list(t); len(got) != len(photos) {
		t.Errorf("%d photos listed, want %d", len(got), len(photos))
	}
	r := h.want(t, exitDone, "devices", "--json")
	if all := lines[app.Device](t, r.out); len(all) != 1 || !all[0].Self || all[0].Files != 2 {
		t.Errorf("devices: %+v", all)
	}
	h.want(t, exitDone, "peer", "add", "tls://127.0.0.1:1")
	if r := h.want(t, exitDone, "peer", "remove", "tls://127.0.0.1:1"); r.out == "" {
		t.Error("peer remove says nothing")
	}
	h.want(t, exitNotFound, "peer", "remove", "tls://127.0.0.1:1")
	h.want(t, exitUsage, "peer", "add", "nonsense")
	h.want(t, exitUsage, "list", "--peer", "nonsense")
	h.want(t, exitUsage, "run", "--listen", "http://127.0.0.1:0")
	own := lines[app.Device](t, h.want(t, exitDone, "devices", "--json").out)[0].ID
	h.refused(t, []string{"another of your devices", "Nothing was changed"}, "device", "remove", own)
	if all := lines[app.Device](t, h.want(t, exitDone, "devices", "--json").out); len(all) != 1 || all[0].ID != own {
		t.Errorf("devices after its own removal was refused: %+v", all)
	}
}

func TestSecondStart(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	first, _ := h.start(t)
	h.refused(t, []string{"another Paul is running", "stop that one"}, "run", "--no-lan", "--no-public-peers")
	h.want(t, exitDone, "status", "--json")
	h.refused(t, []string{"peer add"}, "list", "--peer", "tls://127.0.0.1:1")
	first.stop(t)
	h.start(t)
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // nobody connected
	h, addr := newHome(t), ln.Addr().String()
	run := []string{"run", "--no-lan", "--no-public-peers"}
	h.refused(t, []string{addr, "in use"}, append(run, "--listen", "tls://"+addr)...)
	h.refused(t, []string{addr, "in use"}, append(run, "--couch", addr)...)
	for _, flag := range []string{"--socks", "--couch"} {
		h.fails(t, exitUsage, []string{"0.0.0.0:0", "loopback"}, append(run, flag, "0.0.0.0:0")...)
	}
	h.fails(t, exitUsage, []string{"none"}, append(run, "--stun", "none", "--stun", "127.0.0.1:3478")...)
	for _, forward := range []string{"7331=" + addr, "5984", "5984=0.0.0.0:1", "5984=example.org:1"} {
		h.want(t, exitUsage, append(run, "--forward", forward)...)
	}
	_, ready := h.start(t, "--forward", "5984="+addr) // nothing of it is left
	if len(ready.Forwards) != 1 || ready.Forwards[0].To != addr {
		t.Errorf("ready: %+v", ready)
	}
	h.says(t, "Overlay port 5984 leads to "+addr+", 0 connections", "status")
}

func TestDamagedSettings(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.want(t, exitDone, "list")
	path := filepath.Join(h.dir, "config.json")
	if err := os.WriteFile(path, []byte("{\"name\": "), 0o600); err != nil {
		t.Fatal(err)
	}
	h.refused(t, []string{"config.json", "a copy is in", "line 1"}, "list")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	h.want(t, exitDone, "list")
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	in := filepath.Join(h.cwd, "in")
	photos := drawPhotos(t, in, 2, 4)
	for name, text := range map[string]string{"notes.txt": "not a photo", "empty.jpg": "", "misnamed.jpg": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := h.try(t, "import", "in", "--json")
	if got := lines[app.Listing](t, r.out); len(got) != len(photos) {
		t.Errorf("import added %d photos, want %d", len(got), len(photos))
	}
	for _, name := range []string{"empty.jpg", "misnamed.jpg"} {
		if !strings.Contains(r.err, name) {
			t.Errorf("import does not tell of %s: %q", name, r.err)
		}
	}
	h.fails(t, exitUsage, []string{"gone.jpg"}, "import", filepath.Join(in, "gone.jpg"))
	h.says(t, "and read 0 of them", "check")
	h.want(t, exitDone, "check", "--read-data")
	h.want(t, exitDone, "check", "--read-data", "--subset", "2/3")
	h.fails(t, exitUsage, []string{"--read-data"}, "check", "--subset", "2/3")
	h.fails(t, exitUsage, []string{"1/10"}, "check", "--read-data", "--subset", "3/2")
}

func TestBadCodes(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	_, readyA := a.start(t, "--listen", "tls://127.0.0.1:0")
	b.start(t, "--peer", readyA.Listen[0])
	inviting := a.begin(t, nil, "pair", "--json")
	var code struct{ Code string }
	if err := json.Unmarshal([]byte(inviting.line(t)), &code); err != nil {
		t.Fatal(err)
	}
	b.fails(t, exitUsage, []string{"code"}, "join", "paul:nonsense")
	b.fails(t, exitUsage, []string{"code"}, "join", code.Code[:len(code.Code)-8])
	a.refused(t, []string{"code"}, "join", code.Code)
	if err := inviting.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if exit := inviting.end(t); exit != exitFailed {
		t.Errorf("a cancelled pair ended with %d", exit)
	}
	if text := inviting.errs.String(); !strings.Contains(text, "code is cancelled") {
		t.Errorf("a cancelled pair says %q", text)
	}
	b.refused(t, []string{"withdrawn", "ask for a new one"}, "join", code.Code)
	if all := lines[app.Device](t, a.want(t, exitDone, "devices", "--json").out); len(all) != 1 {
		t.Errorf("devices after all that: %+v", all)
	}
}

func TestGuestIsRefused(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	_, readyA := a.start(t, "--listen", "tls://127.0.0.1:0")
	b.start(t, "--peer", readyA.Listen[0])
	inviting := a.begin(t, strings.NewReader("n\n"), "pair", "--json")
	var code struct{ Code string }
	if err := json.Unmarshal([]byte(inviting.line(t)), &code); err != nil {
		t.Fatal(err)
	}
	b.want(t, exitFailed, "join", code.Code)
	if exit := inviting.end(t); exit != exitFailed {
		t.Errorf("pair ended with %d after a refusal", exit)
	}
	if text := inviting.errs.String(); !strings.Contains(text, "you did not let") {
		t.Errorf("pair says after a refusal %q", text)
	}
	if all := lines[app.Device](t, a.want(t, exitDone, "devices", "--json").out); len(all) != 1 {
		t.Errorf("the refused device is in: %+v", all)
	}
}

// TestNameThatIsNoText: the name of a file is bytes, as an old disk may have them.
func TestNameThatIsNoText(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "in"), 1, 1)
	name := filepath.Join(h.cwd, "in", "Stra\xdfe.jpg")
	if err := os.Rename(filepath.Join(h.cwd, "in", "IMG_0000.JPG"), name); err != nil {
		t.Skipf("no such name here: %v", err)
	}
	h.want(t, exitDone, "import", name)
	if got := h.list(t); len(got) != 1 {
		t.Errorf("%d photos listed", len(got))
	}
}
