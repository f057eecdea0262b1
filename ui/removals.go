package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// removalsID is the page of removals, which the page of activity leads to.
const removalsID = "activity/removals"

// removalsStep is how many lines are shown at first, and how many more each time.
const removalsStep = 50

// removalsPage shows what left this device, who asked for it, and the proofs of other
// devices that each removal relied on.
type removalsPage struct {
	s      *shell
	whole  *fyne.Container
	list   *fyne.Container
	search *look.Entry

	listed   int
	asked    string // what was asked for last: text, number of lines, state of the device
	stopWait func() // ends a wait for the next key
}

func newRemovalsPage(s *shell) *removalsPage {
	p := &removalsPage{s: s, listed: removalsStep, list: look.VBox(8)}
	back := look.NewButton(words.T("Activity"), "back", look.Ghost, func() { s.open("activity") })
	p.search = look.NewEntry()
	p.search.SetPlaceHolder(words.T("Search by name"))
	p.search.OnChanged = func(text string) {
		if p.stopWait != nil {
			p.stopWait()
		}
		p.stopWait = s.after(searchPause, func() {
			s.do(func() {
				if p.search.Text == text {
					p.listed = removalsStep
					p.reload()
				}
			})
		})
	}
	head := container.NewBorder(nil, nil, back, look.Fixed(240, 0, p.search))
	text := look.NewPara(words.T("What left this computer or its trash, the latest first. Each line was on the disk before the photo was moved."), look.SizeBody, 560, look.ColorSecondary)
	p.whole = container.NewStack(column(860, look.VBox(12, head, text, p.list)))
	return p
}

func (p *removalsPage) title() string             { return words.T("Removals") }
func (p *removalsPage) object() fyne.CanvasObject { return p.whole }
func (p *removalsPage) shown()                    {}
func (p *removalsPage) hidden()                   { p.asked = "" }

// reload implements page: the log is read anew when photos have come or gone.
func (p *removalsPage) reload() {
	text, n := p.search.Text, p.listed
	ask := fmt.Sprint(n, p.s.dev.Status().Local, " ", p.s.dev.TrashLen(), " ", text)
	if ask == p.asked {
		return
	}
	p.asked = ask
	var lines []app.Removal
	var more bool
	p.s.goDo(func(context.Context) (err error) {
		lines, more, err = p.s.dev.FindRemovals(text, n)
		return err
	}, func(err error) {
		if p.asked != ask {
			return // another question has been asked meanwhile
		}
		p.show(lines, more, err)
	})
}

// show fills the list.
func (p *removalsPage) show(lines []app.Removal, more bool, err error) {
	p.list.Objects = nil
	switch {
	case err != nil:
		p.asked = ""
		e := words.Explain(err)
		p.list.Add(notice("warning", look.ColorRisk, look.ColorRiskSoft, e.What+" "+e.Do))
	case len(lines) == 0 && p.search.Text != "":
		p.list.Add(emptyState("search", words.T("Nothing found"), words.T("No line of the log has “{{.Text}}” in the name of its file.", "Text", p.search.Text), nil))
	case len(lines) == 0:
		p.list.Add(emptyState("safe", words.T("Nothing was removed"), words.T("When a photo leaves this computer, this page tells which devices had proved their copies."), nil))
	}
	for _, r := range lines {
		p.list.Add(p.row(r))
	}
	if more {
		p.list.Add(container.NewCenter(look.NewButton(words.T("Show more"), "", look.Plain, func() {
			p.listed += 2 * removalsStep
			p.reload()
		})))
	}
	p.list.Refresh()
	p.whole.Refresh()
}

// row is a line of the log.
func (p *removalsPage) row(r app.Removal) fyne.CanvasObject {
	symbol, colour := removalSymbol(r)
	lines := look.VBox(3,
		look.NewCut(r.Name+"  ·  "+words.Bytes(r.Size), look.SizeBody, theme.ColorNameForeground).Bold(),
		look.NewPara(p.removalText(r), look.SizeCaption, 560, look.ColorSecondary))
	for _, l := range r.Leases {
		proof := look.NewPara(leaseText(r, l, p.s.now().Location()), look.SizeCaption, 400, look.ColorSecondary)
		lines.Add(container.NewBorder(nil, nil, look.VBox(0, look.NewIcon("safe", look.ColorSafe, 14)), nil, proof))
	}
	if r.Error != "" {
		lines.Add(look.NewPara(sentence(r.Error), look.SizeCaption, 560, look.ColorSecondary))
	}
	mark := look.Fixed(32, 24, container.NewCenter(look.NewIcon(symbol, colour, 20)))
	return look.Card(container.NewBorder(nil, nil, look.Pad(0, 12, 0, 0, look.VBox(0, mark)), nil, lines))
}

func removalSymbol(r app.Removal) (string, fyne.ThemeColorName) {
	switch r.What {
	case app.RemovedForced, app.RemovedRotten:
		return "warning", look.ColorRisk
	case app.RemovedDeleted, app.RemovedPurged, app.RemovedEmptied:
		return "trash", look.ColorSecondary
	case app.RemovedRestored:
		return "restore", look.ColorSecondary
	case app.RemovedNot:
		return "safe", look.ColorSafe
	}
	return "remove", look.ColorSecondary
}

// removalText says what happened to a file, where it was asked for, and when.
func (p *removalsPage) removalText(r app.Removal) string {
	text := map[string]string{
		app.RemovedUnsaved:  words.T("Removed from this computer"),
		app.RemovedForced:   words.T("Removed from this computer without proof of another copy"),
		app.RemovedWhenSafe: words.T("Removed from this computer once that was safe"),
		app.RemovedForSpace: words.T("Removed from this computer to keep to its limit of space"),
		app.RemovedDeleted:  words.T("Deleted on all devices"),
		app.RemovedUnwanted: words.T("Not kept here, since it was no longer wanted when it came"),
		app.RemovedPurged:   words.T("Gone from the trash for good, after its days there were over"),
		app.RemovedEmptied:  words.T("Removed from the trash for good"),
		app.RemovedRotten:   words.T("Put aside, since its bytes had changed by themselves"),
		app.RemovedRestored: words.T("Restored from the trash"),
		app.RemovedNot:      words.T("Kept after all"),
	}[r.What]
	if text == "" {
		text = r.What
	}
	parts := []string{text}
	switch {
	case r.By == p.s.self.ID:
		parts = append(parts, words.T("asked on this computer"))
	case r.ByName != "":
		parts = append(parts, words.T("asked on {{.Device}}", "Device", r.ByName))
	}
	at := r.Time.In(p.s.now().Location())
	return strings.Join(append(parts, words.FullDate(at)+", "+words.Clock(at)), "  ·  ")
}

// leaseText is the promise of a device that a removal relied on.
func leaseText(r app.Removal, l app.Lease, zone *time.Location) string {
	until := words.Clock(l.Until.In(zone))
	before := r.Time.Sub(l.Verified)
	if before < time.Second {
		return words.T("{{.Device}} had just read its copy, and promised to keep it until {{.Time}} at least", "Device", l.Name, "Time", until)
	}
	return words.T("{{.Device}} had read its copy {{.Span}} before, and promised to keep it until {{.Time}} at least", "Device", l.Name, "Span", words.Span(before), "Time", until)
}
