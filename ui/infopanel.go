package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/imagelib/places"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// infoPanel tells all that is known of a photo, and where it is.
type infoPanel struct {
	v      *viewerPage
	on     bool
	object *fyne.Container
	body   *fyne.Container
	shown  string // what the panel shows, so that it is built only on change
	words  *caption
	tag    *tagField
}

func newInfoPanel(v *viewerPage) *infoPanel {
	p := &infoPanel{v: v, body: look.VBox(16)}
	head := container.NewBorder(nil, nil, nil, look.NewIconButton("close", words.T("Close"), look.Ghost, v.toggleInfo),
		look.Middle(look.NewText(words.T("Information"), look.SizeTitle, theme.ColorNameForeground).Bold()))
	p.object = container.NewStack(look.NewSurface(theme.ColorNameBackground, "", 0),
		container.NewBorder(look.Pad(10, 10, 6, 20, head), nil, nil, nil, container.NewVScroll(look.Narrow(look.Pad(4, 20, 20, 20, p.body)))))
	p.object.Hide()
	return p
}

// infoText is the width of the panel's texts.
const infoText = infoWidth - 40 - 34

// show shows what is known of a photo.
func (p *infoPanel) show(img *imagelib.Image) {
	if !p.on || img == nil {
		return
	}
	s := p.v.s
	e, _ := s.dev.Entry(img.Digest)
	proofs, now := s.proofs(img)
	t, moving := s.coming(img)
	state := fmt.Sprint(img, e, proofs, now.Unix()/60, moving, percent(t), t.Err)
	if state == p.shown {
		return
	}
	p.shown = state
	p.body.Objects = []fyne.CanvasObject{look.VBox(6, p.caption(img), p.stars(img)), p.date(img)}
	if img.GPS != nil {
		if town := placeName(img.Place()); town != "" {
			p.add("pin", town, place(img.GPS))
		} else {
			p.add("pin", place(img.GPS), "")
		}
	}
	if cam := camera(img); cam != "" {
		p.add("camera", cam, exposure(img))
	}
	for _, f := range img.Files() {
		symbol := "file"
		if f.Kind == imagelib.KindVideo {
			symbol = "film"
		}
		p.add(symbol, f.Name, fileLine(f))
	}
	p.body.Add(p.tags(img))
	p.body.Add(look.Line())
	p.body.Add(p.holders(img, proofs))
	p.body.Refresh()
}

func (p *infoPanel) add(symbol, title, text string) { p.body.Add(infoFact(symbol, title, text, nil)) }

// infoFact is a symbol, a line and what it is from, with a button at its end or nil.
func infoFact(symbol, title, text string, end fyne.CanvasObject) fyne.CanvasObject {
	width := float32(infoText)
	if end != nil {
		width -= end.MinSize().Width
	}
	lines := look.VBox(2, look.NewPara(title, look.SizeBody, width, theme.ColorNameForeground))
	if text != "" {
		lines.Add(look.NewPara(text, look.SizeCaption, width, look.ColorSecondary))
	}
	icon := container.NewVBox(look.NewIcon(symbol, look.ColorSecondary, 20))
	return container.NewBorder(nil, nil, look.Pad(1, 14, 0, 0, icon), end, lines)
}

// date tells when the photo was taken and who says so, and lets a person correct it.
func (p *infoPanel) date(img *imagelib.Image) fyne.CanvasObject {
	s := p.v.s
	change := look.NewIconButton("edit", words.T("Change date and time"), look.Ghost, func() { s.changeDates([]*imagelib.Image{img}) })
	return infoFact("calendar", dateLine(s, img), dateSource(img), container.NewVBox(change))
}

// placeName is a town with its region and country, as far as they are known.
func placeName(p places.Place) string {
	var parts []string
	for _, name := range []string{p.City, p.Region, p.Country} {
		if name != "" && !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, ", ")
}

// caption is the field for what a person says of a photo.
type caption struct {
	*keyEntry
	of    app.Digest
	files []app.Digest
	kept  string // the photo's caption
}

// caption returns the field of a photo: the same as before while the photo is,
// so that what is being written stays.
func (p *infoPanel) caption(img *imagelib.Image) fyne.CanvasObject {
	if p.words == nil || p.words.of != img.Digest {
		p.words = newCaption(p.v.s, img)
	}
	c := p.words
	c.files = makeSel([]*imagelib.Image{img}).digests()
	if c.Text == c.kept {
		c.SetText(img.Caption)
	}
	c.kept = img.Caption
	return c.keyEntry
}

func newCaption(s *shell, img *imagelib.Image) *caption {
	leave := func() { s.win.Canvas().Unfocus() }
	c := &caption{keyEntry: newKeyEntry(leave), of: img.Digest, files: makeSel([]*imagelib.Image{img}).digests(), kept: img.Caption}
	c.SetPlaceHolder(words.T("Add a caption"))
	c.SetText(img.Caption)
	c.OnSubmitted = func(string) { leave() }
	c.left = func() {
		if text := strings.TrimSpace(c.Text); text != c.kept {
			s.writeCaption(c.files, c.kept, text)
		}
	}
	return c
}

