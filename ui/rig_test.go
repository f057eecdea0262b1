package ui

import (
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// rig is a shell on a fake, whose screen's goroutine is the test's.
type rig struct {
	*shell
	t     *testing.T
	f     *fake
	posts chan func()
	later []*timer
	pick  *picker
	board *board
}

type timer struct {
	d       time.Duration
	f       func()
	stopped bool
}

// picker answers file dialogs.
type picker struct {
	paths []string
	err   error
}

func (p *picker) files(context.Context, string) ([]string, error) { return p.paths, p.err }
func (p *picker) folder(context.Context, string, string) (string, error) {
	if len(p.paths) == 0 {
		return "", errCancelled
	}
	return p.paths[0], p.err
}

func (p *picker) backup(context.Context, string) (string, error) {
	if len(p.paths) == 0 {
		return "", errCancelled
	}
	return p.paths[0], p.err
}

func newRig(t *testing.T, f *fake, size fyne.Size) *rig {
	t.Helper()
	a := test.NewTempApp(t)
	w := test.NewTempWindow(t, container.NewStack())
	r := &rig{t: t, f: f, posts: make(chan func(), 256), pick: &picker{}, board: &board{}}
	ctx, cancel := context.WithCancel(t.Context())
	w.Resize(size)
	r.shell = newShell(env{
		fyne: a, win: w, dev: f, lib: f, files: r.pick, login: fakeLogin{f}, board: r.board, desk: f, now: func() time.Time { return now },
		begin: func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
		do: func(fn func()) {
			select {
			case r.posts <- fn:
			case <-ctx.Done():
			}
		},
		after: func(d time.Duration, fn func()) func() {
			tm := &timer{d: d, f: fn}
			r.later = append(r.later, tm)
			return func() { tm.stopped = true }
		},
	})
	r.background(ctx)
	t.Cleanup(func() {
		cancel()
		r.shell.wg.Wait()
	})
	if f.loading == nil {
		r.until("all records", func() bool { return r.loaded })
	}
	return r
}

// until runs the screen's goroutine until cond holds.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	timeout := time.After(time.Minute)
	for !cond() {
		select {
		case f := <-r.posts:
			f()
		case <-timeout:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// settle waits until every picture on the screen has come.
func (r *rig) settle() {
	r.t.Helper()
	if g := r.presentGrid(); g != nil && !r.view.active() {
		r.until("thumbnails", g.grid.Settled)
	}
	if p, ok := r.present().(*albumsPage); ok {
		r.until("covers", func() bool {
			return !slices.ContainsFunc(p.cards, func(c *albumCard) bool { return c.cover.Image == nil })
		})
	}
	if p, ok := r.present().(*placesPage); ok {
		r.until("the map", p.atlas.Settled)
	}
	if r.view.active() {
		r.until("the photo", func() bool { return !r.view.loading[thumbKey(r.view.img, 0)] })
	}
}

// fire runs what waits for a time of at most d.
func (r *rig) fire(d time.Duration) {
	l := r.later
	r.later = nil
	for _, tm := range l {
		switch {
		case tm.stopped:
		case tm.d <= d:
			tm.f()
		default:
			r.later = append(r.later, tm)
		}
	}
}

func (r *rig) waitCall(want string) {
	r.t.Helper()
	r.until("call "+want, func() bool { return slices.Contains(r.f.called(), want) })
}

// texts are all texts on the screen.
func (r *rig) texts() string {
	var out []string
	walk(r.win.Canvas().Content(), func(o fyne.CanvasObject) {
		if t, ok := o.(*canvas.Text); ok {
			out = append(out, t.Text)
		}
	})
	for _, o := range r.win.Canvas().Overlays().List() {
		walk(o, func(o fyne.CanvasObject) {
			if t, ok := o.(*canvas.Text); ok {
				out = append(out, t.Text)
			}
		})
	}
	return strings.Join(out, " ")
}

func (r *rig) wantText(want string) {
	r.t.Helper()
	if got := r.texts(); !strings.Contains(got, want) {
		r.t.Errorf("no %q on the screen:\n%s", want, got)
	}
}

// tap clicks the button of that English text on the screen, the topmost first.
func (r *rig) tap(text string) {
	r.t.Helper()
	var found *look.Button
	find := func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && (b.Text() == text || b.Text() == words.T(text)) {
			found = b
		}
	}
	walk(r.win.Canvas().Content(), find)
	for _, o := range r.win.Canvas().Overlays().List() {
		walk(o, find)
	}
	if found == nil {
		r.t.Fatalf("no button %q on the screen:\n%s", text, r.texts())
	}
	test.Tap(found)
}

// walk visits what is visible under o.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch c := o.(type) {
	case *fyne.Container:
		for _, k := range c.Objects {
			walk(k, visit)
		}
	case fyne.Widget:
		for _, k := range test.WidgetRenderer(c).Objects() {
			walk(k, visit)
		}
	}
}

// shoot keeps a picture of the window in PAUL_SHOTS when that is set.
func (r *rig) shoot(name string) {
	r.t.Helper()
	dir := os.Getenv("PAUL_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, r.win.Canvas().Capture()), f.Close()); err != nil {
		r.t.Fatal(err)
	}
}
