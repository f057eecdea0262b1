package filelayer

import (
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// A Digest is the SHA-256 of a file's bytes, and names the file.
type Digest = blob.Digest

// Content is bytes in memory and their digest.
type Content = blob.Content

// NewContent computes the digest of bytes, which must not change any more.
func NewContent(data []byte) Content { return blob.NewContent(data) }

// ParseDigest parses 64 hex digits.
func ParseDigest(s string) (Digest, error) { return blob.ParseDigest(s) }

// Metadata is what is known of a file beside its bytes.
type Metadata struct {
	Name string    // base name, e.g. "IMG_0001.JPG"
	Type string    // media type, e.g. "image/jpeg"; "" = guessed from the name
	Time time.Time // when the file was made; its folder in the library follows

	// Lies, if set, is the absolute path of one of [Layer.Strays] with these
	// bytes, which then is kept where it lies and not copied.
	Lies string
}

// A Stamp says which device did something, and when by its clock.
type Stamp struct {
	By string
	At time.Time // to the millisecond, UTC
}

// A Holder is what a File record says of one device.
type Holder struct {
	Saved    bool      // the person wants this device to keep the file
	N        int64     // counts the device's own changes; the greatest is true
	Verified time.Time // when the device last checked the bytes; zero: it has none
}

// Holds says whether the device claims a checked copy that it keeps. It is no
// proof: see [Layer.Unsave].
func (h Holder) Holds() bool { return h.Saved && h.Has() }

// Has says whether the device claims a checked copy that it keeps, or one in a
// folder that was added in place, which may go at any time.
func (h Holder) Has() bool { return !h.Verified.IsZero() }

// An Entry is a file of the library: its record, and where its copy is here.
// Holders and Deleted are shared between entries and must not be changed.
type Entry struct {
	Digest  Digest
	Name    string
	Size    int64 // bytes
	Type    string
	Time    time.Time
	Added   Stamp
	Holders PerDevice[Holder] // removed devices are left out
	Deleted *Stamp            // nil unless the file has been deleted
	Path    string            // of the copy on this device; "" if none
	InPlace bool              // that copy is not in the library, but in a folder that was added in place

	self string    // this device
	read time.Time // when it last read its copy: the record is not written anew for each check
}

// Here says whether this device has a copy, in its library or in a folder that
// was added in place.
func (e Entry) Here() bool { return e.Path != "" }

// Kept says whether this device has a copy in its library.
func (e Entry) Kept() bool { return e.Here() && !e.InPlace }

// HolderIDs lists the devices that claim a checked copy, kept or in place, sorted.
func (e Entry) HolderIDs() []string {
	var ids []string
	for id, h := range e.Holders.All() {
		if h.Has() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// A Device is one of the person's devices.
type Device struct {
	ID       string // public key, 64 hex digits
	Name     string
	Address  string // in the overlay
	Platform string
	Added    Stamp
	Removed  *Stamp // nil unless it has been removed
	Self     bool   // it is this device
}

// A Transfer is one file on its way to this device.
type Transfer struct {
	Digest      Digest
	Name        string
	From        []string // device IDs; none while a holder is looked for
	Done, Total int64    // bytes
	Started     time.Time
	Rate        float64 // bytes a second over the last seconds; 0 while it is not known, or nothing comes
	Err         string  // why it last failed and waits; "" while it runs
}
