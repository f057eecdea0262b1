package ui

import (
	"log/slog"
)

// beginning tells the log when the window is there, when it shows its first photos, and
// when it shows all of those on the screen as they are.
type beginning struct {
	log            *slog.Logger // nil = nobody is told
	started        bool         // the window is there
	photos, sharps int          // on the screen
	shown, clear   bool         // it was told
}

// start notes that the window is there.
func (b *beginning) start() {
	b.started = true
	if b.log != nil {
		b.log.Debug("Window shown")
	}
	b.tell()
}

// drawn notes how many photos are on the screen, and of how many the thumbnail shows.
func (b *beginning) drawn(photos, sharps int) {
	b.photos, b.sharps = photos, sharps
	b.tell()
}

func (b *beginning) tell() {
	if b.log == nil || !b.started || b.photos == 0 || b.clear {
		return
	}
	if !b.shown {
		b.shown = true
		b.log.Debug("Photos shown", "photos", b.photos)
	}
	if b.sharps == b.photos {
		b.clear = true
		b.log.Debug("Thumbnails shown", "photos", b.photos)
	}
}
