package thumb

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"strings"
	"sync"

	"github.com/gen2brain/avif"
	"github.com/gen2brain/jpegn"
	"github.com/gen2brain/jxl"
	"github.com/gen2brain/webp"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// What is said of pictures that are not drawn whole.
const (
	smallInside = "the small picture inside"
	unknown     = "nothing, the decoder does not know it"
	kept        = "nothing, there is no decoder"
)

func jpegSamples() []sample {
	with := func(variant string, opts jpegn.EncodeOptions) sample {
		return of("JPEG", variant, func(e testphoto.EXIF) []byte {
			opts.Quality = 90
			return exifInJPEG(must(func(b *bytes.Buffer) error { return jpegn.Encode(b, corpusPicture, &opts) }), e)
		})
	}
	stored := func(variant, name string) sample {
		return of("JPEG", variant, func(e testphoto.EXIF) []byte { return exifInJPEG(testdata(name), e) })
	}
	return []sample{
		of("JPEG", "baseline", func(e testphoto.EXIF) []byte { return testphoto.JPEG(corpusPicture, e) }),
		with("with restart markers", jpegn.EncodeOptions{RestartInterval: 7}),
		with("of full colour", jpegn.EncodeOptions{Subsampling: jpegn.Subsample444}),
		with("of half colour", jpegn.EncodeOptions{Subsampling: jpegn.Subsample422}),
		with("progressive", jpegn.EncodeOptions{Progressive: true}),
		stored("progressive by libjpeg", "progressive.jpg"),
		of("JPEG", "grey", func(e testphoto.EXIF) []byte { return testphoto.JPEG(greyPicture(), e) }).as(grey, ""),
		stored("CMYK", "cmyk.jpg"),
		of("JPEG", "YCCK", func(e testphoto.EXIF) []byte { return exifInJPEG(ycckJPEG(), e) }),
		of("JPEG", "12 bits", deepJPEG).as(inside, smallInside),
		stored("arithmetic coding", "arithmetic.jpg").as(inside, smallInside),
		stored("arithmetic coding in passes", "arithmetic-progressive.jpg").as(inside, smallInside),
	}
}

func pngSamples() []sample {
	with := func(variant string, l look, make func() []byte) sample {
		return of("PNG", variant, func(e testphoto.EXIF) []byte { return exifInPNG(make(), e) }).as(l, "")
	}
	of := func(m image.Image) func() []byte { return func() []byte { return testphoto.PNG(m) } }
	deep := image.NewRGBA64(corpusPicture.Rect)
	draw.Draw(deep, deep.Rect, corpusPicture, image.Point{}, draw.Src)
	return []sample{
		with("8 bits", whole, of(corpusPicture)),
		with("16 bits", whole, of(deep)),
		with("256 colours", whole, of(paletted(palette.Plan9))),
		with("4 colours", whole, of(paletted(cornerColours()))),
		with("see-through", whole, of(seeThrough())),
		with("grey", grey, of(greyPicture())),
		with("interlaced", whole, func() []byte { return testdata("interlaced.png") }),
	}
}

func webpSamples() []sample {
	with := func(variant string, m image.Image, opts webp.Options) sample {
		return of("WebP", variant, func(e testphoto.EXIF) []byte {
			return exifInWebP(must(func(b *bytes.Buffer) error { return webp.Encode(b, m, opts) }), e)
		})
	}
	return []sample{
		with("lossy", corpusPicture, webp.Options{Quality: 90}),
		with("lossless", corpusPicture, webp.Options{Lossless: true}),
		with("see-through", seeThrough(), webp.Options{Quality: 90}),
		of("WebP", "animated", func(testphoto.EXIF) []byte { return animatedWebP() }).still(),
	}
}

