package imagelib

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/libpaul/paul/imagelib/places"
	"github.com/libpaul/paul/imagelib/thumb"
	"github.com/libpaul/paul/internal/durable"
)

// The saved index is a cache of the documents and of what the file layer said
// of their files: a start shows it at once, and catches up from its sequence.
// It is a magic line, a head, the images in blocks, and a CRC-32C of all that at
// the end. Images come in the order of screens, those that are not shown last:
// so they lie in memory after a start, where it is quicker to go through them. The head holds the sequence, which gazetteer
// places are of, the albums, what images have in common and words that many of them have, which the images name by
// number. A block is the facts of some images, in numbers, and apart from them
// their texts one behind the other, so that they are kept in memory as one.
// Lengths come before what has one. It is written and read piece by piece: all
// of it is never in memory.
const (
	indexName  = "images.index"
	indexMagic = "paul image index 5\n"

	blockImages = 1024    // of a block, at most
	blockBytes  = 1 << 20 // after which a block ends early
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// saveIndex writes the index when it has changed.
func (l *Library) saveIndex() error {
	s, ok := l.index.toSave()
	if !ok {
		return nil
	}
	err := durable.Write(filepath.Join(l.dir, indexName), 0o600, s.write)
	if err != nil {
		l.index.soil()
	}
	return err
}

// loadIndex reads what the last run saved. Without it, or when it is damaged,
// the index is read from the database.
func (l *Library) loadIndex() {
	err := l.index.loadFile(filepath.Join(l.dir, indexName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.index = newIndex()
		l.log.Warn("Could not read the saved image index, reading the database instead", "err", err)
	}
}

// loadFile fills an empty index from the file at path. After an error it is
// not to be used.
func (x *index) loadFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return x.load(f, st.Size())
}

// soil says that what toSave returned was not saved.
func (x *index) soil() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dirty = true
}

// savedIndex is what is saved of an index: it at one moment.
type savedIndex struct {
	seq    string
	albums map[string]albumInfo
	images [2][]*Image // shown, newest first, and others; never written to

	commons map[Common]uint64
	words   map[string]uint64
}

// toSave returns what to write, unless nothing changed.
func (x *index) toSave() (s savedIndex, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.viewLocked()
	shown := x.shown
	if !x.dirty {
		return s, false
	}
	x.dirty = false
	s = savedIndex{seq: x.seq, albums: maps.Clone(x.albums)}
	s.images[0] = shown
	if len(shown) < len(x.all) {
		for _, img := range x.all {
			if !img.isShown {
				s.images[1] = append(s.images[1], img)
			}
		}
	}
	return s, true
}

