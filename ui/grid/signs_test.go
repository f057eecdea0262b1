package grid

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// TestSigns: each sign is drawn, and says what it means to the mouse over it.
func TestSigns(t *testing.T) {
	for _, tt := range []struct {
		mark   Mark
		symbol string
		want   Sign
	}{
		{Mark{Here: true}, "here", Here},
		{Mark{Away: true}, "elsewhere", Away},
		{Mark{Away: true, Saving: true}, "save", Saving},
		{Mark{Away: true, Saving: true, Part: 0.4}, "save", Saving},
		{Mark{Away: true, Saving: true, Stuck: true}, "warning", Stuck},
		{Mark{OneCopy: true}, "one-copy", OneCopy},
		{Mark{Favourite: true}, "heart-full", Favourite},
		{Mark{Video: true, Kind: "0:12"}, "play", Video},
		{Mark{Kind: "RAW+JPEG"}, "", Kind},
	} {
		src := newAlbum(12)
		src.marks = func(int) Mark { return tt.mark }
		b := newBench(t, src, "light", window)
		over := func(p fyne.Position) {
			b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}})
		}
		over(b.place(2))
		if b.hint.text != nil {
			t.Errorf("%+v: a hint shows over the middle of the photo", tt.mark)
		}
		i := -1
		for k, s := range b.signs {
			if s.sign == tt.want {
				i = k
			}
		}
		if i < 0 {
			t.Errorf("%+v: no sign %d, but %v", tt.mark, tt.want, b.signs)
			continue
		}
		drawn := 0
		for kind, s := range b.frame.symbols {
			if kind.name == tt.symbol {
				drawn += s.used
			}
		}
		if tt.symbol != "" && drawn == 0 {
			t.Errorf("%+v: its symbol is not drawn", tt.mark)
		}
		s := b.signs[i]
		over(s.pos.AddXY(s.size.Width/2, s.size.Height/2))
		if b.hint.text == nil || b.hint.text.Text != texts.Sign(tt.want, tt.mark) {
			t.Errorf("%+v: the sign says nothing", tt.mark)
		}
	}
}

// TestDragFromAPhoto: a hand that is not steady clicks, one that drags draws a band,
// with Shift at once.
func TestDragFromAPhoto(t *testing.T) {
	b := newBench(t, newAlbum(40), "light", window)
	drag := func(p fyne.Position) { b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}}) }
	p := b.place(3)
	b.press(p, 0)
	drag(p.AddXY(4, 3))
	b.release(p)
	b.DragEnd()
	b.wantSelection("a click that moved a little", 3)
	b.press(p, 0)
	drag(p.AddXY(30, 0))
	if !b.mouse.banding {
		t.Error("a drag from a photo draws no band")
	}
	b.release(p)
	b.DragEnd()
	b.press(p, fyne.KeyModifierShift)
	drag(p.AddXY(3, 0))
	if !b.mouse.banding {
		t.Error("a drag with Shift draws no band at once")
	}
}

func TestMenuAndDayByKeys(t *testing.T) {
	b := newBench(t, newAlbum(5, 7, 30), "light", window)
	b.FocusGained()
	b.key(fyne.KeyF10)
	b.Select(6)
	b.key(fyne.KeyF10)
	if len(b.menus) != 0 {
		t.Error("F10 alone opens the menu")
	}
	b.mods = fyne.KeyModifierShift
	b.key(fyne.KeyF10)
	b.mods = 0
	b.key(desktop.KeyMenu)
	if len(b.menus) != 2 || b.menus[0] != 6 || b.menus[1] != 6 {
		t.Errorf("menus of %v, want 6 twice", b.menus)
	}
	day := &desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierShortcutDefault}
	b.TypedShortcut(day)
	b.wantSelection("Ctrl+D", 5, 6, 7, 8, 9, 10, 11)
	b.TypedShortcut(day)
	b.wantSelection("Ctrl+D again")
	b.mods = fyne.KeyModifierShift
	b.Select(0)
	b.key(fyne.KeyPageDown)
	if n := b.Count(); n < 10 {
		t.Errorf("shift and page down select %d", n)
	}
}
