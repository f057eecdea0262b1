package ui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

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
	mend   *look.Button // takes the mistake out of the code
	tools  *fyne.Container
	intro  *look.Text
	near   *nearby
	ok     *look.Button
	cancel context.CancelFunc // of the attempt that runs
	joined func()             // after the dialog of a join that went well
	state  string             // for tests: code, reaching, words, done, failed
}

// joinTime is how long an attempt may take, the other person's answer included.
const joinTime = 3 * time.Minute

// join opens the dialog.
func (s *shell) join() { s.joinThen(nil) }

func (s *shell) joinThen(joined func()) {
	d := s.newJoin(joined)
	d.showEntry("", "")
	d.m.show()
	s.win.Canvas().Focus(d.entry)
}

// joinByLink opens the dialog with the code of a paul: link. Anybody can write
// a link, so the person has to say that it is one of their own devices.
func (s *shell) joinByLink(link string) {
	if d := s.joining; d != nil && d.m.open {
		if d.state == "words" || d.state == "reaching" {
			return // one at a time
		}
		d.m.hide()
	}
	d := s.newJoin(nil)
	d.showEntry(link, words.T("A link asks to join the library of another device. Go on only if one of your own devices shows this code just now: it will see all photos of this computer."))
	d.m.show()
	s.win.Canvas().Unfocus() // no button has the keyboard: this wants a choice
}

func (s *shell) newJoin(joined func()) *joinDialog {
	if joined == nil && s.welcome != nil {
		joined = s.welcome.enter
	}
	d := &joinDialog{s: s, m: s.newModal(pairWidth), cancel: func() {}, joined: joined}
	d.m.closed = func() {
		d.cancel()
		d.near.end()
		s.takeDrop = nil
	}
	s.joining = d
	return d
}

// showEntry asks for the code.
func (d *joinDialog) showEntry(code, warning string) {
	d.state = "code"
	s := d.s
	d.entry = newCodeEntry(d.start, d.m.hide, d.pastePicture)
	d.hint = look.NewPara("", look.SizeBody, pairWidth, look.ColorSecondary)
	d.mend = look.NewButton(words.T("Correct it"), "check", look.Plain, nil)
	d.ok = look.NewButton(words.T("Join"), "link", look.Primary, d.start)
	paste := look.NewButton(words.T("Paste"), "paste", look.Plain, d.paste)
	pic := look.NewButton(words.T("From a picture…"), "qr", look.Plain, func() {
		s.chooseFiles(words.T("A picture of the pair code"), func(paths []string) { d.picture(paths[0]) })
	})
	s.takeDrop = d.picture
	d.tools = look.HBox(8, d.mend, paste, pic)
	d.intro = look.NewPara("", look.SizeBody, pairWidth, look.ColorSecondary)
	d.entry.SetText(code)
	d.entry.OnChanged = func(string) { d.check() }
	if d.near != nil {
		d.near.end()
	}
	d.near = newNearby(s, d.turn)
	d.near.watch()
	d.turn(false)
	body := look.VBox(12,
		look.NewText(words.T("Join my other device"), look.SizeHeading, theme.ColorNameForeground).Bold(),
		d.intro)
	if warning != "" {
		body.Add(notice("warning", look.ColorRisk, look.ColorRiskSoft, warning))
	} else {
		body.Add(d.near.box)
	}
	body.Add(d.entry)
	body.Add(look.Fixed(pairWidth, 2*look.SizeBody*1.4, d.hint))
	body.Add(d.tools)
	body.Add(buttons(look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide), d.ok))
	d.m.set(body, d.ok)
	if d.m.open {
		s.win.Canvas().Focus(d.entry)
	}
}

// turn shows what is asked for: the code of any device, or that of the nearby
// one that was chosen.
func (d *joinDialog) turn(chosen bool) {
	if d.near == nil { // it is being made
		return
	}
	d.intro.Set(d.introText())
	d.check()
	d.m.layOut()
	if chosen {
		d.s.win.Canvas().Focus(d.entry)
	}
}

