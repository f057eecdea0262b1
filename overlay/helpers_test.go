package overlay

import (
	"context"
	"crypto/ed25519"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait of a test; none takes nearly as long.
const patience = 60 * time.Second

// TestMain checks that closed nodes leave no goroutine. Only the plain
// Yggdrasil nodes of tests do: their quic and ws listeners wait for ever on a
// channel that nothing closes. Ours are our own.
func TestMain(m *testing.M) {
	if be := otherRole(); be != nil { // the other process of a benchmark
		if err := be(); err != nil {
			panic(err)
		}
		return
	}
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["test.parallel"] && !given["test.fuzz"] {
		_ = flag.Set("test.parallel", waiting) // then m runs as many
	}
	recordLookups()
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("github.com/yggdrasil-network/yggdrasil-go/src/core.(*linkQUICListener).Accept"),
		goleak.IgnoreTopFunction("github.com/yggdrasil-network/yggdrasil-go/src/core.(*linkWSListener).Accept"),
	)
}

// otherRole is what this process does in place of tests; nil for those.
func otherRole() func() error {
	if key := os.Getenv(benchEnv); key != "" {
		return func() error { return beOther(key) }
	}
	if os.Getenv(soakHubEnv) != "" {
		return beHub
	}
	return nil
}

// local are the options of a node that stays on loopback.
func local(tb testing.TB) Options {
	tb.Helper()
	return Options{
		KeyFile: filepath.Join(tb.TempDir(), "key"), NoLAN: true, NoPublicPeers: true,
	}
}

func listening(tb testing.TB) Options {
	tb.Helper()
	opts := local(tb)
	opts.Listen = []string{"tls://127.0.0.1:0"}
	return opts
}

// start opens a node and runs it until the test ends.
func start(tb testing.TB, opts Options) *Node {
	tb.Helper()
	return startWith(tb, opts, func(*Node) {})
}

// startWith lets set change the node before it runs.
func startWith(tb testing.TB, opts Options, set func(*Node)) *Node {
	tb.Helper()
	n, err := Open(opts)
	if err != nil {
		tb.Fatal(err)
	}
	set(n)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	go func() { ended <- n.Run(ctx) }()
	tb.Cleanup(func() {
		cancel() // Close would refuse a Run that has not begun
		if err := <-ended; err != nil {
			tb.Errorf("run: %v", err)
		}
		if err := n.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return n
}

// unrun opens a node that is never run, with nothing to reach it by.
func unrun(t *testing.T) *Node {
	t.Helper()
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// calling are the options of a node that peers with others.
func calling(tb testing.TB, others ...*Node) Options {
	tb.Helper()
	opts := local(tb)
	for _, o := range others {
		opts.Peers = append(opts.Peers, o.ListenURIs()...)
	}
	return opts
}

// pair admits each to the other.
func pair(a, b *Node) {
	a.Admit(b.PublicKey())
	b.Admit(a.PublicKey())
}

// await waits until cond holds, looking whenever n has changed.
func await(tb testing.TB, n *Node, what string, cond func() bool) {
	tb.Helper()
	woken, stop := n.Changed().Listen()
	defer stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !cond() {
		select {
		case <-woken:
		case <-timer.C:
			tb.Fatalf("waited in vain: %s; peers %+v", what, n.Peers())
		}
	}
}

func awaitOnline(tb testing.TB, n *Node, key ed25519.PublicKey) {
	tb.Helper()
	await(tb, n, "device online", func() bool { return n.Path(key).Kind != PathOffline })
}

func awaitLink(tb testing.TB, n *Node, key ed25519.PublicKey) {
	tb.Helper()
	await(tb, n, "link up", func() bool { return n.links.to(key) != nil })
}

// pairOf starts two nodes that are linked, paired and online to each other.
func pairOf(tb testing.TB) (a, b *Node) {
	tb.Helper()
	a = start(tb, listening(tb))
	b = start(tb, calling(tb, a))
	pair(a, b)
	awaitOnline(tb, a, b.PublicKey())
	awaitOnline(tb, b, a.PublicKey())
	return a, b
}

func at(n *Node, port uint16) string { return (&Addr{n.PublicKey(), port}).String() }

// serve answers every connection to the port with handle.
func serve(tb testing.TB, n *Node, port uint16, handle func(net.Conn)) net.Listener {
	tb.Helper()
	ln, err := n.Listen(port)
	if err != nil {
		tb.Fatal(err)
	}
	go acceptAll(ln, handle)
	tb.Cleanup(func() { _ = ln.Close() })
	return ln
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

// ping sends a byte through an echo and reads it back.
func ping(t *testing.T, c net.Conn) {
	t.Helper()
	b := []byte{7}
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
}

func dialTo(tb testing.TB, from, to *Node, port uint16) net.Conn {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", at(to, port))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func writeFile(tb testing.TB, path, text string, perm os.FileMode) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), perm); err != nil {
		tb.Fatal(err)
	}
}
