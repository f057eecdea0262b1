// Package doctor tells from what a device has tried why other devices are not
// reached, or only through others, and what a person can do about it. It asks
// nobody and changes nothing.
package doctor

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/overlay"
)

// Severity says how much a finding matters.
type Severity string

// Severities, the gravest first.
const (
	Problem Severity = "problem" // something here keeps devices apart
	Hint    Severity = "hint"    // it works, or would if the other device were on; it could go better
	Fine    Severity = "fine"    // there is nothing to do
)

// What a finding is about.
const (
	AboutPeers  = "peers"  // the nodes through which devices meet, and the local network
	AboutClock  = "clock"  // of this device or another
	AboutDirect = "direct" // direct links, as far as this device and its network are concerned
	AboutDevice = "device" // the way to another device
)

// Finding is one thing that stands in the way.
type Finding struct {
	Code     string   `json:"code"` // names the kind of finding, such as "symmetricHere"
	Severity Severity `json:"severity"`
	About    string   `json:"about,omitempty"`  // AboutPeers …; "" when there is nothing
	Device   string   `json:"device,omitempty"` // ID of the device that it is about; "" when it is about this one
	What     Text     `json:"what"`             // what happened, in words for a person
	Do       Text     `json:"do,omitzero"`      // what to do about it; zero when there is nothing
}

// Text is a sentence. Its places, such as {{.Device}}, are filled from Args,
// pairs of a name and a value; so Format can be translated.
type Text struct {
	Format string
	Args   []string
}

// say makes a text of a literal, which translations are looked up by.
func say(format string, args ...string) Text { return Text{format, args} }

// String is the text with its places filled.
func (t Text) String() string {
	pairs := slices.Clone(t.Args)
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{{." + pairs[i] + "}}"
	}
	return strings.NewReplacer(pairs...).Replace(t.Format)
}

// MarshalText writes the text with its places filled.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Text{Format: string(b)}
	return nil
}

// Case is what is known of a device that is examined.
type Case struct {
	overlay.Diagnosis

	Names map[string]string // of the other devices, by ID
	Own   []string          // URIs of the peers that the person has named
	IPv6  bool              // this machine has a public IPv6 address
	Now   time.Time

	RemovedBy string    // name of the device that removed this one from the library; "" for none
	RemovedAt time.Time // in the zone that it is told in

	// NoLAN, NoPublicPeers and NoPortMap tell what is switched off.
	NoLAN, NoPublicPeers, NoPortMap bool
}

// Examine returns what stands in the way, the gravest first; when nothing does,
// one finding that says so.
func Examine(c Case) []Finding {
	list := slices.Concat(c.removed(), about(AboutPeers, c.peers()), about(AboutClock, c.clocks()), about(AboutDirect, c.network()))
	apart := c.RemovedBy != "" || slices.ContainsFunc(list, func(f Finding) bool { return f.About == AboutPeers && f.Severity == Problem })
	for _, d := range c.Devices {
		if d.Path.Kind == overlay.PathOffline && apart {
			continue // that is why
		}
		list = append(list, about(AboutDevice, c.device(d))...)
	}
	if len(list) == 0 {
		return []Finding{{Code: "fine", Severity: Fine, What: say("Nothing stands in the way: all other devices are online, and linked directly.")}}
	}
	rank := map[Severity]int{Problem: 0, Hint: 1, Fine: 2}
	slices.SortStableFunc(list, func(a, b Finding) int { return rank[a.Severity] - rank[b.Severity] })
	return list
}

// removed is for a device that the others shut out.
func (c Case) removed() []Finding {
	if c.RemovedBy == "" {
		return nil
	}
	return []Finding{{
		Code: "removed", Severity: Problem,
		What: say("This device was removed from the library by {{.Device}} on {{.Date}}: the other devices shut it out. Its photos stay here.",
			"Device", c.RemovedBy, "Date", c.RemovedAt.Format(time.DateOnly)),
		Do: say("To join again: pauld pair on one of the others, and here: pauld join CODE; or Add a device there, and Join my other device here."),
	}}
}

func about(what string, list []Finding) []Finding {
	for i := range list {
		list[i].About = what
	}
	return list
}

// any reports whether a device is reached by a path of that kind.
func (c Case) any(kind string) bool {
	return slices.ContainsFunc(c.Devices, func(d overlay.DeviceDiagnosis) bool { return d.Path.Kind == kind })
}

// name returns what a person calls a device.
func (c Case) name(d overlay.DeviceDiagnosis) string {
	if name := c.Names[id(d)]; name != "" {
		return name
	}
	return id(d)[:12]
}

func id(d overlay.DeviceDiagnosis) string { return hex.EncodeToString(d.Key) }
