package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// inviteDialog shows a pair code until another device has used it, and asks
// whether that device may come in.
type inviteDialog struct {
	s      *shell
	m      *modal
	cancel context.CancelFunc
	run    func(work func(context.Context) error, done func(error)) // goDo under a context that ends with the dialog
	inv    invitation
	guest  app.Guest
	left   *look.Text
	note   *look.Text // under the code: what is waited for
	bar    *progress
	began  time.Time
	tick   func() // stops the countdown
	large  *modal // the code all over the window; nil until it has been shown
	state  string // for tests: making, code, guest, pairing, done, failed
}

const (
	pairWidth = 620 // of the pairing dialogs
	qrSide    = 290 // of the picture of a code
	codeWidth = pairWidth - qrSide - 24
)

// invite opens the dialog.
func (s *shell) invite() {
	d := &inviteDialog{s: s, m: s.newModal(pairWidth)}
	ctx, cancel := s.begin()
	d.cancel = cancel
	d.run = func(work func(context.Context) error, done func(error)) {
		s.goWith(ctx, work, done)
	}
	d.m.closed = d.end
	s.inviting = d
	d.make()
	d.m.show()
}

// end gives the code back, however the dialog ends.
func (d *inviteDialog) end() {
	d.stopTick()
	d.shrink()
	if d.inv != nil {
		d.inv.Cancel()
	}
	d.cancel()
	d.s.reload()
}

// shrink takes the large picture away.
func (d *inviteDialog) shrink() {
	if d.large != nil {
		d.large.hide()
	}
}

func (d *inviteDialog) stopTick() {
	if d.tick != nil {
		d.tick()
		d.tick = nil
	}
}

// make asks for a code.
func (d *inviteDialog) make() {
	d.state = "making"
	d.m.set(pairWaiting(words.T("Add a device"), words.T("Making a pair code…"), d.m.hide), nil)
	var inv invitation
	d.run(func(ctx context.Context) (err error) {
		inv, err = d.s.dev.Invite(ctx)
		return err
	}, func(err error) {
		d.inv = inv
		if !d.m.open {
			if inv != nil { // it came too late
				inv.Cancel()
			}
			return
		}
		if err != nil {
			d.fail(err)
			return
		}
		d.began = d.s.now()
		d.showCode()
		d.wait()
	})
}

// wait waits for a guest.
func (d *inviteDialog) wait() {
	inv := d.inv
	var guest app.Guest
	d.run(func(ctx context.Context) (err error) {
		guest, err = inv.Wait(ctx)
		return err
	}, func(err error) {
		if !d.m.open {
			return
		}
		d.guest = guest
		d.stopTick()
		d.shrink()
		if err != nil {
			d.fail(err)
			return
		}
		d.showGuest()
	})
}

// showCode shows the code as a picture and as text.
func (d *inviteDialog) showCode() {
	d.state = "code"
	code := d.inv.Code()
	d.left = look.NewText("", look.SizeCaption, look.ColorSecondary)
	d.note = look.NewCut(words.T("Waiting for the other device…"), look.SizeBody, look.ColorSecondary)
	d.bar = newProgress(1)
	right := look.VBox(10,
		look.NewPara(words.T("On the other device, open Paul and choose “Join my other device”. Then enter this code, or show it a picture of the square."), look.SizeBody, codeWidth, look.ColorSecondary),
		codeText(code), look.HBox(8,
			d.copies(words.T("Copy the code"), "copy", groups(code)),
			d.copies(words.T("Copy as a link"), "link", code)),
		look.Space(0, 2), d.bar, d.left)
	left := look.VBox(8)
	if img, err := drawQR(code); err == nil {
		larger := func() { d.large = d.s.showLarge(img) }
		left.Add(look.Fixed(qrSide, qrSide, newSquare(img, larger)))
		left.Add(container.NewCenter(look.NewButton(words.T("Larger"), "qr", look.Ghost, larger)))
	}
	body := look.VBox(14,
		look.NewText(words.T("Add a device"), look.SizeHeading, theme.ColorNameForeground).Bold(),
		container.NewBorder(nil, nil, look.Pad(0, 24, 0, 0, container.NewVBox(left)), nil, right))
	if short := d.inv.ShortCode(); short != "" {
		body.Add(shortText(short))
	}
	body.Add(container.NewBorder(nil, nil, nil, look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide), look.Middle(d.note)))
	d.m.set(body, nil)
	d.countdown()
}

