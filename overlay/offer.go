package overlay

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// An Offer says that a device on the local network waits for another to be
// paired with. It carries what a person needs in order to know the device, and
// nothing of the pair code but the key.
type Offer struct {
	Key            ed25519.PublicKey
	Name, Platform string // as the device says; only the key is proved
}

// The datagram of an offer: a mark, a version, the key, name and platform each
// after a byte with its length, and a signature over all of them. One that is
// replayed offers in vain: who answers must prove the key.
const (
	offerMark     = "paul-offer"
	offerVersion  = 1
	offerHead     = len(offerMark) + 1 + ed25519.PublicKeySize
	offerName     = 64 // characters of a name or a platform
	offerMost     = 16 // devices that are listed
	offerStale    = 20 * time.Second
	offerInterval = 4 * time.Second // between two announcements while there is one
)

func (o Offer) sign(private ed25519.PrivateKey) []byte {
	p := append([]byte(offerMark), offerVersion)
	p = append(p, o.Key...)
	for _, text := range []string{o.Name, o.Platform} {
		text = shown(text)
		p = append(append(p, byte(len(text))), text...)
	}
	return append(p, ed25519.Sign(private, p)...)
}

func parseOffer(p []byte) (Offer, error) {
	if len(p) < offerHead+2+ed25519.SignatureSize || !bytes.HasPrefix(p, []byte(offerMark)) || p[len(offerMark)] != offerVersion {
		return Offer{}, errBadBeacon
	}
	body, signature := p[:len(p)-ed25519.SignatureSize], p[len(p)-ed25519.SignatureSize:]
	o := Offer{Key: ed25519.PublicKey(slices.Clone(body[offerHead-ed25519.PublicKeySize : offerHead]))}
	rest := body[offerHead:]
	for _, text := range []*string{&o.Name, &o.Platform} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return Offer{}, errBadBeacon
		}
		*text, rest = string(rest[1:1+int(rest[0])]), rest[1+int(rest[0]):]
		if shown(*text) != *text {
			return Offer{}, errBadBeacon
		}
	}
	if len(rest) > 0 || o.Name == "" || !ed25519.Verify(o.Key, body, signature) {
		return Offer{}, errBadBeacon
	}
	return o, nil
}

// shown is a text as it is safe to show: on one line, not long, and with
// nothing unseen.
func shown(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
	for utf8.RuneCountInString(text) > offerName || len(text) > 255 {
		_, size := utf8.DecodeLastRuneInString(text)
		text = strings.TrimSpace(text[:len(text)-size])
	}
	return text
}

// offers are this device's own offer and those it hears.
type offers struct {
	private ed25519.PrivateKey

	mu    sync.Mutex // guards the rest
	turn  int        // of the offer that is made
	own   []byte     // the datagram; nil while nothing is offered
	heard map[string]heardOffer
}

type heardOffer struct {
	Offer
	at time.Time
}

// make offers until stop is called; a later offer takes its place.
func (o *offers) make(name, platform string) (stop func()) {
	packet := Offer{o.private.Public().(ed25519.PublicKey), name, platform}.sign(o.private)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turn++
	turn := o.turn
	o.own = packet
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.turn == turn {
			o.own = nil
		}
	}
}

// datagram is what is to be sent; nil for nothing.
func (o *offers) datagram() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.own
}

// hear takes a datagram, if it is an offer of another device that is near.
func (o *offers) hear(p []byte, from netip.Addr, now time.Time) {
	offer, err := parseOffer(p)
	if err != nil || offer.Key.Equal(o.private.Public()) || !isLocal(netip.AddrPortFrom(from, 1)) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropStale(now)
	if _, known := o.heard[string(offer.Key)]; !known && len(o.heard) >= offerMost {
		return
	}
	if o.heard == nil {
		o.heard = map[string]heardOffer{}
	}
	o.heard[string(offer.Key)] = heardOffer{offer, now}
}

func (o *offers) dropStale(now time.Time) {
	maps.DeleteFunc(o.heard, func(_ string, h heardOffer) bool { return now.Sub(h.at) > offerStale })
}

// list returns what is offered now, by name.
func (o *offers) list(now time.Time) []Offer {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropStale(now)
	var list []Offer
	for _, h := range o.heard {
		list = append(list, h.Offer)
	}
	slices.SortFunc(list, func(a, b Offer) int { return cmp.Or(cmp.Compare(a.Name, b.Name), bytes.Compare(a.Key, b.Key)) })
	return list
}

// MakeOffer tells the local network the name of this device, as one that waits
// to be paired with, until stop is called. Unless Discovers it does nothing.
func (n *Node) MakeOffer(name, platform string) (stop func()) {
	if !n.Discovers() {
		return func() {}
	}
	stop = n.lan.offers.make(name, platform)
	n.lan.asked.Raise()
	return stop
}

// Discovers tells whether this node tells the local network of itself.
func (n *Node) Discovers() bool { return n.lan != nil && n.lan.port != 0 }

// Offers lists the devices of the local network that wait to be paired with.
func (n *Node) Offers() []Offer {
	if n.lan == nil {
		return nil
	}
	return n.lan.offers.list(time.Now())
}
