package ui

import (
	"context"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// dateDialog corrects when photos were taken, and shows before what becomes of the
// first of them.
type dateDialog struct {
	s      *shell
	m      *modal
	images []*imagelib.Image
	first  *imagelib.Image // the oldest
	note   string          // why a change is offered; "" where a person asks for one

	way    *keySelect
	fields *fyne.Container

	later *keySelect   // shift: later or earlier
	parts [4]*keyEntry // shift: days, hours, minutes, seconds
	zone  *zoneEntry   // where the photos were taken
	clock *keySelect   // whether the clock was right there
	from  *zoneEntry   // which zone it was on else; "" = as each photo says
	date  *keyEntry

	was, becomes, trouble *look.Text
	apply                 *look.Button
}

// Ways of a correction, as its choice has them.
const (
	wayShift = iota
	wayZone
	waySet
	wayReset
)

// changeDates asks how to correct the dates of photos.
func (s *shell) changeDates(images []*imagelib.Image) {
	if len(images) > 0 {
		s.newDateDialog(images, "").show()
	}
}

func (s *shell) newDateDialog(images []*imagelib.Image, note string) *dateDialog {
	d := &dateDialog{s: s, m: s.newModal(dateWidth), images: images, note: note}
	d.first = slices.MinFunc(images, func(a, b *imagelib.Image) int { return a.Date.Wall.Compare(b.Date.Wall) })
	hide := d.m.hide
	d.way = newKeySelect([]string{words.T("Shift the clock"), words.T("Set the time zone"), words.T("Set a date"), words.T("Use the file's own date")}, hide)
	d.later = newKeySelect([]string{words.T("later"), words.T("earlier")}, hide)
	for i := range d.parts {
		d.parts[i] = d.entry("0")
	}
	d.zone, d.from = d.zoneEntry(words.T("Europe/Paris or +02:00")), d.zoneEntry(words.T("As each photo says"))
	d.clock = newKeySelect([]string{words.T("was right"), words.T("was on another time zone")}, hide)
	d.date = d.entry("2024-05-01 12:30")
	d.date.SetText(d.first.Date.Wall.Format("2006-01-02 15:04:05"))
	d.was = look.NewCut(dateText(d.first.Date, false), look.SizeBody, look.ColorSecondary)
	d.becomes = look.NewCut("", look.SizeBody, theme.ColorNameForeground).Bold()
	d.trouble = look.NewPara("", look.SizeCaption, dateWidth, look.ColorRisk)
	d.fields = container.NewStack()
	d.apply = look.NewButton(words.N("Change {{.N}} dates", len(images)), "", look.Primary, d.do)
	for _, c := range []*keySelect{d.later, d.clock} {
		c.SetSelectedIndex(0)
		c.OnChanged = func(string) { d.arrange() }
	}
	d.way.OnChanged = func(string) { d.arrange() }
	d.way.SetSelectedIndex(wayShift)
	return d
}

const dateWidth = 460

func (d *dateDialog) entry(holder string) *keyEntry {
	e := newKeyEntry(d.m.hide)
	e.SetPlaceHolder(holder)
	e.OnChanged = func(string) { d.preview() }
	e.OnSubmitted = func(string) { d.do() }
	return e
}

// shift sets the fields for a shift.
func (d *dateDialog) shift(by time.Duration) {
	d.later.SetSelectedIndex(0)
	if by < 0 {
		d.later.SetSelectedIndex(1)
		by = -by
	}
	for i, unit := range shiftUnits {
		if n := by / unit; n > 0 {
			d.parts[i].SetText(strconv.Itoa(int(n)))
		}
		by %= unit
	}
}

var shiftUnits = [4]time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second}

func (d *dateDialog) show() {
	head := look.VBox(4, look.NewPara(words.T("Change date and time"), look.SizeTitle, dateWidth, theme.ColorNameForeground).Bold())
	text := words.N("{{.N}} photos. Their files stay as they are, and this can be undone.", len(d.images))
	if d.note != "" {
		text = d.note
	}
	head.Add(look.NewPara(text, look.SizeBody, dateWidth, look.ColorSecondary))
	d.m.set(look.VBox(16, head, look.Fixed(240, 0, d.way), d.fields, d.previewCard(), buttons(look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide), d.apply)), d.apply)
	d.m.show()
	d.arrange()
	if d.note == "" {
		d.s.win.Canvas().Focus(d.parts[1]) // hours are what clocks are mostly off by
	}
}

