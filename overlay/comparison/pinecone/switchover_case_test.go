package pinecone

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// The test case of the direct peering, for any overlay: of three nodes, A and
// B are linked with P alone, and A sends B a steady stream of datagrams. Then
// A and B get a link of their own, and after a while lose it. Its nodes are in
// this process and its links in memory. This file and shaped_link_test.go are in
// the module comparison/pinecone too, but for the name of the package;
// TestSameCase sees to it.
const (
	caseDatagram = 8192                 // bytes
	caseEvery    = 4 * time.Millisecond // so 2 MB/s

	relayRTT   = 50 * time.Millisecond // of the links of P
	relayRate  = 5e6                   // bytes a second, each way
	directRTT  = 20 * time.Millisecond
	directRate = 25e6

	// What comes sooner than by both links of P has come by the direct one.
	relayLeast = relayRTT/2 + relayRTT/2

	caseSettle   = time.Second
	caseWindow   = 2 * time.Second // of what is measured while nothing changes
	caseWindows  = 10              // at most
	casePatience = 30 * time.Second
)

// caseSecret is in each datagram: no link should ever carry it in the clear.
const caseSecret = "for the eyes of B alone"

// The nodes of the case.
const (
	nodeA = iota
	nodeP
	nodeB
	caseNodes
)

// threeNodes is an overlay under test.
type threeNodes interface {
	// link gives two nodes the ends of a link, and returns at once.
	link(x, y int, endX, endY net.Conn)
	// meet returns when A may send to B.
	meet(tb testing.TB)
	// send sends a datagram of caseDatagram bytes from A to B.
	send(datagram []byte)
	close()
}

// openNodes makes nodes without links, with the keys of these seeds. They call
// arrived with each datagram that has come to B.
type openNodes func(tb testing.TB, seeds [caseNodes][]byte, arrived func(datagram []byte)) threeNodes

// caseOrders are the orders that the keys of A, P and B can have: the least or
// the greatest is the root of an overlay's tree.
var caseOrders = [][caseNodes]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

// caseSeeds returns new seeds of Ed25519 keys in one of the orders.
func caseSeeds(order [caseNodes]int) (seeds [caseNodes][]byte) {
	var keys [caseNodes]ed25519.PrivateKey
	for i := range keys {
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails
		keys[i] = ed25519.NewKeyFromSeed(seed)
	}
	slices.SortFunc(keys[:], func(a, b ed25519.PrivateKey) int {
		return bytes.Compare(a.Public().(ed25519.PublicKey), b.Public().(ed25519.PublicKey))
	})
	for i, rank := range order {
		seeds[i] = keys[rank].Seed()
	}
	return seeds
}

// round is what one run of the case has shown.
type round struct {
	connected     time.Duration // from the first link to the first datagram at B
	moved         time.Duration // from the direct link to the first datagram at B by it
	back          time.Duration // from the cut to the first datagram at B that was sent after it
	before, after float64       // bytes a second over the link of A and P, without and with the direct link
	// The longest pause between two datagrams at B: through P, when the direct
	// link came, and when it went.
	steady, onMove, onCut time.Duration
	lostOnMove, lostOnCut int  // datagrams that never came
	readable              bool // P could read the datagrams
}

// playRound runs the case once, with keys in that order. A silent cut loses all that is sent and tells
// neither end.
func playRound(tb testing.TB, open openNodes, order [caseNodes]int, silent bool) (r round) {
	tb.Helper()
	log := &arrivals{origin: time.Now()}
	nodes := open(tb, caseSeeds(order), log.take)
	link := func(x, y int, rtt time.Duration, rate float64) *shapedLink {
		l := newShapedLink(rtt/2, rate)
		nodes.link(x, y, l.ends[0], l.ends[1])
		return l
	}
	ap, pb := link(nodeA, nodeP, relayRTT, relayRate), link(nodeP, nodeB, relayRTT, relayRate)
	defer pb.close()
	defer ap.close()
	defer nodes.close()
	nodes.meet(tb)
	stream := startStream(log.origin, nodes.send)
	defer stream.stop()

	first := log.first(tb, "through P", func(arrival) bool { return true })
	r.connected = first.at
	<-time.After(caseSettle)
	r.before = ap.rate(caseWindow)
	linked := time.Since(log.origin)
	r.steady = log.longestPause(linked-caseWindow, linked)

	direct := link(nodeA, nodeB, directRTT, directRate)
	defer direct.close()
	moved := log.first(tb, "by the direct link", func(a arrival) bool { return a.at-a.sent < relayLeast })
	r.moved = moved.at - linked
	<-time.After(caseSettle)
	for range caseWindows { // a busy machine is late with what was on its way
		if r.after = ap.rate(caseWindow); r.after < r.before/100 {
			break
		}
	}

	cut := time.Since(log.origin)
	r.onMove = log.longestPause(linked, cut)
	if silent {
		direct.silent.Store(true)
	} else {
		direct.close()
	}
	r.back = log.first(tb, "after the cut", func(a arrival) bool { return a.sent > cut }).at - cut
	<-time.After(caseSettle)
	r.onCut = log.longestPause(cut, time.Since(log.origin))
	sent := stream.stop()
	<-time.After(caseSettle)
	quiet := cut - caseWindow/2 // long after one, long before the other
	r.lostOnMove = log.lost(linked-caseWindow, quiet)
	r.lostOnCut = log.lost(quiet, time.Since(log.origin)) + sent - 1 - log.last()
	r.readable = ap.leaked.Load()
	return r
}

