package overlay

import (
	"crypto/ed25519"
	"encoding/binary"
)

// Types of ironwood's frames (network/wire.go) that a link looks at.
const (
	frameSignatureRequest  = 2
	frameSignatureResponse = 3
	frameTraffic           = 9
)

// frameHead is how much of a frame is looked at: its type, and for traffic two
// paths (of ports, as varints) and the keys of sender and receiver.
const frameHead = 512

// frames follows the frames of one direction of a link: an unsigned varint,
// the size, then a byte of type and the rest. It reads headers only, which
// travel in the clear; what they carry is sealed.
type frames struct {
	size  uint64 // so far of the size varint, then bytes left of the frame
	shift uint
	body  bool
	head  []byte
	lost  bool // the stream made no sense: no more is reported
}

// frame is the header of one frame.
type frame struct {
	kind             byte
	size             int
	source, receiver ed25519.PublicKey // of traffic; valid during the call only
}

// feed takes the next bytes of the stream and reports each frame when its
// header is complete.
func (f *frames) feed(p []byte, report func(frame)) {
	for len(p) > 0 && !f.lost {
		if !f.body {
			f.feedSize(p[0])
			p = p[1:]
			continue
		}
		n := int(min(f.size, uint64(len(p))))
		before := len(f.head)
		f.head = append(f.head, p[:min(n, frameHead-before)]...)
		f.size -= uint64(n)
		p = p[n:]
		if complete := f.size == 0 || len(f.head) == frameHead; complete && before < frameHead {
			f.report(report)
		}
		if f.size == 0 {
			f.body, f.shift, f.head = false, 0, f.head[:0]
		}
	}
}

func (f *frames) feedSize(b byte) {
	if f.shift > 63 {
		f.lost = true
		return
	}
	f.size |= uint64(b&0x7f) << f.shift
	f.shift += 7
	if b&0x80 == 0 {
		f.body = f.size > 0
		if !f.body {
			f.shift = 0
		}
	}
}

func (f *frames) report(report func(frame)) {
	fr := frame{kind: f.head[0], size: len(f.head) + int(f.size)}
	if fr.kind != frameTraffic {
		report(fr)
		return
	}
	rest, ok := skipPath(f.head[1:])
	if ok {
		rest, ok = skipPath(rest)
	}
	if !ok || len(rest) < 2*ed25519.PublicKeySize {
		return
	}
	fr.source = rest[:ed25519.PublicKeySize]
	fr.receiver = rest[ed25519.PublicKeySize : 2*ed25519.PublicKeySize]
	report(fr)
}

// skipPath skips ports up to and with the zero that ends a path.
func skipPath(b []byte) ([]byte, bool) {
	for {
		port, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		b = b[n:]
		if port == 0 {
			return b, true
		}
	}
}