func tiffSamples() []sample {
	stored := func(variant, name string, l look, why string) sample {
		return of("TIFF", variant, func(e testphoto.EXIF) []byte { return turnedTIFF(testdata(name), e.Orientation) }).bare().as(l, why)
	}
	made := func(variant string, m image.Image, l look, opts tiff.Options) sample {
		return of("TIFF", variant, func(testphoto.EXIF) []byte {
			return must(func(b *bytes.Buffer) error { return tiff.Encode(b, m, &opts) })
		}).still().as(l, "")
	}
	deep := image.NewRGBA64(corpusPicture.Rect)
	draw.Draw(deep, deep.Rect, corpusPicture, image.Point{}, draw.Src)
	return []sample{
		of("TIFF", "not packed", func(e testphoto.EXIF) []byte { return testphoto.TIFFFile(corpusPicture, e, false) }),
		of("TIFF", "BigTIFF", func(e testphoto.EXIF) []byte { return testphoto.TIFFFile(corpusPicture, e, true) }),
		stored("LZW", "lzw.tif", whole, ""),
		stored("deflate", "deflate.tif", whole, ""),
		stored("PackBits", "packbits.tif", grey, ""),
		stored("tiles", "tiles.tif", whole, ""),
		stored("of a big-endian machine", "bigendian.tif", whole, ""),
		stored("BigTIFF of libtiff", "big.tif", whole, ""),
		made("16 bits", deep, whole, tiff.Options{Compression: tiff.Deflate, Predictor: true}),
		made("256 colours", paletted(palette.Plan9), whole, tiff.Options{}),
		made("see-through", seeThrough(), whole, tiff.Options{}),
		made("grey", greyPicture(), grey, tiff.Options{}),
		stored("CMYK", "cmyk.tif", absent, unknown),
		stored("JPEG inside", "jpeg.tif", absent, unknown),
		stored("colours in planes", "planes.tif", absent, unknown),
		stored("floating point", "float.tif", absent, unknown),
	}
}

func simpleSamples() []sample {
	one := func(file, variant string, l look, why string, make func() []byte) sample {
		return of(file, variant, func(testphoto.EXIF) []byte { return make() }).still().as(l, why)
	}
	ofBMP := func(m image.Image) func() []byte {
		return func() []byte { return must(func(b *bytes.Buffer) error { return bmp.Encode(b, m) }) }
	}
	return []sample{
		one("GIF", "still", whole, "", func() []byte {
			return must(func(b *bytes.Buffer) error { return gif.Encode(b, paletted(palette.Plan9), nil) })
		}),
		one("GIF", "animated", whole, "", animatedGIF),
		one("GIF", "interlaced", whole, "", func() []byte { return testdata("interlaced.gif") }),
		one("BMP", "24 bits", whole, "", ofBMP(corpusPicture)),
		one("BMP", "32 bits", whole, "", ofBMP(seeThrough())),
		one("BMP", "256 colours", whole, "", ofBMP(paletted(palette.Plan9))),
		one("BMP", "16 colours", whole, "", func() []byte { return indexedBMP(false) }),
		one("BMP", "from the top", whole, "", topDownBMP),
		one("BMP", "packed by runs", absent, unknown, func() []byte { return testdata("runs.bmp") }),
		one("BMP", "of OS/2", absent, unknown, func() []byte { return indexedBMP(true) }),
		one("BMP", "16 bits", absent, unknown, highColourBMP),
		one("Photoshop", "all", absent, kept, beginning("8BPS\x00\x01")),
		one("JPEG 2000", "all", absent, kept, beginning("\x00\x00\x00\x0cjP  \r\n\x87\n")),
		one("MRW", "all", absent, kept, beginning("\x00MRM")),
	}
}

