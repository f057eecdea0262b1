package ui

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/assets"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// Options say what to show first. The zero Options are those of a plain start.
type Options struct {
	Open []string     // photos and folders to import, or a paul: link to join by
	Log  *slog.Logger // nil discards

	Command []string // how the system can start the program at login; nil: it is not known
}

// listenPause is the least time between two readings of the device's state.
const listenPause = 150 * time.Millisecond

// Run shows the gallery of dev, which must be running, until its window is
// closed or ctx ends. It must be called on the main goroutine, once. restart
// tells that the person asked for the program to be started again, so that
// changed settings hold.
func Run(ctx context.Context, fyneApp fyne.App, dev *app.App, opts Options) (restart bool) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := words.Use(dev.Settings().Language); err != nil {
		opts.Log.ErrorContext(ctx, "Loading translations", "error", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	setScale(dev.Settings().Scale)
	calm(fyneApp)
	fyneApp.SetIcon(fyne.NewStaticResource("paul.png", assets.Icon))
	win := fyneApp.NewWindow("Paul")
	win.SetMaster()
	win.Resize(fyne.NewSize(1280, 820))
	toolkit := &doer{hand: fyne.Do}
	win.SetCloseIntercept(func() {
		toolkit.close()
		win.Close()
	})
	s := newShell(env{ //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
		fyne: fyneApp, win: win, dev: realDevice{dev}, lib: realLibrary{dev.Images()}, do: toolkit.do, after: later,
		now: time.Now, files: newSystemChooser(), login: atLoginOf(fyneApp.UniqueID(), opts.Command), board: newSystemBoard(), desk: systemDesktop{},
		begin: func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
	})
	s.begins.log = opts.Log
	s.restart = func() {
		restart = true
		toolkit.close()
		win.Close()
	}
	s.background(ctx)
	s.wg.Go(func() { s.heedSystem(ctx) })
	quit := fyneApp.Driver().Quit // unlike the App's, it may come when the toolkit has ended by itself, on a signal
	context.AfterFunc(ctx, func() { toolkit.doLast(quit) })
	keepQuietAtTheEnd(fyneApp.Lifecycle())
	fyneApp.Lifecycle().SetOnStarted(func() { //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
		s.begins.start()
		s.openArgs(opts.Open)
	})
	win.ShowAndRun()
	cancel()
	s.wg.Wait()
	if err := s.rememberLast(); err != nil {
		opts.Log.WarnContext(ctx, "Keeping what the gallery shows", "error", err)
	}
	return restart
}

// background starts what runs beside the screen's goroutine; all of it ends
// with ctx.
func (s *shell) background(ctx context.Context) {
	for _, l := range []*thumbs.Loader{s.thumbs, s.hashes, s.instants} {
		s.wg.Go(func() { _ = l.Run(ctx) })
	}
	s.wg.Go(func() { s.listen(ctx) })
	s.wg.Go(func() { s.awaitReady(ctx) })
	s.wg.Go(func() { s.listenOpened(ctx) })
}

// heedSystem holds everything still when the system asks for that and the
// settings do not say otherwise.
func (s *shell) heedSystem(ctx context.Context) {
	if look.SystemStill(ctx) {
		s.do(func() {
			s.calm = true
			s.applyLook(s.dev.Settings())
		})
	}
}

// listen reads the device's state whenever it has changed, and while something
// runs also without that, so that rates and ages are fresh.
func (s *shell) listen(ctx context.Context) {
	defer s.deafen()
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	s.lookAway(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.woken:
		case <-tick.C:
		}
		s.prepare()
		s.dev.CountActions(ctx)
		s.lookAway(ctx)
		s.do(func() {
			if ctx.Err() == nil {
				s.reload() //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
			}
		})
		pause.Reset(listenPause)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// prepare has the device count and the library sort what has changed before the
// screen's goroutine asks for it: both keep what they have worked out.
func (s *shell) prepare() {
	s.dev.Status()
	s.lib.Snapshot()
}

// awaitReady shows the library's numbers once they are those of all of it.
func (s *shell) awaitReady(ctx context.Context) {
	if _, err := s.dev.Ready(ctx); err != nil {
		return // the program ends
	}
	s.do(func() {
		s.loaded = true
		if ctx.Err() == nil {
			s.reload() //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
		}
	})
}

// listenOpened takes what another start of the program was asked to open.
func (s *shell) listenOpened(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case args := <-s.dev.Opened():
			s.do(func() { //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
				s.win.Show()
				s.win.RequestFocus()
				s.openArgs(args)
			})
		}
	}
}

// openArgs imports paths and joins by a link.
func (s *shell) openArgs(args []string) {
	var paths []string
	for _, a := range args {
		if strings.HasPrefix(strings.ToLower(a), "paul:") {
			s.joinByLink(a)
			continue
		}
		paths = append(paths, a)
	}
	if len(paths) > 0 {
		s.importPaths(paths)
	}
}

// later runs f after d on a goroutine of its own, unless stopped before.
func later(d time.Duration, f func()) (stop func()) {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// setScale hands the interface's scale to Fyne, which reads it from the
// environment; 0 leaves what the person's environment says.
func setScale(scale float64) {
	if scale > 0 {
		_ = os.Setenv("FYNE_SCALE", strconv.FormatFloat(scale, 'f', 2, 64))
	}
}

// cancelled tells an error that only means that the person or the program
// stopped the work.
func cancelled(err error) bool { return errors.Is(err, context.Canceled) }
