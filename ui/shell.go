package ui

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	fynetooltip "github.com/dweymouth/fyne-tooltip"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// page is one entry of the sidebar.
type page interface {
	title() string
	object() fyne.CanvasObject
	shown()  // it comes on the screen
	hidden() // it leaves the screen
	reload() // what it shows has changed, and it is on the screen
}

// env is what a shell is given from outside, so that tests can give their own.
type env struct {
	fyne  fyne.App
	win   fyne.Window
	dev   device
	lib   library
	do    func(func())                              // runs a func on the screen's goroutine
	after func(time.Duration, func()) (stop func()) // runs a func later, on any goroutine
	now   func() time.Time
	begin func() (context.Context, context.CancelFunc) // a context that ends with the window
	files chooser
	login login // nil: it is not known how the program is started
	board pictureBoard
	desk  desktopFiles
}

// shell is the window: sidebar, toolbar, pages, status line, and the state that
// they share.
type shell struct {
	env
	wg sync.WaitGroup // every goroutine that the shell has started

	side    *sidebar
	suggest *suggestBox
	bar     *toolbar
	picked  *selectionBar
	status  *statusLine
	toasts  *toasts
	undos   *steps
	notices *notices
	frame   *fyne.Container // where the page stands
	root    *fyne.Container
	main    fyne.CanvasObject
	view    *viewerPage
	welcome *welcome // nil once the gallery shows
	pages   map[string]page
	current string

	duplicates *duplicates
	lastImport *importSummary // of the last import, until it is closed; or nil
	herald     *herald

	thumbs, hashes, instants *thumbs.Loader

	woken  <-chan struct{} // the device has changed
	deafen func()          // ends woken

	// what the screens show, read anew by reload
	snap    snapshot
	counts  counts // of snap
	devices []app.Device
	moving  map[app.Digest]app.Transfer // on their way here
	self    app.Device
	away    error  // why the library folder cannot be used; nil when it is there
	reach   string // which photos can be had: how many are here, and who is online
	theme   look.Theme
	scale   float64
	calm    bool // the system asks for less motion
	begins  beginning
	looks   remembered
	kept    string // of looks, as it was kept last
	keeping bool   // looks is being kept
	loaded  bool   // the device knows all its records; before, it knows some

	asked    map[string]bool // actions of before that were to be undone
	glancing atomic.Bool     // at the library folder

	restart  func()            // starts the program again
	modals   []*modal          // open dialogs, the topmost last
	inviting *inviteDialog     // opened last
	joining  *joinDialog       // opened last
	dismiss  func()            // closes the toolkit's own file dialog; nil while there is none
	takeDrop func(path string) // a dialog that wants the next file dropped; or nil
}

func newShell(e env) *shell {
	s := &shell{env: e, pages: map[string]page{}, asked: map[string]bool{}}
	s.woken, s.deafen = s.dev.Changed().Listen()                                                      // before the first reading, so that no change is missed
	s.thumbs = thumbs.New(thumbs.Options{Post: s.do, Workers: 8, Bytes: 40 << 20, Load: s.loadThumb}) // six may wait for other devices
	s.hashes = thumbs.New(thumbs.Options{Post: s.do, Workers: 1, Bytes: 12 << 20, Load: s.loadHash})
	s.instants = thumbs.New(thumbs.Options{Post: s.do, Workers: 2, Bytes: 16 << 20, Load: s.loadInstant})
	s.duplicates = &duplicates{s: s}
	s.herald = newHerald(s)
	s.applyLook(s.dev.Settings())
	s.recall()
	s.read()

	s.side = newSidebar(s.open)
	s.suggest = newSuggestBox(s)
	s.bar = newToolbar(s)
	s.picked = newSelectionBar(s)
	s.status = newStatusLine(s)
	s.undos = &steps{}
	s.toasts = newToasts(s.env, s.undos, s.picked.height)
	s.notices = newNotices(s)
	s.frame = container.NewStack()
	s.view = newViewerPage(s)
	ground := look.NewSurface(theme.ColorNameBackground, "", 0)
	s.main = container.New(&shellLayout{s}, ground, s.side.object, s.bar.object, s.frame, s.status.object, s.notices.box, s.picked.object, s.suggest.object)
	s.root = container.NewStack()
	s.win.SetContent(fynetooltip.AddWindowToolTipLayer(s.root, s.win.Canvas()))
	s.win.SetPadded(false)
	s.win.SetOnDropped(s.dropped)
	s.shortcuts()
	s.start()
	return s
}

