package app

import (
	"context"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/overlay"
)

// Names of the layers below that a screen needs.
type (
	// Digest is the SHA-256 of a file, its name in every record.
	Digest = filelayer.Digest
	// Entry is a file of the library, whether or not a copy is here.
	Entry = filelayer.Entry
	// Transfer is a file on its way to this device.
	Transfer = filelayer.Transfer
	// CheckOptions selects what a check does.
	CheckOptions = filelayer.CheckOptions
	// CheckProblem is what a check found to be wrong.
	CheckProblem = filelayer.Problem
	// CheckResult counts what a check looked at.
	CheckResult = filelayer.CheckResult
	// Part is which photos a check reads.
	Part = filelayer.Part
	// Removal is a line of the log of what left the library of this device.
	Removal = filelayer.Removal
	// Lease is the promise of a device that a Removal relied on.
	Lease = filelayer.Lease
	// InTrash is a file of which the trash of this device has the bytes.
	InTrash = filelayer.InTrash
	// Remnant is a device that has the bytes of a file which is deleted, or was.
	Remnant = filelayer.Remnant
	// Role is what a device keeps by itself.
	Role = filelayer.Role
	// Dropped is what is no longer to be fetched.
	Dropped = filelayer.Dropped
	// Limits are what photos may move between a device and others.
	Limits = filelayer.Limits
	// Plan is what a device has to do for its role.
	Plan = filelayer.Plan
	// Guest is who used a pair code, and the four words both sides show.
	Guest = filelayer.Guest
	// Peering is one link of the overlay node.
	Peering = overlay.Peering
	// ImportResult tells what an import did.
	ImportResult = imagelib.ImportResult
	// Known is a file of an import whose bytes the library had before.
	Known = imagelib.Known
	// Geometry is how a person wants a picture turned and cut.
	Geometry = imagelib.Geometry
	// Crop is the part of a picture to keep.
	Crop = imagelib.Crop
)

// Path kinds, as in the JSON of a device.
const (
	PathOffline = "offline"
	PathRelayed = "relayed"
	PathLAN     = "lan"
	PathDirect  = "direct"
)

// Methods by which the link of a path that leads straight to a device was made.
const (
	MethodLAN     = overlay.MethodLAN     // within the local network
	MethodPublic  = overlay.MethodPublic  // one end has a public address
	MethodMapped  = overlay.MethodMapped  // a router forwards a port
	MethodPunched = overlay.MethodPunched // through two NATs that were opened from within
	MethodStatic  = overlay.MethodStatic  // it was configured, here or there
)

// Path is how a device is reached now.
type Path struct {
	Kind   string        // PathOffline, PathRelayed, PathLAN or PathDirect
	Method string        // of PathLAN and PathDirect: MethodLAN …
	Via    string        // the link it leads through first; "" when not known
	RTT    time.Duration // round trip; 0 when not measured
	Since  time.Time     // when it last came, went, or took this way; zero when never online
	RX, TX uint64        // bytes a second from and to the device, of late

	// ViaDevice names the device of the library that a relayed path leads
	// through first, "" if it is none of these; ViaPublic tells a public peer.
	ViaDevice string
	ViaPublic bool
}

// Device is a device of the library.
type Device struct {
	ID, Name, Address, Platform string
	Self, Online                bool
	Path                        Path
	LastSeen                    time.Time // zero: never, in this device's memory
	Files                       int       // files it is known to hold, verified
	Bytes                       int64     // and their size
	Only                        int       // of those: files that no other device holds
	OnlyBytes                   int64
	OldestProof, NewestProof    time.Time // when the first and the last of its copies were read; zero without any

	RoleKnown bool  // it has said what follows
	Role      Role  // what it keeps by itself
	Trash     int64 // bytes in its trash, about
	DiskFree  int64 // bytes free on its disk, about
	DiskSize  int64 // bytes that the disk has; 0: not known, nor is DiskFree
}

// Status sums up the library as this device sees it.
type Status struct {
	Files  int   `json:"files"`  // files in the library
	Local  int   `json:"local"`  // of them with a copy here
	Bytes  int64 `json:"bytes"`  // size of all files of the library
	AtRisk int   `json:"atRisk"` // files with verified copies on fewer than two devices

	OneCopy int `json:"oneCopy"` // of them: files with a verified copy on one device
	NoCopy  int `json:"noCopy"`  // and on none

	// OnlyInTrash counts those of NoCopy that the trash of this device has.
	OnlyInTrash int `json:"onlyInTrash,omitempty"`

	// Below counts the files on fewer devices than wished; see App.Copies.
	Below int `json:"below,omitempty"`

	Queue int `json:"queue"` // files still to be fetched to be kept here
	Peers int `json:"peers"` // overlay links that are up

	// Transit counts the bytes that this device has carried for others, over
	// all its links, since it was started.
	Transit uint64 `json:"transit"`

	// Held counts deletions by other devices that wait for a person here; see
	// App.HeldDeletions.
	Held int `json:"held,omitempty"`

	// WhenSafe counts the files that are removed from this device as soon as
	// others prove their copies; see App.UnsaveWhenSafe.
	WhenSafe int `json:"whenSafe,omitempty"`

	// Limits are those of App.Limits; nil when photos move freely.
	Limits *LimitsInfo `json:"limits,omitempty"`

	// Fetching is that of App.Fetching, in the answer to a command.
	Fetching *Fetching `json:"fetching,omitempty"`

	// Away is why the library folder cannot be used, in the answer to a command; ""
	// when it is there.
	Away string `json:"away,omitempty"`

	// Database is how far the external database and this device are the same;
	// nil without one.
	Database *DatabaseStatus `json:"database,omitempty"`

	// Rotten counts the copies here that Paul itself has found rotten since its start,
	// Healed those of them that are whole again.
	Rotten int `json:"rotten,omitempty"`
	Healed int `json:"healed,omitempty"`

	// Removed tells that this device was removed from the library; nil: not that it knows.
	Removed *RemovedInfo `json:"removed,omitempty"`

	// Forwards are those of App.Forwards.
	Forwards []ForwardInfo `json:"forwards,omitempty"`

	// Notices are those of App.Notices.
	Notices []string `json:"notices,omitempty"`
}

