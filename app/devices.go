package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/overlay"
)

// Self is this device.
func (a *App) Self() Device {
	for _, d := range a.files.Devices() {
		if d.Self {
			return a.device(d, a.holdings())
		}
	}
	return a.device(filelayer.Device{ID: a.id(), Name: a.config.get().Name, Self: true, Address: a.node.Address().String()}, a.holdings())
}

// Devices lists the devices of the library: this one first, then by name.
func (a *App) Devices() []Device {
	h := a.holdings()
	var out []Device
	for _, d := range a.files.Devices() {
		if d.Removed == nil || d.Self {
			out = append(out, a.device(d, h))
		}
	}
	slices.SortFunc(out, func(x, y Device) int {
		if x.Self != y.Self {
			return map[bool]int{true: -1, false: 1}[x.Self]
		}
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.ID, y.ID))
	})
	return out
}

func (a *App) device(d filelayer.Device, h *filelayer.Census) Device {
	share := h.Devices[d.ID]
	out := Device{
		ID: d.ID, Name: d.Name, Address: d.Address, Platform: d.Platform, Self: d.Self,
		Files: share.Files, Bytes: share.Bytes, Only: share.Only, OnlyBytes: share.OnlyBytes,
		OldestProof: share.Oldest, NewestProof: share.Newest,
	}
	if room, ok := a.files.Room(d.ID); ok {
		out.RoleKnown, out.Role, out.Trash, out.DiskFree, out.DiskSize = true, room.Role, room.Trash, room.Free, room.Disk
	}
	if d.Self {
		out.Online, out.LastSeen, out.Path.Kind = true, time.Now(), PathDirect
		return out
	}
	out.Path.Kind = PathOffline
	key, err := parseKey(d.ID)
	if err != nil {
		return out
	}
	p := a.node.Path(key)
	out.Path = Path{Kind: p.Kind, Method: p.Method, Via: p.Via, RTT: p.RTT, Since: p.Since, RX: p.RX, TX: p.TX}
	if p.Kind == PathRelayed {
		out.Path.ViaDevice, out.Path.ViaPublic = a.relay(p.ViaKey)
	}
	out.Online = p.Kind != PathOffline
	out.LastSeen = a.seen.last(d.ID, p.LastSeen)
	return out
}

// relay tells which node packets go through: the name of a device of the
// library, or whether it is a public peer.
func (a *App) relay(key ed25519.PublicKey) (device string, public bool) {
	if key == nil {
		return "", false
	}
	for _, d := range a.files.Devices() {
		if d.Removed == nil && d.ID == hexKey(key) {
			return d.Name, false
		}
	}
	return "", slices.ContainsFunc(a.node.Peers(), func(p Peering) bool {
		return p.Up && p.Kind == overlay.PeeringPublic && p.Key.Equal(key)
	})
}

// RemoveDevice takes a device out of the library: all others shut it out, and
// its copies stop counting. ErrNotFound when there is no such device, ErrOwnDevice
// for this one, and nothing is changed.
func (a *App) RemoveDevice(ctx context.Context, id string) error {
	if id == a.id() {
		return ErrOwnDevice
	}
	return a.files.RemoveDevice(ctx, id)
}

// Peers lists the links of the overlay node; of a device that was opened
// Offline, the peers it would link with.
func (a *App) Peers() []Peering {
	list := a.node.Peers()
	if !a.opts.Offline {
		return list
	}
	c := a.config.get()
	for _, uri := range join(c.Peers, c.Hints) {
		if !slices.ContainsFunc(list, func(p Peering) bool { return p.URI == uri }) {
			list = append(list, Peering{URI: uri, Kind: overlay.PeeringStatic})
		}
	}
	return list
}

// AddPeer links with the peer at uri, now and after each start.
func (a *App) AddPeer(uri string) error {
	if err := a.node.AddPeer(uri); err != nil {
		return fmt.Errorf("%w; nothing was added. A peer is written like tls://192.0.2.1:7330", err)
	}
	return a.config.update(func(c *config) error {
		c.Peers = join(c.Peers, []string{uri})
		return nil
	})
}

// RemovePeer undoes AddPeer, and forgets a peer that a pair code named.
// ErrNotFound when there is no such peer.
func (a *App) RemovePeer(uri string) error {
	known := a.config.get().peers(uri)
	err := a.node.RemovePeer(uri)
	if !known {
		return notPeer(uri, err)
	}
	return a.config.update(func(c *config) error {
		c.Peers = without(c.Peers, uri)
		c.Hints = without(c.Hints, uri)
		return nil
	})
}

// Status sums up the library.
func (a *App) Status() Status {
	h := a.holdings()
	s := Status{
		Files: h.Files, Local: h.Here, Bytes: h.Bytes,
		AtRisk: h.OneCopy + h.NoCopy, OneCopy: h.OneCopy, NoCopy: h.NoCopy, OnlyInTrash: a.files.OnlyInTrash(),
	}
	s.Queue, s.Held = a.files.Queue(), len(a.files.HeldDeletions())
	s.Below, s.WhenSafe = a.Below(), a.files.WaitingCount()
	if m := a.Limits(); m != (Limits{}) {
		s.Limits = new(limitsInfo(m))
	}
	s.Removed = a.removed()
	s.Rotten, s.Healed = a.files.Rot()
	s.Database, s.Forwards, s.Notices = a.database(), a.Forwards(), a.Notices()
	s.Transit = a.node.Traffic().Transit
	for _, p := range a.node.Peers() {
		if p.Up {
			s.Peers++
		}
	}
	return s
}

// database tells of the external database; nil without one.
func (a *App) database() *DatabaseStatus {
	s, ok := a.files.External()
	if !ok {
		return nil
	}
	d := &DatabaseStatus{URL: s.URL, Online: s.Online, Synced: s.Synced}
	if s.Err != nil && !s.Online {
		d.Error = s.Err.Error()
	}
	return d
}

// holdingsCache keeps the holdings of the latest list of entries: counting
// anew at each look would cost a library of 100,000 files some milliseconds.
type holdingsCache struct {
	mu     sync.Mutex // guards the rest
	of     []filelayer.Entry
	counts *filelayer.Census
}

func (a *App) holdings() *filelayer.Census {
	entries := a.files.Entries()
	c := &a.counted
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil || !sameSlice(c.of, entries) {
		census := filelayer.TakeCensus(entries)
		c.of, c.counts = entries, &census
	}
	return c.counts
}

// sameSlice tells whether x and y are one immutable list.
func sameSlice(x, y []filelayer.Entry) bool {
	return len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0])
}

// without returns a new slice of the members of list that are not s.
func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x == s })
}
