package imagelib

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"time"

	"github.com/libpaul/paul/imagelib/internal/packed"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/places"
	"github.com/libpaul/paul/imagelib/thumb"
)

var errIndexDamaged = errors.New("saved image index is damaged")

// load fills an empty index from the size bytes that r holds. After an error it
// is not to be used.
func (x *index) load(r io.Reader, size int64) error {
	in := &indexFile{r: bufio.NewReaderSize(r, 1<<16), sum: crc32.New(castagnoli), rest: size - crc32.Size}
	if string(in.bytes(uint64(len(indexMagic)))) != indexMagic {
		return fmt.Errorf("%w: not one of this version", cmp.Or(in.err, errIndexDamaged))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	head := factReader{Reader: packed.Reader{Rest: in.bytes(in.length())}}
	s := loadedIndex{intern: x.intern}
	n := x.readHead(&head, &s)
	if n > int(max(in.rest, 0)/minImage) {
		head.Bad = true
	}
	if head.Bad || in.err != nil {
		return cmp.Or(in.err, errIndexDamaged)
	}
	s.all, s.shown = make([]*Image, 0, n), make([]*Image, 0, n)
	for len(s.all) < n {
		count, facts, texts := in.length(), in.length(), in.length()
		b := in.bytes(facts)
		if in.err != nil || count == 0 || count > uint64(n-len(s.all)) || count > uint64(len(b)/minImage) {
			return cmp.Or(in.err, errIndexDamaged)
		}
		s.block = factReader{Reader: packed.Reader{Rest: b}, texts: string(in.bytesBeside(texts))}
		if !s.readBlock(int(count)) || in.err != nil {
			return cmp.Or(in.err, errIndexDamaged)
		}
	}
	if err := in.finish(); err != nil {
		return err
	}
	if !slices.IsSortedFunc(s.shown, newerFirst) || !sortByDigest(s.all) {
		return errIndexDamaged
	}
	x.all, x.shown = s.all, s.shown
	x.snapshot = x.newSnapshot(x.pairs.update(nil, x.shown, x.all, x.shown, nil))
	return nil
}

// minImage is how many bytes of facts an image has at least.
const minImage = 32 + 11

// sortByDigest reports whether no two images have the same.
func sortByDigest(images []*Image) bool {
	type key struct {
		digest uint64 // its beginning
		img    *Image
	}
	keys := make([]key, len(images))
	for i, img := range images {
		keys[i] = key{binary.BigEndian.Uint64(img.Digest[:]), img}
	}
	compare := func(a, b key) int { // nearly all are told apart without a look at an image
		if a.digest != b.digest {
			return cmp.Compare(a.digest, b.digest)
		}
		return byDigest(a.img, b.img.Digest)
	}
	slices.SortFunc(keys, compare)
	for i := range keys {
		images[i] = keys[i].img
		if i > 0 && compare(keys[i-1], keys[i]) == 0 {
			return false
		}
	}
	return true
}

// readHead reads the head, and returns how many images follow.
func (x *index) readHead(r *factReader, s *loadedIndex) (images int) {
	x.seq = r.text()
	s.located = r.Uvarint() == uint64(places.Version())
	for range r.Count(4) {
		id := r.text()
		info := albumInfo{name: r.text()}
		if !info.readQuery(r.text()) {
			r.Bad = true
		}
		info.cover = r.text()
		x.albums[id] = info
	}
	x.setSmart()
	for range r.Count(4) {
		s.commons = append(s.commons, x.intern.common(Common{r.text(), Kind(r.text()), r.text(), r.text()}))
	}
	for range r.Count(1) {
		s.words = append(s.words, x.intern.text(r.text()))
	}
	n := r.Uvarint()
	if n > math.MaxInt32 || len(r.Rest) > 0 {
		r.Bad = true
		return 0
	}
	return int(n)
}

// indexFile reads the pieces of a saved index. After an error they are empty.
type indexFile struct {
	r     *bufio.Reader
	sum   hash.Hash32
	rest  int64 // bytes before the checksum
	err   error
	buf   []byte
	other []byte
}

// ReadByte implements io.ByteReader.
func (f *indexFile) ReadByte() (byte, error) {
	b := f.bytes(1)
	if f.err != nil {
		return 0, f.err
	}
	return b[0], nil
}

func (f *indexFile) length() uint64 {
	n, err := binary.ReadUvarint(f)
	if err != nil {
		f.err = cmp.Or(f.err, errIndexDamaged)
	}
	return n
}

// bytes returns the next n bytes, until it is called again.
func (f *indexFile) bytes(n uint64) []byte { return f.fill(&f.buf, n) }

// bytesBeside is bytes that leaves alone what bytes returned.
func (f *indexFile) bytesBeside(n uint64) []byte { return f.fill(&f.other, n) }

func (f *indexFile) fill(buf *[]byte, n uint64) []byte {
	if f.err == nil && (f.rest < 0 || n > uint64(f.rest)) {
		f.err = errIndexDamaged
	}
	if f.err != nil {
		return nil
	}
	*buf = slices.Grow((*buf)[:0], int(n))[:n]
	if _, err := io.ReadFull(f.r, *buf); err != nil {
		f.err = fmt.Errorf("%w: %w", errIndexDamaged, err)
		return nil
	}
	f.rest -= int64(n)
	_, _ = f.sum.Write(*buf) // a hash never fails
	return *buf
}

// finish checks that all was read, and read right.
func (f *indexFile) finish() error {
	var sum [crc32.Size]byte
	if f.rest != 0 {
		return errIndexDamaged
	}
	if _, err := io.ReadFull(f.r, sum[:]); err != nil {
		return fmt.Errorf("%w: %w", errIndexDamaged, err)
	}
	if binary.BigEndian.Uint32(sum[:]) != f.sum.Sum32() {
		return fmt.Errorf("%w: wrong checksum", errIndexDamaged)
	}
	return nil
}

// loadedIndex is a saved index as far as it was read.
type loadedIndex struct {
	intern  *interner
	located bool // the places are of the present gazetteer
	commons []*Common
	words   []string
	block   factReader
	all     []*Image
	shown   []*Image
}

// readBlock takes in the n images of a block. It reports whether they were
// sound.
func (s *loadedIndex) readBlock(n int) bool {
	images := make([]Image, n) // one piece: quicker, and most live as long as the library
	for i := range images {
		img := &images[i]
		s.readImage(&s.block, img)
		s.all = append(s.all, img)
		if img.isShown {
			s.shown = append(s.shown, img)
		}
	}
	return !s.block.Bad && len(s.block.Rest) == 0 && s.block.texts == ""
}

func (s *loadedIndex) readImage(r *factReader, img *Image) {
	copy(img.Digest[:], r.Take(uint64(len(img.Digest))))
	flags := r.Uvarint()
	img.Favourite, img.isShown, img.Here = flags&flagFavourite != 0, flags&flagShown != 0, flags&flagHere != 0
	img.Common = pick(r, s.commons)
	img.Date.Source = meta.Source(pick(r, s.words))
	name, hash := r.Uvarint(), r.Uvarint()
	img.Name, img.ThumbHash = r.takeText(name), r.takeText(hash)
	if flags&flagCaption != 0 {
		img.Caption = r.takeText(r.Uvarint())
	}
	img.Size = r.Varint()
	img.Width, img.Height = int(r.Varint()), int(r.Varint())
	if b := r.Take(3); b != nil {
		img.Orientation, img.Rating, img.version = b[0], b[1], b[2]
	}
	img.Holders = int32(r.Varint())
	if flags&flagDate != 0 {
		img.Date.Wall = time.UnixMilli(r.Varint()).UTC()
	}
	if img.Date.HasOffset = flags&flagOffset != 0; img.Date.HasOffset {
		img.Date.Offset = time.Duration(r.Varint()) * time.Second
	}
	if flags&flagGPS != 0 {
		img.GPS = &GPS{Lat: r.float64(), Lon: r.float64()}
		if img.place = places.ID(min(r.Uvarint(), math.MaxInt32)); !s.located {
			img.Locate()
		}
	}
	if flags&flagExposure != 0 {
		img.Exposure = Exposure{Time: r.float32(), FNumber: r.float32(), Focal: r.float32()}
		img.Exposure.ISO, img.Exposure.Focal35 = int32(r.Varint()), int32(r.Varint())
	}
	if flags&flagDHash != 0 {
		img.DHash = r.uint64()
	}
	if flags&flagLists != 0 {
		img.Tags, img.Albums = s.list(r), s.list(r)
	}
	if flags&flagMore != 0 {
		img.setMore(s.readMore(r))
	}
}

func (s *loadedIndex) readMore(r *factReader) (m More) {
	flags := r.Uvarint()
	m.Geometry.Mirror, m.Geometry.Turns = flags&moreMirror != 0, int(r.Uvarint()&3)
	m.Duration = time.Duration(min(r.Uvarint(), uint64(maxDuration/time.Millisecond))) * time.Millisecond
	m.Shot = r.takeText(r.Uvarint())
	if flags&moreAngle != 0 {
		m.Geometry.Angle = r.float64()
	}
	if flags&moreCrop != 0 {
		m.Geometry.Crop = thumb.Crop{X: r.float64(), Y: r.float64(), W: r.float64(), H: r.float64()}
	}
	if flags&moreDate != 0 {
		m.FileDate.Wall, m.FileDate.Source = time.UnixMilli(r.Varint()).UTC(), meta.Source(pick(r, s.words))
	}
	if m.FileDate.HasOffset = flags&moreOffset != 0; m.FileDate.HasOffset {
		m.FileDate.Offset = time.Duration(r.Varint()) * time.Second
	}
	if !m.Geometry.Valid() {
		r.Bad = true
	}
	return m
}

// pick reads a number, and returns what it is the number of.
func pick[T any](r *factReader, list []T) (v T) {
	n := r.Uvarint()
	if n >= uint64(len(list)) {
		r.Bad = true
		return v
	}
	return list[n]
}

func (s *loadedIndex) list(r *factReader) []string {
	n := r.Count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = pick(r, s.words)
	}
	return list
}

// factReader takes a piece of a saved index apart. After damage, everything is
// zero.
type factReader struct {
	packed.Reader
	texts string
}

// takeText returns the next n bytes of the texts.
func (r *factReader) takeText(n uint64) string {
	if r.Bad || n > uint64(len(r.texts)) {
		r.Bad = true
		return ""
	}
	s := r.texts[:n]
	r.texts = r.texts[n:]
	return s
}

func (r *factReader) text() string { return string(r.Text()) }

func (r *factReader) float32() float32 {
	if b := r.Take(4); b != nil {
		return math.Float32frombits(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *factReader) float64() float64 { return math.Float64frombits(r.uint64()) }

func (r *factReader) uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}
