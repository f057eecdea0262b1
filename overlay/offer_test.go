package overlay

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOfferDatagram(t *testing.T) {
	t.Parallel()
	k := seeded(5)
	for name, tt := range map[string]struct{ offer, want Offer }{
		"plain":      {Offer{public(k), "Mira's laptop", "linux"}, Offer{public(k), "Mira's laptop", "linux"}},
		"other text": {Offer{public(k), "Büro 台所", ""}, Offer{public(k), "Büro 台所", ""}},
		"long":       {Offer{public(k), strings.Repeat("é", 300), "linux"}, Offer{public(k), strings.Repeat("é", 64), "linux"}},
		"unseen":     {Offer{public(k), " \u202eDesk\ntop\x00 ", "linux"}, Offer{public(k), "Desktop", "linux"}},
	} {
		got, err := parseOffer(tt.offer.sign(k))
		if err != nil || !got.Key.Equal(tt.want.Key) || got.Name != tt.want.Name || got.Platform != tt.want.Platform {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	good := Offer{public(k), "Desktop", "linux"}.sign(k)
	changed := append([]byte{}, good...)
	changed[offerHead+1]++
	unseen := append(append([]byte(offerMark), offerVersion), public(k)...)
	unseen = append(unseen, append([]byte{4}, "a\u202e"...)...)
	unseen = append(unseen, 0)
	for name, p := range map[string][]byte{
		"empty":           nil,
		"cut":             good[:len(good)-1],
		"changed":         changed,
		"nameless":        Offer{public(k), "\n", "linux"}.sign(k),
		"of another":      Offer{public(seeded(6)), "Desktop", "linux"}.sign(k),
		"a beacon":        beacon{public(k), 7}.sign(k),
		"unseen in it":    append(unseen, ed25519.Sign(k, unseen)...),
		"another version": append([]byte(offerMark+"\x02"), good[len(offerMark)+1:]...),
	} {
		if o, err := parseOffer(p); !errors.Is(err, errBadBeacon) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

// What is heard is near, not one's own, of few devices, and forgotten soon.
func TestOffersHeard(t *testing.T) {
	t.Parallel()
	near, now := netip.MustParseAddr("192.168.1.9"), time.Now()
	o := &offers{private: seeded(1)}
	say := func(k ed25519.PrivateKey, name string) []byte { return Offer{public(k), name, "linux"}.sign(k) }
	o.hear(say(seeded(1), "me"), near, now)
	o.hear(say(seeded(2), "far"), netip.MustParseAddr("203.0.113.9"), now)
	o.hear([]byte("noise"), near, now)
	if list := o.list(now); len(list) != 0 {
		t.Errorf("heard %+v", list)
	}
	o.hear(say(seeded(3), "Desktop"), near, now)
	o.hear(say(seeded(3), "Renamed"), near, now.Add(time.Second))
	o.hear(say(seeded(4), "Attic"), near, now)
	if list := o.list(now); len(list) != 2 || list[0].Name != "Attic" || list[1].Name != "Renamed" {
		t.Errorf("heard %+v", list)
	}
	for i := range byte(2 * offerMost) {
		o.hear(say(seeded(10+i), fmt.Sprint("flood ", i)), near, now)
	}
	if list := o.list(now); len(list) != offerMost || list[len(list)-2].Name == "" {
		t.Errorf("%d are listed", len(list))
	}
	if list := o.list(now.Add(offerStale + 2*time.Second)); len(list) != 0 {
		t.Errorf("long afterwards: %+v", list)
	}
}

// A node says its name while it offers, and not before or afterwards.
func TestOfferIsMadeAndEnds(t *testing.T) {
	t.Parallel()
	o := &offers{private: seeded(1)}
	if o.datagram() != nil {
		t.Error("it offers by itself")
	}
	first := o.make("Desktop", "linux")
	second := o.make("Desktop again", "linux")
	first() // the end of an earlier code does not end a later one
	got, err := parseOffer(o.datagram())
	if err != nil || got.Name != "Desktop again" {
		t.Errorf("offered %+v, %v", got, err)
	}
	second()
	if o.datagram() != nil {
		t.Error("it offers after the end")
	}
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	n.MakeOffer("Desktop", "linux")()
	if n.Discovers() || len(n.Offers()) != 0 {
		t.Error("a node without local discovery offers")
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

// While there is an offer it is said often, so that a list fills soon.
func TestOffersAreSaidOften(t *testing.T) {
	t.Parallel()
	l := newLAN(nil, nil)
	l.offers.private = seeded(1)
	synctest.Test(t, func(t *testing.T) {
		var c counter
		go l.announce(t.Context(), &c)
		<-time.After(10 * time.Minute)
		stop := l.offers.make("Desktop", "linux")
		l.asked.Raise()
		<-time.After(time.Minute)
		c.sent.Store(0)
		<-time.After(time.Minute)
		if got := c.sent.Load(); got != int32(time.Minute/offerInterval) {
			t.Errorf("%d a minute", got)
		}
		stop()
	})
}

func TestOfferThroughASocket(t *testing.T) {
	t.Parallel()
	c, err := openUDP(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &ipv4Socket{conn: c, offers: &offers{private: seeded(1)}}
	defer func() { _ = s.Close() }()
	if _, err := c.WriteTo(Offer{public(seeded(2)), "Desktop", "linux"}.sign(seeded(2)), c.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.receive(make([]byte, 1500)); !errors.Is(err, errBadBeacon) {
		t.Errorf("an offer is taken for a beacon: %v", err)
	}
	if list := s.offers.list(time.Now()); len(list) != 1 || list[0].Name != "Desktop" {
		t.Errorf("heard %+v", list)
	}
}

func FuzzParseOffer(f *testing.F) {
	f.Add(Offer{public(seeded(5)), "Desktop", "linux"}.sign(seeded(5)))
	f.Fuzz(func(t *testing.T, p []byte) {
		if o, err := parseOffer(p); err == nil && (o.Name == "" || shown(o.Name) != o.Name || shown(o.Platform) != o.Platform) {
			t.Errorf("%+v", o)
		}
	})
}
