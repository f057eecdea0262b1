package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// facetRow is a line of a list of what photos have in common.
type facetRow struct {
	name  string
	count int
	head  bool // the lines that follow are parts of it
	query imagelib.Query
}

// facetList is a list whose lines open the photos they are of.
type facetList struct {
	s      *shell
	rows   []facetRow
	list   *widget.List
	note   *look.Text // while there are no lines
	object fyne.CanvasObject
}

func newFacetList(s *shell) *facetList {
	f := &facetList{s: s}
	f.list = widget.NewList(func() int { return len(f.rows) }, func() fyne.CanvasObject { return newFacetLine() }, func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(f.rows) {
			o.(*fyne.Container).Objects[0].(*facetLine).show(f.rows[i])
		}
	})
	f.list.HideSeparators = true
	f.list.OnSelected = func(i widget.ListItemID) {
		f.list.Unselect(i)
		f.open(i)
	}
	f.note = look.NewPara("", look.SizeBody, 180, look.ColorSecondary)
	f.object = container.NewStack(f.list, look.Pad(4, 14, 0, 18, look.VBox(0, f.note)))
	return f
}

// set shows lines, or, when there are none, why.
func (f *facetList) set(rows []facetRow, none string) {
	f.rows = rows
	if len(rows) > 0 {
		none = ""
	}
	f.note.Set(none)
	f.object.Refresh()
	f.list.Refresh()
	f.list.ScrollToTop()
}

func (f *facetList) open(i int) {
	if i < len(f.rows) {
		f.s.openFound(f.rows[i].name, f.rows[i].query, "places")
	}
}

// facetLine shows a line.
type facetLine struct {
	widget.BaseWidget
	name, bold, count *look.Text
	head              bool
}

func newFacetLine() *fyne.Container {
	l := &facetLine{
		name: look.NewCut("", look.SizeBody, theme.ColorNameForeground), bold: look.NewCut("", look.SizeBody, theme.ColorNameForeground).Bold(),
		count: look.NewText("", look.SizeCaption, look.ColorSecondary),
	}
	l.ExtendBaseWidget(l)
	return container.NewStack(l)
}

func (l *facetLine) show(row facetRow) {
	l.head = row.head
	l.name.Set(row.name)
	l.bold.Set(row.name)
	l.count.Set(words.Number(row.count))
	l.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (l *facetLine) CreateRenderer() fyne.WidgetRenderer { return &facetRenderer{l} }

type facetRenderer struct{ l *facetLine }

func (r *facetRenderer) Destroy()           {}
func (r *facetRenderer) MinSize() fyne.Size { return fyne.NewSize(100, 26) }

func (r *facetRenderer) Objects() []fyne.CanvasObject {
	if r.l.head {
		return []fyne.CanvasObject{r.l.bold, r.l.count}
	}
	return []fyne.CanvasObject{r.l.name, r.l.count}
}

// Layout implements [fyne.WidgetRenderer].
func (r *facetRenderer) Layout(s fyne.Size) {
	const pad, in = 12, 12
	w := r.l.count.MinSize().Width
	r.l.count.Resize(fyne.NewSize(w, s.Height))
	r.l.count.Move(fyne.NewPos(s.Width-w-pad, 0))
	r.l.bold.Resize(fyne.NewSize(s.Width-w-2*pad-in, s.Height))
	r.l.bold.Move(fyne.NewPos(pad, 0))
	r.l.name.Resize(fyne.NewSize(s.Width-w-2*pad-2*in, s.Height))
	r.l.name.Move(fyne.NewPos(pad+in, 0))
}

// Refresh implements [fyne.WidgetRenderer].
func (r *facetRenderer) Refresh() {
	r.Layout(r.l.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// monthOf is the beginning of a month.
func monthOf(m imagelib.MonthCount) time.Time {
	return time.Date(m.Year, m.Month, 1, 0, 0, 0, 0, time.UTC)
}
