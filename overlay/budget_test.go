package overlay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestFloodOfAnnouncements: the core is told so much and no more of what it
// keeps, by all links of a host together.
func TestFloodOfAnnouncements(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget()
		frame := []byte{2, frameAnnounce, 0}
		flood := func(n int) (passed int, err error) {
			m := newMeter(readConn{r: bytes.NewReader(bytes.Repeat(frame, n))}, &link{budget: b}, nil, watcher{})
			data, err := io.ReadAll(m)
			return len(data) / len(frame), err
		}
		if got, err := flood(2 * announceBurst); got != announceBurst || !errors.Is(err, errFlood) {
			t.Errorf("%d announcements passed, %v; want %d", got, err, announceBurst)
		}
		if got, err := flood(2 * announceBurst); got != 0 || !errors.Is(err, errFlood) {
			t.Errorf("on another link %d passed, %v", got, err)
		}
		for range 1000 { // a restless but honest neighbour
			<-time.After(time.Second)
			if got, err := flood(announceRate); got != announceRate || err != nil {
				t.Fatalf("%d passed of %d that the rate allows, %v", got, announceRate, err)
			}
		}
	})
}

// TestFloodOfStrangers: while a pairing window is open, each key that is let
// through has a session in the core for a minute.
func TestFloodOfStrangers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevices(AddressOf(public(seeded(1))))
		defer d.openWindow(7332)()
		crowd, other := &link{budget: newBudget()}, &link{budget: newBudget()}
		flood := func() (let int) {
			for i := range uint32(10 * maxStrangers) {
				key := make(ed25519.PublicKey, ed25519.PublicKeySize)
				binary.BigEndian.PutUint32(key, i)
				if d.welcome(key, crowd) {
					let++
				}
			}
			return let
		}
		if got := flood(); got != maxStrangers {
			t.Errorf("%d strangers had a session, want %d", got, maxStrangers)
		}
		for range 2 {
			if !d.welcome(public(seeded(2)), other) {
				t.Error("a guest by another way was kept out")
			}
		}
		<-time.After(strangerTime + time.Second)
		if got := flood(); got != maxStrangers {
			t.Errorf("a minute later %d strangers had a session, want %d", got, maxStrangers)
		}
	})
}

// TestFloodOfOneStranger: whoever comes through an open window is seen so much
// and no more, also as a guest, until it is admitted.
func TestFloodOfOneStranger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevices(AddressOf(public(seeded(1))))
		defer d.openWindow(7332)()
		by, key := &link{budget: newBudget()}, public(seeded(2))
		flood := func() (let int) {
			for range 10 * strangerBurst {
				if d.welcome(key, by) {
					let++
				}
			}
			return let
		}
		if got := flood(); got != strangerBurst {
			t.Errorf("%d frames of a stranger were let through, want %d", got, strangerBurst)
		}
		d.guest(key)
		if got := flood(); got != 0 {
			t.Errorf("as a guest it has %d more", got)
		}
		<-time.After(time.Second)
		if got := flood(); got != strangerRate {
			t.Errorf("a second later %d, want %d", got, strangerRate)
		}
		for i := range byte(maxStrangers) {
			d.welcome(public(seeded(100+i)), by)
		}
		late := public(seeded(3)) // by the same host, where there is no more room
		if d.welcome(late, by) {
			t.Error("one more stranger was let through")
		}
		d.guest(late) // by another
		if !d.welcome(late, by) {
			t.Error("a guest was kept out for the strangers that share its way")
		}
		d.admit(key, time.Now())
		if got := flood(); got != 10*strangerBurst {
			t.Errorf("of a friend %d frames were let through", got)
		}
	})
}

// TestBudgetsAreForgotten: the budgets of hosts that are gone take no room.
func TestBudgetsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ls := newLinks(nil, nil, nil, nil)
		host := func(i byte) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, i}) }
		spent := ls.budgetOf(host(0))
		for spent.announce() {
		}
		for i := range byte(200) {
			ls.budgetOf(host(1 + i))
			<-time.After(time.Second / 10)
		}
		if ls.budgetOf(host(0)) != spent {
			t.Error("a spent budget was renewed")
		}
		if len(ls.budgets) > 2 {
			t.Errorf("%d budgets of idle hosts are kept", len(ls.budgets))
		}
		<-time.After(announceBurst / announceRate * time.Second)
		if ls.budgetOf(host(201)); ls.budgets[host(0)] != nil {
			t.Error("a budget is kept that is full again")
		}
	})
}

func TestLinksOfAHostShareABudget(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	b, c := start(t, calling(t, a)), start(t, calling(t, a))
	awaitLink(t, a, b.PublicKey())
	awaitLink(t, a, c.PublicKey())
	if one, other := a.links.to(b.PublicKey()).budget, a.links.to(c.PublicKey()).budget; one != other {
		t.Error("a new link is a new budget")
	}
}
