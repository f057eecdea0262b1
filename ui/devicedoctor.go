package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// lookTime is how long an answer to "Check again" is waited for.
const lookTime = 6 * time.Second

// doctorDialog says how a device is reached, why not better, and what would mend that;
// or, of this computer, what stands between it and all others.
type doctorDialog struct {
	s     *shell
	id    string // of the other device; "" for this computer
	m     *modal
	lines *fyne.Container
	again *look.Button
	stop  func() // ends a wait
}

// examine opens the dialog.
func (s *shell) examine(d app.Device) {
	x := &doctorDialog{s: s, m: s.newModal(dialogWidth + 40), lines: look.VBox(12)}
	title := words.T("The connection of this computer")
	if !d.Self {
		x.id, title = d.ID, words.T("The way to {{.Device}}", "Device", d.Name)
	}
	x.again = look.NewButton(words.T("Check again"), "", look.Plain, x.lookAgain)
	report := look.NewButton(words.T("Copy report"), "copy", look.Plain, x.copyReport)
	report.SetToolTip(words.T("For somebody who helps you: devices and addresses, no passwords and no photos"))
	done := look.NewButton(words.T("Close"), "", look.Primary, x.m.hide)
	scroll := container.NewVScroll(x.lines)
	x.show()
	x.m.set(look.VBox(14,
		look.NewPara(title, look.SizeTitle, dialogWidth, theme.ColorNameForeground).Bold(),
		container.NewStack(look.Space(0, 250), scroll),
		buttons(report, x.again, done)), done)
	x.m.closed = func() {
		if x.stop != nil {
			x.stop()
		}
	}
	x.m.show()
}

// show shows what is known now.
func (x *doctorDialog) show() {
	x.lines.Objects = nil
	findings := x.s.dev.Findings()
	if x.id != "" {
		for _, d := range x.s.dev.Devices() {
			if d.ID == x.id {
				way := look.VBox(2, look.NewCut(words.Way(d, x.s.now()), look.SizeBody, theme.ColorNameForeground).Bold())
				if detail := words.WayDetail(d, x.s.now()); detail != "" {
					way.Add(look.NewCut(detail, look.SizeCaption, look.ColorSecondary))
				}
				x.lines.Add(fact(look.NewIcon(pathSymbol(d), look.ColorSecondary, 18), way))
				findings = append(problems(findings), words.Hints(findings, d)...)
			}
		}
	}
	for _, f := range findings {
		x.lines.Add(finding(f))
	}
	if len(findings) == 0 {
		x.lines.Add(fact(look.NewIcon("safe", look.ColorSafe, 18), look.NewPara(words.T("Nothing stands in the way: it is reached as well as it can be."), look.SizeBody, dialogWidth-40, look.ColorSecondary)))
	}
	x.lines.Refresh()
}

// finding is what stands in the way, and what to do about it.
func finding(f app.Finding) fyne.CanvasObject {
	symbol, colour := "info", look.ColorSecondary
	switch f.Severity {
	case app.SeverityProblem:
		symbol, colour = "warning", look.ColorRisk
	case app.SeverityFine:
		symbol, colour = "safe", look.ColorSafe
	}
	text := look.VBox(3, look.NewPara(words.Say(f.What), look.SizeBody, dialogWidth-40, theme.ColorNameForeground))
	if f.Do.Format != "" {
		text.Add(look.NewPara(words.Say(f.Do), look.SizeBody, dialogWidth-40, look.ColorSecondary))
	}
	return fact(look.NewIcon(symbol, colour, 18), text)
}

// lookAgain has the ways tried anew, and shows what comes of it.
func (x *doctorDialog) lookAgain() {
	x.again.SetText(words.T("Checking…"))
	x.again.Disable()
	x.s.goDo(func(context.Context) error {
		x.s.dev.LookAgain()
		return nil
	}, func(error) { x.wait(lookTime) })
}

// wait shows what is known every other second, and at last that the look has ended.
func (x *doctorDialog) wait(left time.Duration) {
	if !x.m.open {
		return
	}
	x.show()
	x.m.layOut()
	if left <= 0 {
		x.again.SetText(words.T("Check again"))
		x.again.Enable()
		return
	}
	x.stop = x.s.after(pathTick, func() { x.s.do(func() { x.wait(left - pathTick) }) })
}

func (x *doctorDialog) copyReport() {
	var report string
	x.s.goDo(func(context.Context) (err error) {
		report, err = x.s.dev.Diagnose().Report()
		return err
	}, func(err error) {
		if err != nil {
			x.s.fail(words.T("The report could not be made"), err)
			return
		}
		x.s.copy(report)
	})
}
