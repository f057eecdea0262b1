package meta

import "bytes"

const maxChunks = 10_000

// png reads the chunks of a PNG (PNG third edition, 5).
func (f *file) png() {
	for p, i := int64(8), 0; p+8 <= f.size && i < maxChunks; i++ {
		b := f.at(p, 40)
		if len(b) < 8 {
			return
		}
		n := be32(b)
		switch string(b[4:8]) {
		case "IHDR":
			if i == 0 && len(b) >= 18 { // anywhere else it counts for nobody
				f.Width, f.Height = int(be32(b[8:])), int(be32(b[12:]))
				f.Layout = Layout{Bits: int(b[16]), Components: pngComponents(b[17])}
			}
		case "iCCP": // a name, the method, and zlib data
			if i := bytes.IndexByte(f.at(p+8, int(min(n, 80))), 0); i > 0 {
				f.Colours.Profile, f.Colours.Deflated = Range{p + 8 + int64(i) + 2, n - int64(i) - 2}, true
			}
		case "eXIf":
			f.exifBlob(p+8, n)
		case "tEXt", "zTXt", "iTXt":
			f.pngText(string(b[4:8]), p+8, n)
		case "IEND":
			return
		}
		p += 12 + n
	}
}

func pngComponents(colorType byte) int {
	switch colorType {
	case 2:
		return 3
	case 4:
		return 2
	case 6:
		return 4
	}
	return 1
}

// exifBlob reads EXIF that may have kept its JPEG header.
func (f *file) exifBlob(off, n int64) {
	if bytes.HasPrefix(f.at(off, 6), []byte(exifHeader[:5])) {
		off, n = off+6, n-6
	}
	f.tiff(off, n, ifdMain)
}

// webp reads the chunks of a WebP (RFC 9649, 2).
func (f *file) webp() {
	for p, i := int64(12), 0; p+8 <= f.size && i < maxChunks; i++ {
		b := f.at(p, 18)
		if len(b) < 8 {
			return
		}
		n := le32(b[4:])
		switch typ := string(b[:4]); {
		case typ == "VP8X" && len(b) >= 18:
			f.atLeast(1+le24(b[12:]), 1+le24(b[15:]))
		case typ == "VP8 " && len(b) >= 18:
			f.atLeast(le16(b[14:])&0x3fff, le16(b[16:])&0x3fff)
		case typ == "VP8L" && len(b) >= 13:
			v := le32(b[9:])
			f.atLeast(int(v&0x3fff)+1, int(v>>14&0x3fff)+1)
		case typ == "ICCP":
			f.Colours.Profile = Range{p + 8, n}
		case typ == "EXIF":
			f.exifBlob(p+8, n)
		case typ == "XMP ":
			f.readXMP(f.at(p+8, int(min(n, maxXMP))))
		}
		p += 8 + n + n&1
	}
}

// atLeast takes the larger of the sizes that the chunks tell: of a file that
// contradicts itself, it counts what decoding may cost.
func (f *file) atLeast(w, h int) { f.Width, f.Height = max(f.Width, w), max(f.Height, h) }

func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (f *file) gif() {
	if b := f.at(6, 4); len(b) == 4 {
		f.Width, f.Height = le16(b), le16(b[2:])
		f.Layout = Layout{Components: 1, Bits: 8}
	}
}

// bmp reads the second header of a BMP, in its old and its later forms.
func (f *file) bmp() {
	b := f.at(14, 16)
	if len(b) < 16 {
		return
	}
	if le32(b) == 12 {
		f.Width, f.Height = le16(b[4:]), le16(b[6:])
		f.Layout = Layout{Components: 1, Bits: le16(b[10:])}
		return
	}
	f.Width, f.Height = int(int32(le32(b[4:]))), int(int32(le32(b[8:])))
	if f.Height < 0 { // stored from the top
		f.Height = -f.Height
	}
	f.Layout = Layout{Components: 1, Bits: le16(b[14:])}
}
