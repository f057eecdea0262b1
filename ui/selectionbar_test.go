package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// TestSelectionBarFits: in each window every action can be reached, in the bar or among
// more, and nothing lies over another.
func TestSelectionBarFits(t *testing.T) {
	for _, size := range []fyne.Size{large, small, fyne.NewSize(560, 500), fyne.NewSize(1000, 700), fyne.NewSize(1900, 1000)} {
		r := newRig(t, newFake(30), size)
		r.presentGrid().grid.SelectAll()
		b := r.picked
		var spans [][2]float32
		span := func(o fyne.CanvasObject) {
			spans = append(spans, [2]float32{o.Position().X, o.Position().X + o.Size().Width})
		}
		span(b.count)
		hidden := 0
		for _, a := range b.actions {
			if !a.on {
				continue
			}
			if a.hidden {
				hidden++
				if a.button.Visible() || !b.more.Visible() {
					t.Errorf("%v: %s is in the bar and among more, or in neither", size, a.text)
				}
				continue
			}
			span(a.button)
		}
		if b.more.Visible() {
			span(b.more)
		}
		slices.SortFunc(spans, func(x, y [2]float32) int { return int(x[0] - y[0]) })
		for i := range spans[1:] {
			if spans[i][1] > spans[i+1][0] {
				t.Errorf("%v: what ends at %v lies over what begins at %v", size, spans[i][1], spans[i+1][0])
			}
		}
		if last := spans[len(spans)-1][1]; last > b.object.Size().Width {
			t.Errorf("%v: the bar of %v ends at %v", size, b.object.Size().Width, last)
		}
		if (hidden == 0) != (size.Width > 1100) {
			t.Errorf("%v: %d actions are among more", size, hidden)
		}
	}
}

// TestMoreOfTheSelection does what has no room in the bar.
func TestMoreOfTheSelection(t *testing.T) {
	r := newRig(t, newFake(30), small)
	r.presentGrid().grid.Select(2)
	test.Tap(r.picked.more)
	var labels []string
	for _, a := range r.picked.actions {
		if a.hidden {
			labels = append(labels, a.text)
		}
	}
	for _, want := range []string{"Rotate left", "Rotate right", "Change date", "Export"} {
		if !slices.Contains(labels, want) {
			t.Errorf("among more are %q, want %q too", labels, want)
		}
	}
	for range slices.Index(labels, "Rotate right") + 1 {
		r.press(fyne.KeyDown)
	}
	r.press(fyne.KeyReturn)
	r.waitCall("rotate 1 2")
}

// TestCompareOfTheSelection is offered for two photos.
func TestCompareOfTheSelection(t *testing.T) {
	r := newRig(t, newFake(30), large)
	i := slices.IndexFunc(r.picked.actions, func(a *action) bool { return a.text == "Compare" })
	for n, want := range map[int]bool{1: false, 2: true, 3: false} {
		if r.picked.actions[i].fits(r.sel([]int{0, 1, 2}[:n]...)) != want {
			t.Errorf("of %d photos a comparison is offered: %t", n, !want)
		}
	}
}
