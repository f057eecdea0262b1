package meta

import (
	"encoding/binary"
	"strings"
)

// tagMakerNote holds what a camera's maker keeps to itself.
const tagMakerNote = 0x927c

// Apple's maker note is a directory behind a header, with offsets from its own
// beginning (ExifTool, Image::ExifTool::Apple).
const (
	appleHeader   = "Apple iOS\x00"
	appleOrderAt  = 12
	appleEntries  = 14
	tagIdentifier = 0x11 // ContentIdentifier: the film of a live photo has the same
	maxAppleNote  = 300  // entries; real ones have about sixty
)

// appleNote takes from Apple's maker note what names a live photo. Those of
// other makers are passed over.
func (t *tiffReader) appleNote() {
	off := t.notes.Off
	size := min(t.notes.Len, t.end-off)
	h := t.f.at(off, appleEntries+2)
	if size < appleEntries+2 || len(h) < appleEntries+2 || !strings.HasPrefix(string(h), appleHeader) {
		return
	}
	order := binary.ByteOrder(binary.BigEndian)
	if string(h[appleOrderAt:appleEntries]) == "II" {
		order = binary.LittleEndian
	}
	n := int64(min(order.Uint16(h[appleEntries:]), maxAppleNote))
	d := t.f.at(off+appleEntries+2, int(min(12*n, size-appleEntries-2)))
	for ; len(d) >= 12; d = d[12:] {
		if order.Uint16(d) != tagIdentifier {
			continue
		}
		length, at := int64(order.Uint32(d[4:])), int64(order.Uint32(d[8:]))
		if order.Uint16(d[2:]) == 2 && length <= maxIdentifier+1 && at <= size-length {
			text, _, _ := strings.Cut(string(t.f.at(off+at, int(length))), "\x00")
			setText(&t.f.Shot, identifier(text))
		}
		return
	}
}

// An identifier of a shot is a UUID, and anything else of such a length that can
// be no accident.
const (
	minIdentifier = 16
	maxIdentifier = 64
)

// identifier returns what a shot is named by as both of its files write it, and
// nothing for what is no name.
func identifier(s string) string {
	if len(s) < minIdentifier || len(s) > maxIdentifier || strings.Trim(s, "0-") == "" {
		return ""
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f {
			return ""
		}
	}
	return strings.ToUpper(s)
}
