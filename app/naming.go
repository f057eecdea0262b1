package app

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RenameDevice gives a device of the library another name, of which all others
// hear; the device itself keeps it as if it had been named there. ErrNotFound,
// or with ErrBadSetting for a name that cannot be used, nothing has changed.
func (a *App) RenameDevice(ctx context.Context, id, name string) error {
	if id == a.id() {
		return a.Rename(ctx, name)
	}
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return err
	}
	if err := a.wantJoined(ctx); err != nil {
		return err
	}
	return a.files.RenameDevice(ctx, id, name)
}

// hearName keeps in the settings the name that another device has given this one,
// until ctx ends: the next start would else go back to the old one.
func (a *App) hearName(ctx context.Context) error {
	if err := a.files.Ready(ctx); err != nil {
		return nil //nolint:nilerr // ctx has ended, or another part tells why
	}
	woken, stop := a.files.Changed().Listen()
	defer stop()
	for {
		if err := a.takeName(); err != nil {
			a.log.WarnContext(ctx, "The name of this device was not kept", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

func (a *App) takeName() error {
	a.naming.Lock()
	defer a.naming.Unlock()
	for _, d := range a.files.Devices() {
		if d.Self && d.Name != a.config.get().Name && checkName(d.Name) == nil {
			return a.config.update(func(c *config) error { c.Name = d.Name; return nil })
		}
	}
	return nil
}

// checkName reports a name that no device may have.
func checkName(name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%w: a device's name has 1 to %d bytes on one line", ErrBadSetting, maxName)
	}
	return nil
}
