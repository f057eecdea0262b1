package grid

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

var (
	_ fyne.Focusable    = (*Grid)(nil)
	_ fyne.Shortcutable = (*Grid)(nil)
)

// focus takes the keyboard.
func (g *Grid) focus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(g); c != nil && c.Focused() != g {
		c.Focus(g)
	}
}

// FocusGained implements [fyne.Focusable].
func (g *Grid) FocusGained() {
	g.focused, g.keyed = true, g.keyed || !g.mouse.down
	g.update()
}

// marked is the photo that shows the focus: the one that a key acts on, or
// that the first key goes to; -1 when the mouse has brought the focus.
func (g *Grid) marked() int {
	switch {
	case !g.focused || !g.keyed:
		return -1
	case g.sel.cursor >= 0:
		return g.sel.cursor
	}
	item, _ := g.lay.Anchor(g.off)
	return item
}

// FocusLost implements [fyne.Focusable].
func (g *Grid) FocusLost() {
	g.focused = false
	g.update()
}

// TypedRune implements [fyne.Focusable].
func (g *Grid) TypedRune(r rune) {
	switch r {
	case '+', '=':
		g.SetLevel(g.level + 1)
	case '-':
		g.SetLevel(g.level - 1)
	case '0':
		g.SetLevel(DefaultLevel)
	default:
		if g.opts.Rune != nil {
			g.opts.Rune(r)
		}
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (g *Grid) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutSelectAll); ok {
		g.SelectAll()
		return
	}
	c, ok := s.(*desktop.CustomShortcut)
	if !ok || g.lay == nil {
		if g.opts.Shortcut != nil {
			g.opts.Shortcut(s)
		}
		return
	}
	if c.Modifier&^fyne.KeyModifierShift == fyne.KeyModifierShortcutDefault && g.ViewKey(c.KeyName) {
		return
	}
	switch c.KeyName { // with a modifier held, arrows arrive as shortcuts
	case fyne.KeySpace:
		if g.sel.cursor >= 0 {
			g.sel.toggle(g.src, g.sel.cursor)
			g.selected()
		}
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyPageDown:
		g.move(c.KeyName, c.Modifier&fyne.KeyModifierShift != 0)
	default:
		if g.opts.Shortcut != nil {
			g.opts.Shortcut(s)
		}
	}
}

// ViewKey acts on a key that is held with Ctrl, and reports whether it is one of the
// grid: plus, minus and 0 change the zoom level, D selects what is under one header.
func (g *Grid) ViewKey(k fyne.KeyName) bool {
	switch k {
	case fyne.KeyPlus, fyne.KeyEqual:
		g.SetLevel(g.level + 1)
	case fyne.KeyMinus:
		g.SetLevel(g.level - 1)
	case fyne.Key0:
		g.SetLevel(DefaultLevel)
	case fyne.KeyD:
		g.ToggleSection(g.sel.cursor)
	default:
		return false
	}
	return true
}

// cursorMenu opens the context menu at the cursor.
func (g *Grid) cursorMenu() {
	at, ok := g.lay.Place(g.sel.cursor)
	if !ok || g.Count() == 0 || g.sel.cursor < 0 || g.opts.Menu == nil {
		return
	}
	g.Reveal(g.sel.cursor)
	p := fyne.NewPos(at.X+sidePad+at.W/2, float32(at.Y-g.off)+at.H/2)
	g.opts.Menu(g.sel.cursor, fyne.CurrentApp().Driver().AbsolutePositionForObject(g).Add(p))
}

// TypedKey implements [fyne.Focusable].
func (g *Grid) TypedKey(e *fyne.KeyEvent) {
	if g.lay == nil {
		return
	}
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyPageDown:
		g.move(e.Name, g.opts.Modifiers()&fyne.KeyModifierShift != 0)
	case fyne.KeyReturn, fyne.KeyEnter:
		if g.sel.cursor >= 0 && g.sel.cursor < g.src.Len() {
			g.open(g.sel.cursor)
		}
	case fyne.KeySpace:
		if g.sel.cursor >= 0 && g.sel.cursor < g.src.Len() {
			g.keyed = true
			g.sel.toggle(g.src, g.sel.cursor)
			g.selected()
		}
	case desktop.KeyMenu:
		g.cursorMenu()
	case fyne.KeyF10: // with Shift alone it is no shortcut
		if g.opts.Modifiers() == fyne.KeyModifierShift {
			g.cursorMenu()
		}
	case fyne.KeyEscape:
		if g.Count() > 0 {
			g.ClearSelection()
		} else if g.opts.Key != nil {
			g.opts.Key(e)
		}
	default:
		if g.opts.Key != nil {
			g.opts.Key(e)
		}
	}
}

// move moves the cursor; the photo there is selected, or the range to it.
func (g *Grid) move(key fyne.KeyName, extend bool) {
	n := g.src.Len()
	if n == 0 {
		return
	}
	g.keyed = true
	i := g.target(key)
	i = min(max(i, 0), n-1)
	if extend {
		if g.sel.anchor < 0 {
			g.sel.from(g.src, max(g.sel.cursor, 0))
		}
		g.sel.extend(g.src, i)
	} else {
		g.sel.only(g.src, i)
	}
	g.Reveal(i)
	g.selected()
}

func (g *Grid) target(key fyne.KeyName) int {
	c := g.sel.cursor
	if c < 0 { // begin with the first photo on the screen
		item, _ := g.lay.Anchor(g.off)
		return item
	}
	switch key {
	case fyne.KeyLeft:
		return g.lay.Next(c, -1)
	case fyne.KeyRight:
		return g.lay.Next(c, 1)
	case fyne.KeyUp:
		return g.lay.Beside(c, -1)
	case fyne.KeyDown:
		return g.lay.Beside(c, 1)
	case fyne.KeyHome:
		return 0
	case fyne.KeyEnd:
		return g.src.Len() - 1
	case fyne.KeyPageUp:
		return g.lay.Beside(c, -g.rowsOnScreen())
	case fyne.KeyPageDown:
		return g.lay.Beside(c, g.rowsOnScreen())
	}
	return c
}

func (g *Grid) rowsOnScreen() int {
	return max(int(g.Size().Height/(Levels[g.level].Height+headerHeight/2))-1, 1)
}