// previewCard shows the first photo, with its date before and after.
func (d *dateDialog) previewCard() fyne.CanvasObject {
	picture := &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.Radius}
	picture.Image = d.s.lib.Placeholder(d.first)
	var sharp image.Image
	d.s.goDo(func(ctx context.Context) (err error) {
		sharp, err = d.s.lib.ThumbnailAs(ctx, d.first.Digest, d.first.Geometry(), 256)
		return err
	}, func(err error) {
		if err == nil && d.m.open {
			picture.Image = sharp
			picture.Refresh()
		}
	})
	row := func(label string, value *look.Text) fyne.CanvasObject {
		return container.NewBorder(nil, nil, look.Fixed(64, 0, look.NewText(label, look.SizeCaption, look.ColorSecondary)), nil, value)
	}
	name := d.first.Name
	if n := len(d.images) - 1; n > 0 {
		name = words.N("{{.Name}} and {{.N}} more", n, "Name", name)
	}
	lines := look.VBox(3, look.NewCut(name, look.SizeCaption, look.ColorSecondary), row(words.T("Now"), d.was), row(words.T("Then"), d.becomes))
	card := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.Fixed(68, 68, picture)), nil, look.Middle(lines))
	return look.VBox(8, container.NewStack(look.NewSurface(look.ColorSurface, theme.ColorNameSeparator, look.Radius), look.PadAll(12, card)), d.trouble)
}

// arrange shows the fields of the way that is chosen.
func (d *dateDialog) arrange() {
	var o fyne.CanvasObject
	switch d.way.SelectedIndex() {
	case wayShift:
		row := []fyne.CanvasObject{look.VBox(0, look.Fixed(120, 0, d.later))}
		for i, unit := range []string{words.T("days"), words.T("hours"), words.T("minutes"), words.T("seconds")} {
			row = append(row, look.VBox(3, look.Fixed(75.5, 0, d.parts[i]), look.Pad(0, 0, 0, 2, look.NewText(unit, look.SizeCaption, look.ColorSecondary))))
		}
		o = look.HBox(8, row...)
	case wayZone:
		box := look.VBox(10, labelled(words.T("Taken in"), d.zone), labelled(words.T("The clock"), d.clock))
		if d.clock.SelectedIndex() == 1 {
			box.Add(labelled(words.T("It was on"), d.from))
		}
		o = box
	case waySet:
		o = look.VBox(6, look.Fixed(240, 0, d.date), look.NewPara(words.T("A day, with a time, and +02:00 after it where you know how far the clock was ahead of UTC."), look.SizeCaption, dateWidth, look.ColorSecondary))
	default:
		o = look.NewPara(words.T("Takes back all that was corrected by hand."), look.SizeBody, dateWidth, look.ColorSecondary)
	}
	d.fields.Objects = []fyne.CanvasObject{o}
	d.preview()
	d.m.layOut()
}

func labelled(text string, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, look.Fixed(110, 0, look.Middle(look.NewText(text, look.SizeBody, theme.ColorNameForeground))), nil, o)
}

// change reads what the fields say. Without an error text it may still be that
// something is to be filled in: then ok is false.
func (d *dateDialog) change() (c app.DateChange, trouble string, ok bool) {
	var err error
	switch d.way.SelectedIndex() {
	case wayShift:
		for i, e := range d.parts {
			text := strings.TrimSpace(e.Text)
			n, err := strconv.ParseUint(text, 10, 20)
			if text != "" && (err != nil || n > maxShift/uint64(shiftUnits[i]/time.Second)) {
				return c, words.T("Write whole numbers, of 100,000 days at most."), false
			}
			c.Shift += time.Duration(n) * shiftUnits[i]
		}
		if d.later.SelectedIndex() == 1 {
			c.Shift = -c.Shift
		}
		return c, "", c.Shift != 0
	case wayZone:
		if strings.TrimSpace(d.zone.Text) == "" {
			return c, "", false
		}
		c.KeepClock = d.clock.SelectedIndex() == 0
		if c.Zone, err = imagelib.ParseZone(d.zone.Text); err == nil && !c.KeepClock && strings.TrimSpace(d.from.Text) != "" {
			c.From, err = imagelib.ParseZone(d.from.Text)
		}
		if err != nil {
			return c, words.T("A time zone is a name like Europe/Paris, or an offset like +02:00."), false
		}
	case waySet:
		if strings.TrimSpace(d.date.Text) == "" {
			return c, "", false
		}
		if c.Set, err = imagelib.ParseDate(d.date.Text); err != nil {
			return c, words.T("A date is like 2024-05-01 12:30, and of the years 1826 to 2099."), false
		}
	default:
		c.Reset = true
	}
	return c, "", true
}

// maxShift is the longest shift, in seconds.
const maxShift = 100_000 * 24 * 60 * 60

