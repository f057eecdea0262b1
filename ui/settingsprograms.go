package ui

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// proxyPort is the port that the proxy has until a person chooses another.
const proxyPort = "1080"

// proxy lets other programs of this computer reach the devices.
func (p *settingsPage) proxy() fyne.CanvasObject {
	_, port, err := net.SplitHostPort(p.set.Socks)
	if err != nil {
		port = proxyPort
	}
	on := look.NewCheck("", nil)
	on.SetChecked(p.set.Socks != "")
	e := newKeyEntry(func() { p.s.win.Canvas().Unfocus() })
	e.SetText(port)
	keep := func() {
		text := strings.TrimSpace(e.Text)
		if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 {
			p.s.tell("warning", words.T("The setting was not changed"), words.T("A port is a number from 1 to 65535."))
			p.shown()
			return
		}
		at := ""
		if on.Checked {
			at = net.JoinHostPort("127.0.0.1", text)
		}
		if at != p.set.Socks {
			p.keep(func(set *app.Settings) { set.Socks = at })
		}
	}
	on.OnChanged = func(bool) { keep() }
	e.OnSubmitted = func(string) { keep() }
	e.left = func() {
		if strings.TrimSpace(e.Text) != port {
			keep()
		}
	}
	text := words.T("A SOCKS5 and HTTP proxy for this computer alone: with it a browser or another program reaches your devices, by their name and .paul.internal.")
	at, byOption := p.s.dev.Proxy()
	switch {
	case byOption:
		text += " " + words.T("Paul was started with --socks, which counts until the next start without it.")
	case at != "":
		text += " " + words.T("It listens at {{.Address}}.", "Address", at)
	}
	row := setting(words.T("Proxy for other programs"), text, look.HBox(6, container.NewCenter(on), container.NewCenter(look.NewText(words.T("Port"), look.SizeCaption, look.ColorSecondary)), look.Fixed(84, 0, e)))
	if p.set.Socks == "" && at == "" {
		return row
	}
	return look.VBox(8, row, setting(words.T("Signing in at the proxy"), words.T("Programs give the user name paul, and this password."), look.NewButton(words.T("Copy the password"), "copy", look.Plain, p.copyPassword)))
}

func (p *settingsPage) copyPassword() {
	var password string
	p.s.goDo(func(context.Context) (err error) {
		_, password, err = p.s.dev.ProxyLogin()
		return err
	}, func(err error) {
		if err != nil {
			p.s.fail(words.T("The password could not be read"), err)
			return
		}
		p.s.copy(password)
	})
}

// database is an external CouchDB with which the records are kept the same.
func (p *settingsPage) database() fyne.CanvasObject {
	change := look.NewButton(words.T("Set up…"), "", look.Plain, p.askDatabase)
	row := setting(words.T("External database"), words.T("The records of your photos, not the photos, are kept the same in a CouchDB of your own too."), change)
	if p.set.Database == "" {
		return row
	}
	state, colour := words.T("It is used from the next start on."), look.ColorSecondary
	if d := p.s.dev.Status().Database; d != nil && strings.TrimSuffix(d.URL, "/") == strings.TrimSuffix(app.HideUser(p.set.Database), "/") {
		switch {
		case d.Synced:
			state, colour = words.T("connected, and the same as here"), look.ColorSafe
		case d.Online:
			state = words.T("connected, and being made the same")
		case d.Error != "":
			state, colour = words.T("does not answer: {{.Error}}", "Error", d.Error), look.ColorRisk
		default:
			state = words.T("not connected yet")
		}
	}
	return look.VBox(8, row, look.VBox(1, look.NewCut(app.HideUser(p.set.Database), look.SizeBody, theme.ColorNameForeground).Mono(), look.NewCut(state, look.SizeCaption, colour)))
}

// askDatabase asks for the URL of a CouchDB, and whether one answers there before it is
// kept.
func (p *settingsPage) askDatabase() {
	s := p.s
	m := s.newModal(dialogWidth + 40)
	e := newKeyEntry(m.hide)
	e.SetPlaceHolder("http://user:password@host:5984/")
	said := look.NewPara("", look.SizeCaption, dialogWidth, look.ColorRisk)
	use := look.NewButton(words.T("Use it"), "", look.Primary, nil)
	refused := "" // the URL that did not answer, which a second press takes all the same
	keep := func(url string) {
		m.hide()
		p.keep(func(set *app.Settings) { set.Database = url })
	}
	submit := func() {
		url := strings.TrimSpace(e.Text)
		switch url {
		case "":
			return
		case refused:
			keep(url)
			return
		}
		use.Disable()
		s.goDo(func(ctx context.Context) error { return s.dev.ProbeDatabase(ctx, url) }, func(err error) {
			use.Enable()
			switch {
			case !m.open:
			case err == nil:
				keep(url)
			case errors.Is(err, app.ErrBadSetting):
				said.Set(words.T("A database is written like http://user:password@host:5984/"))
			default:
				refused = url
				use.SetText(words.T("Use it all the same"))
				said.Set(words.T("It was not reached: {{.Error}}", "Error", err.Error()))
			}
			m.layOut()
		})
	}
	use.OnTapped, e.OnSubmitted = submit, func(string) { submit() }
	row := []fyne.CanvasObject{look.NewButton(words.T("Cancel"), "", look.Plain, m.hide)}
	if p.set.Database != "" {
		row = append(row, look.NewButton(words.T("Use none"), "", look.Plain, func() { keep("") }))
	}
	m.set(look.VBox(12,
		look.NewPara(words.T("External database"), look.SizeTitle, dialogWidth, theme.ColorNameForeground).Bold(),
		look.NewPara(words.T("The address of a CouchDB, with the user name and password that Paul signs in with. The database here stays, so that all works while that one is away."), look.SizeBody, dialogWidth, look.ColorSecondary),
		e, said, buttons(append(row, use)...)), use)
	m.show()
	s.win.Canvas().Focus(e)
}
