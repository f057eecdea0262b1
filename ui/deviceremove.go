package ui

import (
	"context"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// removeDevice asks, saying what would be lost, and removes a device everywhere.
func (s *shell) removeDevice(d app.Device) {
	only := len(s.onlyOn(d.ID))
	q := question{
		symbol: "devices", danger: true, title: words.T("Remove {{.Device}} from the library?", "Device", d.Name),
		text: words.T("It can no longer see the library or send photos to it. The files that lie on it stay there."),
		yes:  words.T("Remove device"), no: words.T("Cancel"),
		do: func() {
			s.goDo(func(ctx context.Context) error { return s.dev.RemoveDevice(ctx, d.ID) }, func(err error) {
				s.reload()
				if err != nil {
					s.fail(words.T("Could not remove the device"), err)
					return
				}
				s.toasts.show(words.T("{{.Device}} was removed", "Device", d.Name), nil)
			})
		},
	}
	if only > 0 {
		q.text = words.N("{{.N}} photos have their only copy there and will show without one.", only) + "\n\n" + q.text
		q.third, q.thirdDo = words.T("Save them here first"), func() { s.save(s.lossOf(d.ID)) }
		if !d.Online {
			q.text += " " + words.T("It is offline; what you save comes when it is back.")
		}
	}
	s.ask(q)
}

// renameDevice asks for another name of a device.
func (s *shell) renameDevice(d app.Device) {
	s.askName(words.T("Rename {{.Device}}", "Device", d.Name), d.Name, words.T("Rename"), func(name string) {
		s.goDo(func(ctx context.Context) error { return s.dev.RenameDevice(ctx, d.ID, name) }, func(err error) {
			s.reload()
			if err != nil {
				s.fail(words.T("Could not rename the device"), err)
			}
		})
	})
}