// writeCaption writes under a photo, in place of what was there.
func (s *shell) writeCaption(ds []app.Digest, was, text string) {
	set := func(ctx context.Context, text string) error { return s.lib.SetCaption(ctx, ds, text) }
	s.goDo(func(ctx context.Context) error { return set(ctx, text) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not write the caption"), err)
			return
		}
		told := words.T("Caption changed")
		if text == "" {
			told = words.T("Caption removed")
		}
		s.didEdit(told, func(ctx context.Context) error { return set(ctx, was) })
	})
}

// holders says on which devices the photo is, and what can be done about it.
func (p *infoPanel) holders(img *imagelib.Image, proofs []words.Proof) fyne.CanvasObject {
	s := p.v.s
	box := look.VBox(10, look.NewText(words.T("Where it is"), look.SizeBody, theme.ColorNameForeground).Bold())
	for _, pr := range proofs {
		name := pr.Device.Name
		if pr.Device.Self {
			name = words.T("This computer")
		}
		colour := look.ColorSecondary
		if pr.Device.Online || pr.Device.Self {
			colour = look.ColorSafe
		}
		line := look.VBox(1, look.NewCut(name, look.SizeBody, theme.ColorNameForeground),
			look.NewCut(words.T("checked {{.Ago}}", "Ago", words.Ago(s.now(), pr.At)), look.SizeCaption, look.ColorSecondary))
		box.Add(container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.NewIcon(deviceSymbol(pr.Device.Platform), colour, 20)), nil, line))
	}
	if len(proofs) == 0 {
		text := words.T("No device has a checked copy now.")
		if len(img.Partners()) > 0 {
			text = words.T("No device has checked copies of all files of this photo now.")
		}
		box.Add(look.NewPara(text, look.SizeBody, infoWidth-40, look.ColorRisk))
	} else if len(proofs) == 1 && (len(img.Partners()) == 0 || img.Holders <= 1) && len(s.devices) > 1 {
		box.Add(look.NewPara(words.T("This is the only copy."), look.SizeCaption, infoWidth-40, look.ColorRisk))
	}
	p.filesHere(box, img)
	p.keeping(box, img, proofs)
	return box
}

// filesHere adds where the files of a photo lie on this computer, and what can be done
// with them there.
func (p *infoPanel) filesHere(box *fyne.Container, img *imagelib.Image) {
	s := p.v.s
	for _, f := range img.Files() {
		e, ok := s.dev.Entry(f.Digest)
		if !ok || !e.Here() {
			continue
		}
		copies := look.NewIconButton("copy", words.T("Copy the path"), look.Ghost, func() { s.copy(e.Path) })
		path := look.NewPara(e.Path, look.SizeCaption, infoWidth-40-44, look.ColorSecondary)
		box.Add(container.NewBorder(nil, nil, nil, copies, look.Middle(path)))
	}
	if s.pathOf(img) != "" {
		one := []*imagelib.Image{img}
		reveal := look.NewButton(words.T("Show in folder"), "folder", look.Plain, func() { s.showInFolder(one) })
		reveal.SetToolTip(words.T("Show the file in your file manager (G)"))
		with := look.NewButton(words.T("Open"), "open-with", look.Plain, func() { s.openWith(one) })
		with.SetToolTip(words.T("Open with the system's program (O)"))
		box.Add(beside(infoWidth-40, reveal, with))
	}
}

// keeping adds what can be done about a copy on this computer.
func (p *infoPanel) keeping(box *fyne.Container, img *imagelib.Image, proofs []words.Proof) {
	s := p.v.s
	x := makeSel([]*imagelib.Image{img})
	switch {
	case img.Here && len(s.devices) > 1:
		b := look.NewButton(words.T("Remove from this computer"), "remove", look.Plain, func() { s.removePhotos(x) })
		box.Add(look.Pad(4, 0, 0, 0, b))
		if others := words.Elsewhere(proofs); len(others) > 0 {
			box.Add(look.NewPara(words.T("It stays on {{.Devices}}.", "Devices", words.List(words.Names(others))), look.SizeCaption, infoWidth-40, look.ColorSecondary))
		}
	case img.Here:
	case len(s.wanted(img)) > 0:
		box.Add(p.saving(img))
		if !s.dev.Role().Everything {
			box.Add(look.Pad(4, 0, 0, 0, look.NewButton(words.T("Do not save it here"), "close", look.Plain, func() { s.unwish(s.wanted(img)) })))
		}
	default:
		box.Add(look.Pad(4, 0, 0, 0, look.NewButton(words.T("Save to this computer"), "save", look.Primary, func() { s.savePhotos(x) })))
	}
}

// saving tells how far a photo is that is wanted here.
func (p *infoPanel) saving(img *imagelib.Image) fyne.CanvasObject {
	t, ok := p.v.s.coming(img)
	switch {
	case !ok:
		return look.NewPara(words.T("Waiting to be saved to this computer"), look.SizeCaption, infoWidth-40, look.ColorSecondary)
	case t.Err != "":
		return look.NewPara(words.T("It could not be saved yet; Activity says why. Paul goes on trying."), look.SizeCaption, infoWidth-40, look.ColorRisk)
	default:
		return look.VBox(2, newProgress(part(t)),
			look.NewText(words.T("Saving to this computer: {{.Percent}} %", "Percent", percent(t)), look.SizeCaption, look.ColorSecondary))
	}
}

