//go:build e2e

// Package e2e drives the real gallery, in a window of a private X server, by
// mouse and keyboard, and asks the device behind it with pauld what came of it.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the screen or for a device.
const patience = 60 * time.Second

// A screen is a private X server with a window manager.
type screen struct {
	t   testing.TB
	env []string
	dir string // a home for the programs on it
}

// newScreen starts Xvfb on a free display. Everything on it ends with the test.
func newScreen(t testing.TB) *screen {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "2640x900x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	start(t, server)
	_ = w.Close()
	var display int
	if _, err := fmt.Fscanf(r, "%d", &display); err != nil {
		t.Fatalf("Xvfb did not say its display: %v", err)
	}
	dir := t.TempDir()
	s := &screen{t: t, dir: dir, env: append(os.Environ(),
		"DISPLAY=:"+strconv.Itoa(display), "WAYLAND_DISPLAY=", "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8", "FYNE_SCALE=1",
		"HOME="+dir, "XDG_CONFIG_HOME="+dir+"/.config", "XDG_DATA_HOME="+dir+"/.local/share", "XDG_RUNTIME_DIR="+dir)}
	wm := exec.Command("openbox")
	wm.Env = s.env
	start(t, wm)
	wait(t, "window manager", new(output), func() bool { return s.try("xdotool", "get_num_desktops") == nil })
	return s
}

// try runs a command on the screen that may fail.
func (s *screen) try(name string, args ...string) error {
	c := exec.CommandContext(s.t.Context(), name, args...)
	c.Env = s.env
	return c.Run()
}

// start runs a program in a process group of its own, which ends with the test.
func start(t testing.TB, c *exec.Cmd) {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = 2 * time.Second
	if err := c.Start(); err != nil {
		t.Fatalf("%s: %v", c.Path, err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		_ = c.Wait() // it was killed
	})
}

// A gallery is one running paul and its window.
type gallery struct {
	*screen
	home, window string
	log          *output
	program      *exec.Cmd
}

// open starts the gallery on its own home and waits for its window. Its size is fixed,
// so that the places of things in it are.
func (s *screen) open(name string, args ...string) *gallery {
	s.t.Helper()
	home := filepath.Join(s.dir, name)
	g := &gallery{screen: s, home: home, log: new(output)}
	program := append([]string{"--", binary("paul"), "--home", home, "--no-lan", "--no-public-peers"}, args...)
	g.program = exec.Command("dbus-run-session", program...)
	g.program.Env, g.program.Stdout, g.program.Stderr = s.env, g.log, g.log
	before := s.windows()
	start(s.t, g.program)
	wait(s.t, "window of "+name, g.log, func() bool {
		for id := range s.windows() {
			if !before[id] {
				g.window = id
				return true
			}
		}
		return false
	})
	g.resize(name)
	g.xdotool("windowmove", "--sync", g.window, strconv.Itoa(1310*len(before)), "40") // beside those open already
	g.xdotool("windowactivate", "--sync", g.window)
	return g
}

// resize gives the window its size, and waits until it keeps it: while the
// program starts, it sets a size of its own.
func (g *gallery) resize(name string) {
	g.t.Helper()
	kept := 0
	wait(g.t, "size of the window of "+name, g.log, func() bool {
		img := g.grab("start-" + name)
		if img.Rect.Dx() != 1280 || img.Rect.Dy() != 800 || plain(img) {
			g.xdotool("windowsize", g.window, "1280", "800")
			kept = 0
			return false
		}
		kept++
		return kept > 5
	})
}

// plain tells a picture in which nothing has been drawn yet.
func plain(img *image.RGBA) bool {
	ground := image.NewRGBA(img.Rect)
	draw.Draw(ground, ground.Rect, image.NewUniform(img.At(0, 0)), image.Point{}, draw.Src)
	return same(img, ground)
}

