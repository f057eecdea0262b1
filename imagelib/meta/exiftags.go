package meta

import "maps"

// A taker takes in the value of one tag, found in a directory of picture p.
type taker func(t *tiffReader, v value, p *picture)

// Tags that are read, by the kind of their directory: the others are not
// followed (TIFF 6.0; EXIF 2.32; Adobe's TIFF technical note 1 and XMP part 3;
// DNG 1.7; the rest are makers').
var (
	pictureTags = map[uint16]taker{
		0xfe:  number(func(p *picture) *int64 { return &p.subfile }),
		0x100: number(func(p *picture) *int64 { return &p.width }),
		0x101: number(func(p *picture) *int64 { return &p.height }),
		0x102: number(func(p *picture) *int64 { return &p.bits }),
		0x103: number(func(p *picture) *int64 { return &p.compression }),
		0x106: number(func(p *picture) *int64 { return &p.photometric }),
		0x111: number(func(p *picture) *int64 { return &p.stripOff }),
		0x115: number(func(p *picture) *int64 { return &p.samples }),
		0x117: number(func(p *picture) *int64 { return &p.stripLen }),
		0x201: number(func(p *picture) *int64 { return &p.jpegO }),
		0x202: number(func(p *picture) *int64 { return &p.jpegL }),
	}
	photoTags = map[uint16]taker{
		0x10f:  text(func(f *file) *string { return &f.make_ }),
		0x110:  text(func(f *file) *string { return &f.model }),
		0x132:  text(func(f *file) *string { return &f.exif.modified }),
		0x9003: text(func(f *file) *string { return &f.exif.original }),
		0x9004: text(func(f *file) *string { return &f.exif.digitized }),
		0x9010: text(func(f *file) *string { return &f.exif.writeOffset }),
		0x9011: text(func(f *file) *string { return &f.exif.originalOffset }),
		0x9012: text(func(f *file) *string { return &f.exif.digitizedOffset }),
		0x9290: text(func(f *file) *string { return &f.exif.writePart }),
		0x9291: text(func(f *file) *string { return &f.exif.originalPart }),
		0x9292: text(func(f *file) *string { return &f.exif.digitizedPart }),
		0xa434: text(func(f *file) *string { return &f.Lens }),
		0x829a: func(t *tiffReader, v value, _ *picture) { t.f.Exposure.Time = v.positive(0, 86400) },
		0x829d: func(t *tiffReader, v value, _ *picture) { t.f.Exposure.FNumber = v.positive(0, 1000) },
		0x920a: func(t *tiffReader, v value, _ *picture) { t.f.Exposure.Focal = v.positive(0, 100_000) },
		0x8827: func(t *tiffReader, v value, _ *picture) { t.f.Exposure.ISO = int(min(v.uint(0), 1<<30)) },
		0xa405: func(t *tiffReader, v value, _ *picture) { t.f.Exposure.Focal35 = int(min(v.uint(0), 100_000)) },
		0x10e:  func(t *tiffReader, v value, _ *picture) { setText(&t.f.Caption, caption(v.text())) },
		0x112:  takeOrientation,
		0x8773: func(t *tiffReader, v value, p *picture) {
			if p.kind == ifdMain && t.f.Type != "image/jpeg" {
				t.f.Colours.Profile = Range{v.off, v.count}
			}
		},
		0xa005: func(t *tiffReader, v value, _ *picture) { t.push(v.uint(0), ifdInterop) },
		0x2bc:  func(t *tiffReader, v value, _ *picture) { t.f.readXMP(v.data) },
		0x83bb: func(t *tiffReader, v value, _ *picture) { t.f.readIPTC(v.data) },
		0x8649: func(t *tiffReader, v value, _ *picture) { t.resources = Range{v.off, v.count} },
		0x4746: takeRating,
		0x4749: func(t *tiffReader, v value, _ *picture) {
			if n := v.uint(0); t.f.Rating == 0 && n >= 1 && n <= 100 {
				t.f.Rating = starsOf(int(n))
			}
		},
		tagMakerNote: func(t *tiffReader, v value, _ *picture) {
			t.notes = Range{v.off, v.count}
			t.appleNote()
		},
		0xc612: func(t *tiffReader, _ value, _ *picture) { t.f.isDNG = true },
		0x8769: func(t *tiffReader, v value, _ *picture) { t.push(v.uint(0), ifdEXIF) },
		0x8825: func(t *tiffReader, v value, _ *picture) { t.push(v.uint(0), ifdGPS) },
		0x14a:  takeSubDirectories,
	}
	panasonicTags = map[uint16]taker{
		4: number(func(p *picture) *int64 { return &p.top }),
		5: number(func(p *picture) *int64 { return &p.left }),
		6: number(func(p *picture) *int64 { return &p.bottom }),
		7: number(func(p *picture) *int64 { return &p.right }),
		tagPanasonicJPEG: func(t *tiffReader, v value, _ *picture) {
			if t.f.Type == typeRW2 {
				t.f.offer(Range{v.off, v.count})
			}
		},
	}
	gpsTags = map[uint16]taker{
		1: func(t *tiffReader, v value, _ *picture) { t.gps.latRef = v.text() },
		2: func(t *tiffReader, v value, _ *picture) { t.gps.lat, t.gps.hasLat = v.degrees() },
		3: func(t *tiffReader, v value, _ *picture) { t.gps.lonRef = v.text() },
		4: func(t *tiffReader, v value, _ *picture) { t.gps.lon, t.gps.hasLon = v.degrees() },
	}
	interopTags = map[uint16]taker{
		1: func(t *tiffReader, v value, _ *picture) {
			if v.text() == "R03" { // DCF 2.0's optional colours
				t.f.Colours.Gamut = AdobeRGB
			}
		},
	}
	tagsOf = map[ifdKind]map[uint16]taker{
		ifdMain: joined(pictureTags, photoTags, panasonicTags), ifdEXIF: joined(pictureTags, photoTags),
		ifdGPS: gpsTags, ifdThumb: pictureTags, ifdSub: pictureTags, ifdInterop: interopTags,
		ifdNikon:         {0x11: subDirectory(ifdSub)},
		ifdOlympus:       {0x2020: subDirectory(ifdOlympusCamera), 0x88: jpegAt, 0x89: jpegLength, 0x1036: jpegAt, 0x1037: jpegLength},
		ifdOlympusCamera: {0x101: jpegAt, 0x102: jpegLength},
		ifdPentax:        {4: jpegAt, 3: jpegLength},
	}
	jpegAt     = number(func(p *picture) *int64 { return &p.jpegO })
	jpegLength = number(func(p *picture) *int64 { return &p.jpegL })
)

