package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// toasts shows what has just been done at the bottom, with a way to undo it,
// one at a time and for a while.
type toasts struct {
	box   *fyne.Container
	do    func(func())
	after func(time.Duration, func()) (stop func())
	stop  func()
	now   func() time.Time
	steps *steps // what a toast has offered to undo, and nobody has
	shown fyne.CanvasObject
	undo  func()
	text  string
}

// toastRest is the width of a toast beside its text, and of the space around it.
const toastRest = 190

// How long a toast stays: longer when there is something to decide.
const (
	toastTime     = 4 * time.Second
	toastTimeUndo = 9 * time.Second
)

func newToasts(e env, undos *steps, lift func() float32) *toasts {
	t := &toasts{do: e.do, after: e.after, now: e.now, steps: undos}
	t.box = container.New(&toastLayout{lift})
	return t
}

// show shows a toast in place of the present one. undo may be nil; else it can be done
// from the toast and, also later, by the key.
func (t *toasts) show(text string, undo func()) {
	if undo == nil {
		t.put(text, nil)
		return
	}
	t.offer(text, &step{text: text, at: t.now(), back: undo})
}

// offer shows a toast that a step can be taken back from.
func (t *toasts) offer(text string, st *step) {
	t.steps.push(st)
	t.put(text, func() {
		if t.steps.take(st) {
			st.back()
		}
	})
}

func (t *toasts) put(text string, undo func()) {
	t.hide()
	t.undo, t.text = undo, text
	label := look.NewCut(text, look.SizeBody, look.ColorOnToast)
	width := fyne.MeasureText(text, look.SizeBody, fyne.TextStyle{}).Width + 1
	if room := t.box.Size().Width - toastRest; room > 0 {
		width = min(width, room) // a long name of a folder, say, is cut
	}
	row := look.HBox(6, look.Middle(look.Pad(0, 6, 0, 6, look.Fixed(width, 0, label))))
	if undo != nil {
		row.Add(look.NewButton(words.T("Undo"), "", look.Toast, func() {
			t.hide()
			undo()
		}))
	}
	row.Add(look.NewIconButton("close", words.T("Close"), look.Dark, t.hide))
	t.shown = container.NewStack(look.NewSurface(look.ColorToast, "", 10), look.Pad(4, 6, 4, 12, row))
	t.box.Objects = []fyne.CanvasObject{t.shown}
	t.box.Refresh()
	shown, end := t.shown, t.shown.Position()
	look.Animate(160*time.Millisecond, func(p float32) { shown.Move(end.AddXY(0, 24*(1-p))) })
	d := toastTime
	if undo != nil {
		d = toastTimeUndo
	}
	t.stop = t.after(d, func() {
		t.do(func() {
			if t.shown == shown {
				t.hide()
			}
		})
	})
}

func (t *toasts) hide() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.shown, t.undo, t.text = nil, nil, ""
	t.box.Objects = nil
	t.box.Refresh()
}

// toastLayout puts a toast at the bottom, in the middle, over what lifts it.
type toastLayout struct{ lift func() float32 }

func (*toastLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
func (l *toastLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		m := o.MinSize()
		m.Width = min(m.Width, s.Width-16)
		o.Resize(m)
		o.Move(fyne.NewPos((s.Width-m.Width)/2, s.Height-m.Height-46-l.lift()))
	}
}
