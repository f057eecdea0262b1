package words

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// List joins names: "Desktop", "Desktop and NAS", "Desktop, NAS and Phone".
func List(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	last := len(names) - 1
	return T("{{.Names}} and {{.Last}}", "Names", strings.Join(names[:last], ", "), "Last", names[last])
}

// Towns names the places of photos: the first of all there are.
func Towns(towns []string, all int) string {
	names := strings.Join(towns, ", ")
	if more := all - len(towns); more > 0 {
		return N("{{.Names}} and {{.N}} more", more, "Names", names)
	}
	return names
}

// A Proof is a device that has said it holds a file, and when it last checked.
type Proof struct {
	Device app.Device
	At     time.Time

	InPlace bool // its copy lies in a folder that was added in place, and may go at any time
}

// Proofs lists who holds a file, this computer first, then by name.
func Proofs(e app.Entry, devices []app.Device) []Proof {
	var out []Proof
	for _, d := range devices {
		if h, ok := e.Holders.Lookup(d.ID); ok && h.Has() {
			out = append(out, Proof{Device: d, At: h.Verified, InPlace: !h.Holds()})
		}
	}
	slices.SortStableFunc(out, func(a, b Proof) int {
		if a.Device.Self != b.Device.Self {
			if a.Device.Self {
				return -1
			}
			return 1
		}
		return cmp.Compare(strings.ToLower(a.Device.Name), strings.ToLower(b.Device.Name))
	})
	return out
}

// Both are the proofs of devices that hold two files of one photo, as old as the
// older.
func Both(a, b []Proof) []Proof {
	var out []Proof
	for _, p := range a {
		i := slices.IndexFunc(b, func(o Proof) bool { return o.Device.ID == p.Device.ID })
		if i < 0 {
			continue
		}
		if b[i].At.Before(p.At) {
			p.At = b[i].At
		}
		p.InPlace = p.InPlace || b[i].InPlace
		out = append(out, p)
	}
	return out
}

// Elsewhere is the proofs of other devices, but for what they do not keep.
func Elsewhere(proofs []Proof) []Proof {
	return slices.DeleteFunc(slices.Clone(proofs), func(p Proof) bool { return p.Device.Self || p.InPlace })
}

// RemoveLabel is the text of the action that removes one photo's copy here.
func RemoveLabel(proofs []Proof, now time.Time) string {
	others := Elsewhere(proofs)
	switch len(others) {
	case 0:
		return T("Remove from this computer (no other copy is known)")
	case 1:
		return T("Remove from this computer (still on {{.Device}}, checked {{.Ago}})",
			"Device", others[0].Device.Name, "Ago", Ago(now, others[0].At))
	default:
		return T("Remove from this computer (still on {{.Devices}})", "Devices", List(Names(others)))
	}
}

// Names are the names of the proofs' devices.
func Names(proofs []Proof) []string {
	names := make([]string, len(proofs))
	for i, p := range proofs {
		names[i] = p.Device.Name
	}
	return names
}

// DeleteLabel is the text of the action that deletes photos, given how many
// devices the library has.
func DeleteLabel(devices int) string {
	switch devices {
	case 0, 1:
		return T("Delete")
	case 2:
		return T("Delete from both devices")
	default:
		return T("Delete from all {{.N}} devices", "N", devices)
	}
}

// Safety is one sentence on whether everything is safe.
type Safety struct {
	Text string
	Safe bool
	None bool // there is nothing to lose

	Below bool // photos are on fewer devices than wished, and no fewer than two
	Away  bool // the library folder is not there
}

// Kept is what Safe needs to know of the photos of a library.
type Kept struct {
	Photos   int
	OnlyHere int  // whose one verified copy is on this computer
	OneCopy  int  // that have one verified copy, or none
	Below    int  // on fewer devices than wished
	Devices  int  // of the library
	Away     bool // the library folder of this computer is not there
}

// Safe sums up the library.
func Safe(k Kept) Safety {
	switch {
	case k.Away:
		return Safety{Text: T("The library folder is not there; nothing on it is taken for lost"), Away: true}
	case k.Photos == 0:
		return Safety{Text: T("No photos yet"), None: true}
	case k.OnlyHere > 0:
		return Safety{Text: N("{{.N}} photos are only on this computer", k.OnlyHere)}
	case k.OneCopy > 0:
		return Safety{Text: N("{{.N}} photos have only one copy", k.OneCopy)}
	case k.Below > 0:
		return Safety{Text: N("{{.N}} photos are on fewer devices than you asked for", k.Below), Below: true}
	case k.Devices == 2:
		return Safety{Text: N("All {{.N}} photos are on 2 devices", k.Photos), Safe: true}
	default:
		return Safety{Text: N("All {{.N}} photos are on at least 2 devices", k.Photos), Safe: true}
	}
}

// Platform names an operating system.
func Platform(p string) string {
	switch {
	case strings.HasPrefix(p, "linux"):
		return "Linux"
	case strings.HasPrefix(p, "windows"):
		return "Windows"
	case strings.HasPrefix(p, "darwin"):
		return "macOS"
	case strings.HasPrefix(p, "android"):
		return "Android"
	case strings.HasPrefix(p, "ios"):
		return "iOS"
	case p == "":
		return T("Unknown system")
	default:
		return p
	}
}
