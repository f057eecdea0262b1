package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// joinDialog takes a pair code from another device, and joins its library.
type joinDialog struct {
	s      *shell
	m      *modal
	entry  *codeEntry
	hint   *look.Text
	ok     *look.Button
	cancel context.CancelFunc // of the attempt that runs
	joined func()             // after the dialog of a join that went well
	state  string             // for tests: code, reaching, words, done, failed
}

// joinTime is how long an attempt may take, the other person's answer included.
const joinTime = 3 * time.Minute

// join opens the dialog; a code that is given is tried at once.
func (s *shell) join(code string) { s.joinThen(code, nil) }

func (s *shell) joinThen(code string, joined func()) {
	d := &joinDialog{s: s, m: s.newModal(pairWidth), cancel: func() {}, joined: joined}
	d.m.closed = func() {
		d.cancel()
		s.takeDrop = nil
	}
	s.joining = d
	d.showEntry(code)
	d.m.show()
	s.win.Canvas().Focus(d.entry)
	if code != "" {
		d.start()
	}
}

// showEntry asks for the code.
func (d *joinDialog) showEntry(code string) {
	d.state = "code"
	s := d.s
	d.entry = newCodeEntry(d.start, d.m.hide)
	d.hint = look.NewText("", look.SizeCaption, look.ColorSecondary)
	d.ok = look.NewButton(words.T("Join"), "link", look.Primary, d.start)
	d.entry.OnChanged = func(string) { d.check() }
	d.entry.SetText(code)
	paste := look.NewButton(words.T("Paste"), "paste", look.Plain, func() {
		if t := strings.TrimSpace(flat(s.fyne.Clipboard().Content())); t != "" {
			d.entry.SetText(t)
			s.win.Canvas().Focus(d.entry) // Return joins
		}
	})
	pic := look.NewButton(words.T("From a picture…"), "qr", look.Plain, func() {
		s.chooseFiles(words.T("A picture of the pair code"), func(paths []string) { d.picture(paths[0]) })
	})
	s.takeDrop = d.picture
	d.check()
	d.m.set(look.VBox(12,
		look.NewText(words.T("Join my other device"), look.SizeHeading, theme.ColorNameForeground).Bold(),
		look.NewPara(words.T("On a device that is already in the library, open Devices and choose “Add a device”. Paste or type the code that it shows here; capitals, spaces and dashes do not matter. A picture of the square can be dropped onto this window."), look.SizeBody, pairWidth, look.ColorSecondary),
		look.Space(0, 2), d.entry,
		container.NewBorder(nil, nil, look.HBox(8, paste, pic), nil, look.Pad(0, 0, 0, 12, look.Middle(d.hint))),
		buttons(look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide), d.ok)), d.ok)
	if d.m.open {
		s.win.Canvas().Focus(d.entry)
	}
}

// check tells, while the person types, whether this can be a code.
func (d *joinDialog) check() {
	text := d.entry.Text
	switch {
	case strings.TrimSpace(text) == "":
		d.hint.Set("")
		d.ok.Disable()
	case !codeLike(text):
		d.hint.Set(words.T("A pair code has only letters, digits and dashes"))
		d.ok.Disable()
	case codeLength(text) < shortestCode:
		d.hint.Set(words.T("The code is longer than this"))
		d.ok.Disable()
	default:
		d.hint.Set("")
		d.ok.Enable()
	}
}

// shortestCode is less than any pair code has: 49 bytes of key, secret and
// version alone are 79 digits of base32.
const shortestCode = 79

// codeLike tells whether text has only characters that a code can have.
func codeLike(text string) bool {
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(" \t\r\n-:", r):
		default:
			return false
		}
	}
	return true
}

// codeLength counts the digits of a code.
func codeLength(text string) int {
	text = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "paul:")
	n := 0
	for _, r := range text {
		if !strings.ContainsRune(" \t\r\n-:", r) {
			n++
		}
	}
	return n
}

