package overlay

import "testing"

// TestQueueLimitIsThere fails when a new version of ironwood has moved the
// field: then throughput falls to what plainMTU gives, and tune.go wants care.
func TestQueueLimitIsThere(t *testing.T) {
	t.Parallel()
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	limit, ok := queueLimit(n.core.PacketConn)
	if !ok || *limit != tunedQueue {
		t.Fatal("the queue limit of ironwood is not where it was")
	}
	if n.nic.MTU() != tunedMTU {
		t.Errorf("MTU %d, want %d", n.nic.MTU(), tunedMTU)
	}
	if most := n.core.PacketConn.MTU(); most < tunedQueue/2 {
		t.Errorf("the raised limit has no effect: packets of %d bytes at most", most)
	}
}

func TestQueueLimitFallsBack(t *testing.T) {
	t.Parallel()
	type config struct{ peerMaxMessageSize uint32 }
	type core struct{ config config }
	type conn struct{ core *core }
	for name, v := range map[string]any{
		"nothing": nil, "a number": 3, "another struct": &struct{ PacketConn int }{},
		"nil inside": &struct{ PacketConn *conn }{}, "another type": &struct{ PacketConn *conn }{&conn{core: &core{config: config{peerMaxMessageSize: 1}}}},
	} {
		if _, ok := queueLimit(v); ok {
			t.Errorf("%s: a queue limit was found", name)
		}
	}
}