// write writes the saved form.
func (s savedIndex) write(w io.Writer) error {
	sum := crc32.New(castagnoli)
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
	// A bufio.Writer keeps its first error, which Flush returns.
	_, _ = out.WriteString(indexMagic)
	head := s.head()
	_, _ = out.Write(binary.AppendUvarint(nil, uint64(len(head))))
	_, _ = out.Write(head)
	for _, images := range s.images {
		s.writeBlocks(out, images)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := w.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
	return err
}

func (s *savedIndex) writeBlocks(out *bufio.Writer, images []*Image) {
	var facts, texts, lengths []byte
	for len(images) > 0 {
		n := 0
		facts, texts = facts[:0], texts[:0]
		for n < min(len(images), blockImages) && len(facts)+len(texts) < blockBytes {
			facts, texts = s.appendImage(facts, texts, images[n])
			n++
		}
		images = images[n:]
		lengths = binary.AppendUvarint(lengths[:0], uint64(n))
		lengths = binary.AppendUvarint(lengths, uint64(len(facts)))
		lengths = binary.AppendUvarint(lengths, uint64(len(texts)))
		for _, b := range [][]byte{lengths, facts, texts} {
			_, _ = out.Write(b)
		}
	}
}

// head makes the head, and numbers what it holds.
func (s *savedIndex) head() []byte {
	s.commons, s.words = map[Common]uint64{}, map[string]uint64{}
	var commons, words []byte
	word := func(w string) {
		if _, ok := s.words[w]; !ok {
			s.words[w] = uint64(len(s.words))
			words = appendText(words, w)
		}
	}
	last := (*Common)(nil)
	for _, img := range slices.Concat(s.images[:]...) {
		if img.Common != last {
			last = img.Common
			if _, ok := s.commons[*last]; !ok {
				s.commons[*last] = uint64(len(s.commons))
				for _, t := range []string{last.Type, string(last.Kind), last.Camera, last.Lens} {
					commons = appendText(commons, t)
				}
			}
		}
		word(string(img.Date.Source))
		word(string(img.more().FileDate.Source))
		for _, list := range [][]string{img.Tags, img.Albums} {
			for _, w := range list {
				word(w)
			}
		}
	}
	b := appendText(nil, s.seq)
	b = binary.AppendUvarint(b, uint64(places.Version()))
	b = binary.AppendUvarint(b, uint64(len(s.albums)))
	for id, info := range s.albums {
		b = appendText(appendText(appendText(appendText(b, id), info.name), info.savedQuery()), info.cover)
	}
	b = append(binary.AppendUvarint(b, uint64(len(s.commons))), commons...)
	b = append(binary.AppendUvarint(b, uint64(len(s.words))), words...)
	return binary.AppendUvarint(b, uint64(len(s.images[0])+len(s.images[1])))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Flags of a saved image.
const (
	flagFavourite = 1 << iota
	flagShown
	flagHere
	flagOffset
	flagGPS
	flagExposure
	flagDate
	flagCaption
	flagLists // tags and albums
	flagDHash
	flagMore
)

func flagsOf(img *Image) (flags uint64) {
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
		{img.Caption != "", flagCaption},
		{len(img.Tags)+len(img.Albums) > 0, flagLists},
		{img.DHash != 0, flagDHash},
		{img.More != nil, flagMore},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	return flags
}

// appendImage appends what a block holds of an image.
func (s *savedIndex) appendImage(b, texts []byte, img *Image) (facts, allTexts []byte) {
	flags := flagsOf(img)
	b = binary.AppendUvarint(append(b, img.Digest[:]...), flags)
	for _, n := range []uint64{s.commons[*img.Common], s.words[string(img.Date.Source)], uint64(len(img.Name)), uint64(len(img.ThumbHash))} {
		b = binary.AppendUvarint(b, n)
	}
	texts = append(append(texts, img.Name...), img.ThumbHash...)
	if flags&flagCaption != 0 {
		b = binary.AppendUvarint(b, uint64(len(img.Caption)))
		texts = append(texts, img.Caption...)
	}
	b = binary.AppendVarint(b, img.Size)
	b = binary.AppendVarint(binary.AppendVarint(b, int64(img.Width)), int64(img.Height))
	b = binary.AppendVarint(append(b, img.Orientation, img.Rating, img.version), int64(img.Holders))
	if flags&flagDate != 0 {
		b = binary.AppendVarint(b, img.Date.Wall.UnixMilli())
	}
	if flags&flagOffset != 0 {
		b = binary.AppendVarint(b, int64(img.Date.Offset/time.Second))
	}
	if flags&flagGPS != 0 {
		b = appendFloats(b, img.GPS.Lat, img.GPS.Lon)
		b = binary.AppendUvarint(b, uint64(img.place))
	}
	if e := img.Exposure; flags&flagExposure != 0 {
		for _, f := range []float32{e.Time, e.FNumber, e.Focal} {
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(f))
		}
		b = binary.AppendVarint(binary.AppendVarint(b, int64(e.ISO)), int64(e.Focal35))
	}
	if flags&flagDHash != 0 {
		b = binary.BigEndian.AppendUint64(b, img.DHash)
	}
	if flags&flagLists != 0 {
		b = s.appendWords(s.appendWords(b, img.Tags), img.Albums)
	}
	if flags&flagMore != 0 {
		b, texts = s.appendMore(b, texts, img.More)
	}
	return b, texts
}

// Flags of what only some images have.
const (
	moreMirror = 1 << iota
	moreCrop
	moreAngle
	moreDate
	moreOffset
)

func (s *savedIndex) appendMore(b, texts []byte, m *More) (facts, allTexts []byte) {
	g, d := m.Geometry, m.FileDate
	flags := uint64(0)
	for flag, set := range map[uint64]bool{
		moreMirror: g.Mirror, moreCrop: g.Crop != thumb.Crop{}, moreAngle: g.Angle != 0, moreDate: !d.Wall.IsZero(), moreOffset: d.HasOffset,
	} {
		if set {
			flags |= flag
		}
	}
	for _, n := range []uint64{flags, uint64(g.Turns), uint64(m.Duration / time.Millisecond), uint64(len(m.Shot))} {
		b = binary.AppendUvarint(b, n)
	}
	texts = append(texts, m.Shot...)
	if flags&moreAngle != 0 {
		b = appendFloats(b, g.Angle)
	}
	if c := g.Crop; flags&moreCrop != 0 {
		b = appendFloats(b, c.X, c.Y, c.W, c.H)
	}
	if flags&moreDate != 0 {
		b = binary.AppendUvarint(binary.AppendVarint(b, d.Wall.UnixMilli()), s.words[string(d.Source)])
	}
	if flags&moreOffset != 0 {
		b = binary.AppendVarint(b, int64(d.Offset/time.Second))
	}
	return b, texts
}

func appendFloats(b []byte, list ...float64) []byte {
	for _, f := range list {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

func (s *savedIndex) appendWords(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, w := range list {
		b = binary.AppendUvarint(b, s.words[w])
	}
	return b
}
