package overlay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
)

// beacon announces a listener for links on the local network.
type beacon struct {
	key  ed25519.PublicKey
	port uint16
}

var errBadBeacon = errors.New("not a beacon")

// Our own beacon, sent by IPv4: a mark, a version, key and port, and a
// signature over all of them. It can be replayed from elsewhere, but the link
// it leads to must then prove the key by its certificate.
const (
	beaconMark    = "paul-lan"
	beaconVersion = 1
	beaconBody    = len(beaconMark) + 1 + ed25519.PublicKeySize + 2
)

func (b beacon) sign(private ed25519.PrivateKey) []byte {
	p := append([]byte(beaconMark), beaconVersion)
	p = append(p, b.key...)
	p = binary.BigEndian.AppendUint16(p, b.port)
	return append(p, ed25519.Sign(private, p)...)
}

func parseSignedBeacon(p []byte) (beacon, error) {
	if len(p) != beaconBody+ed25519.SignatureSize || !bytes.HasPrefix(p, []byte(beaconMark)) ||
		p[len(beaconMark)] != beaconVersion {
		return beacon{}, errBadBeacon
	}
	body, signature := p[:beaconBody], p[beaconBody:]
	key := ed25519.PublicKey(slices.Clone(body[len(beaconMark)+1 : beaconBody-2]))
	port := binary.BigEndian.Uint16(body[beaconBody-2:])
	if port == 0 || !ed25519.Verify(key, body, signature) {
		return beacon{}, errBadBeacon
	}
	return beacon{key, port}, nil
}

// Yggdrasil's beacon, sent by IPv6 (src/multicast/advertisement.go): version,
// key, port, and a hash of key and password, here without a password.

func (b beacon) advertise() ([]byte, error) {
	hash, err := greetingHash(b.key, nil)
	if err != nil {
		return nil, err
	}
	var p []byte
	p = binary.BigEndian.AppendUint16(p, greetingMajor)
	p = binary.BigEndian.AppendUint16(p, greetingMinor)
	p = append(p, b.key...)
	p = binary.BigEndian.AppendUint16(p, b.port)
	p = binary.BigEndian.AppendUint16(p, uint16(len(hash)))
	return append(p, hash...), nil
}

func parseAdvertisement(p []byte) (beacon, error) {
	const head = 4 + ed25519.PublicKeySize + 4
	if len(p) < head || binary.BigEndian.Uint16(p) != greetingMajor || binary.BigEndian.Uint16(p[2:]) != greetingMinor {
		return beacon{}, errBadBeacon
	}
	key := ed25519.PublicKey(slices.Clone(p[4 : 4+ed25519.PublicKeySize]))
	port := binary.BigEndian.Uint16(p[head-4:])
	size := int(binary.BigEndian.Uint16(p[head-2:]))
	want, err := greetingHash(key, nil)
	if err != nil || port == 0 || len(p) < head+size || !bytes.Equal(p[head:head+size], want) {
		return beacon{}, errBadBeacon
	}
	return beacon{key, port}, nil
}