func heifSamples() []sample {
	turned := func(file, variant string, h testphoto.HEIF) sample {
		return turnedHEIF(file, variant, func() testphoto.HEIF { return h })
	}
	tv := [4]byte{1, 1, 1, 0}
	jxlOf := func(m image.Image, opts jxl.EncodeOptions) []byte {
		return must(func(b *bytes.Buffer) error { return jxl.Encode(b, m, opts) })
	}
	av1 := func(opts avif.Options) func() testphoto.HEIF {
		return sync.OnceValue(func() testphoto.HEIF {
			return testphoto.HEIF{AV1: must(func(b *bytes.Buffer) error { return avif.Encode(b, corpusPicture, opts) })}
		})
	}
	tiles := turned("HEIC", "tiles", testphoto.HEIF{Grid: true})
	tiles.w, tiles.h = 256, 256
	narrow := turned("HEIC", "of less than 128 pixels", testphoto.HEIF{Coded: "narrow"})
	narrow.w, narrow.h = 40, 24
	cut := turned("HEIC", "of less than 128 pixels in a tile", testphoto.HEIF{Coded: "cut", Cut: [2]int{96, 60}})
	cut.w, cut.h = 96, 60
	lossy := sync.OnceValue(func() []byte { return jxlOf(corpusPicture, jxl.EncodeOptions{Quality: 90}) })
	return []sample{
		turned("HEIC", "8 bits", testphoto.HEIF{}),
		turned("HEIC", "10 bits", testphoto.HEIF{Coded: "deep"}),
		turned("HEIC", "BT.709 in the limited range", testphoto.HEIF{Coded: "tv", NCLX: &tv}),
		turned("HEIC", "as the stream alone says it", testphoto.HEIF{Coded: "tv"}),
		tiles, narrow, cut,
		turned("HEIC", "with a small picture inside", testphoto.HEIF{Thumb: "small"}),
		turned("HEIC", "of the general brand mif1", testphoto.HEIF{Brand: "mif1"}),
		turnedHEIF("AVIF", "8 bits", av1(avif.Options{Quality: 90, Speed: 10})),
		turnedHEIF("AVIF", "of full colour", av1(avif.Options{Quality: 90, Speed: 10, ChromaSubsampling: image.YCbCrSubsampleRatio444})),
		turned("AVIF", "10 bits", testphoto.HEIF{AV1: testdata("deep.avif")}),
		of("JPEG XL", "lossy", func(e testphoto.EXIF) []byte {
			return jxlBoxes(jxlTurned(lossy(), e.Orientation), e)
		}),
		of("JPEG XL", "lossless", func(e testphoto.EXIF) []byte {
			return jxlBoxes(jxlOf(corpusPicture, jxl.EncodeOptions{Lossless: true}), e)
		}).upright(),
		of("JPEG XL", "see-through", func(e testphoto.EXIF) []byte {
			return jxlBoxes(jxlOf(seeThrough(), jxl.EncodeOptions{Quality: 90}), e)
		}).upright(),
		of("JPEG XL", "without boxes", func(testphoto.EXIF) []byte { return jxlOf(corpusPicture, jxl.EncodeOptions{}) }).still(),
	}
}

// turnedHEIF is a HEIF that turns its picture by properties, as others do by EXIF:
// there, another orientation is written, which does not count.
func turnedHEIF(file, variant string, make func() testphoto.HEIF) sample {
	return of(file, variant, func(e testphoto.EXIF) []byte {
		h, t := make(), heifTurns[e.Orientation]
		e.Orientation = 9 - e.Orientation
		h.Turns, h.Mirror, h.EXIF = t.turns, t.mirror, &e
		return h.File()
	})
}

// heifTurns are the turn against the clock and the mirror behind it that stand
// for an EXIF orientation.
var heifTurns = map[int]struct {
	turns  int
	mirror string
}{
	1: {}, 2: {0, "lr"}, 3: {2, ""}, 4: {0, "tb"}, 5: {1, "tb"}, 6: {3, ""}, 7: {1, "lr"}, 8: {1, ""},
}

func rawSamples() (list []sample) {
	for _, kind := range append(testphoto.RAWKinds(), "dng of a phone") {
		file, since, _ := strings.Cut(kind, " ")
		s := of(strings.ToUpper(file), strings.TrimSpace("the largest JPEG inside "+since), func(e testphoto.EXIF) []byte {
			return testphoto.RAW{Kind: kind, EXIF: e, Picture: corpusPicture}.File()
		})
		s.maker = testphoto.Maker(kind)
		switch kind {
		case "crw": // which knows of no places
			s.ways, s.exif = 4, false
		case "dng of a phone":
			s = s.as(inside, smallInside)
			s.variant = "without a JPEG"
		}
		list = append(list, s)
	}
	return list
}

func filmSamples() []sample {
	return []sample{
		{file: "MP4", variant: "a frame by ffmpeg", ways: 4},
		{file: "MOV", variant: "a frame by ffmpeg", ways: 4},
	}
}

