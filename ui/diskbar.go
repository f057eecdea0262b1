package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

const diskBarHeight = 8

// diskBar shows how full a device's disk is: what photos take there, what else does,
// and what is free.
type diskBar struct {
	object *fyne.Container
	text   *look.Text
	bar    *diskBarLayout
	row    *fyne.Container
}

func newDiskBar() *diskBar {
	st := &diskBar{text: look.NewCut("", look.SizeCaption, look.ColorSecondary), bar: &diskBarLayout{}}
	st.row = container.New(st.bar,
		look.NewSurface(theme.ColorNameSeparator, "", diskBarHeight/2), look.NewSurface(look.ColorTrack, "", diskBarHeight/2), look.NewSurface(theme.ColorNamePrimary, "", diskBarHeight/2))
	st.object = look.VBox(5, st.row, st.text)
	return st
}

// show shows a device's disk, or that it has not said.
func (st *diskBar) show(d app.Device) {
	photos := d.Bytes + d.Trash
	switch {
	case d.DiskSize > 0:
		st.text.Set(words.T("Paul {{.Size}} · {{.Free}}", "Size", words.Bytes(photos), "Free", words.Disk(d)))
	case d.Self:
		st.text.Set(words.T("How full the disk is shows in a moment"))
	default:
		st.text.Set(words.T("It has not told how full its disk is"))
	}
	st.bar.photos, st.bar.used = shares(photos, d.DiskFree, d.DiskSize)
	st.row.Refresh()
}

// shares are the parts of a disk that photos take, and that is in use at all.
func shares(photos, free, size int64) (ofPhotos, inUse float32) {
	if size <= 0 {
		return 0, 0
	}
	part := func(n int64) float32 { return float32(min(max(float64(n)/float64(size), 0), 1)) }
	inUse = part(size - free)
	return min(part(photos), inUse), inUse
}

// diskBarLayout places the disk, what is in use of it, and what photos take of that.
type diskBarLayout struct{ photos, used float32 }

// MinSize implements [fyne.Layout].
func (*diskBarLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, diskBarHeight) }

// Layout implements [fyne.Layout].
func (l *diskBarLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for i, part := range []float32{1, l.used, l.photos} {
		w := s.Width * part
		if part > 0 {
			w = max(w, diskBarHeight) // so that a little shows
		}
		o[i].Resize(fyne.NewSize(w, diskBarHeight))
	}
}
