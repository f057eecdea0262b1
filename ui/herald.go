package ui

import (
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// herald has the desktop tell what a person should hear while the window is away, or
// could miss in it. It compares each reading of the device's state with the one before:
// what was so at the start is no news.
type herald struct {
	s      *shell
	away   bool           // another window has the keyboard
	began  bool           // there is a reading to compare with
	runs   map[int64]bool // activities that run
	held   int            // deletions that wait
	full   bool           // the disk has no room for what is to come
	rotten int
	healed int
}

func newHerald(s *shell) *herald {
	h := &herald{s: s}
	l := s.fyne.Lifecycle()
	l.SetOnExitedForeground(func() { h.away = true })
	l.SetOnEnteredForeground(func() { h.away = false })
	return h
}

// reload tells what is new since the last reading.
func (h *herald) reload() {
	if !h.s.loaded {
		return
	}
	acts, status := h.s.dev.Activities(), h.s.dev.Status()
	held, full := len(h.s.dev.HeldDeletions()), h.diskFull(acts)
	if h.began && h.s.dev.Settings().Notify {
		h.tellEnded(acts)
		if held > 0 && h.held == 0 {
			h.tell(words.T("Deletions wait for you"), words.N("Another device deleted {{.N}} photos. The copies on this computer are kept until you agree, in the trash.", held))
		}
		if full && !h.full {
			h.tell(words.T("The disk is full"), words.T("Photos stop coming to this computer until there is room. What is here stays."))
		}
		h.tellRot(status)
	}
	h.runs = make(map[int64]bool)
	for _, a := range acts {
		if a.Running() {
			h.runs[a.ID] = true
		}
	}
	h.began, h.held, h.full, h.rotten, h.healed = true, held, full, status.Rotten, status.Healed
}

// diskFull tells whether something does not come for want of room.
func (h *herald) diskFull(acts []app.Activity) bool {
	if f := h.s.dev.Fetching(); f != nil && slices.ContainsFunc(f.Waits, func(w app.Wait) bool { return w.Why == app.WaitNoSpace }) {
		return true
	}
	return slices.ContainsFunc(acts, func(a app.Activity) bool { return outOfRoom(a.Err) })
}

// tellEnded tells of imports and checks that have ended while the window is away.
func (h *herald) tellEnded(acts []app.Activity) {
	for _, a := range acts {
		if !h.away || !h.runs[a.ID] || a.Running() || cancelled(a.Err) || outOfRoom(a.Err) {
			continue
		}
		switch a.Kind {
		case app.KindImport, app.KindWatch, app.KindOutside, app.KindCheck, app.KindBackup, app.KindRestoreBackup:
			text := noted(a)
			if a.Err != nil {
				text = words.Explain(a.Err).What
			}
			h.tell(activityTitle(a), text)
		}
	}
}

// tellRot tells of copies that Paul found rotten by itself.
func (h *herald) tellRot(s app.Status) {
	switch {
	case s.Healed > h.healed:
		h.tell(words.T("Damaged photos are whole again"), words.N("{{.N}} photos had rotted on the disk of this computer. They came again from another device.", s.Healed-h.healed))
	case s.Rotten > h.rotten:
		h.tell(words.T("Damaged photos were found"), words.N("{{.N}} photos have rotted on the disk of this computer. They come again when a device that has them is online.", s.Rotten-h.rotten))
	}
}

func (h *herald) tell(title, text string) {
	h.s.fyne.SendNotification(fyne.NewNotification(title, text))
}

func outOfRoom(err error) bool { return errors.Is(err, app.ErrNoSpace) }
