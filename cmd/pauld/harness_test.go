package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// suppressions names the data races of libraries, for the race detector in the
// pauld of these tests.
var suppressions, _ = filepath.Abs("testdata/races.txt")

// The test binary is pauld itself when this variable is set.
const actAsPauld = "PAULD_TEST_ACT"

func TestMain(m *testing.M) {
	app.ServeIfChild()
	if os.Getenv(actAsPauld) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// home is the home of a device, on which commands are run.
type home struct {
	dir string
	cwd string // where commands run

	prefix []string // put before pauld
}

func newHome(t *testing.T) *home {
	t.Helper()
	return &home{dir: filepath.Join(t.TempDir(), "home"), cwd: t.TempDir()}
}

func (h *home) command(ctx context.Context, args ...string) *exec.Cmd {
	words := slices.Concat(h.prefix, []string{os.Args[0], "--home", h.dir}, args)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), actAsPauld+"=1", "GORACE=suppressions='"+suppressions+"'")
	cmd.Dir = h.cwd
	cmd.WaitDelay = patience
	return cmd
}

// result is what a command did.
type result struct {
	out, err string
	code     int
}

// try runs a command to its end.
func (h *home) try(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := h.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("pauld %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// want runs a command that must end with the given exit code.
func (h *home) want(t *testing.T, code int, args ...string) result {
	t.Helper()
	r := h.try(t, args...)
	if r.code != code {
		t.Fatalf("pauld %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// refused runs a command that must fail with code 1 and say all of the words.
func (h *home) refused(t *testing.T, words []string, args ...string) {
	t.Helper()
	h.fails(t, exitFailed, words, args...)
}

// fails runs a command that must end with the exit code and say all of the words.
func (h *home) fails(t *testing.T, code int, words []string, args ...string) {
	t.Helper()
	r := h.want(t, code, args...)
	for _, w := range words {
		if !strings.Contains(r.err, w) {
			t.Errorf("pauld %s says %q, want it to say %q", strings.Join(args, " "), r.err, w)
		}
	}
}

// says runs a command that must succeed and print text.
func (h *home) says(t *testing.T, text string, args ...string) {
	t.Helper()
	if r := h.want(t, exitDone, args...); !strings.Contains(r.out, text) {
		t.Errorf("pauld %s prints %q, want it to say %q", strings.Join(args, " "), r.out, text)
	}
}

// list lists the files of the device.
func (h *home) list(t *testing.T) []app.Listing {
	t.Helper()
	return lines[app.Listing](t, h.want(t, exitDone, "list", "--json").out)
}

// lines parses one JSON object a line.
func lines[T any](t *testing.T, text string) []T {
	t.Helper()
	var all []T
	for line := range strings.Lines(text) {
		var v T
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

// running is a pauld that goes on.
type running struct {
	cmd   *exec.Cmd
	lines chan string // of standard output; closed at its end
	errs  *bytes.Buffer
	done  chan struct{} // closed once it has ended
	err   error         // how; to be read after done
}

// begin starts a command that goes on.
func (h *home) begin(t *testing.T, stdin io.Reader, args ...string) *running {
	t.Helper()
	r := &running{cmd: h.command(context.WithoutCancel(t.Context()), args...), lines: make(chan string, 100), errs: new(bytes.Buffer), done: make(chan struct{})}
	r.cmd.Stdin, r.cmd.Stderr = stdin, r.errs
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			r.lines <- s.Text()
		}
		close(r.lines)
		r.err = r.cmd.Wait()
		close(r.done)
	}()
	return r
}

// line waits for a line of output.
func (r *running) line(t *testing.T) string {
	t.Helper()
	select {
	case s, ok := <-r.lines:
		if !ok {
			<-r.done
			t.Fatalf("pauld ended: %v\n%s", r.err, r.errs)
		}
		return s
	case <-time.After(patience):
		t.Fatalf("pauld said nothing for %v", patience)
		return ""
	}
}

// end waits until the command has ended, and returns its exit code.
func (r *running) end(t *testing.T) int {
	t.Helper()
	select {
	case <-r.done:
		return r.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		t.Fatalf("pauld does not end")
		return -1
	}
}

// stop asks the command to end, which must take it to exit code 0.
func (r *running) stop(t *testing.T) {
	t.Helper()
	_ = r.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	if code := r.end(t); code != exitDone {
		t.Errorf("stopped with exit code %d\n%s", code, r.errs)
	}
}

// start runs a device until the end of the test.
func (h *home) start(t *testing.T, args ...string) (*running, app.Ready) {
	t.Helper()
	args = append([]string{"run", "--json", "--no-lan", "--no-public-peers"}, args...)
	r := h.begin(t, nil, args...)
	t.Cleanup(func() {
		select {
		case <-r.done: // the test has ended it
		default:
			r.stop(t)
		}
	})
	var ready struct{ Ready app.Ready }
	if err := json.Unmarshal([]byte(r.line(t)), &ready); err != nil {
		t.Fatal(err)
	}
	return r, ready.Ready
}

// eventually tries until ok, which runs commands, is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("this did not come to pass: %s", what)
		case <-tick.C:
		}
	}
}

// drawPhotos writes n small photos, each with its own bytes, and returns their digests by path.
func drawPhotos(t *testing.T, dir string, n int, seed uint64) map[string]string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	digests := make(map[string]string)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 160, 120))
		c := color.RGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
		for at := range 160 * 120 {
			img.SetRGBA(at%160, at/160, color.RGBA{c.R + uint8(at%160), c.G ^ uint8(at/160), c.B + uint8(at), 255})
		}
		img.SetRGBA(i%160, i/160, color.RGBA{255, 255, 255, 255})
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("IMG_%04d.JPG", i))
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		digests[path] = digestOf(b.Bytes())
	}
	return digests
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// checkFile checks that the file at path has the digest.
func checkFile(t *testing.T, path, digest string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	if got := digestOf(data); got != digest {
		t.Errorf("%s has digest %s, want %s", path, got, digest)
	}
}
