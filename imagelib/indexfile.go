package imagelib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/internal/durable"
)

// The saved index is a cache of the documents and of what the file layer said
// of their files: a start shows it at once, and catches up from its sequence.
// It is a magic line, the sequence, the albums and the images by digest, with
// lengths before what has one, and a CRC-32C of all that at the end.
const (
	indexName  = "images.index"
	indexMagic = "paul image index 2\n"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// saveIndex writes the index when it has changed.
func (l *Library) saveIndex() error {
	b := l.index.encode()
	if b == nil {
		return nil
	}
	err := durable.WriteFile(filepath.Join(l.dir, indexName), b, 0o600)
	if err != nil {
		l.index.soil()
	}
	return err
}

// loadIndex reads what the last run saved. Without it, or when it is damaged,
// the index is read from the database.
func (l *Library) loadIndex() {
	b, err := os.ReadFile(filepath.Join(l.dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = l.index.decode(b)
	}
	if err != nil {
		l.index = newIndex()
		l.log.Warn("Could not read the saved image index, reading the database instead", "err", err)
	}
}

// soil says that what encode returned was not saved.
func (x *index) soil() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dirty = true
}

// encode returns the saved form, or nil when nothing changed.
func (x *index) encode() []byte {
	x.mu.Lock()
	if !x.dirty {
		x.mu.Unlock()
		return nil
	}
	x.dirty = false
	b := appendText([]byte(indexMagic), x.seq)
	b = binary.AppendUvarint(b, uint64(len(x.albums)))
	for id, info := range x.albums {
		b = appendText(appendText(b, id), info.name)
	}
	all := x.all // never written to
	x.mu.Unlock()

	b = binary.AppendUvarint(b, uint64(len(all)))
	b = slices.Grow(b, len(all)*160)
	for _, img := range all {
		b = appendImage(b, img)
	}
	return binary.BigEndian.AppendUint32(b, checksum(b))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendFloat(b []byte, f float64) []byte {
	return binary.AppendUvarint(b, uint64(bits32(f)))
}

func bits32(f float64) uint32 { return math.Float32bits(float32(f)) }

// Flags of a saved image.
const (
	flagFavourite = 1 << iota
	flagShown
	flagHere
	flagOffset
	flagGPS
	flagExposure
	flagDate
)

func appendImage(b []byte, img *Image) []byte {
	flags := uint64(0)
	for _, f := range []struct {
		set  bool
		flag uint64
	}{
		{img.Favourite, flagFavourite},
		{img.isShown, flagShown},
		{img.Here, flagHere},
		{img.Date.HasOffset, flagOffset},
		{img.GPS != nil, flagGPS},
		{img.Exposure != (Exposure{}), flagExposure},
		{!img.Date.Wall.IsZero(), flagDate},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	b = binary.AppendUvarint(append(b, img.Digest[:]...), flags)
	for _, s := range []string{img.Name, img.Type, string(img.Kind), string(img.Date.Source), img.Camera, img.Lens, img.Caption, string(img.ThumbHash)} {
		b = appendText(b, s)
	}
	for _, n := range []int64{img.Size, int64(img.Width), int64(img.Height), int64(img.Orientation), int64(img.Rating), int64(img.Holders)} {
		b = binary.AppendVarint(b, n)
	}
	if flags&flagDate != 0 {
		b = binary.AppendVarint(b, img.Date.Wall.UnixMilli())
	}
	if flags&flagOffset != 0 {
		b = binary.AppendVarint(b, int64(img.Date.Offset/time.Second))
	}
	if flags&flagGPS != 0 {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(img.GPS.Lat))
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(img.GPS.Lon))
	}
	if e := img.Exposure; flags&flagExposure != 0 {
		b = appendFloat(appendFloat(appendFloat(b, e.Time), e.FNumber), e.Focal)
		b = binary.AppendVarint(binary.AppendVarint(b, int64(e.ISO)), int64(e.Focal35))
	}
	return appendTexts(appendTexts(b, img.Tags), img.Albums)
}

var errIndexDamaged = errors.New("saved image index is damaged")

// decode fills an empty index.
func (x *index) decode(b []byte) error {
	if len(b) < len(indexMagic)+4 || string(b[:len(indexMagic)]) != indexMagic {
		return fmt.Errorf("%w: not one of this version", errIndexDamaged)
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if checksum(body) != sum {
		return fmt.Errorf("%w: wrong checksum", errIndexDamaged)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r := indexReader{b: body[len(indexMagic):], intern: x.intern}
	x.seq = r.fresh()
	for range r.count(2) {
		id := r.text()
		x.albums[id] = albumInfo{r.fresh()}
	}
	n := r.count(32)
	x.all = make([]*Image, 0, n)
	images := make([]Image, n) // one block: quicker, and as long-lived as the library
	shown := make([]*Image, 0, n)
	for i := range n {
		img := &images[i]
		r.image(img)
		if i > 0 && bytes.Compare(x.all[i-1].Digest[:], img.Digest[:]) >= 0 {
			r.bad = true
		}
		x.all = append(x.all, img)
		if img.isShown {
			shown = append(shown, img)
		}
	}
	if r.bad || len(r.b) > 0 {
		return errIndexDamaged
	}
	slices.SortFunc(shown, newerFirst)
	x.snapshot = &Snapshot{Images: shown, all: x.all}
	return nil
}

// indexReader takes a saved index apart. After damage, everything is zero.
type indexReader struct {
	b      []byte
	intern *interner
	bad    bool
}

func (r *indexReader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *indexReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *indexReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many things of at least size bytes follow.
func (r *indexReader) count(size int) int {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.b)/size) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *indexReader) fresh() string { return string(r.take(r.uvarint())) }

// text reads a text of which there are few.
func (r *indexReader) text() string {
	b := r.take(r.uvarint())
	if s, ok := r.intern.texts[string(b)]; ok {
		return s
	}
	return r.intern.text(string(b))
}

func (r *indexReader) texts() []string {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *indexReader) float() float64 { return float64(math.Float32frombits(uint32(r.uvarint()))) }

func (r *indexReader) float64() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *indexReader) image(img *Image) {
	copy(img.Digest[:], r.take(uint64(len(img.Digest))))
	flags := r.uvarint()
	img.Favourite, img.isShown, img.Here = flags&flagFavourite != 0, flags&flagShown != 0, flags&flagHere != 0
	img.Name, img.Type, img.Kind = r.fresh(), r.text(), Kind(r.text())
	img.Date.Source = meta.Source(r.text())
	img.Camera, img.Lens, img.Caption = r.text(), r.text(), r.fresh()
	if h := r.take(r.uvarint()); len(h) > 0 {
		img.ThumbHash = bytes.Clone(h)
	}
	img.Size = r.varint()
	img.Width, img.Height, img.Orientation = int(r.varint()), int(r.varint()), int(r.varint())
	img.Rating, img.Holders = int(r.varint()), int(r.varint())
	if flags&flagDate != 0 {
		img.Date.Wall = time.UnixMilli(r.varint()).UTC()
	}
	if img.Date.HasOffset = flags&flagOffset != 0; img.Date.HasOffset {
		img.Date.Offset = time.Duration(r.varint()) * time.Second
	}
	if flags&flagGPS != 0 {
		img.GPS = &GPS{Lat: r.float64(), Lon: r.float64()}
	}
	if flags&flagExposure != 0 {
		img.Exposure = Exposure{Time: r.float(), FNumber: r.float(), Focal: r.float()}
		img.Exposure.ISO, img.Exposure.Focal35 = int(r.varint()), int(r.varint())
	}
	img.Tags, img.Albums = r.texts(), r.texts()
}
