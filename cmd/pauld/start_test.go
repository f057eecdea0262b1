package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// A device that starts while a command has the home open waits for it, says so,
// and then runs.
func TestRunWaitsForCommand(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	run := []string{"run", "--json", "--no-lan", "--no-public-peers"}
	command := h.begin(t, nil, "pair", "--json", "--no-lan", "--no-public-peers") // has the home until it is stopped
	command.line(t)
	device := h.begin(t, nil, run...)
	eventually(t, "the device waits for the command", func() bool {
		holder, err := os.ReadFile(filepath.Join(h.dir, "device.lock"))
		return err == nil && strings.TrimSpace(string(holder)) == strconv.Itoa(device.cmd.Process.Pid)
	})
	h.refused(t, []string{"another Paul is running", "stop that one"}, run...)
	if err := command.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var ready struct{ Ready app.Ready }
	if err := json.Unmarshal([]byte(device.line(t)), &ready); err != nil {
		t.Fatal(err)
	}
	command.end(t)
	h.want(t, exitDone, "status")
	device.stop(t)
	if text := device.errs.String(); strings.Count(text, `"waiting"`) != 1 || !strings.Contains(text, h.dir) {
		t.Errorf("it waited and said %q", text)
	}
}

// A device and commands that are started at once all do their work, whoever
// gets the home first.
func TestRunAndCommandsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	photos := drawPhotos(t, filepath.Join(h.cwd, "in"), 3, 11)
	device := h.begin(t, nil, "run", "--json", "--no-lan", "--no-public-peers")
	var others []*running
	for range 3 {
		others = append(others, h.begin(t, nil, "import", "in"))
	}
	for _, r := range others {
		if code := r.end(t); code != exitDone {
			t.Errorf("an import ended with %d\n%s", code, r.errs)
		}
	}
	device.line(t)
	if got := h.list(t); len(got) != len(photos) {
		t.Errorf("%d photos are listed, want %d", len(got), len(photos))
	}
	h.want(t, exitDone, "status")
	device.stop(t)
}
