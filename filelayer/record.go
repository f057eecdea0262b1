package filelayer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/libpaul/paul/filelayer/blob"
)

// Times in records are milliseconds since 1970, UTC; 0 means none.
type millis int64

const maxMillis = millis(1) << 53 // what every JSON reader keeps exactly

func toMillis(t time.Time) millis {
	if t.IsZero() {
		return 0
	}
	return min(max(millis(t.UnixMilli()), -maxMillis), maxMillis)
}

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// stamp is a Stamp in a record.
type stamp struct {
	By string `json:"by"`
	At millis `json:"at"`
}

func (s stamp) export() Stamp { return Stamp{By: s.By, At: s.At.time()} }

func (s *stamp) exportPtr() *Stamp {
	if s == nil {
		return nil
	}
	out := s.export()
	return &out
}

// compare orders stamps by time, then by device.
func (s stamp) compare(t stamp) int {
	switch {
	case s.At != t.At && s.At < t.At:
		return -1
	case s.At != t.At:
		return 1
	}
	return strings.Compare(s.By, t.By)
}

// after returns a stamp of the device id that is later than the given ones,
// and no earlier than now.
func after(id string, now time.Time, seen ...*stamp) stamp {
	s := stamp{By: id, At: toMillis(now)}
	for _, t := range seen {
		if t != nil && t.At >= s.At {
			s.At = t.At + 1
		}
	}
	return s
}

// holding is a Holder in a record.
type holding struct {
	Saved    bool   `json:"saved"`
	N        int64  `json:"n"`
	Verified millis `json:"verified"`
	Trashed  millis `json:"trashed,omitempty"` // of a deleted file: when its bytes went to the trash of the device, or notInTrash; 0: it has not told
}

// notInTrash says that the trash of a device does not have the bytes. To older
// versions it is a time long over.
const notInTrash = millis(1)

func (h holding) holds() bool { return h.Saved && h.Verified > 0 }

// fileRecord is the body of a document in the database "files"; its ID is the
// digest. The order of its members is that of its canonical form.
type fileRecord struct {
	Name    string             `json:"name"`
	Size    int64              `json:"size"`
	Type    string             `json:"type"`
	Time    millis             `json:"time"`
	Added   stamp              `json:"added"`
	Deleted *stamp             `json:"deleted,omitempty"`
	Devices PerDevice[holding] `json:"devices"`
}

// clone returns a copy that can be changed.
func (r fileRecord) clone() fileRecord {
	r.Devices = slices.Clone(r.Devices)
	return r
}

// set changes what the record says of one device, and reports whether it did. What a
// device wishes back stays in its trash until it is verified.
func (r *fileRecord) set(id string, saved bool, verified millis) bool {
	h := r.Devices.Of(id)
	trashed := h.Trashed
	if !saved || verified > 0 {
		trashed = 0
	}
	if h.Saved == saved && h.Verified == verified && h.Trashed == trashed {
		return false
	}
	r.Devices.Set(id, holding{saved, h.N + 1, verified, trashed})
	return true
}

// setLeft says that a device keeps no copy of a deleted file, since when its trash has
// the bytes, or notInTrash, and when it last read those in a folder in place, 0 for
// none, and reports whether that is a change. Of bytes that are there it keeps the
// first time.
func (r *fileRecord) setLeft(id string, trashed, placed millis) bool {
	h := r.Devices.Of(id)
	left := holding{N: h.N, Verified: placed, Trashed: trashed}
	if trashed > notInTrash && h.Trashed > notInTrash {
		left.Trashed = h.Trashed
	}
	if placed > 0 && !h.Saved && h.Verified > 0 {
		left.Verified = h.Verified
	}
	if left == h {
		return false
	}
	left.N++
	r.Devices.Set(id, left)
	return true
}

// leaves says whether the record tells of a deleted file what the device that it is
// about still has of it.
func (h holding) leaves(trashed, placed bool) bool {
	told := h.Trashed != 0 || h.N == 0
	return told && !h.Saved && (h.Verified > 0) == placed && (h.Trashed > notInTrash) == trashed
}

// deviceRecord is the body of a document in the database "devices"; its ID is
// the device's. N counts changes of the name, address and platform, and Added
// begins a lifecycle, as a File's does. Runs are the latest of its own.
type deviceRecord struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	Platform string `json:"platform"`
	N        int64  `json:"n"`
	Added    stamp  `json:"added"`
	Removed  *stamp `json:"removed,omitempty"`
	Runs     []run  `json:"runs,omitempty"`
}

// parseFile reads and checks the body of a File document.
func parseFile(id string, body json.RawMessage) (Digest, fileRecord, error) {
	var r fileRecord
	d, err := blob.ParseDigest(id)
	if err != nil || !hexOnly(id) {
		return d, r, fmt.Errorf("%w: %q is no digest", ErrInvalid, id)
	}
	if r, err = readFile(body); err != nil {
		return d, r, fmt.Errorf("%w: file %s: %w", ErrInvalid, id, err)
	}
	if what := r.fault(); what != "" {
		return d, r, fmt.Errorf("%w: file %s: %s", ErrInvalid, id, what)
	}
	return d, r, nil
}

func (r fileRecord) fault() string {
	switch {
	case !validName(r.Name):
		return "bad name"
	case r.Size < 0 || r.Size > maxSize:
		return "bad size"
	case !validText(r.Type):
		return "bad type"
	case r.Time < -maxMillis || r.Time > maxMillis:
		return "bad time"
	case !r.Added.valid() || r.Deleted != nil && !r.Deleted.valid():
		return "bad stamp"
	case len(r.Devices) > maxRoster:
		return "too many devices"
	}
	for id, h := range r.Devices.All() {
		if !validDeviceID(id) || h.N < 1 || h.N > int64(maxMillis) || h.Verified < 0 || h.Verified > maxMillis || h.Trashed < 0 || h.Trashed > maxMillis {
			return "bad holder"
		}
	}
	return ""
}

// parseDevice reads and checks the body of a Device document.
func parseDevice(id string, body json.RawMessage) (deviceRecord, error) {
	var r deviceRecord
	if !validDeviceID(id) {
		return r, fmt.Errorf("%w: %q is no device", ErrInvalid, id)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("%w: device %s: %w", ErrInvalid, id, err)
	}
	if what := r.fault(); what != "" {
		return r, fmt.Errorf("%w: device %s: %s", ErrInvalid, id, what)
	}
	return r, nil
}

func (r deviceRecord) fault() string {
	switch {
	case !validText(r.Name) || !validText(r.Address) || !validText(r.Platform):
		return "bad text"
	case r.N < 0 || r.N > int64(maxMillis):
		return "bad count"
	case !r.Added.valid() || r.Removed != nil && !r.Removed.valid():
		return "bad stamp"
	}
	if slices.ContainsFunc(r.Runs, func(r run) bool { return !r.valid() }) || !slices.Equal(r.Runs, joinRuns(r.Runs, nil)) {
		return "bad runs"
	}
	return ""
}

func (s stamp) valid() bool { return validDeviceID(s.By) && s.At > 0 && s.At < maxMillis }

func validDeviceID(id string) bool { return len(id) == 64 && hexOnly(id) }

func hexOnly(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// validName says whether a name is one path element on any system.
func validName(s string) bool {
	return s != "" && s != "." && s != ".." && validText(s) && !strings.ContainsAny(s, `/\`)
}

const maxText = 255 // bytes of a name, or of another text in a record

func validText(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// encode returns the canonical form of a record: fixed order, sorted keys.
func encode(record any) (json.RawMessage, error) {
	body, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return body, nil
}
