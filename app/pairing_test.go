package app

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/libpaul/paul/filelayer/pairing"
)

// codeWith is a pair code changed.
func codeWith(t *testing.T, code string, change func(*pairing.Code)) string {
	t.Helper()
	c, err := pairing.ParseCode(code)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The peers that a pair code names are kept once the devices are paired, and
// not a moment longer when they are not.
func TestPeersOfACode(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	b := start(t, Options{Name: "Laptop"})
	hints := a.node.ListenURIs()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	inv, err := a.Invite(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Cancel()
	wrong := codeWith(t, inv.Code(), func(c *pairing.Code) { c.Hints, c.Secret[0] = hints, c.Secret[0]+1 })
	if _, err := b.Join(ctx, wrong, nil); !errors.Is(err, ErrWrongSecret) {
		t.Errorf("join with a wrong secret: %v", err)
	}
	if peers, kept := b.Peers(), b.config.get().Hints; len(peers) != 0 || len(kept) != 0 {
		t.Errorf("after a join that was refused: peers %+v, kept %v", peers, kept)
	}
	go func() {
		if _, err := inv.Wait(ctx); err == nil {
			_, _ = inv.Accept(ctx) // Join tells
		}
	}()
	if _, err := b.Join(ctx, codeWith(t, inv.Code(), func(c *pairing.Code) { c.Hints = hints }), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Join(ctx, wrong, nil); err == nil {
		t.Error("join with a used code")
	}
	if kept := b.config.get().Hints; len(kept) != 1 || !(network{b}).hasPeer(hints[0]) {
		t.Errorf("after pairing: kept %v, peers %+v", kept, b.Peers())
	}
}

// Join says what it waits for.
func TestJoinTellsSilentPeers(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := "tls://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	a, b := start(t, Options{Offline: true}), start(t, Options{})
	inv, err := a.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	told := false
	err = c.Join(ctx, codeWith(t, inv.Code(), func(c *pairing.Code) { c.Hints = []string{silent} }), func(e Event) {
		if strings.Contains(e.Waiting, "peer "+silent+" does not answer") {
			told = true
			cancel()
		}
	})
	if !told || !errors.Is(err, context.Canceled) {
		t.Errorf("told %v; %v", told, err)
	}
	until(t, b, "the peer is gone", func() bool { return len(b.Peers()) == 0 })
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestLooking(t *testing.T) {
	t.Parallel()
	down := func(uri string) Peering { return Peering{URI: uri, Kind: "static", LastErr: "refused"} }
	for _, test := range []struct {
		name, want string
		peers      []Peering
	}{
		{"alone", "(there is no link to any other device yet)", nil},
		{"not tried yet", "(there is no link to any other device yet)", []Peering{{URI: "a", Kind: "static"}}},
		{"linked", "shows the code ...", []Peering{{URI: "a", Up: true, Kind: "lan"}}},
		{"one is silent", "(peer b does not answer, trying again)", []Peering{{URI: "a", Up: true, Kind: "static"}, down("b")}},
		{"two are silent", "(peers a, b do not answer, trying again)", []Peering{down("a"), down("b")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := looking(test.peers); !strings.HasSuffix(got, test.want) {
				t.Errorf("it says %q, want %q", got, test.want)
			}
		})
	}
}

// A short code joins the device that it is for.
func TestJoinByShortCode(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	b := start(t, Options{Name: "Laptop", Peers: a.node.ListenURIs()})
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	inv, err := a.Invite(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Cancel()
	if got := inv.ShortCode(); got != "" {
		t.Errorf("a device that does not tell its network of itself shows %q", got)
	}
	if list := b.Nearby(); len(list) != 0 {
		t.Errorf("nearby %+v", list)
	}
	short := inv.inv.Short()
	if _, err := FromShortCode(b.id(), short); !errors.Is(err, ErrBadCode) {
		t.Errorf("for another device: %v", err)
	}
	code, err := FromShortCode(a.id(), short)
	if err != nil || !ReviewShortCode(a.id(), short).Whole {
		t.Fatal(err)
	}
	go func() {
		if _, err := inv.Wait(ctx); err == nil {
			_, _ = inv.Accept(ctx) // Join tells
		}
	}()
	if d, err := b.Join(ctx, code, nil); err != nil || d.ID != a.id() {
		t.Errorf("joined %+v, %v", d, err)
	}
}
