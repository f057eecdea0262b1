package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// waits says why photos do not come, or not faster: a notice for each reason but
// a pause, which has one of its own.
func (p *activityPage) waits(f *app.Fetching) (notices []fyne.CanvasObject) {
	if f == nil {
		return nil
	}
	for _, w := range f.Waits {
		text := waitText(w, p.s.now())
		switch w.Why {
		case app.WaitPaused:
		case app.WaitNoSpace, app.WaitSetAside, app.WaitFailed, app.WaitNobody:
			notices = append(notices, p.keep("wait"+text, func() fyne.CanvasObject { return notice("warning", look.ColorRisk, look.ColorRiskSoft, text) }))
		default:
			notices = append(notices, p.keep("wait"+text, func() fyne.CanvasObject { return notice("save", look.ColorSecondary, look.ColorSurface, text) }))
		}
	}
	return notices
}

// waitText is why photos do not come.
func waitText(w app.Wait, now time.Time) string {
	switch w.Why {
	case app.WaitSilent:
		return words.N("{{.N}} photos are waiting for {{.Devices}}, which is online and has sent nothing for some seconds.", w.Files, "Devices", oneOf(w, time.Time{}))
	case app.WaitOffline:
		return words.N("{{.N}} photos come when {{.Devices}} is online.", w.Files, "Devices", oneOf(w, now))
	case app.WaitNobody:
		return words.N("{{.N}} photos are not known to be on any other device.", w.Files)
	case app.WaitSetAside:
		return words.N("{{.Devices}} sent wrong bytes for {{.N}} photos. It is asked again after an hour; another device may have the right ones.", w.Files, "Devices", oneOf(w, time.Time{}))
	case app.WaitNoSpace:
		return words.N("{{.N}} photos do not fit: the disk is full. They come by themselves once there is space.", w.Files)
	case app.WaitLimit:
		return words.N("{{.N}} photos do not fit the space for photos that is set in Settings. They come by themselves once they do.", w.Files)
	case app.WaitRelayed:
		return words.N("{{.N}} photos come from {{.Devices}} through others, at {{.Rate}}. The devices page tells why.", w.Files, "Devices", oneOf(w, time.Time{}), "Rate", words.Rate(w.Rate))
	}
	return words.N("{{.N}} photos could not be fetched, and are tried again by themselves: {{.Error}}", w.Files, "Error", w.Error)
}

// oneOf names the devices of a wait and, given the time, when each was last seen.
func oneOf(w app.Wait, now time.Time) string {
	text := ""
	for _, d := range w.Devices {
		name := d.Name
		if !now.IsZero() && d.LastSeen != nil {
			name = words.T("{{.Device}} (last seen {{.Ago}})", "Device", name, "Ago", words.Ago(now, *d.LastSeen))
		}
		if text != "" {
			name = words.T("{{.These}} or {{.Device}}", "These", text, "Device", name)
		}
		text = name
	}
	return text
}
