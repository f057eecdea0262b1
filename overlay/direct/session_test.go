package direct

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// A check that comes before the answer that tells whose address it came from
// does not hide what that is.
func TestCheckBeforeAnswer(t *testing.T) {
	t.Parallel()
	at := netip.MustParseAddrPort("11.22.33.44:7331")
	c := &session{changed: make(chan struct{}, 1)}
	c.heard(at)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.mu.Lock()
	c.remotes[0].next = time.Now().Add(patience)
	c.mu.Unlock()
	c.run(ctx, "user", "password", []candidate{{kindHost, at}})
	if len(c.remotes) != 1 || c.remotes[0].Kind != kindHost || !c.remotes[0].heard {
		t.Errorf("%+v", c.remotes[0])
	}
}

// Who sends signed checks from everywhere is not checked everywhere.
func TestFoundCandidatesAreBounded(t *testing.T) {
	t.Parallel()
	c := &session{}
	for port := range uint16(2 * maxRemotes) {
		c.heard(netip.AddrPortFrom(netip.MustParseAddr("11.22.33.44"), 2000+port))
	}
	if len(c.remotes) != maxRemotes {
		t.Errorf("%d candidates", len(c.remotes))
	}
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	e := newDevice(t, 8).opened(t)
	for range maxSessions {
		if _, err := openSession(e.socket); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openSession(e.socket); err == nil {
		t.Error("one more")
	}
}
