package meta

import "slices"

// Inner is a small picture in a HEIF file, coded as the large one is. A decoder
// shows it when the file says that it is the primary item; see [Inner.Instead].
type Inner struct {
	Width, Height int // pixels, upright; 0 when there is none

	id     uint32
	primed Range // where the number of the primary item stands
}

// Instead returns the file data with the small picture in place of the large one.
func (i Inner) Instead(data []byte) []byte {
	r := i.primed
	if i.Width == 0 || r.Off < 0 || r.Off+r.Len > int64(len(data)) {
		return nil
	}
	out := slices.Clone(data)
	for k := range r.Len {
		out[r.Off+k] = byte(i.id >> (8 * (r.Len - 1 - k)))
	}
	return out
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
