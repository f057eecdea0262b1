package overlay

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay/direct"
)

// BenchmarkFirstByte asks a device for one byte over a direct link with a round
// trip of 40 ms that has carried nothing for a second: over a connection that
// was open already, as requests to another device are kept, and over a new one.
// The peer is the round trip of the link.
func BenchmarkFirstByte(b *testing.B) {
	const roundTrip, idle = 40 * time.Millisecond, time.Second
	x, y := linkedDirectly(b, roundTrip)
	serve(b, y, benchPort, echo)
	open := dialTo(b, x, y, benchPort)
	ask := func(c net.Conn) {
		if _, err := c.Write([]byte{1}); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
	}
	for name, request := range map[string]func(){
		"open connection": func() { ask(open) },
		"new connection":  func() { ask(dialTo(b, x, y, benchPort)) },
	} {
		b.Run(name, func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				b.StopTimer()
				<-time.After(idle)
				b.StartTimer()
				began := time.Now()
				request()
				took += time.Since(began)
			}
			b.ReportMetric(took.Seconds()/float64(b.N)/roundTrip.Seconds(), "x-of-a-round-trip")
		})
	}
}

// linkedDirectly starts two nodes that are paired, online to each other, and
// have nothing but a direct link of 25 MB/s.
func linkedDirectly(tb testing.TB, roundTrip time.Duration) (x, y *Node) {
	tb.Helper()
	return linkedWith(tb, roundTrip, 25e6)
}

// linkedWith does as linkedDirectly, with a link of another rate, in bytes a
// second.
func linkedWith(tb testing.TB, roundTrip time.Duration, rate float64) (x, y *Node) {
	tb.Helper()
	nodes := make([]*Node, 2)
	for i := range nodes {
		opts := local(tb)
		opts.NoDirect = true
		nodes[i] = start(tb, opts)
	}
	x, y = nodes[0], nodes[1]
	linkUp(tb, x, y, newShapedLink(roundTrip/2, rate))
	pair(x, y)
	awaitOnline(tb, x, y.PublicKey())
	awaitOnline(tb, y, x.PublicKey())
	return x, y
}

// linkUp carries a link between two nodes until the end of the test, or until
// cut has returned.
func linkUp(tb testing.TB, x, y *Node, link *shapedLink) (cut func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var group sync.WaitGroup
	for i, n := range []*Node{x, y} {
		l := direct.Link{Conn: link.ends[i], Key: []*Node{y, x}[i].PublicKey(), Method: MethodPunched}
		group.Go(func() { _ = n.links.keepDirect(ctx, l) })
	}
	cut = sync.OnceFunc(func() {
		cancel()
		link.close()
		group.Wait()
	})
	tb.Cleanup(cut)
	return cut
}
