package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// stars shows the rating of a photo, and lets a person give another: the same star once
// more takes it away.
func (p *infoPanel) stars(img *imagelib.Image) fyne.CanvasObject {
	s, row, ds := p.v.s, look.HBox(0), makeSel([]*imagelib.Image{img}).digests()
	for n := 1; n <= 5; n++ {
		symbol, colour := "star", look.ColorSecondary
		if n <= int(img.Rating) {
			symbol, colour = "star-full", look.ColorRisk
		}
		given := n
		if n == int(img.Rating) {
			given = 0
		}
		b := look.NewIconButton(symbol, words.N("{{.N}} stars", n), look.Ghost, func() { s.rate(ds, given, int(img.Rating)) })
		b.SetSymbol(symbol, colour)
		row.Add(b)
	}
	return row
}

// rate gives files stars in place of those they had.
func (s *shell) rate(ds []app.Digest, stars, before int) {
	s.goDo(func(ctx context.Context) error { return s.lib.SetRating(ctx, ds, stars) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not keep the rating"), err)
			return
		}
		text := words.T("Rating removed")
		if stars > 0 {
			text = words.N("Rated with {{.N}} stars", stars)
		}
		s.didEdit(text, func(ctx context.Context) error { return s.lib.SetRating(ctx, ds, before) })
	})
}

// tagField is the field for tags of a photo, with those that other photos have as
// suggestions.
type tagField struct {
	*keyEntry
	p     *infoPanel
	of    app.Digest
	files []app.Digest
	have  []string
	hints *fyne.Container
}

// mostHints is how many tags are suggested.
const mostHints = 4

// tags shows the tags of a photo, each to be removed, and the field for more: the same
// as before while the photo is, so that what is being written stays.
func (p *infoPanel) tags(img *imagelib.Image) fyne.CanvasObject {
	if p.tag == nil || p.tag.of != img.Digest {
		p.tag = newTagField(p, img)
	}
	t := p.tag
	t.files, t.have = makeSel([]*imagelib.Image{img}).digests(), img.Tags
	box := look.VBox(6)
	for _, row := range rows(img.Tags, infoWidth-40) {
		line := look.HBox(6)
		for _, tag := range row {
			line.Add(t.chip(tag))
		}
		box.Add(line)
	}
	box.Add(t.keyEntry)
	box.Add(t.hints)
	t.suggest(t.Text)
	return box
}

// rows puts tags into as many rows as they need.
func rows(tags []string, room float32) (out [][]string) {
	left := float32(0)
	for _, tag := range tags {
		w := chipWidth(tag) + 6
		if len(out) == 0 || w > left {
			out, left = append(out, nil), room
		}
		out[len(out)-1] = append(out[len(out)-1], tag)
		left -= w
	}
	return out
}

// mostChip is the widest text of a tag.
const mostChip = infoWidth - 40 - 60

func chipText(tag string) float32 {
	return min(fyne.MeasureText(tag, look.SizeBody, fyne.TextStyle{}).Width+1, mostChip)
}

func chipWidth(tag string) float32 { return chipText(tag) + 10 + look.ControlHeight() }

// chip is a tag with a button that takes it away.
func (t *tagField) chip(tag string) fyne.CanvasObject {
	text := look.Middle(look.Fixed(chipText(tag), 0, look.NewCut(tag, look.SizeBody, "foreground")))
	drop := look.NewIconButton("close", words.T("Remove the tag {{.Tag}}", "Tag", tag), look.Ghost, func() { t.edit(nil, []string{tag}) })
	return container.NewStack(look.NewSurface("button", "", look.Radius), look.Pad(0, 0, 0, 10, look.HBox(0, text, drop)))
}

func newTagField(p *infoPanel, img *imagelib.Image) *tagField {
	s := p.v.s
	t := &tagField{p: p, of: img.Digest, hints: look.VBox(2)}
	t.keyEntry = newKeyEntry(func() { s.win.Canvas().Unfocus() })
	t.SetPlaceHolder(words.T("Add a tag"))
	t.OnChanged = func(text string) {
		t.suggest(text)
		p.body.Refresh()
	}
	t.OnSubmitted = func(text string) { t.give(text) }
	return t
}

// suggest offers tags of other photos that begin with, or hold, what is written.
func (t *tagField) suggest(text string) {
	t.hints.Objects = nil
	for _, tag := range suggested(t.p.v.s.snap.tags, text, t.have) {
		t.hints.Add(look.HBox(0, look.NewButton(tag, "tag", look.Ghost, func() { t.give(tag) })))
	}
	t.hints.Refresh()
}

// suggested are the tags that hold what is written, those that begin with it first, and
// of these the most used.
func suggested(all func() []imagelib.Tag, text string, have []string) (out []string) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return nil
	}
	tags := slices.DeleteFunc(slices.Clone(all()), func(t imagelib.Tag) bool {
		return !strings.Contains(strings.ToLower(t.Name), text) || slices.Contains(have, t.Name)
	})
	begins := func(t imagelib.Tag) int {
		if strings.HasPrefix(strings.ToLower(t.Name), text) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(tags, func(a, b imagelib.Tag) int {
		if d := begins(b) - begins(a); d != 0 {
			return d
		}
		return b.Count - a.Count
	})
	for _, t := range tags[:min(len(tags), mostHints)] {
		out = append(out, t.Name)
	}
	return out
}

// give gives the photo what is written; commas stand between several.
func (t *tagField) give(text string) {
	var add []string
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			add = append(add, tag)
		}
	}
	t.SetText("")
	if len(add) > 0 {
		t.edit(add, nil)
	}
}

func (t *tagField) edit(add, remove []string) {
	s, ds := t.p.v.s, t.files
	add = slices.DeleteFunc(add, func(tag string) bool { return slices.Contains(t.have, tag) })
	if len(add)+len(remove) == 0 {
		return
	}
	s.goDo(func(ctx context.Context) error { return s.lib.EditTags(ctx, ds, add, remove) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not keep the tags"), err)
			return
		}
		text := words.T("Tag {{.Tag}} added", "Tag", strings.Join(add, ", "))
		if len(remove) > 0 {
			text = words.T("Tag {{.Tag}} removed", "Tag", strings.Join(remove, ", "))
		}
		s.didEdit(text, func(ctx context.Context) error { return s.lib.EditTags(ctx, ds, remove, add) })
	})
}