// windows returns the IDs of the gallery windows on the screen.
func (s *screen) windows() map[string]bool {
	c := exec.Command("xdotool", "search", "--onlyvisible", "--name", "^Paul")
	c.Env = s.env
	out, _ := c.Output() // it fails when there is none
	ids := map[string]bool{}
	for _, id := range strings.Fields(string(out)) {
		ids[id] = true
	}
	return ids
}

func (g *gallery) xdotool(args ...string) {
	g.t.Helper()
	g.command("xdotool", args...)
}

func (g *gallery) command(name string, args ...string) string {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = g.env
	out, err := c.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%s %v: %v\n%s\npaul said:\n%s", name, args, err, out, g.log)
	}
	return string(out)
}

// click presses a mouse button at a point of the window, with keys such as
// "ctrl" held.
func (g *gallery) click(x, y int, held ...string) {
	g.t.Helper()
	g.xdotool("windowactivate", "--sync", g.window)
	args := []string{"mousemove", "--window", g.window, strconv.Itoa(x), strconv.Itoa(y)}
	for _, k := range held {
		args = append(args, "keydown", k)
	}
	args = append(args, "click", "1")
	for _, k := range held {
		args = append(args, "keyup", k)
	}
	g.xdotool(args...)
}

func (g *gallery) key(keys ...string) {
	g.t.Helper()
	g.xdotool("windowactivate", "--sync", g.window)
	g.xdotool(append([]string{"key", "--delay", "60"}, keys...)...)
}

// shot returns the window's pixels once two pictures in a row are the same. It is kept in
// E2E_SHOTS when that is set.
func (g *gallery) shot(name string) *image.RGBA {
	g.t.Helper()
	var last *image.RGBA
	wait(g.t, "picture of "+name+" at rest", g.log, func() bool {
		now := g.grab(name)
		rests := last != nil && same(last, now)
		last = now
		return rests
	})
	return last
}

func (g *gallery) grab(name string) *image.RGBA {
	g.t.Helper()
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		dir = g.dir
	}
	path := filepath.Join(dir, name+".png")
	g.command("import", "-window", g.window, path)
	f, err := os.Open(path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		g.t.Fatal(err)
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Rect, img, img.Bounds().Min, draw.Src)
	return flat
}

// pauld runs a command against the gallery's device and returns the JSON
// objects that it printed and its exit code.
func (g *gallery) pauld(args ...string) ([]map[string]any, int) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, binary("pauld"), append([]string{"--home", g.home, "--json"}, args...)...)
	c.Env = g.env
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !asExit(err, &exit) {
		g.t.Fatalf("pauld %v: %v", args, err)
	}
	var objects []map[string]any
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var o map[string]any
		if err := dec.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			g.t.Fatalf("pauld %v printed %q: %v", args, out, err)
		}
		objects = append(objects, o)
	}
	return objects, c.ProcessState.ExitCode()
}

func asExit(err error, to **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // Output returns it bare
	*to = e
	return ok
}

// wait polls until done; what it waits for is outside of this process.
func wait(t testing.TB, what string, log *output, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no %s within %v; paul said:\n%s", what, patience, log)
		}
	}
}

// binary returns the path of a program that `make build` made.
func binary(name string) string {
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		return name
	}
	return path
}

// output keeps what a program printed.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// pid returns the process of the gallery, as its window tells it.
func (g *gallery) pid() int {
	g.t.Helper()
	text := strings.TrimSpace(g.command("xdotool", "getwindowpid", g.window))
	pid, err := strconv.Atoi(text)
	if err != nil || pid < 2 {
		g.t.Fatalf("the window belongs to process %q; paul said:\n%s", text, g.log)
	}
	return pid
}

// quit asks the gallery to end and waits until it has. One that does not end
// is made to say what its goroutines wait for.
func (g *gallery) quit() {
	g.t.Helper()
	pid := g.pid()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		g.t.Fatal(err)
	}
	stuck := time.AfterFunc(patience, func() { _ = syscall.Kill(pid, syscall.SIGQUIT) })
	defer stuck.Stop()
	if err := g.program.Wait(); err != nil {
		g.t.Errorf("paul ended with %v:\n%s", err, g.log)
	}
}
