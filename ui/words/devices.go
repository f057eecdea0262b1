package words

import (
	"time"

	"github.com/libpaul/paul/app"
)

// Role says what a device keeps by itself: "Keeps every photo that fits into 200 GB".
// It is "" while the device has not said.
func Role(d app.Device) string {
	r, fits := d.Role, ""
	if r.Space > 0 {
		fits = Bytes(r.Space)
	}
	switch {
	case !d.RoleKnown:
		return ""
	case r.Everything && fits != "":
		return T("Keeps every photo that fits into {{.Size}}", "Size", fits)
	case r.Everything:
		return T("Keeps every photo")
	case r.Helps && fits != "":
		return T("Takes photos that lack copies, up to {{.Size}}", "Size", fits)
	case r.Helps:
		return T("Takes photos that lack copies")
	case fits != "":
		return T("Keeps what is saved on it, up to {{.Size}}", "Size", fits)
	}
	return T("Keeps what is saved on it")
}

// Disk says how full a device's disk is: "210 GB free of 512 GB"; "" while it has not
// said.
func Disk(d app.Device) string {
	if d.DiskSize <= 0 {
		return ""
	}
	return T("{{.Free}} free of {{.Size}}", "Free", Bytes(d.DiskFree), "Size", Bytes(d.DiskSize))
}

// Checked says when the copies of a device were last read and found good; "" when it
// has none.
func Checked(d app.Device, now time.Time) string {
	if d.OldestProof.IsZero() {
		return ""
	}
	oldest, newest := Ago(now, d.OldestProof), Ago(now, d.NewestProof)
	if oldest == newest {
		return T("Copies checked {{.Ago}}", "Ago", oldest)
	}
	return T("Copies checked: latest {{.New}}, oldest {{.Old}}", "New", newest, "Old", oldest)
}

// Loss says what would be lost if a device died now.
func Loss(d app.Device) string {
	if d.Only == 0 {
		return T("If it died now, no photo would be lost")
	}
	return N("If it died now, {{.N}} photos would be lost, {{.Size}}", d.Only, "Size", Bytes(d.OnlyBytes))
}

// Plan tells what this computer has to do for a role, a sentence for each thing.
func Plan(p app.Plan, self app.Device) (lines []string) {
	add := func(n int, text string) {
		if n > 0 {
			lines = append(lines, text)
		}
	}
	add(p.Fetch, N("{{.N}} photos, {{.Size}}, are fetched to this computer.", p.Fetch, "Size", Bytes(p.FetchBytes)))
	if self.DiskSize > 0 && p.FetchBytes+p.QueuedBytes > self.DiskFree {
		lines = append(lines, T("They do not all fit: only {{.Size}} are free on its disk.", "Size", Bytes(self.DiskFree)))
	}
	add(p.Queued, N("{{.N}} photos, {{.Size}}, are on their way here already.", p.Queued, "Size", Bytes(p.QueuedBytes)))
	add(p.Drop, N("{{.N}} photos, {{.Size}}, that were still to come are no longer fetched.", p.Drop, "Size", Bytes(p.DropBytes)))
	add(p.Held, N("{{.N}} photos, {{.Size}}, that you saved here come once they fit.", p.Held, "Size", Bytes(p.HeldBytes)))
	add(p.Free, N("{{.N}} photos, {{.Size}}, are removed from this computer, the oldest first, each once other devices have proved their copies.", p.Free, "Size", Bytes(p.FreeBytes)))
	add(p.Stuck, N("{{.N}} photos, {{.Size}}, stay beyond the limit: too few other devices have them.", p.Stuck, "Size", Bytes(p.StuckBytes)))
	if len(lines) == 0 {
		lines = []string{T("Nothing has to be fetched or removed for that now.")}
	}
	return lines
}
