package ui

import (
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// A keyHelp is what keys do, under a heading.
type keyHelp struct {
	title string
	rows  [][2]string // the keys, and what they do
}

// keyHelps are all keys of the window.
func keyHelps() []keyHelp {
	return []keyHelp{
		{words.T("Photos"), [][2]string{
			{words.T("Arrows, Home, End, Page up, Page down"), words.T("Go from photo to photo")},
			{words.T("Shift + arrows"), words.T("Select a range")},
			{words.T("Space, Ctrl + Space"), words.T("Open; select one more")},
			{"Ctrl + A, Ctrl + D", words.T("Select all; the whole day")},
			{"Esc", words.T("Clear the selection; leave an album")},
			{"+ − 0", words.T("Larger, smaller, usual tiles")},
			{"Shift + F10", words.T("Menu of what can be done")},
		}},
		{words.T("Selected photos, and the open one"), [][2]string{
			{"F", words.T("Favourite, or no longer")},
			{"T", words.T("Tags")},
			{"S", words.T("Save to this computer")},
			{"U", words.T("Remove from this computer")},
			{"R, L", words.T("Rotate right, left")},
			{"E", words.T("Crop, straighten and mirror")},
			{"C", words.T("Compare two side by side")},
			{"O, G", words.T("Open with another program; show in its folder")},
			{"Ctrl + C", words.T("Copy the picture")},
			{"Del", words.T("Delete from all devices")},
			{"Ctrl + E", words.T("Export")},
		}},
		{words.T("The open photo"), [][2]string{
			{words.T("Left, Right"), words.T("The photo before, after")},
			{words.T("Space"), words.T("Slide show")},
			{"I, T", words.T("Information; film strip")},
			{"F11", words.T("Full screen")},
			{"+ − 0 1", words.T("Zoom in, out, fit, full size")},
			{words.T("Arrows"), words.T("Move over a zoomed photo")},
			{"Esc", words.T("Back to the photos")},
		}},
		{words.T("Everywhere"), [][2]string{
			{"Ctrl + Z", words.T("Undo what was done last")},
			{"Ctrl + F", words.T("Search")},
			{"Ctrl + I", words.T("Import photos")},
			{"Ctrl + ,", words.T("Settings")},
			{words.T("Tab, Shift + Tab"), words.T("Go to the next, the last control")},
			{words.T("?, F1"), words.T("These keys")},
		}},
	}
}

// keyColumn is the width of one of the two columns of keys.
const keyColumn = 292

// keyRest is the height of the dialog beside its columns, and of the space around it.
const keyRest = 190

// showKeys tells what each key does.
func (s *shell) showKeys() {
	helps := keyHelps()
	halves := [2]*fyne.Container{look.VBox(18), look.VBox(18)}
	for i, h := range helps {
		halves[i%2].Add(keyBlock(h))
	}
	width := float32(2*keyColumn + 24)
	m := s.newModal(width)
	ok := look.NewButton(tOK(), "", look.Primary, m.hide)
	columns := look.HBox(24, look.Fixed(keyColumn, 0, halves[0]), look.Fixed(keyColumn, 0, halves[1]))
	room := min(columns.MinSize().Height, s.win.Canvas().Size().Height-keyRest)
	m.set(look.VBox(16,
		look.NewPara(words.T("Keys"), look.SizeTitle, width, theme.ColorNameForeground).Bold(),
		look.Fixed(width, room, container.NewVScroll(columns)),
		buttons(ok)), ok)
	m.show()
}

func keyBlock(h keyHelp) fyne.CanvasObject {
	box := look.VBox(7, look.NewText(h.title, look.SizeBody, theme.ColorNameForeground).Bold())
	for _, r := range h.rows {
		box.Add(container.NewBorder(nil, nil, look.Fixed(122, 0, look.NewPara(keyNames(r[0]), look.SizeCaption, 122, theme.ColorNameForeground)), nil,
			look.NewPara(r[1], look.SizeCaption, keyColumn-130, look.ColorSecondary)))
	}
	return box
}

// keyNames names keys as this system's keyboards do.
func keyNames(keys string) string {
	if runtime.GOOS == "darwin" {
		return strings.ReplaceAll(keys, "Ctrl", "Cmd")
	}
	return keys
}
