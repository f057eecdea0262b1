package pairing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// shortDigits is the length of a short code: 128 bits of secret and 22 of a
// checksum.
const shortDigits = 30

// Short returns the part of the code that a device needs which has heard of the
// inviting device on its network: six groups of base32 digits of
//
//	secret 16 | beginning of SHA-256 of "paul short code", key and secret
//
// The checksum binds it to the key, so that it cannot be entered for another
// device.
func (c Code) Short() string {
	b := append(c.Secret[:], c.shortSum()...)
	return crockford.EncodeToString(b)[:shortDigits]
}

func (c Code) shortSum() []byte {
	h := sha256.New()
	h.Write([]byte("paul short code\x00"))
	h.Write(c.Key)
	h.Write(c.Secret[:])
	return h.Sum(nil)[:3]
}

// FromShort returns the code of the device whose ID is id from its short code,
// or what ParseCode returns for a whole one, which must be of that device. The
// errors are ErrBadCode and that of ParseCode.
func FromShort(id, text string) (Code, error) {
	body, err := normalise(text)
	if err != nil {
		return Code{}, fmt.Errorf("read short pair code: %w", err)
	}
	if len(body) > shortDigits+1 {
		c, err := ParseCode(text)
		if err == nil && hex.EncodeToString(c.Key) != id {
			return Code{}, fmt.Errorf("read pair code: %w: it is the code of another device", ErrBadCode)
		}
		return c, err
	}
	c, ok := short(id, body)
	if !ok {
		return Code{}, fmt.Errorf("read short pair code: %w: a character is wrong or missing", ErrBadCode)
	}
	return c, nil
}

func short(id, body string) (Code, bool) {
	key, err := hex.DecodeString(id)
	if err != nil || len(key) != ed25519.PublicKeySize || len(body) != shortDigits {
		return Code{}, false
	}
	c := Code{Key: key, Expires: time.Now().Add(TTL)}
	copy(c.Secret[:], decodeStart(body))
	return c, c.Short() == body
}

// InspectShort reviews a text that is to be the short code of the device whose
// ID is id, or its whole one.
func InspectShort(id, text string) Review {
	body, odd := clear(text)
	if odd != "" || len(body) > shortDigits+1 || strings.TrimSpace(text) == "" {
		r := Inspect(text)
		if r.Whole && r.Device != id {
			r.Whole, r.Other = false, true
		}
		return r
	}
	r := Review{Digits: len(body)}
	sound := func(body string) bool { _, ok := short(id, body); return ok }
	switch {
	case sound(body):
		r.Whole, r.Device = true, id
	case len(body) < shortDigits-1:
		r.Missing = shortDigits - len(body)
	default:
		if right := mend(body, sound); right != "" {
			r.mistake(body, right)
			r.Mended = right
			break
		}
		r.Missing = max(shortDigits-len(body), 0)
		r.Wrong = r.Missing == 0
	}
	return r
}