// preview tells what becomes of the first photo, or what stands in the way.
func (d *dateDialog) preview() {
	if !d.m.open { // it is being filled in
		return
	}
	c, trouble, ok := d.change()
	then := d.first.Date
	if ok {
		trouble, ok = d.check(c)
	}
	if ok {
		then, _ = c.Of(d.first) // which check has seen to be no error
	}
	seconds := then.Wall.Truncate(time.Minute).Sub(then.Wall) != d.first.Date.Wall.Truncate(time.Minute).Sub(d.first.Date.Wall)
	d.was.Set(dateText(d.first.Date, seconds))
	d.becomes.Set("–")
	if ok {
		d.becomes.Set(dateText(then, seconds))
	}
	d.trouble.Set(trouble)
	show(d.trouble, trouble != "")
	if ok {
		d.apply.Enable()
	} else {
		d.apply.Disable()
	}
	d.m.layOut()
}

// check looks whether all photos can be corrected so.
func (d *dateDialog) check(c app.DateChange) (trouble string, ok bool) {
	for _, img := range d.images {
		for _, f := range img.Files() {
			if _, err := c.Of(f); err == nil {
				continue
			}
			switch {
			case f.Date.Wall.IsZero():
				return words.T("{{.Name}} has no date. Set one.", "Name", f.Name), false
			case c.Zone != nil && !c.KeepClock && c.From == nil && !f.Date.HasOffset:
				return words.T("{{.Name}} does not say which time zone its clock was on. Name it below “It was on”.", "Name", f.Name), false
			}
			return words.T("{{.Name}} would be outside the years 1826 to 2099.", "Name", f.Name), false
		}
	}
	return "", true
}

// do corrects the dates, with a way back.
func (d *dateDialog) do() {
	c, _, ok := d.change()
	if ok {
		_, ok = d.check(c)
	}
	if !ok {
		return
	}
	d.m.hide()
	files := makeSel(d.images).digests()
	var done app.Correction
	d.s.goDo(func(ctx context.Context) (err error) {
		done, err = d.s.lib.CorrectDates(ctx, files, c)
		return err
	}, func(err error) { d.s.datesCorrected(len(d.images), done, err) })
}

// datesCorrected tells what came of a correction of the dates of n photos.
func (s *shell) datesCorrected(n int, done app.Correction, err error) {
	s.reload()
	switch {
	case err != nil:
		s.fail(words.T("Could not correct all of the dates"), err)
		return
	case done.Changed == 0:
		s.toasts.show(words.T("They had these dates already"), nil)
		return
	}
	text := words.N("Dates of {{.N}} photos corrected", n)
	if done.ID == "" {
		s.toasts.show(text, nil)
		return
	}
	s.toasts.offer(text, &step{text: text, at: s.now(), id: done.ID, back: func() {
		s.takeBack(app.ActionInfo{ID: done.ID, Kind: app.KindDate}, s.orUndone(text, nil))
	}})
}

// dateText writes a date, with its offset where that is known.
func dateText(d imagelib.Date, seconds bool) string {
	if d.Wall.IsZero() {
		return words.T("No date")
	}
	text := words.Date(d.Wall) + ", " + words.Clock(d.Wall)
	if seconds {
		text += d.Wall.Format(":05")
	}
	if full := d.String(); d.HasOffset {
		text += " (UTC" + full[len(full)-6:] + ")"
	}
	return text
}

// zoneEntry is a field for a time zone, with common ones to choose from.
type zoneEntry struct {
	widget.SelectEntry
	escape func()
}

func (d *dateDialog) zoneEntry(holder string) *zoneEntry {
	e := &zoneEntry{escape: d.m.hide}
	e.ExtendBaseWidget(e)
	e.SetOptions(zones)
	e.SetPlaceHolder(holder)
	e.OnChanged = func(string) { d.preview() }
	e.OnSubmitted = func(string) { d.do() }
	return e
}

// TypedKey implements [fyne.Focusable].
func (e *zoneEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.escape()
		return
	}
	e.SelectEntry.TypedKey(k)
}

// zones are some time zones, from west to east: one for each that many people are
// in. Any other may be typed.
var zones = []string{
	"Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Mexico_City", "America/Chicago", "America/New_York",
	"America/Bogota", "America/Halifax", "America/Santiago", "America/Argentina/Buenos_Aires", "America/Sao_Paulo", "Atlantic/Azores", "UTC",
	"Europe/London", "Africa/Lagos", "Europe/Paris", "Europe/Athens", "Africa/Cairo", "Africa/Johannesburg", "Europe/Istanbul", "Africa/Nairobi",
	"Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Singapore",
	"Australia/Perth", "Asia/Tokyo", "Australia/Darwin", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney", "Pacific/Auckland",
}