// start shows the first screen: the welcome on a new device, else the photos.
func (s *shell) start() {
	if s.begun() {
		s.enter()
		return
	}
	s.welcome = newWelcome(s)
	s.layers(s.welcome.object)
}

// begun tells whether this device has a library already: the person chose to
// start one, or one was made without the gallery.
func (s *shell) begun() bool {
	return s.dev.Settings().FirstStartDone || len(s.snap.images) > 0 || len(s.devices) > 1
}

// enter shows the gallery.
func (s *shell) enter() {
	s.welcome = nil
	if set := s.dev.Settings(); !set.FirstStartDone { // a library that was made without the gallery
		set.FirstStartDone = true
		s.goDo(func(ctx context.Context) error { return s.dev.UpdateSettings(ctx, set) }, s.reportTo(words.T("The setting was not changed")))
	}
	s.layers(s.main)
	s.open("photos")
}

// layers makes what is given the content of the window, the last on top; toasts
// lie over all of it.
func (s *shell) layers(o ...fyne.CanvasObject) {
	s.root.Objects = append(o, s.toasts.box)
	s.root.Refresh()
}

// page returns a page, made when it is first asked for.
func (s *shell) page(id string) page {
	if p, ok := s.pages[id]; ok {
		return p
	}
	p := s.makePage(id)
	if g, ok := p.(*gridPage); ok {
		g.wait(id)
		g.lookAs()
	}
	s.pages[id] = p
	return p
}

// open shows a page.
func (s *shell) open(id string) {
	if p, ok := s.pages[s.current]; ok {
		p.hidden()
	}
	s.current = id
	p := s.page(id)
	g, _ := p.(*gridPage)
	back := ""
	if g != nil {
		back = g.parent()
	}
	s.side.choose(id, back)
	s.frame.Objects = []fyne.CanvasObject{p.object()}
	s.bar.turnTo()
	s.frame.Refresh()
	s.reload()
	p.shown()
	if g, ok := p.(*gridPage); ok {
		s.win.Canvas().Focus(g.grid)
	}
}

// page on the screen.
func (s *shell) present() page { return s.pages[s.current] }

// grid is the grid page on the screen, or nil.
func (s *shell) presentGrid() *gridPage {
	g, _ := s.present().(*gridPage)
	return g
}

// read takes fresh snapshots of all that the screens share.
func (s *shell) read() {
	before := s.snap.images
	if s.snap = s.lib.Snapshot(); !same(before, s.snap.images) {
		s.counts = count(s.snap.images)
	}
	s.devices = s.dev.Devices()
	s.self = s.dev.Self()
	s.moving = make(map[app.Digest]app.Transfer)
	for _, t := range s.dev.Transfers() {
		s.moving[t.Digest] = t
	}
	s.retryThumbs()
}

// transfer is how far a photo is on its way here.
func (s *shell) transfer(d app.Digest) (app.Transfer, bool) {
	t, ok := s.moving[d]
	return t, ok
}

// receiving tells whether any photo is on its way here.
func (s *shell) receiving() bool {
	for _, t := range s.moving {
		if t.Err == "" {
			return true
		}
	}
	return false
}

// retryThumbs lets failed thumbnails be tried again when that may go better:
// another device is online, or more photos are here.
func (s *shell) retryThumbs() {
	key := fmt.Sprint(s.dev.Status().Local)
	for _, d := range s.devices {
		if d.Online {
			key += d.ID
		}
	}
	if key != s.reach {
		s.reach = key
		s.thumbs.Retry()
	}
}

// reload reads what has changed and shows it.
func (s *shell) reload() {
	s.read()
	s.applyLook(s.dev.Settings())
	s.duplicates.reload()
	s.status.reload()
	s.notices.reload()
	s.herald.reload()
	s.countPages()
	if s.welcome != nil && s.welcome.idle && s.begun() {
		s.enter()
		return
	}
	if p := s.present(); p != nil {
		p.reload()
		s.bar.reload()
	}
	s.view.reload()
}

