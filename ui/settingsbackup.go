package ui

import (
	"context"
	"path/filepath"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// backups writes the records to a file, and takes them in from one.
func (p *settingsPage) backups() fyne.CanvasObject {
	save := look.NewButton(words.T("Back up…"), "", look.Plain, nil)
	save.OnTapped = func() {
		p.s.chooseFolder(words.T("Where to put the backup"), filepath.Dir(p.set.Library), func(dir string) { p.s.backUp(dir, save) })
	}
	restore := look.NewButton(words.T("Restore…"), "", look.Plain, nil)
	restore.OnTapped = func() { p.s.chooseBackup(func(path string) { p.s.askRestore(path, restore) }) }
	return setting(words.T("Backup of the records"), words.T("What Paul knows of your photos: albums, favourites, captions, edits, and which device has what. The photos themselves are files of their own, and not part of it."), look.HBox(8, restore, save))
}

// backUp writes a backup into a folder, under a name that tells its time.
func (s *shell) backUp(dir string, b *look.Button) {
	path := filepath.Join(dir, s.now().Format("paul-2006-01-02-1504.zip"))
	b.Disable()
	s.toasts.show(words.T("The records are being saved…"), nil)
	var info app.BackupInfo
	s.goDo(func(ctx context.Context) (err error) {
		info, err = s.dev.Backup(ctx, path)
		return err
	}, func(err error) {
		b.Enable()
		s.reload()
		switch {
		case err == nil:
			s.toasts.show(words.T("The records are in {{.File}}", "File", info.Path), nil)
		case !cancelled(err):
			s.toasts.hide()
			s.fail(words.T("The records were not saved"), err)
		}
	})
}

// chooseBackup asks for the file of a backup.
func (s *shell) chooseBackup(do func(path string)) {
	var path string
	s.goDo(func(ctx context.Context) (err error) {
		path, err = s.env.files.backup(ctx, words.T("Restore a backup"))
		return err
	}, func(err error) {
		switch {
		case err == nil && path != "":
			do(path)
		case isNoChooser(err):
			s.ownFileDialog(words.T("Restore a backup"), func(paths []string) { do(paths[0]) })
		}
	})
}

// askRestore asks, saying what it means, and takes in the records of a backup.
func (s *shell) askRestore(path string, b *look.Button) {
	s.ask(question{
		symbol: "restore", title: words.T("Take in the records of {{.File}}?", "File", filepath.Base(path)),
		text: words.T("What the backup knows comes back. Nothing that was changed later is lost: of two changes the later one counts. No photo is removed; deletions of photos that are here wait for you."),
		yes:  words.T("Restore"), no: words.T("Cancel"),
		do: func() { s.restoreBackup(path, b) },
	})
}

func (s *shell) restoreBackup(path string, b *look.Button) {
	b.Disable()
	s.toasts.show(words.T("The records are being taken in…"), nil)
	var info app.RestoredInfo
	s.goDo(func(ctx context.Context) (err error) {
		info, err = s.dev.RestoreBackup(ctx, path)
		return err
	}, func(err error) {
		b.Enable()
		s.reload()
		s.toasts.hide()
		switch {
		case err == nil:
			s.tellRestored(info)
		case !cancelled(err):
			s.fail(words.T("The backup was not taken in"), err)
		}
	})
}

func (s *shell) tellRestored(info app.RestoredInfo) {
	text := words.T("Made by {{.Device}} on {{.Date}}.", "Device", info.Name, "Date", words.Date(info.Made.In(s.now().Location())))
	if info.Written == 0 {
		text += " " + words.T("Nothing of it was missing here.")
	} else {
		text += " " + words.N("{{.N}} records that were missing here are back.", info.Written)
	}
	if info.Refused > 0 {
		text += " " + words.N("{{.N}} records could not be used, and were left out.", info.Refused)
	}
	if info.Held > 0 {
		text += " " + words.N("{{.N}} deletions wait in the trash until you agree.", info.Held)
	}
	s.ask(question{symbol: "safe", title: words.T("The backup was taken in"), text: text, yes: tOK()})
}
