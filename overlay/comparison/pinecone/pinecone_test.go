package pinecone

import (
	"crypto/ed25519"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/matrix-org/pinecone/router"
)

// silent discards what a router logs.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// threeRouters are the nodes of the case.
type threeRouters struct {
	nodes [caseNodes]*router.Router
	group sync.WaitGroup // of what is read, and of links being made
	tb    testing.TB
}

func openRouters(tb testing.TB, seeds [caseNodes][]byte, arrived func([]byte)) threeNodes {
	tb.Helper()
	t := &threeRouters{tb: tb}
	for i := range t.nodes {
		t.nodes[i] = router.NewRouter(silent{}, ed25519.NewKeyFromSeed(seeds[i]))
		// Without a deadline ReadFrom returns at once.
		if err := t.nodes[i].SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
			tb.Fatal(err)
		}
	}
	t.group.Go(func() {
		buf := make([]byte, caseDatagram)
		for {
			n, from, err := t.nodes[nodeB].ReadFrom(buf)
			if err != nil || from == nil { // a closed router gives neither
				return
			}
			if n == caseDatagram {
				arrived(buf)
			}
		}
	})
	return t
}

func (t *threeRouters) link(x, y int, endX, endY net.Conn) {
	for i, end := range map[int]net.Conn{x: endX, y: endY} {
		t.group.Go(func() { // all of one type: nothing but the way is for the direct one
			if _, err := t.nodes[i].Connect(end, router.ConnectionPeerType(router.PeerTypeRemote), router.ConnectionKeepalives(true)); err != nil {
				t.tb.Errorf("connect: %v", err)
			}
		})
	}
}

// meet has nothing to wait for: Pinecone tells nobody that a key is reachable.
func (*threeRouters) meet(testing.TB) {}

func (t *threeRouters) send(datagram []byte) {
	_, _ = t.nodes[nodeA].WriteTo(datagram, t.nodes[nodeB].PublicKey()) // loss is part of the case
}

func (t *threeRouters) close() {
	for _, n := range t.nodes {
		if err := n.Close(); err != nil {
			t.tb.Errorf("close: %v", err)
		}
	}
	t.group.Wait()
}

// TestSwitchover plays the case once for each way to cut.
func TestSwitchover(t *testing.T) {
	t.Parallel()
	for _, cut := range []string{"closed", "silent"} {
		t.Run(cut, func(t *testing.T) {
			t.Parallel()
			t.Log(tableLine("Pinecone", cut, []round{playRound(t, openRouters, caseOrders[0], cut == "silent")}))
		})
	}
}

// BenchmarkSwitchover is one line of the table in docs/network.md for each way
// to cut.
func BenchmarkSwitchover(b *testing.B) { benchRounds(b, "Pinecone 0.11.0", openRouters) }
