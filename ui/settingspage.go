package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// settingsPage changes the settings; each is kept as soon as it is changed.
type settingsPage struct {
	s       *shell
	watched *watchedFolders
	places  *placesGroup
	health  *health
	frame   fyne.CanvasObject
	index   *settingsIndex
	whole   *container.Scroll
	body    *fyne.Container
	notice  *fyne.Container
	set     app.Settings
}

func newSettingsPage(s *shell) *settingsPage {
	p := &settingsPage{s: s, body: look.VBox(16), notice: container.NewStack()}
	p.whole = column(760, p.body)
	p.places = newPlacesGroup(p)
	p.frame = p.newFrame()
	return p
}

func (p *settingsPage) title() string             { return words.T("Settings") }
func (p *settingsPage) object() fyne.CanvasObject { return p.frame }
func (p *settingsPage) hidden()                   { p.whole.ScrollToTop() }

func (p *settingsPage) reload() {
	p.showNotice()
	p.places.reload()
	if p.watched != nil {
		p.watched.reload()
		p.health.reload()
	}
}

// shown builds the page from the settings that hold.
func (p *settingsPage) shown() {
	again := p.refocus()
	p.set = p.s.dev.Settings()
	p.watched, p.health = newWatchedFolders(p), newHealth(p)
	p.index.heads = nil
	section := p.index.add
	p.body.Objects = []fyne.CanvasObject{
		p.notice,
		section("desktop", words.T("This computer"), p.group(words.T("This computer"), p.name(), p.atLogin(), p.notifying())),
		section("photos", words.T("Photos and copies"), p.group(words.T("Photos and copies"), p.folder(), p.takes(), p.wish(), p.copies())),
		section("folder", words.T("Watched folders"), p.group(words.T("Watched folders"), p.watched.object())),
		section("pin", words.T("Folders in place"), p.places.box),
		section("activity", words.T("Transfers"), p.group(words.T("Transfers"), p.paused(),
			p.rate(words.T("Fetching"), words.T("How fast photos may come from your other devices."), downLimit), p.rate(words.T("Sending"), words.T("How fast photos may go to them."), upLimit))),
		section("wifi", words.T("Network"), p.group(words.T("Network"), p.lan(), p.direct(), p.portMap(), p.public(), p.peers(), p.listeners())),
		section("link", words.T("Other programs"), p.group(words.T("Other programs"), p.proxy(), p.database())),
		section("sun", words.T("Appearance"), p.group(words.T("Appearance"), p.themes(), p.accents(), p.scales(), p.density(), p.motion())),
		section("edit", words.T("Language"), p.group(words.T("Language"), p.language())),
		section("safe", words.T("Check and backup"), p.group(words.T("Check and backup"), p.health.object, p.backups())),
	}
	p.places.show()
	p.places.load()
	p.showNotice()
	p.whole.Content.Refresh()
	p.frame.Refresh()
	p.index.follow()
	again()
}

// keep keeps changed settings.
func (p *settingsPage) keep(change func(*app.Settings)) {
	set := p.s.dev.Settings()
	change(&set)
	p.s.goDo(func(ctx context.Context) error { return p.s.dev.UpdateSettings(ctx, set) }, func(err error) {
		if err != nil {
			p.refused(err)
			return
		}
		p.s.reload()
		p.shown()
	})
}

// refused says why a setting was not changed, and shows what holds.
func (p *settingsPage) refused(err error) {
	why := words.Explain(err)
	if detail, found := strings.CutPrefix(err.Error(), app.ErrBadSetting.Error()+": "); found && why == words.Explain(app.ErrBadSetting) {
		why.What += " " + sentence(detail)
	}
	p.s.tell("warning", words.T("The setting was not changed"), why.What+"\n\n"+why.Do)
	p.shown()
}

// showNotice offers a new start when a setting needs one.
func (p *settingsPage) showNotice() {
	p.notice.Objects = nil
	if len(p.s.dev.RestartNeeded()) > 0 && p.s.restart != nil {
		p.notice.Objects = []fyne.CanvasObject{notice("restore", theme.ColorNamePrimary, look.ColorSoft,
			words.T("Some changes take effect when Paul is started again."), look.NewButton(words.T("Restart now"), "", look.Primary, p.s.restart))}
	}
	p.notice.Hidden = len(p.notice.Objects) == 0
	p.whole.Content.Refresh()
}

// group is a titled card of settings.
func (p *settingsPage) group(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	box := look.VBox(12)
	for _, r := range rows {
		if r == nil { // there is no such setting here
			continue
		}
		if len(box.Objects) > 0 {
			box.Add(look.Line())
		}
		box.Add(r)
	}
	return look.VBox(8, look.NewText(title, look.SizeTitle, theme.ColorNameForeground).Bold(), look.Card(box))
}

// setting is a row: name and explanation at the left, the control at the right.
func setting(name, text string, control fyne.CanvasObject) fyne.CanvasObject {
	left := look.VBox(2, look.NewCut(name, look.SizeBody, theme.ColorNameForeground), look.NewPara(text, look.SizeCaption, 330, look.ColorSecondary))
	return container.NewBorder(nil, nil, nil, look.Pad(0, 0, 0, 20, container.NewCenter(control)), look.Middle(left))
}

func (p *settingsPage) name() fyne.CanvasObject {
	e := newKeyEntry(func() { p.s.win.Canvas().Unfocus() })
	e.SetText(p.set.Name)
	keep := func() {
		if name := strings.TrimSpace(e.Text); name != "" && name != p.set.Name {
			p.keep(func(set *app.Settings) { set.Name = name })
		}
	}
	e.OnSubmitted = func(string) { keep() }
	e.left = keep
	return setting(words.T("Name of this computer"), words.T("How your other devices show it."), look.Fixed(220, 0, e))
}

func (p *settingsPage) folder() fyne.CanvasObject {
	path := look.NewPara(p.set.Library, look.SizeCaption, 300, look.ColorSecondary)
	change := look.NewButton(words.T("Change…"), "folder", look.Plain, func() {
		p.s.chooseFolder(words.T("Library folder"), p.set.Library, func(dir string) {
			p.keep(func(set *app.Settings) { set.Library = dir })
			path.Set(dir)
		})
	})
	row := setting(words.T("Library folder"), words.T("Photos that are kept on this computer lie here, as ordinary files by date. They move along when you choose another folder."), change)
	return look.VBox(6, row, path)
}

func (p *settingsPage) copies() fyne.CanvasObject {
	options := []string{"1", "2", "3"}
	sel := look.NewSelect(options, nil)
	sel.SetSelected(options[min(max(p.set.Copies, 1), 3)-1])
	sel.OnChanged = func(v string) {
		n := slices.Index(options, v) + 1
		p.keep(func(set *app.Settings) { set.Copies = n })
	}
	return setting(words.T("Copies elsewhere"), words.T("So many other devices must prove their copy before one is removed here."), look.Fixed(90, 0, sel))
}

// check is a setting that is on or off.
func (p *settingsPage) check(name, text string, on bool, change func(*app.Settings, bool)) fyne.CanvasObject {
	c := look.NewCheck("", nil)
	c.SetChecked(on)
	c.OnChanged = func(on bool) { p.keep(func(set *app.Settings) { change(set, on) }) }
	return setting(name, text, c)
}
