package meta

import "bytes"

const (
	exifHeader = "Exif\x00\x00"
	xmpHeader  = "http://ns.adobe.com/xap/1.0/\x00"
	iccHeader  = "ICC_PROFILE\x00"
	maxMarkers = 1000

	extensionHeader = "http://ns.adobe.com/xmp/extension/\x00"
	maxPieces       = 64
)

// jpeg reads a JPEG at base.
func (f *file) jpeg(base int64) {
	f.segments(base)
	f.extendedXMP()
}

// segments reads the segments of a JPEG up to its first scan (ITU T.81, B.1.1).
// At a marker that has no business there it ends: decoders differ on where the
// next segment would begin, and must not see another frame than this does.
func (f *file) segments(base int64) {
	p, seenEXIF, seenFrame := base+2, false, false
	for range maxMarkers {
		b := f.at(p, 48)
		if len(b) < 4 || b[0] != 0xff {
			return
		}
		marker, n := b[1], int64(be16(b[2:]))
		switch {
		case marker == 0xff: // fill byte
			p++
			continue
		case marker < 0xc0, marker >= 0xd0 && marker <= 0xda, n < 2:
			return
		case isFrame(marker) && len(b) >= 10:
			if !seenFrame { // decoders take the first
				f.frame(marker, b)
			}
			seenFrame = true
		case marker == 0xe1 && bytes.HasPrefix(b[4:], []byte(exifHeader[:5])) && !seenEXIF:
			seenEXIF = f.tiff(p+10, n-8, ifdMain)
		case marker == 0xe2 && bytes.HasPrefix(b[4:], []byte(iccHeader)) && len(b) > 17 && b[17] == 1: // alone, as all short ones are
			f.Colours.Profile = Range{p + 4 + int64(len(iccHeader)) + 2, n - 2 - int64(len(iccHeader)) - 2}
		case marker == 0xe1 && bytes.HasPrefix(b[4:], []byte(xmpHeader)):
			k := int64(len(xmpHeader))
			f.readXMP(f.at(p+4+k, int(n-2-k)))
		case marker == 0xe1 && bytes.HasPrefix(b[4:], []byte(extensionHeader)) && len(f.extension) < maxPieces:
			f.extension = append(f.extension, Range{p + 4 + int64(len(extensionHeader)), n - 2 - int64(len(extensionHeader))})
		case marker == 0xed && bytes.HasPrefix(b[4:], []byte(photoshopHeader)):
			k := int64(len(photoshopHeader))
			f.resources(p+4+k, n-2-k)
		}
		p += 2 + n
	}
}

// extendedXMP reads what was too long for one segment: pieces of a second packet,
// which the first one names (XMP specification part 3, 1.1.3.1).
func (f *file) extendedXMP() {
	if f.xmp.extension == "" {
		return
	}
	const head = 32 + 4 + 4 // its name, its length, and where the piece belongs
	var packet []byte
	var have int64
	for _, r := range f.extension {
		b := f.at(r.Off, int(r.Len))
		if int64(len(b)) != r.Len || len(b) < head || string(b[:32]) != f.xmp.extension {
			continue
		}
		whole, at, piece := be32(b[32:]), be32(b[36:]), b[head:]
		if packet == nil && whole <= maxXMP {
			packet = make([]byte, whole)
		}
		if whole != int64(len(packet)) || at+int64(len(piece)) > whole {
			return
		}
		have += int64(copy(packet[at:], piece))
	}
	if have >= int64(len(packet)) {
		f.readXMP(packet)
	}
}

// isFrame reports whether a marker starts a frame header.
func isFrame(m byte) bool {
	return m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc
}

// frame reads a frame header (ITU T.81, B.2.2).
func (f *file) frame(marker byte, b []byte) {
	f.Height, f.Width = be16(b[5:]), be16(b[7:])
	f.Layout = Layout{Bits: int(b[4]), Components: int(b[9]), Progressive: marker == 0xc2}
	f.Layout.Lossy420 = len(b) >= 18 && b[9] == 3 && b[11] == 0x22 && b[14] == 0x11 && b[17] == 0x11
}

// raf reads a Fuji raw file: its preview is a JPEG with EXIF, at an offset
// that the header tells.
func (f *file) raf() {
	b := f.copyAt(84, 8)
	if len(b) < 8 {
		return
	}
	off, n := be32(b), be32(b[4:])
	f.jpeg(off)
	f.Preview = Range{off, n}
	f.Layout = Layout{}
}

// EndsEarly reports whether a JPEG breaks off in its picture, or before it begins.
// What lies behind the picture's end, such as the film of a motion photo, does not
// count.
func EndsEarly(data []byte) bool {
	scanning := false
	for p := 2; ; {
		i := bytes.IndexByte(data[min(p, len(data)):], 0xff)
		if i < 0 || p+i+1 >= len(data) {
			return true
		}
		p += i
		switch m := data[p+1]; {
		case m == 0xff: // fill byte
			p++
		case m == 0xd9:
			return false
		case m < 0xc0, m >= 0xd0 && m <= 0xd8, scanning && isFrame(m), p+4 > len(data): // data, restarts, damage
			p += 2
		default:
			scanning = scanning || m == 0xda
			p += 2 + max(2, be16(data[p+2:]))
		}
	}
}