// must returns what encode writes into memory.
func must(encode func(b *bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		panic(err) // a test asked for what cannot be made
	}
	return b.Bytes()
}

// deepJPEG says that it has samples of 12 bits.
func deepJPEG(e testphoto.EXIF) []byte {
	data := testphoto.JPEG(corpusPicture, e)
	data[bytes.LastIndex(data, []byte{0xff, 0xc0})+4] = 12
	return data
}

// beginning is a file of which only the first bytes are like one of its kind.
func beginning(magic string) func() []byte {
	return func() []byte { return append([]byte(magic), make([]byte, 500)...) }
}

func greyPicture() *image.Gray {
	m := image.NewGray(corpusPicture.Rect)
	draw.Draw(m, m.Rect, corpusPicture, image.Point{}, draw.Src)
	return m
}

func cornerColours() (p color.Palette) {
	for _, at := range []image.Point{{0, 0}, {corpusW - 1, 0}, {0, corpusH - 1}, {corpusW - 1, corpusH - 1}} {
		p = append(p, corpusPicture.RGBAAt(at.X, at.Y))
	}
	return p
}

func paletted(p color.Palette) *image.Paletted {
	m := image.NewPaletted(corpusPicture.Rect, p)
	draw.Draw(m, m.Rect, corpusPicture, image.Point{}, draw.Src)
	return m
}

// seeThrough is the picture with a hole in its middle.
func seeThrough() *image.NRGBA {
	m := image.NewNRGBA(corpusPicture.Rect)
	draw.Draw(m, m.Rect, corpusPicture, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(corpusW/2-20, corpusH/2-10, corpusW/2+20, corpusH/2+10), image.Transparent, image.Point{}, draw.Src)
	return m
}

func animatedGIF() []byte {
	first := paletted(palette.Plan9)
	second := image.NewPaletted(first.Rect, palette.Plan9)
	return must(func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{10, 10}})
	})
}

// topDownBMP is a BMP whose rows begin at the top.
func topDownBMP() []byte {
	data := must(func(b *bytes.Buffer) error { return bmp.Encode(b, corpusPicture) })
	h := int32(-corpusH)
	binary.LittleEndian.PutUint32(data[22:], uint32(h))
	rows, stride := data[54:], 3*corpusW
	for y := range corpusH / 2 {
		a, b := rows[y*stride:(y+1)*stride], rows[(corpusH-1-y)*stride:(corpusH-y)*stride]
		for i := range a {
			a[i], b[i] = b[i], a[i]
		}
	}
	return data
}

// indexedBMP is a BMP of 16 colours, in the form of Windows or of OS/2.
func indexedBMP(os2 bool) []byte {
	head, colour := 40, 4
	if os2 {
		head, colour = 12, 3
	}
	at := 14 + head + 16*colour
	data := append([]byte("BM"), make([]byte, at-2)...)
	binary.LittleEndian.PutUint32(data[10:], uint32(at))
	binary.LittleEndian.PutUint32(data[14:], uint32(head))
	if os2 {
		copy(data[18:], []byte{corpusW & 255, corpusW >> 8, corpusH, 0, 1, 0, 4, 0})
	} else {
		copy(data[18:], bmpHeader(corpusW, corpusH, 4)[18:54])
	}
	for i, c := range cornerColours() {
		r, g, b, _ := c.RGBA()
		copy(data[14+head+i*colour:], []byte{byte(b >> 8), byte(g >> 8), byte(r >> 8)})
	}
	m := paletted(cornerColours())
	for y := corpusH - 1; y >= 0; y-- {
		for x := 0; x < corpusW; x += 2 {
			data = append(data, m.ColorIndexAt(x, y)<<4|m.ColorIndexAt(x+1, y))
		}
	}
	return data
}

// highColourBMP is a BMP of five bits a colour.
func highColourBMP() []byte {
	data := bmpHeader(corpusW, corpusH, 16)[:54]
	for y := corpusH - 1; y >= 0; y-- {
		for x := range corpusW {
			c := corpusPicture.RGBAAt(x, y)
			data = binary.LittleEndian.AppendUint16(data, uint16(c.R>>3)<<10|uint16(c.G>>3)<<5|uint16(c.B>>3))
		}
	}
	return data
}
