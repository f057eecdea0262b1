package meta

import (
	"io"
	"slices"
)

// Inner is a small picture in a HEIF file, coded as the large one is. A decoder
// shows it when the file says that it is the primary item; see [Inner.Instead].
type Inner struct {
	Width, Height int // pixels, upright; 0 when there is none

	id     uint32
	primed Range    // where the number of the primary item stands
	parts  [2]Range // what a decoder reads to show it; empty when that is not known
}

// maxInner is the size of a file that [Inner.Read] makes an image of, bytes.
const maxInner = 64 << 20

// Read returns what [Inner.Instead] does of the file of size bytes in r, with zeros
// in place of all that does not show the small picture and is not read; nil when
// that is not known, or the file is too large or cannot be read.
func (i Inner) Read(r io.ReaderAt, size int64) []byte {
	if i.parts[1].Len == 0 || size > maxInner {
		return nil
	}
	data := make([]byte, size)
	for _, p := range i.parts {
		if p.Len > maxBlob || p.Off < 0 || p.Off > size || p.Len > size-p.Off {
			return nil
		}
		if n, _ := r.ReadAt(data[p.Off:p.Off+p.Len], p.Off); int64(n) < p.Len {
			return nil
		}
	}
	return i.instead(data)
}

// Instead returns the file data with the small picture in place of the large one.
func (i Inner) Instead(data []byte) []byte {
	return i.instead(slices.Clone(data))
}

func (i Inner) instead(data []byte) []byte {
	r := i.primed
	if i.Width == 0 || r.Off < 0 || r.Off+r.Len > int64(len(data)) {
		return nil
	}
	for k := range r.Len {
		data[r.Off+k] = byte(i.id >> (8 * (r.Len - 1 - k)))
	}
	return data
}

// Mirror is how a HEIF file mirrors its picture, beside turning it: libheif does
// that to pictures of 8 bits alone.
type Mirror struct {
	Rest int // the EXIF orientation that is left to do where the mirrors are taken out; 0 when there are none

	at []int64 // where the properties stand
}

// Without returns the file data with its mirrors taken out: they become turns by
// nothing, which are of the same length.
func (m Mirror) Without(data []byte) []byte {
	out := slices.Clone(data)
	for _, at := range m.at {
		if at >= 4 && at < int64(len(out)) {
			copy(out[at-4:], "irot\x00")
		}
	}
	return out
}
