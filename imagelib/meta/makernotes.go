package meta

import (
	"bytes"
	"encoding/binary"
)

// notes are the ways in which makers begin their notes: where the directory lies,
// and from where its offsets count (as exiftool's MakerNotes.pm collects them).
var notes = []struct {
	magic string
	kind  ifdKind
	order int64 // where II or MM stands; 0: as in the file
	ifd   int64 // where the directory lies
	own   bool  // offsets count from the notes' beginning, else from the file's
}{
	{"OLYMPUS\x00", ifdOlympus, 8, 12, true},
	{"OM SYSTEM\x00", ifdOlympus, 12, 16, true},
	{"OLYMP\x00", ifdOlympus, 0, 8, false},
	{"AOC\x00", ifdPentax, 4, 6, false},
	{"PENTAX \x00", ifdPentax, 8, 10, true},
}

// makerNotes finds the preview of a raw file where some makers put it alone.
func (t *tiffReader) makerNotes() {
	if t.notes.Len <= 0 || t.notes.Off <= 0 || t.big {
		return
	}
	at := t.notes.Off
	h := t.f.copyAt(at, 18)
	if len(h) < 18 {
		return
	}
	if bytes.HasPrefix(h, []byte("Nikon\x00")) { // a TIFF structure of its own
		n := tiffReader{f: t.f, base: at + 10, end: t.end, order: orderOf(h[10:], t.order)}
		n.walk(h[10:], ifdNikon)
		n.offerAll()
		return
	}
	for _, m := range notes {
		if !bytes.HasPrefix(h, []byte(m.magic)) {
			continue
		}
		n := tiffReader{f: t.f, base: t.base, end: t.end, order: t.order, seen: make(map[int64]bool)}
		if m.order != 0 {
			n.order = orderOf(h[m.order:], t.order)
		}
		if m.own {
			n.base = at
		}
		n.push(at+m.ifd-n.base, m.kind)
		n.follow()
		n.offerAll()
		return
	}
}

func (t *tiffReader) offerAll() {
	for _, p := range t.pictures {
		t.jpegIn(p)
	}
}

func orderOf(b []byte, otherwise binary.ByteOrder) binary.ByteOrder {
	switch string(b[:2]) {
	case "II":
		return binary.LittleEndian
	case "MM":
		return binary.BigEndian
	}
	return otherwise
}
