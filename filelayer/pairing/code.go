package pairing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
)

const (
	scheme      = "paul:"
	codeVersion = 1
	secretSize  = 16
	fixedSize   = 1 + ed25519.PublicKeySize + secretSize + 4 // version, key, secret, expiry
	checksum    = 3
	// maxText bounds what ParseCode looks at: more than any code with all its
	// hints and a separator after every character.
	maxText = 4096
)

// crockford is base32 by Douglas Crockford (crockford.com/base32.html).
var crockford = base32.NewEncoding(digits).WithPadding(base32.NoPadding)

// A Code is what a pair code says.
type Code struct {
	Key     ed25519.PublicKey // of the inviting device
	Secret  [secretSize]byte  // proved, never sent
	Expires time.Time         // by the inviting device's clock, to the second
	Hints   []string          // peering URIs by which it may be reached, such as tls://192.0.2.1:7999
}

// Encode returns "paul:" and Crockford base32, in upper case, of
//
//	version 1 | public key 32 | secret 16 | expiry 4 | hints … | checksum 3
//
// where the expiry counts seconds since 1970, big-endian, and the checksum is
// the beginning of SHA-256 of all before it. With no hint that is 95
// characters, and 12 more for an IPv4 hint; in upper case throughout, a QR code
// holds it in its compact alphanumeric mode. Of the hints, the first four that
// have a compact form are kept.
func (c Code) Encode() (string, error) {
	expires := c.Expires.Unix()
	if len(c.Key) != ed25519.PublicKeySize || expires < 0 || expires > math.MaxUint32 {
		return "", fmt.Errorf("encode pair code: a key of %d bytes that expires at %v", len(c.Key), c.Expires)
	}
	b := append([]byte{codeVersion}, c.Key...)
	b = append(b, c.Secret[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(expires))
	b = appendHints(b, c.Hints)
	sum := sha256.Sum256(b)
	return scheme + crockford.EncodeToString(append(b, sum[:checksum]...)), nil
}

// Expired reports whether the code's time is over by the clock that says now.
// That clock may be another than the inviting device's, whose word counts: use
// this to explain why it cannot be reached.
func (c Code) Expired(now time.Time) bool { return !now.Before(c.Expires) }

// ParseCode reads what a person pasted, typed or scanned: of either case, with
// or without "paul:", with spaces, line breaks and dashes anywhere, with O for 0
// and I or L for 1. It fails with ErrBadCode, or ErrVersion for a code of a
// newer Paul. Whether the code has expired is not judged.
func ParseCode(text string) (Code, error) {
	c, err := parseCode(text)
	if err != nil {
		return Code{}, fmt.Errorf("read pair code: %w", err)
	}
	return c, nil
}

func parseCode(text string) (Code, error) {
	digits, err := normalise(text)
	if err != nil {
		return Code{}, err
	}
	b, err := crockford.DecodeString(digits)
	if err != nil {
		return Code{}, fmt.Errorf("%w: it is cut off, or a character is missing", ErrBadCode)
	}
	if len(b) < fixedSize+checksum {
		return Code{}, fmt.Errorf("%w: it is too short: copy all of it", ErrBadCode)
	}
	b, tail := b[:len(b)-checksum], b[len(b)-checksum:]
	if sum := sha256.Sum256(b); string(sum[:checksum]) != string(tail) {
		return Code{}, fmt.Errorf("%w: a character is wrong or missing", ErrBadCode)
	}
	switch {
	case b[0] > codeVersion:
		return Code{}, fmt.Errorf("%w: the code has version %d, this one reads %d", ErrVersion, b[0], codeVersion)
	case b[0] < codeVersion:
		return Code{}, fmt.Errorf("%w: there is no version %d", ErrBadCode, b[0])
	}
	c := Code{Key: ed25519.PublicKey(b[1 : 1+ed25519.PublicKeySize])}
	copy(c.Secret[:], b[1+ed25519.PublicKeySize:])
	c.Expires = time.Unix(int64(binary.BigEndian.Uint32(b[fixedSize-4:])), 0)
	c.Hints, err = readHints(b[fixedSize:])
	return c, err
}

// normalise returns the base32 digits of text.
func normalise(text string) (string, error) {
	if len(text) > maxText {
		return "", fmt.Errorf("%w: it is too long", ErrBadCode)
	}
	text = bare(text)
	if text == "" {
		return "", fmt.Errorf("%w: it is empty", ErrBadCode)
	}
	text = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(text)
	for _, r := range text {
		if !strings.ContainsRune(digits, r) {
			return "", fmt.Errorf("%w: it has no character %q", ErrBadCode, r)
		}
	}
	return text, nil
}

// bare returns text in upper case without "paul:", spaces, dashes and what is
// unseen.
func bare(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || r == 0 {
			return -1
		}
		return unicode.ToUpper(r)
	}, text)
	if rest, ok := strings.CutPrefix(text, "PAUL:"); ok {
		text = strings.Trim(rest, "/") // as some programs write links
	}
	return text
}
