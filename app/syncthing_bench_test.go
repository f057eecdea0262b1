package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	syncthingFolder = "photos"
	syncthingWait   = 4 * time.Hour // longer than the full set takes
)

// A syncthing is an instance of Syncthing with a home of its own.
type syncthing struct {
	b                     *testing.B
	program, home         string
	device, key           string
	listening, controlled string // addresses
	pid                   int
}

// syncthingMoves tells how long Syncthing takes from the moment that the folder
// is added on one instance until every file of it is complete on another, over
// loopback, all but the network by its defaults; 0 when it cannot be built.
// Its marker stays in the folder.
func syncthingMoves(b *testing.B, dir string, files int) time.Duration {
	b.Helper()
	program := buildSyncthing(b)
	if program == "" {
		return 0
	}
	from, to := newSyncthing(b, program), newSyncthing(b, program)
	received := b.TempDir()
	from.configure(to, "")
	to.configure(from, received)
	defer from.start()()
	defer to.start()()
	from.until("/rest/system/connections", `"connected": true`)
	begun := time.Now()
	from.add(to, dir)
	to.awaitFiles(files)
	took := time.Since(begun)
	b.ReportMetric(max(statusMB(from.pid, "VmHWM:"), statusMB(to.pid, "VmHWM:")), "MB-RSS-of-Syncthing")
	if n := countFiles(b, received); n != files {
		b.Fatalf("Syncthing has moved %d of %d files", n, files)
	}
	if err := os.RemoveAll(received); err != nil {
		b.Fatal(err)
	}
	return took
}

// buildSyncthing returns the program, or "" after it has told why there is none.
func buildSyncthing(b *testing.B) string {
	b.Helper()
	program := filepath.Join(os.TempDir(), "paul-bench-syncthing-1.30.0") // once for all benchmarks
	if _, err := os.Stat(program); err == nil {
		return program
	}
	// The module as published lacks the files of its web page, hence the tag.
	cmd := exec.CommandContext(b.Context(), "go", "build", "-tags", "noassets", "-o", program, "github.com/syncthing/syncthing/cmd/syncthing")
	cmd.Dir = filepath.Join("..", "bench", "syncthing")
	if out, err := cmd.CombinedOutput(); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "BenchmarkTransfer: without Syncthing, which cannot be built: %v %s\n", err, out)
		return ""
	}
	return program
}

func newSyncthing(b *testing.B, program string) *syncthing {
	b.Helper()
	s := &syncthing{b: b, program: program, home: b.TempDir(), key: "bench", listening: freeAddress(b), controlled: freeAddress(b)}
	out, err := s.command("generate", "--no-default-folder", "--skip-port-probing").CombinedOutput()
	if err != nil {
		b.Fatalf("make a home for Syncthing: %v %s", err, out)
	}
	id, err := s.command("serve", "--device-id").Output()
	if err != nil {
		b.Fatal(err)
	}
	s.device = strings.TrimSpace(string(id))
	return s
}

func (s *syncthing) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(s.b.Context()), s.program, append(args, "--home", s.home)...)
	cmd.Env = append(os.Environ(), "STNOUPGRADE=1", "STNODEFAULTFOLDER=1", "STMONITORED=1") // no process that watches another
	return cmd
}

// configure keeps the instance to loopback, at the priority of other programs,
// and names it the other one, with which it shares path if that is not "".
func (s *syncthing) configure(other *syncthing, path string) {
	s.b.Helper()
	file := filepath.Join(s.home, "config.xml")
	text, err := os.ReadFile(file)
	if err != nil {
		s.b.Fatal(err)
	}
	for name, value := range map[string]string{
		"listenAddress": "tcp://" + s.listening, "globalAnnounceEnabled": "false", "localAnnounceEnabled": "false",
		"relaysEnabled": "false", "natEnabled": "false", "crashReportingEnabled": "false", "setLowPriority": "false",
		"startBrowser": "false", "urAccepted": "-1",
	} {
		element := regexp.MustCompile("<" + name + ">[^<]*</" + name + ">")
		text = element.ReplaceAll(text, []byte("<"+name+">"+value+"</"+name+">"))
	}
	more := fmt.Sprintf(`<device id=%q name="other"><address>tcp://%s</address></device>`, other.device, other.listening)
	if path != "" {
		more += fmt.Sprintf(`<folder id=%q path=%q><device id=%q></device><device id=%q></device></folder>`, syncthingFolder, path, s.device, other.device)
	}
	text = bytes.Replace(text, []byte("<gui "), []byte(more+"<gui "), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		s.b.Fatal(err)
	}
}

// start runs the instance until stop is called.
func (s *syncthing) start() (stop func()) {
	s.b.Helper()
	cmd := s.command("serve", "--no-browser", "--no-restart", "--gui-address", s.controlled, "--gui-apikey", s.key)
	if err := cmd.Start(); err != nil {
		s.b.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	return func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it ends with a code for the signal
	}
}

// until asks again and again until the answer contains text.
func (s *syncthing) until(path, text string) {
	s.b.Helper()
	s.wait(func() bool {
		answer, err := s.ask(http.MethodGet, path, nil)
		return err == nil && bytes.Contains(answer, []byte(text))
	}, longest)
}

// add adds the folder, shared with the other instance.
func (s *syncthing) add(other *syncthing, dir string) {
	s.b.Helper()
	body := fmt.Sprintf(`{"id": %q, "path": %q, "devices": [{"deviceID": %q}, {"deviceID": %q}]}`, syncthingFolder, dir, s.device, other.device)
	if _, err := s.ask(http.MethodPost, "/rest/config/folders", strings.NewReader(body)); err != nil {
		s.b.Fatal(err)
	}
}

// awaitFiles waits until n files are complete.
func (s *syncthing) awaitFiles(n int) {
	s.b.Helper()
	s.wait(func() bool {
		answer, err := s.ask(http.MethodGet, "/rest/db/status?folder="+syncthingFolder, nil)
		var status struct{ LocalFiles, NeedTotalItems int }
		return err == nil && json.Unmarshal(answer, &status) == nil && status.LocalFiles == n && status.NeedTotalItems == 0
	}, syncthingWait)
}

func (s *syncthing) wait(enough func() bool, most time.Duration) {
	s.b.Helper()
	tick := time.NewTicker(benchPoll)
	defer tick.Stop()
	late := time.After(most)
	for !enough() {
		select {
		case <-tick.C:
		case <-late:
			s.b.Fatal("Syncthing does not come to an end")
		}
	}
}

func (s *syncthing) ask(method, path string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.b.Context(), method, "http://"+s.controlled+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-API-Key", s.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return answer, err
}

// freeAddress returns an address of loopback at which nobody listens.
func freeAddress(b *testing.B) string {
	b.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it is free again
	return ln.Addr().String()
}

func countFiles(b *testing.B, dir string) (n int) {
	b.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "IMG_*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range found {
		if strings.HasSuffix(path, ".JPG") {
			n++
		}
	}
	return n
}
