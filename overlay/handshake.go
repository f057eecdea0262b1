package overlay

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/blake2b"
)

// The greeting that both ends of a link send first, as Yggdrasil 0.5 does
// (src/core/version.go): "meta", the length of the rest, fields of type,
// length and value, and a signature over the hash of the sender's key. It can
// be replayed, so that it proves a key only together with a certificate.
const (
	greetingMagic   = "meta"
	greetingWait    = 6 * time.Second
	greetingMajor   = 0
	greetingMinor   = 5
	maxGreetingSize = 1024 // of a peer; ours has 129 bytes after the length
	fieldMajor      = 0
	fieldMinor      = 1
	fieldKey        = 2
	fieldPriority   = 3
)

var (
	errNotYggdrasil  = errors.New("the other end is no Yggdrasil node")
	errBadGreeting   = errors.New("the other end sent a damaged greeting")
	errVersion       = errors.New("the other end speaks another version of Yggdrasil")
	errPassword      = errors.New("the other end has another password, or its greeting is forged")
	errOwnKey        = errors.New("the other end is this device")
	errWrongKey      = errors.New("the other end does not have the expected key")
	errCertificate   = errors.New("the other end's certificate is of another key than its greeting")
	errNoCertificate = errors.New("the other end did not prove its key by a certificate")
)

// greeting is what one end says about itself.
type greeting struct {
	key      ed25519.PublicKey
	priority uint8 // of the link; the greater of both ends counts
}

func (g greeting) encode(private ed25519.PrivateKey, password []byte) ([]byte, error) {
	hash, err := greetingHash(g.key, password)
	if err != nil {
		return nil, err
	}
	b := append([]byte(greetingMagic), 0, 0)
	b = appendField(b, fieldMajor, 0, greetingMajor)
	b = appendField(b, fieldMinor, 0, greetingMinor)
	b = appendField(b, fieldKey, g.key...)
	b = appendField(b, fieldPriority, g.priority)
	b = append(b, ed25519.Sign(private, hash)...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-6))
	return b, nil
}

func appendField(b []byte, kind uint16, value ...byte) []byte {
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

func greetingHash(key ed25519.PublicKey, password []byte) ([]byte, error) {
	h, err := blake2b.New512(password)
	if err != nil {
		return nil, err
	}
	h.Write(key)
	return h.Sum(nil), nil
}

// readGreeting reads and checks the greeting of the other end.
func readGreeting(r io.Reader, password []byte) (greeting, error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return greeting{}, err
	}
	if string(head[:4]) != greetingMagic {
		return greeting{}, errNotYggdrasil
	}
	size := int(binary.BigEndian.Uint16(head[4:]))
	if size < ed25519.SignatureSize || size > maxGreetingSize {
		return greeting{}, errBadGreeting
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return greeting{}, err
	}
	split := size - ed25519.SignatureSize
	g, err := parseFields(body[:split])
	if err != nil {
		return greeting{}, err
	}
	hash, err := greetingHash(g.key, password)
	if err != nil {
		return greeting{}, err
	}
	if !ed25519.Verify(g.key, hash, body[split:]) {
		return greeting{}, errPassword
	}
	return g, nil
}

func parseFields(b []byte) (g greeting, err error) {
	major, minor := -1, -1
	for len(b) > 0 {
		if len(b) < 4 {
			return g, errBadGreeting
		}
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; len(b) < size {
			return g, errBadGreeting
		}
		value := b[:size]
		b = b[size:]
		switch {
		case kind == fieldMajor && size == 2:
			major = int(binary.BigEndian.Uint16(value))
		case kind == fieldMinor && size == 2:
			minor = int(binary.BigEndian.Uint16(value))
		case kind == fieldKey && size == ed25519.PublicKeySize:
			g.key = value
		case kind == fieldPriority && size == 1:
			g.priority = value[0]
		case kind <= fieldPriority:
			return g, errBadGreeting
		}
	}
	if major != greetingMajor || minor != greetingMinor {
		return g, errVersion
	}
	if g.key == nil {
		return g, errBadGreeting
	}
	return g, nil
}

// exchange sends our greeting on conn and returns the other end's.
func exchange(conn net.Conn, private ed25519.PrivateKey, priority uint8, password []byte) (greeting, error) {
	own := private.Public().(ed25519.PublicKey)
	b, err := greeting{own, priority}.encode(private, password)
	if err != nil {
		return greeting{}, err
	}
	if err := conn.SetDeadline(time.Now().Add(greetingWait)); err != nil {
		return greeting{}, err
	}
	if _, err := conn.Write(b); err != nil {
		return greeting{}, fmt.Errorf("greet: %w", err)
	}
	g, err := readGreeting(conn, password)
	if err != nil {
		return greeting{}, fmt.Errorf("greet: %w", err)
	}
	if g.key.Equal(own) {
		return greeting{}, errOwnKey
	}
	g.priority = max(g.priority, priority)
	return g, conn.SetDeadline(time.Time{})
}

// checkPeer checks the other end of a link against its URI, given its greeting
// and certificate. Who is expected to have a key must prove it where the scheme
// allows that: what ends TLS in front of a node has a key of its own on the web
// only.
func checkPeer(u peerURI, g greeting, state *tls.ConnectionState) error {
	if u.key != nil && !u.key.Equal(g.key) {
		return errWrongKey
	}
	proved, err := checkLinkKey(g.key, state)
	if err == nil && !proved && u.key != nil && (u.scheme == "tls" || u.scheme == "quic") {
		err = errNoCertificate
	}
	return err
}

// checkLinkKey compares the key of a greeting with that of the certificate
// which the other end holds, nil when it showed none. A certificate of another
// kind of key comes from a proxy in front of a node, and proves nothing.
func checkLinkKey(key ed25519.PublicKey, state *tls.ConnectionState) (proved bool, err error) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return false, nil
	}
	shown, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok {
		return false, nil
	}
	if !shown.Equal(key) {
		return false, errCertificate
	}
	return true, nil
}
