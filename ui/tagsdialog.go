package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// tagState says which of several photos have a tag.
type tagState int

const (
	tagNone tagState = iota
	tagSome
	tagAll
)

// tagsDialog lets a person give tags to photos, and take them.
type tagsDialog struct {
	s      *shell
	images []*imagelib.Image
	names  []string // of all tags that are offered, those of the photos first
	was    map[string]tagState
	now    map[string]tagState
	m      *modal
	field  *keyEntry
	chips  *fyne.Container
	shown  []*look.Button
}

const (
	tagsWidth  = 460
	tagsHeight = 150 // of the chips
)

// editTags asks which tags photos are to have.
func (s *shell) editTags(x sel) {
	if len(x.images) == 0 || x.trash {
		return
	}
	d := &tagsDialog{s: s, images: x.images, was: map[string]tagState{}, now: map[string]tagState{}, m: s.newModal(tagsWidth), chips: look.VBox(6)}
	d.collect()
	d.field = newKeyEntry(d.m.hide)
	d.field.SetPlaceHolder(words.T("Find a tag, or write a new one"))
	d.field.OnChanged = func(string) { d.build() }
	d.field.OnSubmitted = func(string) { d.submit() }
	ok := look.NewButton(words.T("Apply"), "", look.Primary, d.apply)
	scroll := container.NewVScroll(d.chips)
	d.build()
	d.m.set(look.VBox(0,
		look.NewPara(words.N("Tags of {{.N}} photos", len(x.images)), look.SizeTitle, tagsWidth, theme.ColorNameForeground).Bold(),
		look.Space(0, 14), d.field, look.Space(0, 12), look.Fixed(tagsWidth, tagsHeight, scroll),
		buttons(look.NewButton(words.T("Cancel"), "", look.Plain, d.m.hide), ok)), ok)
	d.m.show()
	s.win.Canvas().Focus(d.field)
}

// collect finds what tags there are, and which the photos have.
func (d *tagsDialog) collect() {
	n := map[string]int{}
	for _, img := range d.images {
		for _, t := range img.Tags {
			if n[t]++; n[t] == 1 {
				d.names = append(d.names, t)
			}
		}
	}
	slices.Sort(d.names)
	for t, k := range n {
		d.was[t], d.now[t] = tagSome, tagSome
		if k == len(d.images) {
			d.was[t], d.now[t] = tagAll, tagAll
		}
	}
	others := slices.Clone(d.s.snap.tags())
	slices.SortStableFunc(others, func(a, b imagelib.Tag) int { return b.Count - a.Count })
	for _, t := range others {
		if n[t.Name] == 0 {
			d.names = append(d.names, t.Name)
		}
	}
}

// found are the tags that hold what is written.
func (d *tagsDialog) found() []string {
	text := imagelib.Fold(strings.TrimSpace(d.field.Text))
	return slices.DeleteFunc(slices.Clone(d.names), func(t string) bool { return !strings.Contains(imagelib.Fold(t), text) })
}

// isNew tells whether what is written is a tag that there is not yet.
func (d *tagsDialog) isNew() bool {
	text := imagelib.Fold(strings.TrimSpace(d.field.Text))
	return text != "" && !slices.ContainsFunc(d.names, func(t string) bool { return imagelib.Fold(t) == text })
}

// submit gives the photos the tag that is written, or with nothing written is done.
func (d *tagsDialog) submit() {
	text := strings.TrimSpace(d.field.Text)
	if text == "" {
		d.apply()
		return
	}
	name := text
	if i := slices.IndexFunc(d.names, func(t string) bool { return imagelib.Fold(t) == imagelib.Fold(text) }); i >= 0 {
		name = d.names[i]
	} else {
		d.names = slices.Insert(d.names, 0, name)
	}
	d.now[name] = tagAll
	d.field.SetText("")
}

// turn gives a tag to all of the photos, or takes it from all.
func (d *tagsDialog) turn(name string) {
	if d.now[name] == tagAll {
		d.now[name] = tagNone
	} else {
		d.now[name] = tagAll
	}
	d.build()
}

// mostChips is how many tags are offered at once.
const mostChips = 60

// build makes the chips of the tags that hold what is written. The one that has the
// keyboard keeps it.
func (d *tagsDialog) build() {
	had := ""
	if b, ok := d.s.win.Canvas().Focused().(*look.Button); ok && slices.Contains(d.shown, b) {
		had = b.Text()
	}
	d.chips.Objects, d.shown = nil, nil
	line, left := look.HBox(6), float32(0)
	add := func(b *look.Button) {
		w := b.MinSize().Width
		if w > left {
			line, left = look.HBox(6), tagsWidth-12
			d.chips.Add(line)
		}
		line.Add(b)
		left -= w + 6
	}
	if d.isNew() {
		add(look.NewButton(words.T("New tag “{{.Tag}}”", "Tag", strings.TrimSpace(d.field.Text)), "plus", look.Plain, d.submit))
	}
	for i, name := range d.found() {
		if i == mostChips {
			break
		}
		b := look.NewButton(name, "", look.Plain, nil)
		b.OnTapped = func() { d.turn(name) }
		switch d.now[name] {
		case tagAll:
			b.SetSymbol("check", "")
			b.SetStyle(look.Primary)
		case tagSome:
			b.SetSymbol("minus", "")
			b.SetToolTip(words.T("Some of the photos have it"))
		}
		d.shown = append(d.shown, b)
		add(b)
	}
	if len(d.chips.Objects) == 0 {
		d.chips.Add(look.NewPara(words.T("There are no tags yet. Write one and press Enter."), look.SizeBody, tagsWidth, look.ColorSecondary))
	}
	d.chips.Refresh()
	for _, b := range d.shown {
		if b.Text() == had {
			d.s.win.Canvas().Focus(b)
		}
	}
}

// apply does what was chosen, as one step that can be undone.
func (d *tagsDialog) apply() {
	if d.isNew() {
		d.submit()
	}
	d.m.hide()
	var add, remove []string
	for _, name := range d.names {
		switch d.now[name] {
		case d.was[name]:
		case tagAll:
			add = append(add, name)
		case tagNone:
			remove = append(remove, name)
		}
	}
	if len(add)+len(remove) > 0 {
		d.s.changeTags(d.images, add, remove)
	}
}

// changeTags gives photos tags and takes others. The undo leaves each photo as it was.
func (s *shell) changeTags(images []*imagelib.Image, add, remove []string) {
	ds := makeSel(images).digests()
	lacked, had := map[string][]app.Digest{}, map[string][]app.Digest{}
	for _, img := range images {
		for _, f := range img.Files() {
			for _, t := range add {
				if !slices.Contains(f.Tags, t) {
					lacked[t] = append(lacked[t], f.Digest)
				}
			}
			for _, t := range remove {
				if slices.Contains(f.Tags, t) {
					had[t] = append(had[t], f.Digest)
				}
			}
		}
	}
	s.goDo(func(ctx context.Context) error { return s.lib.EditTags(ctx, ds, add, remove) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not keep the tags"), err)
			return
		}
		s.didEdit(words.N("Tags of {{.N}} photos changed", len(images)), func(ctx context.Context) error {
			for t, of := range lacked {
				if err := s.lib.EditTags(ctx, of, nil, []string{t}); err != nil {
					return err
				}
			}
			for t, of := range had {
				if err := s.lib.EditTags(ctx, of, []string{t}, nil); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