// picture takes the code from a picture file.
func (d *joinDialog) picture(path string) {
	var code string
	d.s.goDo(func(context.Context) (err error) {
		code, err = readQRFile(path)
		return err
	}, func(err error) {
		if d.state != "code" || !d.m.open {
			return
		}
		if err != nil {
			d.hint.Set(words.T("No pair code was found in this picture"))
			return
		}
		d.entry.SetText(code)
		d.start()
	})
}

// start tries the code, if what has been typed can be one.
func (d *joinDialog) start() {
	code := strings.TrimSpace(d.entry.Text)
	if d.state != "code" || d.ok.Disabled() {
		return
	}
	d.s.takeDrop = nil
	d.state = "reaching"
	ctx, cancel := d.s.begin()
	d.cancel = cancel
	d.m.set(pairWaiting(words.T("Join my other device"), words.T("Reaching the other device. This can take half a minute when it is in another network."), d.m.hide), nil)
	var dev app.Device
	d.s.goWith(ctx, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, joinTime)
		defer cancel()
		dev, err = d.s.dev.Join(ctx, code, func(w [4]string) {
			d.s.do(func() {
				if d.m.open && d.state == "reaching" {
					d.showWords(w)
				}
			})
		})
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = context.DeadlineExceeded
		}
		return err
	}, func(err error) {
		if !d.m.open {
			return
		}
		if err != nil {
			d.fail(code, err)
			return
		}
		d.finish(dev)
	})
}

// codeEntry is the field for a pair code: it shows several lines, but Return
// joins, Tab goes on, and line breaks in what is pasted are dropped.
type codeEntry struct {
	widget.Entry
	submit, escape func()
}

func newCodeEntry(submit, escape func()) *codeEntry {
	e := &codeEntry{submit: submit, escape: escape}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapBreak
	e.TextStyle.Monospace = true
	e.ExtendBaseWidget(e)
	e.SetMinRowsVisible(4)
	e.SetPlaceHolder("paul:…")
	return e
}

// AcceptsTab implements [fyne.Tabbable].
func (*codeEntry) AcceptsTab() bool { return false }

// TypedKey implements [fyne.Focusable].
func (e *codeEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		e.submit()
	case fyne.KeyEscape:
		e.escape()
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (e *codeEntry) TypedShortcut(sc fyne.Shortcut) {
	if p, ok := sc.(*fyne.ShortcutPaste); ok {
		sc = &fyne.ShortcutPaste{Clipboard: oneLine{p.Clipboard}}
	}
	e.Entry.TypedShortcut(sc)
}

// oneLine is a clipboard whose text has no line breaks.
type oneLine struct{ fyne.Clipboard }

// Content implements [fyne.Clipboard].
func (c oneLine) Content() string { return flat(c.Clipboard.Content()) }

// flat drops line breaks.
func flat(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) }

// showWords shows the four words while the other person is asked.
func (d *joinDialog) showWords(w [4]string) {
	d.state = "words"
	d.m.set(pairStep("key", theme.ColorNamePrimary, look.ColorSoft, words.T("Compare the words"),
		words.T("The other device asks whether this one may come in. Accept there if it shows the same four words:"), fourWords(w),
		look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide)), nil)
}

func (d *joinDialog) finish(dev app.Device) {
	d.state = "done"
	d.s.reload()
	d.m.set(pairDone(dev, words.T("Show the photos"), func() {
		d.m.hide()
		if d.joined != nil {
			d.joined()
			return
		}
		d.s.open("photos")
	}))
}

// fail says why it did not work, and goes back to the code.
func (d *joinDialog) fail(code string, err error) {
	d.state = "failed"
	d.cancel()
	p := words.Unreachable(err)
	again := look.NewButton(words.T("Try again"), "", look.Primary, func() { d.showEntry(code) })
	d.m.set(pairStep("warning", look.ColorRisk, look.ColorRiskSoft, p.What, p.Do, nil,
		look.NewButton(words.T("Close"), "", look.Plain, d.m.hide), again), again)
}