// introText says what to do, and what joining means here.
func (d *joinDialog) introText() string {
	if o, ok := d.near.device(); ok {
		return words.T("Enter the six groups that {{.Device}} shows for devices on the same network. Its name is what it says of itself: the code tells that it is yours.", "Device", o.Name)
	}
	text := words.T("On a device that is already in the library, open Devices and choose “Add a device”. Paste or type the code that it shows here, or drop a picture of the square onto this window.")
	if len(d.s.devices) > 1 || len(d.s.snap.images) > 0 {
		text += " " + words.T("The photos of both become one library, which all devices of either see.")
	}
	return text
}

// check tells, while the person types, how far this is a code.
func (d *joinDialog) check() {
	r := app.ReviewCode(d.entry.Text)
	if d.near != nil && d.near.chosen != "" {
		r = app.ReviewShortCode(d.near.chosen, d.entry.Text)
	}
	text, colour, good := codeHint(r, d.s.self.ID)
	d.say(text, colour)
	if good {
		d.ok.Enable()
	} else {
		d.ok.Disable()
	}
	d.mend.OnTapped = func() {
		d.entry.SetText(r.Mended)
		d.s.win.Canvas().Focus(d.entry) // Return joins
	}
	if r.Mended != "" {
		d.mend.Show()
	} else {
		d.mend.Hide()
	}
	d.tools.Refresh()
}

func (d *joinDialog) say(text string, colour fyne.ThemeColorName) {
	d.hint.Set(text)
	d.hint.SetColour(colour)
}

// paste takes what is in the clipboard: a code, a file or a picture.
func (d *joinDialog) paste() {
	text := d.s.fyne.Clipboard().Content()
	if pastedPath(text) != "" || strings.TrimSpace(text) == "" {
		d.pastePicture()
		return
	}
	d.entry.SetText(strings.TrimSpace(flat(text)))
	d.s.win.Canvas().Focus(d.entry) // Return joins
}

// pastePicture takes the code from the picture, or the picture file, in the
// clipboard.
func (d *joinDialog) pastePicture() {
	if path := pastedPath(d.s.fyne.Clipboard().Content()); path != "" {
		d.picture(path)
		return
	}
	d.read(func(ctx context.Context) (string, error) {
		data, err := d.s.board.picture(ctx)
		if err != nil {
			return "", err
		}
		return readQR(bytes.NewReader(data))
	})
}

// picture takes the code from a picture file.
func (d *joinDialog) picture(path string) {
	d.read(func(context.Context) (string, error) { return readQRFile(path) })
}

// read takes the code that is found in a picture, and tries it.
func (d *joinDialog) read(find func(ctx context.Context) (string, error)) {
	var code string
	d.s.goDo(func(ctx context.Context) (err error) {
		code, err = find(ctx)
		return err
	}, func(err error) {
		if d.state != "code" || !d.m.open {
			return
		}
		switch {
		case errors.Is(err, errNoBoard):
			d.say(words.T("The clipboard holds no text, and there is no program to read a picture from it with (wl-paste or xclip). Save the picture, and drop its file here."), look.ColorRisk)
		case errors.Is(err, errNoPicture):
			d.say(words.T("The clipboard holds neither a code nor a picture."), look.ColorRisk)
		case err != nil:
			d.say(words.T("No pair code was found in this picture. Let the whole square be on it, upright and sharp."), look.ColorRisk)
		default:
			d.near.chosen = "" // it says itself whose it is
			d.entry.SetText(code)
			d.start()
		}
	})
}

// start tries the code, if what has been typed can be one.
func (d *joinDialog) start() {
	code := strings.TrimSpace(d.entry.Text)
	if d.state != "code" || d.ok.Disabled() {
		return
	}
	if d.near.chosen != "" {
		whole, err := app.FromShortCode(d.near.chosen, code)
		if err != nil {
			d.fail(code, err)
			return
		}
		code = whole
	}
	d.near.end()
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
	p := words.Joining(err)
	again := look.NewButton(words.T("Try again"), "", look.Primary, func() { d.showEntry(code, "") })
	d.m.set(pairStep("warning", look.ColorRisk, look.ColorRiskSoft, p.What, p.Do, nil,
		look.NewButton(words.T("Close"), "", look.Plain, d.m.hide), again), again)
}
