package pairing

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

const (
	magic           = "paulpair"
	protocolVersion = 1
	nonceSize       = 32
	helloSize       = len(magic) + 1 + ed25519.PublicKeySize + nonceSize
)

// A Peer is one end as it presents itself. Only the key is proved.
type Peer struct {
	Key      ed25519.PublicKey
	Name     string // at most 64 characters, none of them unseen
	Platform string // at most 32, such as "linux"
}

// hello opens a handshake, in either direction.
type hello struct {
	key   ed25519.PublicKey
	nonce [nonceSize]byte
}

func newHello(key ed25519.PublicKey) hello {
	h := hello{key: key}
	_, _ = rand.Read(h.nonce[:]) // never fails, see crypto/rand
	return h
}

func (h hello) encode() []byte {
	b := append([]byte(magic), protocolVersion)
	return append(append(b, h.key...), h.nonce[:]...)
}

func parseHello(b []byte) (hello, error) {
	if len(b) <= len(magic) || string(b[:len(magic)]) != magic {
		return hello{}, fmt.Errorf("%w: no greeting", ErrProtocol)
	}
	b = b[len(magic):]
	if b[0] > protocolVersion {
		return hello{}, fmt.Errorf("%w: it speaks version %d", ErrVersion, b[0])
	}
	if b[0] != protocolVersion || len(b) != helloSize-len(magic) {
		return hello{}, fmt.Errorf("%w: a malformed greeting", ErrProtocol)
	}
	h := hello{key: ed25519.PublicKey(b[1 : 1+ed25519.PublicKeySize])}
	copy(h.nonce[:], b[1+ed25519.PublicKeySize:])
	return h, nil
}

// transcript binds everything that both ends have said openly. All parts have
// a fixed length.
func transcript(host, guest hello) []byte {
	h := sha256.New()
	h.Write([]byte("paul pairing transcript\x00"))
	h.Write(host.encode())
	h.Write(guest.encode())
	return h.Sum(nil)
}

// mac is HMAC-SHA256 (RFC 2104) keyed by the secret, over a label and the
// transcript.
func mac(secret [secretSize]byte, label string, transcript []byte) []byte {
	h := hmac.New(sha256.New, secret[:])
	h.Write([]byte(label + "\x00"))
	h.Write(transcript)
	return h.Sum(nil)
}

const (
	labelGuestProof = "guest proof"
	labelHostProof  = "host proof"
	labelGuestSeal  = "guest seal"
	labelHostSeal   = "host seal"
	labelWords      = "words"
)

// words are bound to the secret too: who does not know it cannot tell them.
func words(secret [secretSize]byte, transcript []byte) [4]string {
	return Words(mac(secret, labelWords, transcript))
}

// introduction is the content of the frames person, accept and payload.
type introduction struct {
	Name     string `json:"name,omitempty"`
	Platform string `json:"platform,omitempty"`
	Payload  []byte `json:"payload,omitempty"`
}

func introduce(p Peer, payload []byte) ([]byte, error) {
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("payload of %d bytes, %d are allowed", len(payload), MaxPayload)
	}
	return json.Marshal(introduction{clean(p.Name, 64), clean(p.Platform, 32), payload})
}

func readIntroduction(b []byte) (introduction, error) {
	var in introduction
	if err := json.Unmarshal(b, &in); err != nil {
		return in, fmt.Errorf("%w: a malformed introduction", ErrProtocol)
	}
	if len(in.Payload) > MaxPayload {
		return in, fmt.Errorf("%w: a payload of %d bytes", ErrProtocol, len(in.Payload))
	}
	in.Name, in.Platform = clean(in.Name, 64), clean(in.Platform, 32)
	return in, nil
}

// clean returns text fit to be shown on one line: n characters at most, and
// none that is unseen or turns the reading direction.
func clean(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.TrimSpace(text))
	return strings.TrimSpace(string(runes[:min(n, len(runes))]))
}
