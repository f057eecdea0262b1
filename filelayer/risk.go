package filelayer

import (
	"fmt"
	"time"
)

// Copies tells how well a file is kept: by the records of the other devices, and
// for this one by what it has read itself. It counts what devices claim, and is
// no proof; see [Layer.Unsave].
type Copies struct {
	Count          int       // devices with a checked copy
	Oldest, Newest time.Time // when the first and the last of those checked theirs; zero without any
}

// Copies counts the copies of a file.
func (e Entry) Copies() Copies {
	var c Copies
	for id, h := range e.Holders.All() {
		if h.Has() {
			c.Count++
			at := e.proved(id, h)
			c.Oldest, c.Newest = earlier(c.Oldest, at), later(c.Newest, at)
		}
	}
	return c
}

// proved is when a holder last checked its copy.
func (e *Entry) proved(id string, h Holder) time.Time {
	if id == e.self {
		return later(h.Verified, e.read)
	}
	return h.Verified
}

// onlyOn tells whether a device has the only checked copy of a file.
func (e *Entry) onlyOn(id string) bool {
	if !e.Holders.Of(id).Has() {
		return false
	}
	for other, h := range e.Holders.All() {
		if other != id && h.Has() {
			return false
		}
	}
	return true
}

// earlier returns the earlier of two times, a zero one counting as none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// A Share is what one device holds of the library.
type Share struct {
	Files          int   // of which it has a checked copy
	Bytes          int64 // and their size
	Only           int   // of those: files of which no other device has one
	OnlyBytes      int64
	Oldest, Newest time.Time // when the first and the last of its copies were checked
}

func (s *Share) add(size int64, proved time.Time, only bool) {
	s.Files++
	s.Bytes = AddSizes(s.Bytes, size)
	if only {
		s.Only++
		s.OnlyBytes = AddSizes(s.OnlyBytes, size)
	}
	s.Oldest, s.Newest = earlier(s.Oldest, proved), later(s.Newest, proved)
}

// A Census counts the copies of the files of the library.
type Census struct {
	Files   int
	Bytes   int64
	Here    int              // files with a copy on this device
	OneCopy int              // files with a checked copy on one device
	NoCopy  int              // and on none
	Devices map[string]Share // by device ID
}

// TakeCensus counts what [Layer.Entries] lists.
func TakeCensus(entries []Entry) Census {
	c := Census{Files: len(entries), Devices: make(map[string]Share)}
	shares := make(map[string]*Share)
	type held struct {
		share  *Share
		proved time.Time
	}
	var copies []held // of one file
	for i := range entries {
		e := &entries[i]
		c.Bytes = AddSizes(c.Bytes, e.Size)
		if e.Here() {
			c.Here++
		}
		copies = copies[:0]
		for id, h := range e.Holders.All() {
			if !h.Has() {
				continue
			}
			if shares[id] == nil {
				shares[id] = new(Share)
			}
			copies = append(copies, held{shares[id], e.proved(id, h)})
		}
		switch len(copies) {
		case 0:
			c.NoCopy++
		case 1:
			c.OneCopy++
		}
		for _, h := range copies {
			h.share.add(e.Size, h.proved, len(copies) == 1)
		}
	}
	for id, s := range shares {
		c.Devices[id] = *s
	}
	return c
}

// IfLost lists the files that would be lost if a device died now, by digest:
// those of which no other device has a checked copy. inTrash counts those of
// them whose bytes are in the trash here. [ErrNotFound]: there is no such device.
func (l *Layer) IfLost(id string) (lost []Entry, inTrash int, err error) {
	if id != l.opts.DeviceID && !l.mirror.paired(id) {
		return nil, 0, fmt.Errorf("device %s: %w", id, ErrNotFound)
	}
	entries := l.Entries()
	for i := range entries {
		e := &entries[i]
		if !e.onlyOn(id) {
			continue
		}
		lost = append(lost, *e)
		if l.mirror.trashed(e.Digest) != "" {
			inTrash++
		}
	}
	return lost, inTrash, nil
}