func dateLine(s *shell, img *imagelib.Image) string {
	if img.Date.Wall.IsZero() {
		return words.T("No date")
	}
	line := s.photoTitle(img)
	if img.Date.HasOffset {
		full := img.Date.String()
		line += " (UTC" + full[len(full)-6:] + ")"
	}
	return line
}

// dateSource says where the date was taken from.
func dateSource(img *imagelib.Image) string {
	switch img.Date.Source {
	case "person":
		return correctedText(img.FileDate())
	case "sidecar":
		return words.T("from the XMP file beside it")
	case "exif":
		return words.T("as the camera recorded it")
	case "xmp":
		return words.T("from the file's XMP data")
	case "iptc":
		return words.T("from the file's IPTC data")
	case "text":
		return words.T("from the file's own text")
	case "takeout":
		return words.T("as Google Photos recorded it")
	case "video":
		return words.T("as the video recorded it")
	case "name":
		return words.T("from the file's name")
	case "mtime":
		return words.T("when the file was last changed; it holds no date of its own")
	default:
		return ""
	}
}

// correctedText says that a date was corrected, and what the file says.
func correctedText(file imagelib.Date) string {
	switch {
	case file.Wall.IsZero() || file.Source == "person":
		return words.T("corrected by hand")
	case file.Source == "exif":
		return words.T("corrected by hand; the camera said {{.Date}}", "Date", dateText(file, false))
	}
	return words.T("corrected by hand; the file says {{.Date}}", "Date", dateText(file, false))
}

func camera(img *imagelib.Image) string { return strings.TrimSpace(img.Camera) }

// exposure is the second line under the camera: lens and settings.
func exposure(img *imagelib.Image) string {
	x := img.Exposure
	var parts []string
	if img.Lens != "" {
		parts = append(parts, img.Lens)
	}
	if x.FNumber > 0 {
		parts = append(parts, "f/"+words.Decimal(float64(x.FNumber)))
	}
	switch {
	case x.Time >= 0.4:
		parts = append(parts, words.Decimal(float64(x.Time))+" s")
	case x.Time > 0:
		parts = append(parts, fmt.Sprintf("1/%.0f s", 1/x.Time))
	}
	if x.ISO > 0 {
		parts = append(parts, fmt.Sprintf("ISO %d", x.ISO))
	}
	if x.Focal > 0 {
		parts = append(parts, words.Decimal(float64(x.Focal))+" mm")
	}
	return strings.Join(parts, "  ·  ")
}

func fileLine(img *imagelib.Image) string {
	var parts []string
	if img.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", img.Width, img.Height))
		if mp := float64(img.Width) * float64(img.Height) / 1e6; mp >= 1 {
			parts = append(parts, fmt.Sprintf("%.0f MP", mp))
		}
	}
	if d := img.Duration(); d > 0 {
		parts = append(parts, words.Length(d))
	}
	parts = append(parts, words.Bytes(img.Size))
	if _, kind, ok := strings.Cut(img.Type, "/"); ok {
		parts = append(parts, strings.ToUpper(kind))
	}
	return strings.Join(parts, "  ·  ")
}

// place writes a position in degrees.
func place(g *imagelib.GPS) string {
	ns, ew, lat, lon := "N", "E", g.Lat, g.Lon
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	return fmt.Sprintf("%.5f° %s, %.5f° %s", lat, ns, lon, ew)
}

// keyEntry is a field that tells when Escape is pressed in it and when it is
// left.
type keyEntry struct {
	look.Entry
	hint   string
	escape func()
	left   func()
}

func newKeyEntry(escape func()) *keyEntry {
	e := &keyEntry{escape: escape}
	e.ExtendBaseWidget(e)
	return e
}

// SetPlaceHolder says what belongs into the field.
func (e *keyEntry) SetPlaceHolder(text string) {
	e.hint = text
	e.Entry.SetPlaceHolder(text)
}

// Resize implements [fyne.CanvasObject]; the hint is cut to the room there is.
func (e *keyEntry) Resize(s fyne.Size) {
	e.Entry.Resize(s)
	if s.Width > 0 && e.hint != "" {
		e.Entry.SetPlaceHolder(look.Hint(e.hint, s.Width-2*theme.InnerPadding()))
	}
}

// TypedKey implements [fyne.Focusable].
func (e *keyEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && e.escape != nil {
		e.escape()
		return
	}
	e.Entry.TypedKey(k)
}

// FocusGained implements [fyne.Focusable].
func (e *keyEntry) FocusGained() {
	e.Entry.FocusGained()
	look.Reveal(e)
}

// FocusLost implements [fyne.Focusable].
func (e *keyEntry) FocusLost() {
	e.Entry.FocusLost()
	if e.left != nil {
		e.left()
	}
}
