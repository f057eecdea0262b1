package overlay

import (
	"context"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	iwt "github.com/Arceliar/ironwood/types"
)

// runner is a node whose end a test waits for itself.
type runner struct {
	*Node
	work  *sync.WaitGroup // Run, and floods
	ended error           // of Run, after work
}

func run(t *testing.T, opts Options) *runner {
	t.Helper()
	n, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{Node: n, work: &sync.WaitGroup{}}
	r.work.Go(func() { r.ended = n.Run(context.WithoutCancel(t.Context())) })
	return r
}

// hello is one with more behind it than is known.
var hello = append([]byte{sessionTraffic, datagramHello}, make([]byte, 1022)...)

// flood sends hellos, each of which wants an answer, as fast as they go, until
// r has closed. Unlike a TCP stream it goes on after the other end's goodbye.
// The flood has risen when what it returns is closed.
func (r *runner) flood(to *runner) <-chan struct{} {
	const rising = 2000
	risen := make(chan struct{})
	r.work.Go(func() {
		for i := 0; ; i++ {
			if _, err := r.core.PacketConn.WriteTo(hello, iwt.Addr(to.PublicKey())); err != nil {
				return
			}
			if i == rising {
				close(risen)
			}
		}
	})
	return risen
}

// within does what must come to an end, or fails with the stacks of all
// goroutines.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		do()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		var stacks strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
		t.Fatalf("%s: no end of it: %s", what, &stacks)
	}
}

// allEnd closes nodes at the same time, and does the rest meanwhile.
func allEnd(t *testing.T, nodes []*runner, meanwhile ...func()) {
	t.Helper()
	var group sync.WaitGroup
	for _, do := range meanwhile {
		group.Go(do)
	}
	for _, n := range nodes {
		group.Go(func() {
			if err := n.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			n.work.Wait()
			if n.ended != nil {
				t.Errorf("run: %v", n.ended)
			}
		})
	}
	within(t, "close", group.Wait)
}

// TestReadOutlastsItsContext stretches the moment between the end of a node's
// context and that of its core. What sessions deliver then must still be taken:
// ironwood's actors wait for ever with a packet that nobody takes, and so did
// whoever wrote to a session meanwhile, and Close.
func TestReadOutlastsItsContext(t *testing.T) {
	t.Parallel()
	a := run(t, listening(t))
	n, err := Open(calling(t, a.Node))
	if err != nil {
		t.Fatal(err)
	}
	b := &runner{Node: n, work: &sync.WaitGroup{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	b.work.Go(func() { b.links.run(ctx) })
	b.work.Go(func() { b.greeter.run(ctx) })
	b.work.Go(func() { b.greeter.write(ctx, b.send) })
	b.work.Go(func() { b.ended = b.read(reading) })
	pair(a.Node, b.Node)
	awaitOnline(t, a.Node, b.PublicKey())
	awaitOnline(t, b.Node, a.PublicKey())
	<-a.flood(b)
	stopReading()
	within(t, "write", func() {
		k := b.links.to(a.PublicKey())
		for enough := k.rx.Load() + 1<<20; k.rx.Load() < enough; { // a thousand hellos
			b.send(hello, iwt.Addr(a.PublicKey()))
		}
	})
	cancel()
	allEnd(t, []*runner{a, b})
}

// trio are two paired nodes and the one that carries their packets.
type trio struct{ a, b, relay *runner }

func newTrio(t *testing.T) trio {
	t.Helper()
	relay := run(t, listening(t))
	c := trio{run(t, calling(t, relay.Node)), run(t, calling(t, relay.Node)), relay}
	pair(c.a.Node, c.b.Node)
	return c
}

// TestCloseUnderTraffic ends nodes while sessions deliver to them, both ends
// write and links die.
func TestCloseUnderTraffic(t *testing.T) {
	t.Parallel()
	ends := map[string]func(t *testing.T, c trio){
		"one end": func(t *testing.T, c trio) {
			t.Helper()
			allEnd(t, []*runner{c.b})
			allEnd(t, []*runner{c.a, c.relay})
		},
		"both ends": func(t *testing.T, c trio) {
			t.Helper()
			allEnd(t, []*runner{c.a, c.b})
			allEnd(t, []*runner{c.relay})
		},
		"both ends and the links": func(t *testing.T, c trio) {
			t.Helper()
			cut := func(r *runner) func() {
				return func() { _ = r.RemovePeer(c.relay.ListenURIs()[0]) }
			}
			allEnd(t, []*runner{c.a, c.b}, cut(c.a), cut(c.b))
			allEnd(t, []*runner{c.relay})
		},
		"all": func(t *testing.T, c trio) {
			t.Helper()
			allEnd(t, []*runner{c.a, c.b, c.relay})
		},
	}
	trios := map[string]trio{}
	for name := range ends {
		trios[name] = newTrio(t)
	}
	for _, c := range trios { // while nobody floods
		awaitOnline(t, c.a.Node, c.b.PublicKey())
		awaitOnline(t, c.b.Node, c.a.PublicKey())
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			c := trios[name]
			there, back := c.a.flood(c.b), c.b.flood(c.a)
			<-there
			<-back
			end(t, c)
		})
	}
}
