package meta

import (
	"bytes"
	"slices"
	"strings"
)

const (
	photoshopHeader = "Photoshop 3.0\x00"
	maxResources    = 1000 // of one block
	maxDatasets     = 5000 // of one IPTC record
)

// Image resources of Photoshop that are read.
const (
	resourceIPTC = 0x0404
	resourceEXIF = 0x0422
	resourceXMP  = 0x0424
)

// iptcFacts are what IPTC-IIM says.
type iptcFacts struct {
	date, time string
	caption    string
	tags       []string
}

// created returns when the picture was taken, as an ISO date.
func (p *iptcFacts) created() string {
	d, t := p.date, p.time
	if len(d) != 8 {
		return ""
	}
	d = d[:4] + "-" + d[4:6] + "-" + d[6:]
	if len(t) < 6 {
		return d
	}
	return d + "T" + t[:2] + ":" + t[2:4] + ":" + t[4:6] + t[6:]
}

// resources reads Photoshop's image resources of n bytes at off (Adobe Photoshop
// file formats, image resource blocks).
func (f *file) resources(off, n int64) {
	end := min(off+n, f.size)
	for range maxResources {
		h := f.at(off, 7)
		if len(h) < 7 || off > end-12 || !bytes.HasPrefix(h, []byte("8BIM")) {
			return
		}
		id := be16(h[4:])
		off += 6 + (1+int64(h[6])+1)&^1 // a name, padded to even
		size := f.at(off, 4)
		if len(size) < 4 {
			return
		}
		off += 4
		k := be32(size)
		if k > end-off {
			return
		}
		f.resource(id, off, k)
		off += (k + 1) &^ 1
	}
}

func (f *file) resource(id int, off, n int64) {
	switch id {
	case resourceIPTC:
		f.readIPTC(f.copyAt(off, int(min(n, maxBlob))))
	case resourceXMP:
		f.readXMP(f.copyAt(off, int(min(n, maxXMP))))
	case resourceEXIF:
		if f.Kind == KindUnsupported { // Photoshop's own file; elsewhere it is a copy
			f.tiff(off, n, ifdMain)
		}
	}
}

// readIPTC reads the datasets of an IPTC record (IPTC-NAA Information Interchange
// Model 4, chapter 3). The first of each counts, but for keywords.
func (f *file) readIPTC(d []byte) {
	for range maxDatasets {
		if len(d) < 5 || d[0] != 0x1c {
			return
		}
		record, set, n := d[1], d[2], be16(d[3:])
		if n > len(d)-5 { // also the extended form, of more than 32 kB
			return
		}
		if record == 2 {
			f.iptc.set(set, d[5:5+n])
		}
		d = d[5+n:]
	}
}

func (p *iptcFacts) set(set byte, data []byte) {
	data, _, _ = bytes.Cut(data, []byte{0})
	text := cleanText(cutText(string(data), maxText))
	switch set {
	case 25:
		p.tags = addTag(p.tags, text)
	case 55:
		setText(&p.date, text)
	case 60:
		setText(&p.time, text)
	case 120:
		setText(&p.caption, caption(text))
	}
}

// addTag adds a keyword that is not there yet.
func addTag(tags []string, text string) []string {
	text = strings.TrimSpace(cutText(text, maxTag))
	if text == "" || len(tags) >= maxTags || slices.Contains(tags, text) {
		return tags
	}
	return append(tags, text)
}

// photoshop reads a file of Photoshop: its size and its resources (Adobe Photoshop
// file formats, file header section).
func (f *file) photoshop() {
	h := f.copyAt(0, 30)
	if len(h) < 30 {
		return
	}
	f.Height, f.Width = clampSize(be32(h[14:])), clampSize(be32(h[18:]))
	at := 30 + be32(h[26:]) // behind the colour table
	if n := f.at(at, 4); len(n) == 4 {
		f.resources(at+4, be32(n))
	}
}

// minolta reads a raw file of Minolta: blocks of which one is EXIF.
func (f *file) minolta() {
	head := f.at(4, 4)
	if len(head) < 4 {
		return
	}
	end := min(8+be32(head), f.size)
	for p, i := int64(8), 0; p < end && i < maxMarkers; i++ {
		b := f.at(p, 8)
		if len(b) < 8 {
			return
		}
		n := be32(b[4:])
		if string(b[:4]) == "\x00TTW" {
			f.tiff(p+8, n, ifdMain)
			return
		}
		p += 8 + n
	}
}