// DatabaseStatus tells of an external CouchDB.
type DatabaseStatus struct {
	URL    string `json:"url"`    // without user and password
	Online bool   `json:"online"` // it answers, and both sides are being made the same
	Synced bool   `json:"synced"` // they are
	Error  string `json:"error,omitempty"`
}

// Settings are what a person may change. The zero value of no field means a
// default here: Settings returns what holds, UpdateSettings takes it back.
type Settings struct {
	Name           string   // this device's name, as others see it
	Library        string   // the folder of the originals
	Peers          []string // peers of one's own, as URIs
	PublicPeers    bool     // use the built-in public peers
	LAN            bool     // find devices on the local network
	Direct         bool     // make direct links to devices in other networks
	PortMap        bool     // ask the router to forward a port for them
	Listen         []string // peering listeners, as URIs
	Socks          string   // loopback address of the SOCKS5 and HTTP proxy; "" = off
	Database       string   // URL of an external CouchDB, with its password; "" = none
	Notify         bool     // tell the desktop of what a person should hear while the window is away
	Copies         int      // verified copies elsewhere that Unsave needs, at least 1
	Theme          string   // "", "light" or "dark"; "" follows the system
	Scale          float64  // of the user interface; 0 follows the system
	Accent         string   // one of Accents; "" is indigo
	Density        string   // "" or "compact"
	ReduceMotion   string   // "", "on" or "off"; "" follows the system
	Language       string   // one of Languages; "" follows the system
	SlideSeconds   int      // for how long a slide show rests on a photo; 0 leaves it to who shows it
	FirstStartDone bool     // the person has chosen how to start
}

// Accents names the colours of which one marks what is chosen.
func Accents() []string {
	return []string{"", "blue", "teal", "green", "amber", "rose", "graphite"}
}

// Languages lists what the user interface speaks, as BCP 47 tags; "" is the
// system's.
func Languages() []string { return []string{"", "en", "de", "fr"} }

// Kinds of activity.
const (
	KindImport   = "import"
	KindSave     = "save"
	KindFetch    = "fetch"
	KindExport   = "export"
	KindUnsave   = "unsave" // also of those that wait until it is safe
	KindDelete   = "delete"
	KindRestore  = "restore"
	KindPurge    = "purge" // from the trash here, for good
	KindCheck    = "check"
	KindWatch    = "watch"    // an import from a watched folder
	KindDate     = "date"     // dates of photos corrected; an action only
	KindGeometry = "geometry" // photos turned or cut; an action only
	KindOutside  = "outside"  // an import of what was changed or added in the library folder with other programs
	KindPlace    = "place"    // a look through a folder in place

	KindMove = "move" // of the library to another folder

	KindBackup        = "backup"
	KindRestoreBackup = "restoreBackup"
)

// Activity is something long that a person started, while it runs and for a
// while after.
type Activity struct {
	ID                int64
	Kind              string // KindImport …
	Title             string // what is handled: a file's name, or "24 photos"
	Files, TotalFiles int
	Bytes, TotalBytes int64
	Rate              float64 // bytes a second, smoothed; 0 when not known
	Started, Ended    time.Time
	Err               error  // why it failed; nil while it runs and when it went well
	Cause             string // Err in words for a person, "" without one
	Cancel            func() // ends it early; harmless after the end

	// Retry does again what failed or was not reached, as an activity in place of
	// this one; nil while it runs, and where there is nothing to do again.
	Retry func(ctx context.Context) error

	Moving     []Transfer // those of its files that are on their way now
	Duplicates int        // of an import: files that the library had already
	Failed     int        // of an import: files that were not kept; of a check: what was not put right
	Repaired   int        // of a check: what was put right
	Troubles   []Trouble  // the files that a person should hear of
}

// Trouble is a file that an import skipped or kept without its whole picture, that
// a check found to be wrong, or to which something else was not done.
type Trouble struct {
	Name     string
	Err      error // as of imagelib.Problem or CheckProblem, else a FileError
	Repaired bool
}

// Running tells whether the activity has not ended.
func (a Activity) Running() bool { return a.Ended.IsZero() }

// ParsePart reads a part of the photos as a person writes it, such as "1/10".
func ParsePart(s string) (Part, error) { return filelayer.ParsePart(s) }