// countPages writes the numbers into the sidebar. Where photos are is told only
// when all is known of it: half of it would alarm.
func (s *shell) countPages() {
	n := s.counts
	if !s.loaded {
		n = counts{favourites: n.favourites}
	}
	s.side.rows["photos"].setCount(len(s.snap.images))
	s.side.rows["favourites"].setCount(n.favourites)
	s.side.rows["here"].setCount(n.here)
	s.side.rows["elsewhere"].setCount(n.elsewhere)
	s.side.rows["onecopy"].setCount(n.oneCopy)
	s.side.rows["duplicates"].setCount(len(s.duplicates.groups))
	s.side.rows["devices"].setCount(len(s.devices))
	running := 0
	for _, a := range s.dev.Activities() {
		if a.Running() {
			running++
		}
	}
	s.side.rows["activity"].setCount(running)
	s.side.rows["trash"].setDot(len(s.dev.HeldDeletions()) > 0)
}

// counts of images by what the sidebar tells apart.
type counts struct{ favourites, here, elsewhere, oneCopy, onlyHere int }

func count(images []*imagelib.Image) counts {
	var n counts
	for _, img := range images {
		if img.Favourite {
			n.favourites++
		}
		if img.Here {
			n.here++
		} else {
			n.elsewhere++
		}
		if img.Holders <= 1 {
			n.oneCopy++
			if img.Here {
				n.onlyHere++
			}
		}
	}
	return n
}

// same tells whether two lists are one: those of snapshots never change.
func same[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// applyLook takes from the settings how everything looks and moves.
func (s *shell) applyLook(set app.Settings) {
	look.SetMotion(set.ReduceMotion == "off" || set.ReduceMotion == "" && !s.calm)
	th := look.Theme{Name: set.Theme, Accent: set.Accent, Compact: set.Density == "compact"}
	if s.fyne.Settings().Theme() != th || s.scale != set.Scale {
		s.theme, s.scale = th, set.Scale
		setScale(set.Scale)
		s.fyne.Settings().SetTheme(th)
	}
}

// goDo runs work on its own goroutine, and done on the screen's with its error.
// work gets a context that ends with the window.
func (s *shell) goDo(work func(ctx context.Context) error, done func(error)) {
	ctx, cancel := s.begin()
	s.goWith(ctx, func(ctx context.Context) error {
		defer cancel()
		return work(ctx)
	}, done)
}

// goWith is goDo under a context of the caller's. done runs even when that has
// ended, but not when the window has.
func (s *shell) goWith(ctx context.Context, work func(ctx context.Context) error, done func(error)) {
	s.wg.Go(func() {
		err := work(ctx)
		s.do(func() { done(err) })
	})
}

// fail tells of a failure that has no better place.
func (s *shell) fail(what string, err error) {
	p := words.Explain(err)
	s.tell("warning", what, p.What+"\n\n"+p.Do)
}

// shellLayout places the parts of the window: ground, sidebar, toolbar, page,
// status line, notices, the bar of the selection.
type shellLayout struct{ s *shell }

const (
	narrowWindow = 900
	barHeight    = 64
	statusHeight = 32
)

func (*shellLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(460, 360) }

func (l *shellLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	left := float32(look.Sidebar)
	narrow := size.Width < narrowWindow
	if narrow {
		left = look.Rail
	}
	l.s.side.setNarrow(narrow)
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	w := size.Width - left
	place(o[0], 0, 0, size.Width, size.Height)
	place(o[1], 0, 0, left, size.Height)
	place(o[2], left, 0, w, barHeight)
	top := float32(barHeight)
	if l.s.notices.shown() {
		place(o[5], left, top, w, o[5].MinSize().Height)
		place(o[5], left, top, w, o[5].MinSize().Height) // its height follows its width
		top += o[5].MinSize().Height
	}
	picked := l.s.picked.height()
	place(o[3], left, top, w, size.Height-top-statusHeight-picked)
	place(o[6], left, size.Height-statusHeight-picked, w, picked)
	place(o[4], left, size.Height-statusHeight, w, statusHeight)
	l.s.suggest.place(fyne.NewPos(left, 0))
}
