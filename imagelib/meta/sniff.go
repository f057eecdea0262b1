package meta

import (
	"bytes"
	"strings"
)

// Media types of raw files.
const (
	typeCR2 = "image/x-canon-cr2"
	typeCR3 = "image/x-canon-cr3"
	typeCRW = "image/x-canon-crw"
	typeDNG = "image/x-adobe-dng"
	typeNEF = "image/x-nikon-nef"
	typeARW = "image/x-sony-arw"
	typePEF = "image/x-pentax-pef"
	typeRAF = "image/x-fuji-raf"
	typeRW2 = "image/x-panasonic-rw2"
	typeORF = "image/x-olympus-orf"
	typeX3F = "image/x-sigma-x3f"
	typeMRW = "image/x-minolta-mrw"
	typeRAW = "image/x-raw" // of other makers, as a TIFF
	typePSD = "image/vnd.adobe.photoshop"
)

// sniffLen is how much of a file [Sniff] looks at.
const sniffLen = 512

// magics are the first bytes of files that say all by themselves.
var magics = []struct {
	magic string
	kind  Kind
	typ   string
}{
	{"\xff\xd8\xff", KindImage, "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", KindImage, "image/png"},
	{"GIF87a", KindImage, "image/gif"},
	{"GIF89a", KindImage, "image/gif"},
	{"II+\x00", KindImage, "image/tiff"}, // BigTIFF
	{"MM\x00+", KindImage, "image/tiff"},
	{"IIU\x00", KindRAW, typeRW2},
	{"IIRO", KindRAW, typeORF},
	{"IIRS", KindRAW, typeORF},
	{"MMOR", KindRAW, typeORF},
	{"FUJIFILMCCD-RAW", KindRAW, typeRAF},
	{"II\x1a\x00\x00\x00HEAPCCDR", KindRAW, typeCRW},
	{"FOVb", KindRAW, typeX3F},
	{"\x00MRM", KindRAW, typeMRW},
	{"\xff\x0a", KindImage, "image/jxl"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", KindImage, "image/jxl"},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", KindUnsupported, "image/jp2"},
	{"\xff\x4f\xff\x51", KindUnsupported, "image/jp2"},
	{"8BPS\x00", KindUnsupported, typePSD},
	{"\x1a\x45\xdf\xa3", KindVideo, "video/x-matroska"},
	{"\x00\x00\x01\xba", KindVideo, "video/mpeg"},
	{"\x00\x00\x01\xb3", KindVideo, "video/mpeg"},
}

// Sniff tells the kind and media type of a file from its first bytes, of which
// 512 are enough. typ is empty when it is neither a photo nor a video.
func Sniff(head []byte) (kind Kind, typ string) { return sniff(head) }

func sniff(h []byte) (Kind, string) {
	for _, m := range magics {
		if bytes.HasPrefix(h, []byte(m.magic)) {
			return m.kind, m.typ
		}
	}
	if len(h) < 12 {
		return "", ""
	}
	switch head := string(h[:4]); {
	case head == "II*\x00" && string(h[8:10]) == "CR":
		return KindRAW, typeCR2
	case head == "II*\x00", head == "MM\x00*":
		return KindImage, "image/tiff"
	case head == "RIFF" && string(h[8:12]) == "WEBP":
		return KindImage, "image/webp"
	case head == "RIFF" && string(h[8:12]) == "AVI ":
		return KindVideo, "video/x-msvideo"
	case head[:2] == "BM" && isBMP(h):
		return KindImage, "image/bmp"
	case isTransportStream(h):
		return KindVideo, "video/mp2t"
	}
	return sniffBoxes(h)
}

// isBMP checks the size of the second header: two letters alone are no magic.
func isBMP(h []byte) bool {
	if len(h) < 18 {
		return false
	}
	switch le32(h[14:]) {
	case 12, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// isTransportStream looks for the sync byte of three packets, of 188 bytes or,
// from camcorders, of 192 with a time stamp before each.
func isTransportStream(h []byte) bool {
	for _, p := range []struct{ first, step int }{{0, 188}, {4, 192}} {
		if last := p.first + 2*p.step; len(h) > last &&
			h[p.first] == 0x47 && h[p.first+p.step] == 0x47 && h[last] == 0x47 {
			return true
		}
	}
	return false
}

// sniffBoxes tells files of ISO base media boxes apart (ISO/IEC 14496-12, 4.3).
func sniffBoxes(h []byte) (Kind, string) {
	switch string(h[4:8]) {
	case "ftyp":
	case "moov", "mdat", "wide", "pnot": // QuickTime before brands
		return KindVideo, "video/quicktime"
	default:
		return "", ""
	}
	end := int(min(be32(h), int64(len(h))))
	brands := []string{string(h[8:12])}
	if brands[0] == "M4A " || brands[0] == "M4B " { // sound, though mp42 as well
		return "", ""
	}
	for p := 16; p+4 <= end; p += 4 {
		brands = append(brands, string(h[p:p+4]))
	}
	if kind, typ := byBrand(brands[0]); typ != "" {
		return kind, typ
	}
	for _, b := range brands[1:] {
		if kind, typ := byBrand(b); typ != "" {
			return kind, typ
		}
	}
	return "", ""
}

func byBrand(b string) (Kind, string) {
	switch b {
	case "heic", "heix", "heim", "heis", "hevc", "hevx":
		return KindImage, "image/heic"
	case "avif", "avis":
		return KindImage, "image/avif"
	case "mif1", "msf1", "mif2":
		return KindImage, "image/heif"
	case "crx ":
		return KindRAW, typeCR3
	case "qt  ":
		return KindVideo, "video/quicktime"
	case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "M4VP", "MSNV", "dash", "XAVC":
		return KindVideo, "video/mp4"
	}
	if strings.HasPrefix(b, "3gp") || strings.HasPrefix(b, "3g2") {
		return KindVideo, "video/3gpp"
	}
	return "", ""
}
