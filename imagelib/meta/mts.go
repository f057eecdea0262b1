package meta

import (
	"bytes"
	"fmt"
)

const (
	maxPackets = 2000 // of a transport stream, from its beginning
	maxStreams = 16   // in it
	maxSEI     = 256  // bytes of a camera's message
)

// recordedID begins the message in which camcorders tell when each picture was
// recorded: the identifier of a message of no standard (ITU-T H.264, D.1.6), and
// the name by which AVCHD knows it.
const recordedID = "\x17\xee\x8c\x60\xf8\x4d\x11\xd9\x8c\xd6\x08\x00\x20\x0c\x9a\x66MDPM"

// transport reads the date in a film of a camcorder, which is in the first of its
// pictures: packets of 188 bytes, or of 192 with a time stamp before each
// (ISO/IEC 13818-1, 2.4.3.2).
func (f *file) transport() {
	head, step := int64(0), int64(188)
	if b := f.at(0, 1); len(b) == 1 && b[0] != 0x47 {
		head, step = 4, 192
	}
	streams := map[int][]byte{} // the end of each, as far as a message may begin there
	for i := range int64(maxPackets) {
		b := f.at(head+i*step, 188)
		if len(b) < 188 || b[0] != 0x47 {
			return
		}
		id, data := be16(b[1:])&0x1fff, payload(b)
		if _, known := streams[id]; !known && len(streams) >= maxStreams || len(data) == 0 {
			continue
		}
		tail := append(streams[id], data...)
		if at := bytes.Index(tail, []byte(recordedID)); at >= 0 {
			if date := recorded(unescaped(tail[at+len(recordedID):])); date != "" {
				f.film.local = date
				return
			}
		}
		streams[id] = append([]byte(nil), tail[max(0, len(tail)-maxSEI):]...)
	}
}

// payload returns what a packet carries.
func payload(b []byte) []byte {
	switch b[3] >> 4 & 3 {
	case 1:
		return b[4:]
	case 3: // behind a field of its own length
		if at := 5 + int(b[4]); at < len(b) {
			return b[at:]
		}
	}
	return nil
}

// unescaped takes out the threes that keep start codes from appearing by chance
// (ITU-T H.264, 7.4.1).
func unescaped(d []byte) []byte {
	return bytes.ReplaceAll(d, []byte{0, 0, 3}, []byte{0, 0})
}

// recorded reads the date of a message: how many entries there are, and in each a
// number and four bytes. Number 24 is the time zone, which many cameras leave as it
// came and which is not taken, century, year and month, and 25 day, hour, minute and
// second, in binary-coded decimals.
func recorded(d []byte) string {
	if len(d) == 0 {
		return ""
	}
	n, month, clock := int(d[0]), []byte(nil), []byte(nil)
	for d = d[1:]; n > 0 && len(d) >= 5; n, d = n-1, d[5:] {
		switch d[0] {
		case 0x18:
			month = d[2:5]
		case 0x19:
			clock = d[1:5]
		}
	}
	if month == nil || clock == nil {
		return ""
	}
	return fmt.Sprintf("%02x%02x-%02x-%02xT%02x:%02x:%02x", month[0], month[1], month[2], clock[0], clock[1], clock[2], clock[3])
}