// caseStream sends numbered datagrams, each with the time when it was sent.
type caseStream struct {
	done, ended chan struct{}
	once        sync.Once
	sent        int
}

func startStream(origin time.Time, send func([]byte)) *caseStream {
	s := &caseStream{done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		tick := time.NewTicker(caseEvery)
		defer tick.Stop()
		for ; ; s.sent++ {
			select {
			case <-s.done:
				return
			case <-tick.C:
			}
			datagram := make([]byte, caseDatagram)
			binary.BigEndian.PutUint64(datagram, uint64(time.Since(origin)))
			binary.BigEndian.PutUint64(datagram[8:], uint64(s.sent))
			copy(datagram[16:], caseSecret)
			send(datagram)
		}
	}()
	return s
}

// stop ends the stream, and returns how many datagrams it has sent.
func (s *caseStream) stop() int {
	s.once.Do(func() { close(s.done) })
	<-s.ended
	return s.sent
}

// arrivals notes what comes to B.
type arrivals struct {
	origin time.Time // of all times of a round

	mu    sync.Mutex // guards what follows
	all   []arrival
	want  func(arrival) bool // nil: nothing is awaited
	found chan arrival
}

type arrival struct {
	sent, at time.Duration
	number   int
}

func (l *arrivals) take(datagram []byte) {
	a := arrival{
		sent: time.Duration(binary.BigEndian.Uint64(datagram)), at: time.Since(l.origin),
		number: int(binary.BigEndian.Uint64(datagram[8:])),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, a)
	if l.want != nil && l.want(a) {
		l.want = nil
		l.found <- a
	}
}

// first returns the first arrival of those that are wanted, and waits for it.
func (l *arrivals) first(tb testing.TB, how string, want func(arrival) bool) arrival {
	tb.Helper()
	found := make(chan arrival, 1)
	l.mu.Lock()
	if i := slices.IndexFunc(l.all, want); i >= 0 {
		found <- l.all[i]
	} else {
		l.want, l.found = want, found
	}
	l.mu.Unlock()
	select {
	case a := <-found:
		return a
	case <-time.After(casePatience):
		tb.Fatalf("no datagram came %s within %v", how, casePatience)
		return arrival{}
	}
}

// longestPause returns the longest time between two arrivals, of that between
// from and to.
func (l *arrivals) longestPause(from, to time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, longest := from, time.Duration(0)
	for _, a := range l.all {
		if from < a.at && a.at <= to {
			longest = max(longest, a.at-last)
			last = a.at
		}
	}
	return max(longest, to-last)
}

// lost returns how many datagrams are missing between the first and the last
// of those that were sent between from and to.
func (l *arrivals) lost(from, to time.Duration) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	came, first, last := 0, 0, -1
	for _, a := range l.all {
		if from < a.sent && a.sent <= to {
			if came++; came == 1 {
				first, last = a.number, a.number
			}
			first, last = min(first, a.number), max(last, a.number)
		}
	}
	return last - first + 1 - came
}

// last returns the number of the last datagram that came.
func (l *arrivals) last() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.MaxFunc(l.all, func(a, b arrival) int { return a.number - b.number }).number
}

// benchRounds runs the case b.N times for each way to cut, with the orders of
// keys in turn, and logs a line of the table in docs/network.md: medians, with
// the worst in brackets.
func benchRounds(b *testing.B, name string, open openNodes) {
	b.Helper()
	for _, cut := range []string{"closed", "silent"} {
		b.Run(cut, func(b *testing.B) {
			var rounds []round
			for b.Loop() {
				rounds = append(rounds, playRound(b, open, caseOrders[len(rounds)%len(caseOrders)], cut == "silent"))
			}
			b.ReportMetric(0, "ns/op") // says nothing
			b.Log(tableLine(name, cut, rounds))
		})
	}
}

func tableLine(name, cut string, rounds []round) string {
	ms := func(of func(round) time.Duration) string {
		mid, worst := spread(rounds, func(r round) float64 { return float64(of(r).Milliseconds()) })
		return fmt.Sprintf("%.0f (%.0f)", mid, worst)
	}
	kb := func(of func(round) float64) float64 {
		mid, _ := spread(rounds, of)
		return mid / 1e3
	}
	readable := "no"
	if slices.ContainsFunc(rounds, func(r round) bool { return r.readable }) {
		readable = "yes"
	}
	count := func(of func(round) int) string {
		mid, worst := spread(rounds, func(r round) float64 { return float64(of(r)) })
		return fmt.Sprintf("%.0f (%.0f)", mid, worst)
	}
	return fmt.Sprintf("| %s | %s | %d | %s | %s | %.0f → %.1f | %s | %s | %s | %s | %s | %s | %s |",
		name, cut, len(rounds),
		ms(func(r round) time.Duration { return r.connected }),
		ms(func(r round) time.Duration { return r.moved }),
		kb(func(r round) float64 { return r.before }), kb(func(r round) float64 { return r.after }),
		ms(func(r round) time.Duration { return r.steady }),
		ms(func(r round) time.Duration { return r.onMove }),
		ms(func(r round) time.Duration { return r.onCut }),
		ms(func(r round) time.Duration { return r.back }),
		count(func(r round) int { return r.lostOnMove }), count(func(r round) int { return r.lostOnCut }), readable)
}

// spread returns the median and the greatest.
func spread(rounds []round, of func(round) float64) (median, worst float64) {
	var list []float64
	for _, r := range rounds {
		list = append(list, of(r))
	}
	slices.Sort(list)
	return list[len(list)/2], list[len(list)-1]
}