// tagPanasonicJPEG is the JPEG of a raw file, whole.
const tagPanasonicJPEG = 0x2e

func joined(maps_ ...map[uint16]taker) map[uint16]taker {
	out := make(map[uint16]taker)
	for _, m := range maps_ {
		maps.Copy(out, m)
	}
	return out
}

// subDirectory follows a pointer, or what is in a value itself.
func subDirectory(kind ifdKind) taker {
	return func(t *tiffReader, v value, _ *picture) {
		off := v.uint(0)
		if v.typ == 7 && v.count > 8 { // older cameras write the directory in place of where it is
			off = v.off - t.base
		}
		t.push(off, kind)
	}
}

// number keeps a number of the picture.
func number(field func(*picture) *int64) taker {
	return func(_ *tiffReader, v value, p *picture) { *field(p) = v.uint(0) }
}

// text keeps the first text that is said of the file.
func text(field func(*file) *string) taker {
	return func(t *tiffReader, v value, _ *picture) { setText(field(t.f), v.text()) }
}

func takeOrientation(t *tiffReader, v value, p *picture) {
	if p.kind == ifdMain && t.f.exifOrientation == 0 {
		t.f.exifOrientation = int(v.uint(0))
	}
}

func takeRating(t *tiffReader, v value, _ *picture) {
	if n := v.uint(0); n <= 5 {
		t.f.Rating = int(n)
	}
}

func takeSubDirectories(t *tiffReader, v value, _ *picture) {
	for i := range min(v.count, 6) {
		t.push(v.uint(int(i)), ifdSub)
	}
}
