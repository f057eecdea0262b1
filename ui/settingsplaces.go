package ui

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// placesAgain is the least time between two looks at the folders in place.
const placesAgain = 2 * time.Second

// placesGroup is the part of the settings about folders in place.
type placesGroup struct {
	p       *settingsPage
	box     *fyne.Container
	list    []app.PlaceInfo
	asked   time.Time // when list was last asked for
	loading bool
}

func newPlacesGroup(p *settingsPage) *placesGroup {
	return &placesGroup{p: p, box: container.NewStack()}
}

// load asks for the folders and shows them.
func (g *placesGroup) load() {
	if g.loading {
		return
	}
	g.loading, g.asked = true, g.p.s.now()
	var list []app.PlaceInfo
	g.p.s.goDo(func(context.Context) (err error) {
		list, err = g.p.s.dev.Places()
		return err
	}, func(err error) {
		g.loading = false
		if err == nil { // else what was shown stays
			g.list = list
			g.show()
		}
	})
}

// reload is load, not too often.
func (g *placesGroup) reload() {
	if g.p.s.now().Sub(g.asked) >= placesAgain {
		g.load()
	}
}

func (g *placesGroup) show() {
	rows := make([]fyne.CanvasObject, 0, len(g.list)+1)
	for _, f := range g.list {
		rows = append(rows, g.row(f))
	}
	add := look.NewButton(words.T("Add a folder…"), "plus", look.Plain, g.add)
	rows = append(rows, setting(words.T("Add a folder in place"),
		words.T("Its photos show on all your devices and stay where they lie. Paul only reads there: nothing is moved, changed or removed. Only photos that you save count as copies that other devices may rely on."), add))
	g.box.Objects = []fyne.CanvasObject{g.p.group(words.T("Folders in place"), rows...)}
	g.box.Refresh()
	g.p.whole.Content.Refresh()
}

// row is a folder: where it is, what it has, and how it is doing.
func (g *placesGroup) row(f app.PlaceInfo) fyne.CanvasObject {
	left := look.VBox(2, look.NewCut(f.Path, look.SizeBody, theme.ColorNameForeground),
		look.NewPara(words.Photos(f.Files)+", "+words.Bytes(f.Bytes), look.SizeCaption, 330, look.ColorSecondary))
	if remarks := placeRemarks(f); remarks != "" {
		left.Add(look.NewPara(remarks, look.SizeCaption, 330, look.ColorSecondary))
	}
	if f.Away != "" {
		left.Add(look.NewPara(words.T("The folder is not there. Its photos are not taken for removed; connect its disk."), look.SizeCaption, 330, look.ColorRisk))
	}
	remove := look.NewButton(words.T("Remove…"), "remove", look.Plain, func() { g.remove(f) })
	return container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 20, container.NewCenter(remove)), look.Middle(left))
}

// placeRemarks says what is to be known of a folder.
func placeRemarks(f app.PlaceInfo) string {
	var out []string
	if f.Deleted > 0 {
		out = append(out, words.N("{{.N}} deleted photos still lie there.", f.Deleted))
	}
	if f.Missing > 0 {
		out = append(out, words.N("{{.N}} photos are gone from there.", f.Missing))
	}
	if f.Rotten > 0 {
		out = append(out, words.N("{{.N}} photos have rotted there.", f.Rotten))
	}
	if f.Busy {
		out = append(out, words.T("It is being looked through."))
	}
	return strings.Join(out, " ")
}

func (g *placesGroup) add() {
	g.p.s.chooseFolder(words.T("Add a folder in place"), filepath.Dir(g.p.set.Library), func(dir string) {
		g.p.s.goDo(func(ctx context.Context) error {
			_, err := g.p.s.dev.AddPlace(ctx, dir)
			return err
		}, func(err error) {
			if err != nil && !cancelled(err) {
				g.p.s.fail(words.T("The folder was not added"), err)
			}
			g.p.s.reload()
			g.load()
		})
	})
}

// remove asks, saying what it means, and takes a folder out of Paul.
func (g *placesGroup) remove(f app.PlaceInfo) {
	text := words.T("Its photos no longer show as photos of this computer. The files stay where they lie.")
	if f.Only > 0 {
		text = words.N("{{.N}} photos have no other copy that Paul knows of, and will show without one. Save them on a device first.", f.Only) + "\n\n" + text
	}
	g.p.s.ask(question{
		symbol: "folder", danger: f.Only > 0, title: words.T("Take {{.Folder}} out of Paul?", "Folder", filepath.Base(f.Path)), text: text,
		yes: words.T("Remove from Paul"), no: words.T("Cancel"),
		do: func() {
			g.p.s.goDo(func(ctx context.Context) error { return g.p.s.dev.RemovePlace(ctx, f.Path, f.Only > 0) }, func(err error) {
				if err != nil {
					g.p.s.fail(words.T("The folder was not removed"), err)
				}
				g.p.s.reload()
				g.load()
			})
		},
	})
}
