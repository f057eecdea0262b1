package overlay

import (
	"bufio"
	"crypto/ed25519"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/nacl/box"
)

// Types of ironwood's frames (network/wire.go) that a link looks at.
const (
	frameSignatureRequest  = 2
	frameSignatureResponse = 3
	frameAnnounce          = 4
	frameBloom             = 5
	frameTraffic           = 9
)

const (
	// frameHead is how much of a frame is looked at: its type, and for traffic
	// two paths (of ports, as varints), the keys of sender and receiver, a
	// varint, and a payload that is judged only if it is short.
	frameHead = 512
	// maxFrame is the limit of Yggdrasil (src/core/core.go). A longer frame
	// that is to travel on would end our link to a plain Yggdrasil node.
	maxFrame = 65535 * 2
	// emptyBloom is the size of a filter without a key, after its varint: type
	// and flags (network/bloomfilter.go).
	emptyBloom = 1 + 2*16
)

// Payloads of traffic are messages of sessions (ironwood's encrypted/session.go).
// The traffic of a session is a type, three varints and a box, which holds
// a key before its message.
const (
	sessionTrafficType = 3
	minSessionBox      = box.Overhead + 32
	// longEnough: whatever the varints, what is left can hold a box.
	longEnough = 1 + 3*binary.MaxVarintLen64 + minSessionBox
)

var errBadFrame = errors.New("the other end sent what is no frame of Yggdrasil")

// frame is the header of one frame: an unsigned varint, the size, then a byte
// of type and the rest. Headers travel in the clear; what they carry is sealed.
type frame struct {
	kind             byte
	size             int               // with the varint
	source, receiver ed25519.PublicKey // of traffic, nil if its header is damaged or too long
	port             uint64            // of a response: the number of this node at the other end; 0 if damaged
	payload          []byte            // as far as it was looked at
	payloadSize      int
}

// nextFrame looks at the frame that r stands before, and leaves it unread.
// The slices of a frame are valid until r is read.
func nextFrame(r *bufio.Reader) (frame, error) {
	size, n, err := peekUvarint(r)
	if err != nil {
		return frame{}, err
	}
	if size == 0 || size > maxFrame {
		return frame{}, errBadFrame
	}
	head, err := r.Peek(n + int(min(size, frameHead)))
	if err != nil {
		return frame{}, err
	}
	return parseFrame(head[n:], n, int(size)), nil
}

func peekUvarint(r *bufio.Reader) (value uint64, n int, err error) {
	for n = 1; n <= binary.MaxVarintLen64; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return 0, 0, err
		}
		if b[n-1] < 0x80 {
			if value, n = binary.Uvarint(b); n <= 0 {
				break
			}
			return value, n, nil
		}
	}
	return 0, 0, errBadFrame
}

// parseFrame takes the head of a frame apart, after its varint of n bytes.
func parseFrame(head []byte, n, size int) frame {
	f := frame{kind: head[0], size: n + size}
	switch f.kind {
	case frameTraffic:
	case frameSignatureResponse:
		f.port = responsePort(head[1:])
		return f
	default:
		return f
	}
	rest, ok := skipPath(head[1:])
	if ok {
		rest, ok = skipPath(rest)
	}
	if !ok || len(rest) < 2*ed25519.PublicKeySize {
		return f
	}
	source, receiver := rest[:ed25519.PublicKeySize], rest[ed25519.PublicKeySize:2*ed25519.PublicKeySize]
	rest = rest[2*ed25519.PublicKeySize:]
	if _, n := binary.Uvarint(rest); n > 0 {
		f.source, f.receiver, f.payload = source, receiver, rest[n:]
		f.payloadSize = size - (len(head) - len(f.payload))
	}
	return f
}

// responsePort reads the last of the three varints of a signature response.
func responsePort(b []byte) (port uint64) {
	for range 3 {
		var n int
		if port, n = binary.Uvarint(b); n <= 0 {
			return 0
		}
		b = b[n:]
	}
	return port
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

// harmful reports whether ironwood must not see the payload of a traffic frame
// for this device: it takes the key out of a box without a look at its size,
// and a panic there would end the program.
func (f frame) harmful() bool {
	if f.payloadSize >= longEnough {
		return false
	}
	b := f.payload
	if len(b) < f.payloadSize {
		return true // behind a path longer than any real one
	}
	if len(b) == 0 || b[0] != sessionTrafficType {
		return false
	}
	b = b[1:]
	for range 3 {
		_, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		b = b[n:]
	}
	return len(b) < minSessionBox
}

// sentFrames follows the frames that are sent on a link.
type sentFrames struct {
	size  uint64 // what is known of the size varint
	shift uint
	left  uint64 // bytes left of a frame
	fresh bool   // none of it was seen
}

// feed takes the next bytes sent and reports the type of each frame, and its
// size after the varint.
func (s *sentFrames) feed(p []byte, report func(kind byte, size uint64)) {
	for len(p) > 0 {
		if s.left == 0 {
			s.feedSize(p[0])
			p = p[1:]
			continue
		}
		if s.fresh {
			report(p[0], s.left)
			s.fresh = false
		}
		n := min(s.left, uint64(len(p)))
		s.left -= n
		p = p[n:]
	}
}

func (s *sentFrames) feedSize(b byte) {
	s.size |= uint64(b&0x7f) << s.shift
	s.shift += 7
	if b < 0x80 {
		*s = sentFrames{left: s.size, fresh: true}
	}
}
