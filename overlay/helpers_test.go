package overlay

import (
	"context"
	"crypto/ed25519"
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
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("github.com/yggdrasil-network/yggdrasil-go/src/core.(*linkQUICListener).Accept"),
		goleak.IgnoreTopFunction("github.com/yggdrasil-network/yggdrasil-go/src/core.(*linkWSListener).Accept"),
	)
}

// local are the options of a node that stays on loopback.
func local(t testing.TB) Options {
	t.Helper()
	return Options{
		KeyFile: filepath.Join(t.TempDir(), "key"), NoLAN: true, NoPublicPeers: true,
	}
}

func listening(t testing.TB) Options {
	t.Helper()
	opts := local(t)
	opts.Listen = []string{"tls://127.0.0.1:0"}
	return opts
}

// start opens a node and runs it until the test ends.
func start(t testing.TB, opts Options) *Node {
	t.Helper()
	n, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- n.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return n
}

// calling are the options of a node that peers with others.
func calling(t testing.TB, others ...*Node) Options {
	t.Helper()
	opts := local(t)
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
func await(t testing.TB, n *Node, what string, cond func() bool) {
	t.Helper()
	woken, stop := n.Changed().Listen()
	defer stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !cond() {
		select {
		case <-woken:
		case <-timer.C:
			t.Fatalf("waited in vain: %s; peers %+v", what, n.Peers())
		}
	}
}

func awaitOnline(t testing.TB, n *Node, key ed25519.PublicKey) {
	t.Helper()
	await(t, n, "device online", func() bool { return n.Path(key).Kind != PathOffline })
}

func awaitLink(t testing.TB, n *Node, key ed25519.PublicKey) {
	t.Helper()
	await(t, n, "link up", func() bool { return n.links.to(key) != nil })
}

// pairOf starts two nodes that are linked, paired and online to each other.
func pairOf(t testing.TB) (a, b *Node) {
	t.Helper()
	a = start(t, listening(t))
	b = start(t, calling(t, a))
	pair(a, b)
	awaitOnline(t, a, b.PublicKey())
	awaitOnline(t, b, a.PublicKey())
	return a, b
}

func at(n *Node, port uint16) string { return (&Addr{n.PublicKey(), port}).String() }

// serve answers every connection to the port with handle.
func serve(t testing.TB, n *Node, port uint16, handle func(net.Conn)) net.Listener {
	t.Helper()
	ln, err := n.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				handle(c)
			}()
		}
	}()
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func dialTo(t testing.TB, from, to *Node, port uint16) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", at(to, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func writeFile(t testing.TB, path, text string, perm os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), perm); err != nil {
		t.Fatal(err)
	}
}
