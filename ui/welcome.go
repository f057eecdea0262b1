package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/assets"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// welcome is the first screen of a new device: start a library, or join one.
type welcome struct {
	s      *shell
	object fyne.CanvasObject
	body   *fyne.Container
	set    app.Settings
	name   *keyEntry
	path   *look.Text
	idle   bool // nothing has been chosen yet
}

func newWelcome(s *shell) *welcome {
	w := &welcome{s: s, body: container.NewStack(), set: s.dev.Settings()}
	w.object = container.NewStack(look.NewSurface(look.ColorSidebar, "", 0), container.NewVScroll(container.NewCenter(look.PadAll(24, w.body))))
	w.choose()
	return w
}

const welcomeWidth = 560

func (w *welcome) show(o fyne.CanvasObject) {
	w.body.Objects = []fyne.CanvasObject{look.Fixed(welcomeWidth, 0, o)}
	w.body.Refresh()
}

// head is the icon, a title and a text.
func welcomeHead(title, text string) fyne.CanvasObject {
	return look.VBox(10,
		container.NewCenter(newPicture(fyne.NewStaticResource("icon.png", assets.Icon), 96)), look.Space(0, 4),
		look.NewPara(title, look.SizeHero, welcomeWidth, theme.ColorNameForeground).Bold().Align(fyne.TextAlignCenter),
		look.NewPara(text, look.SizeBody, welcomeWidth, look.ColorSecondary).Align(fyne.TextAlignCenter))
}

// choose asks how to begin.
func (w *welcome) choose() {
	w.idle = true
	w.show(look.VBox(14,
		welcomeHead(words.T("Welcome to Paul"), words.T("Your photos, on all your devices. No account, no server, just ordinary files.")),
		look.Space(0, 8),
		newChoice("photos", words.T("Start a library"), words.T("Begin with the photos of this computer; add other devices later."), func() { w.details(false) }),
		newChoice("devices", words.T("Join my other device"), words.T("Paul runs on another device already; have its pair code ready."), func() { w.details(true) })))
}

// details asks for the computer's name and the library folder.
func (w *welcome) details(join bool) {
	w.idle = false
	w.name = newKeyEntry(w.choose)
	w.name.SetText(w.set.Name)
	w.path = look.NewCut(w.set.Library, look.SizeBody, theme.ColorNameForeground)
	change := look.NewButton(words.T("Change…"), "folder", look.Plain, func() {
		w.s.chooseFolder(words.T("Library folder"), w.set.Library, func(dir string) {
			w.set.Library = dir
			w.path.Set(dir)
		})
	})
	title, text, next := words.T("Start a library"), words.T("Two things, and you can change both later."), words.T("Start")
	if join {
		title, next = words.T("Join my other device"), words.T("Next: the pair code")
	}
	proceed := look.NewButton(next, "", look.Primary, func() { w.finish(join) })
	w.name.OnSubmitted = func(string) { w.finish(join) }
	label := func(s string) fyne.CanvasObject {
		return look.NewText(s, look.SizeBody, theme.ColorNameForeground).Bold()
	}
	w.show(look.VBox(14, welcomeHead(title, text), look.Space(0, 6),
		look.Card(look.VBox(8,
			label(words.T("Name of this computer")), w.name,
			look.NewText(words.T("How your other devices show it."), look.SizeCaption, look.ColorSecondary),
			look.Space(0, 6),
			label(words.T("Library folder")), container.NewBorder(nil, nil, nil, change, look.Middle(w.path)),
			look.NewPara(words.T("Photos that are kept on this computer lie here, as ordinary files by date."), look.SizeCaption, welcomeWidth-32, look.ColorSecondary))),
		look.Space(0, 4),
		container.NewBorder(nil, nil, look.NewButton(words.T("Back"), "back", look.Ghost, w.choose), proceed)))
	w.s.win.Canvas().Focus(w.name)
	w.name.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// finish keeps the answers, and goes on to the gallery or to the pair code.
func (w *welcome) finish(join bool) {
	w.set.Name = strings.TrimSpace(w.name.Text)
	set := w.set
	set.FirstStartDone = !join // joining sets it, when it has gone well
	s := w.s
	s.goDo(func(ctx context.Context) error { return s.dev.UpdateSettings(ctx, set) }, func(err error) {
		switch {
		case err != nil:
			s.fail(words.T("This cannot be used"), err)
		case join:
			s.joinThen(w.enter)
		default:
			w.enter()
		}
	})
}

// enter shows the gallery; another library folder needs a new start first.
func (w *welcome) enter() {
	if len(w.s.dev.RestartNeeded()) > 0 && w.s.restart != nil {
		w.s.restart()
		return
	}
	w.s.enter()
}

// choice is a large button with a symbol, a title and a sentence.
type choice struct {
	widget.BaseWidget
	symbol, title, text string
	do                  func()
	ground, ring        *look.Surface
	focused             bool
}

var (
	_ desktop.Hoverable = (*choice)(nil)
	_ fyne.Focusable    = (*choice)(nil)
)

func newChoice(symbol, title, text string, do func()) *choice {
	c := &choice{symbol: symbol, title: title, text: text, do: do, ground: look.NewSurface(theme.ColorNameBackground, theme.ColorNameSeparator, look.CardRadius)}
	c.ring = look.NewRing(theme.ColorNamePrimary, look.CardRadius)
	c.ring.Hide()
	c.ExtendBaseWidget(c)
	return c
}

// Tapped implements [fyne.Tappable].
func (c *choice) Tapped(*fyne.PointEvent) { c.do() }

// MouseIn implements [desktop.Hoverable].
func (c *choice) MouseIn(*desktop.MouseEvent) { c.ground.SetFill(look.ColorSoft) }

// MouseMoved implements [desktop.Hoverable].
func (c *choice) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (c *choice) MouseOut() { c.light() }

func (c *choice) light() {
	if c.focused {
		c.ground.SetFill(look.ColorSoft)
	} else {
		c.ground.SetFill(theme.ColorNameBackground)
	}
}

// FocusGained implements [fyne.Focusable].
func (c *choice) FocusGained() {
	c.focused = true
	c.ring.Show()
	c.light()
	look.Reveal(c)
}

// FocusLost implements [fyne.Focusable].
func (c *choice) FocusLost() {
	c.focused = false
	c.ring.Hide()
	c.light()
}

// TypedRune implements [fyne.Focusable].
func (c *choice) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable].
func (c *choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.do()
	default:
		look.PassKey(c, e)
	}
}

// CreateRenderer implements [fyne.Widget].
func (c *choice) CreateRenderer() fyne.WidgetRenderer {
	mark := container.NewStack(look.NewSurface(look.ColorSoft, "", 24), look.Fixed(48, 48, container.NewCenter(look.NewIcon(c.symbol, theme.ColorNamePrimary, 26))))
	lines := look.VBox(3, look.NewText(c.title, look.SizeTitle, theme.ColorNameForeground).Bold(),
		look.NewPara(c.text, look.SizeBody, welcomeWidth-150, look.ColorSecondary))
	row := container.NewBorder(nil, nil, look.Pad(0, 16, 0, 0, container.NewCenter(mark)), container.NewCenter(look.NewIcon("right", look.ColorSecondary, 20)), look.Middle(lines))
	return widget.NewSimpleRenderer(container.NewStack(c.ground, c.ring, look.Pad(16, 16, 16, 18, row)))
}