// copies is a button that copies a text.
func (d *inviteDialog) copies(label, symbol, text string) *look.Button {
	b := look.NewButton(label, symbol, look.Plain, nil)
	b.OnTapped = func() {
		d.s.fyne.Clipboard().SetContent(text)
		b.SetSymbol("check", look.ColorSafe)
		b.SetText(words.T("Copied"))
	}
	return b
}

// shortText is what a device on the same network needs of the code.
func shortText(short string) fyne.CanvasObject {
	return container.NewStack(look.NewSurface(look.ColorSoft, "", look.Radius), look.Pad(8, 12, 8, 12, look.HBox(16,
		look.Middle(look.NewText(words.T("On the same network, this is enough:"), look.SizeBody, theme.ColorNameForeground)),
		look.NewText(groups(short), look.SizeBody, theme.ColorNameForeground).Mono())))
}

// codeText is a code in rows of groups, each row with the number of its first.
func codeText(code string) fyne.CanvasObject {
	const inRow, many = 5, 35 // groups
	size := float32(look.SizeBody)
	_, body, _ := strings.Cut(groups(code), " ")
	all := strings.Fields(body)
	if len(all) > many {
		size = look.SizeCaption
	}
	numbers, rows := look.VBox(2), look.VBox(2)
	for i := 0; i < len(all); i += inRow {
		numbers.Add(look.NewText(words.Number(i+1), size, look.ColorSecondary).Mono().Align(fyne.TextAlignTrailing))
		rows.Add(look.NewText(strings.Join(all[i:min(i+inRow, len(all))], " "), size, theme.ColorNameForeground).Mono())
	}
	return container.NewStack(look.NewSurface(theme.ColorNameInputBackground, theme.ColorNameInputBorder, look.Radius),
		look.PadAll(10, look.HBox(12, numbers, rows)))
}

// countdown writes how long the code is still valid, every second.
func (d *inviteDialog) countdown() {
	left := d.inv.Expires().Sub(d.s.now())
	d.left.Set(words.T("Valid for {{.Time}}, for one device", "Time", words.Countdown(left)))
	if whole := d.inv.Expires().Sub(d.began); whole > 0 {
		d.bar.part = float32(max(left, 0)) / float32(whole)
		d.bar.Refresh()
	}
	d.tick = d.s.after(time.Second, func() {
		d.s.do(func() {
			if d.m.open && d.state == "code" {
				d.countdown()
			}
		})
	})
}

// groups breaks a code into groups that the eye can follow.
func groups(code string) string {
	head, body, ok := strings.Cut(code, ":")
	if !ok {
		head, body = "", code
	} else {
		head += ":"
	}
	var out []string
	for len(body) > app.CodeGroup {
		out = append(out, body[:app.CodeGroup])
		body = body[app.CodeGroup:]
	}
	return strings.TrimSpace(head + " " + strings.Join(append(out, body), " "))
}

// showGuest asks whether the device that knew the code may come in.
func (d *inviteDialog) showGuest() {
	d.state = "guest"
	g := d.guest
	title := words.T("Let “{{.Device}}” into your library?", "Device", g.Name)
	text := words.T("It runs {{.Platform}}, and will see all photos. Check that it shows these four words:", "Platform", words.Platform(g.Platform))
	reject := look.NewButton(words.T("They differ, reject"), "", look.Plain, func() {
		d.inv.Reject()
		d.m.hide()
		d.s.toasts.show(words.T("{{.Device}} was not let in", "Device", g.Name), nil)
	})
	accept := look.NewButton(words.T("They match, let it in"), "check", look.Primary, d.accept)
	d.m.set(pairStep(deviceSymbol(g.Platform), theme.ColorNamePrimary, look.ColorSoft, title, text, fourWords(g.Words), reject, accept), nil) // no button has the keyboard: this wants a choice
	d.s.win.RequestFocus()
}

