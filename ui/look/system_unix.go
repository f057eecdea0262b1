//go:build unix && !darwin

package look

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// SystemStill tells whether the person has asked the desktop for less motion;
// false where it does not say.
func SystemStill(ctx context.Context) bool {
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer func() { _ = bus.Close() }() // nothing was written
	read := func(namespace, key string) (v any) {
		portal := bus.Object("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")
		var got dbus.Variant
		if err := portal.CallWithContext(ctx, "org.freedesktop.portal.Settings.Read", 0, namespace, key).Store(&got); err != nil {
			return nil
		}
		for v = got.Value(); ; { // the call wraps the value once more than it should
			inner, ok := v.(dbus.Variant)
			if !ok {
				return v
			}
			v = inner.Value()
		}
	}
	return asksForStillness(read)
}

// asksForStillness reads the settings of the desktop portal: the common one,
// and that of GNOME.
func asksForStillness(read func(namespace, key string) any) bool {
	if v, ok := read("org.freedesktop.appearance", "reduced-motion").(uint32); ok {
		return v == 1
	}
	moves, ok := read("org.gnome.desktop.interface", "enable-animations").(bool)
	return ok && !moves
}