func (d *inviteDialog) accept() {
	d.state = "pairing"
	d.m.set(pairWaiting(words.T("Add a device"), words.T("Pairing with {{.Device}}…", "Device", d.guest.Name), d.m.hide), nil)
	var dev app.Device
	inv := d.inv
	d.run(func(ctx context.Context) (err error) {
		dev, err = inv.Accept(ctx)
		return err
	}, func(err error) {
		if !d.m.open {
			return
		}
		switch {
		case errors.Is(err, app.ErrHungUp), errors.Is(err, app.ErrProtocol): // the code is open again until it ends, which wait tells
			d.showCode()
			d.note.Set(words.T("{{.Device}} left before it was let in. The code is still good.", "Device", d.guest.Name))
			d.note.SetColour(look.ColorRisk)
			d.wait()
			return
		case err != nil:
			d.fail(err)
			return
		}
		d.state = "done"
		d.s.reload()
		d.m.set(pairDone(dev, words.T("Done"), d.m.hide))
	})
}

// fail says why there is no pairing, and offers another code.
func (d *inviteDialog) fail(err error) {
	d.state = "failed"
	p := words.Inviting(err)
	again := look.NewButton(words.T("New code"), "qr", look.Primary, func() {
		d.m.hide()
		d.s.invite()
	})
	d.m.set(pairStep("warning", look.ColorRisk, look.ColorRiskSoft, p.What, p.Do, nil,
		look.NewButton(words.T("Close"), "", look.Plain, d.m.hide), again), again)
}

// pairStep is a step of pairing: a symbol, a title, a text, more, and buttons.
func pairStep(symbol string, colour, ground fyne.ThemeColorName, title, text string, more fyne.CanvasObject, b ...fyne.CanvasObject) fyne.CanvasObject {
	mark := container.NewStack(look.NewSurface(ground, "", 28), look.Fixed(56, 56, container.NewCenter(look.NewIcon(symbol, colour, 28))))
	box := look.VBox(12, container.NewCenter(mark),
		look.NewPara(title, look.SizeHeading, pairWidth-60, theme.ColorNameForeground).Bold().Align(fyne.TextAlignCenter),
		look.NewPara(text, look.SizeBody, pairWidth-60, look.ColorSecondary).Align(fyne.TextAlignCenter))
	if more != nil {
		box.Add(look.Pad(8, 0, 0, 0, more))
	}
	if len(b) > 0 {
		box.Add(look.Pad(16, 0, 0, 0, container.NewCenter(look.HBox(10, b...))))
	}
	return box
}

// pairWaiting is a step that takes a while.
func pairWaiting(title, text string, cancel func()) fyne.CanvasObject {
	return pairStep("link", theme.ColorNamePrimary, look.ColorSoft, title, text, nil, look.NewButton(words.T("Cancel"), "", look.Plain, cancel))
}

// pairDone is the last step, and its button.
func pairDone(d app.Device, yes string, do func()) (fyne.CanvasObject, *look.Button) {
	ok := look.NewButton(yes, "", look.Primary, do)
	return pairStep("check", look.ColorSafe, look.ColorSafeSoft, words.T("Paired with {{.Device}}", "Device", d.Name),
		words.T("Its photos appear here in a moment, and yours there. Both can now keep copies of each other's photos."), nil, ok), ok
}

// fourWords shows the words that both devices must show alike.
func fourWords(w [4]string) fyne.CanvasObject {
	row := look.HBox(10)
	for _, s := range w {
		row.Add(container.NewStack(look.NewSurface(look.ColorSoft, "", look.Radius), look.Pad(10, 16, 10, 16, look.NewText(s, look.SizeTitle, theme.ColorNameForeground).Bold())))
	}
	return container.NewCenter(row)
}
