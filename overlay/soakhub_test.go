package overlay

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/libpaul/paul/overlay/netwatch"
)

// soakHubEnv makes a process the device that BenchmarkSoak watches.
const soakHubEnv = "PAUL_OVERLAY_SOAK_HUB"

// What a soakHub is told, and asked for.
const (
	hubPair    = "pair" // admit Key
	hubExpel   = "expel"
	hubChanged = "changed" // the network has
	hubHeld    = "held"
)

// hubCommand is a line of the standard input of the hub's process; it answers
// each by a line that is a held.
type hubCommand struct {
	Do  string
	Key ed25519.PublicKey
}

// soakHub is a device in a process of its own, as every device is: Yggdrasil's
// core, once closed, stays in memory for good, since its timers set themselves
// anew.
type soakHub struct {
	key ed25519.PublicKey
	uri string
	in  *json.Encoder
	out *json.Decoder
}

func startHub(b *testing.B) *soakHub {
	b.Helper()
	in, out := startProcess(b, soakHubEnv+"=1")
	h := &soakHub{in: json.NewEncoder(in), out: json.NewDecoder(out)}
	var says otherSays
	if err := h.out.Decode(&says); err != nil {
		b.Fatalf("the hub: %v", err)
	}
	h.key, h.uri = says.Key, says.URI
	return h
}

// do tells the hub something, and returns what it holds if that was asked.
func (h *soakHub) do(b *testing.B, what string, key ed25519.PublicKey) (answer held) {
	b.Helper()
	if err := h.in.Encode(hubCommand{what, key}); err != nil {
		b.Fatalf("the hub: %v", err)
	}
	if err := h.out.Decode(&answer); err != nil {
		b.Fatalf("the hub: %v", err)
	}
	return answer
}

// beHub is what the hub's process does until its standard input is closed.
func beHub() error {
	dir, err := os.MkdirTemp("", "paul-soak")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	n, err := Open(Options{KeyFile: filepath.Join(dir, "key"), Listen: []string{"tls://127.0.0.1:0"}, NoLAN: true, NoPublicPeers: true})
	if err != nil {
		return err
	}
	ln, err := n.Listen(benchPort)
	if err != nil {
		return err
	}
	go acceptAll(ln, echo)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := json.NewEncoder(os.Stdout).Encode(otherSays{Key: n.PublicKey(), URI: n.ListenURIs()[0]}); err != nil {
		return err
	}
	obeyed := make(chan error, 1)
	go func() {
		obeyed <- n.obey(bufio.NewReader(os.Stdin), os.Stdout)
		cancel()
	}()
	if err := n.Run(ctx); err != nil {
		return err
	}
	return <-obeyed
}

func (n *Node) obey(in io.Reader, out io.Writer) error {
	commands, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var c hubCommand
		if err := commands.Decode(&c); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var answer held
		switch c.Do {
		case hubPair:
			n.Admit(c.Key)
		case hubExpel:
			n.Expel(c.Key)
		case hubChanged:
			n.networkChanged(netwatch.Changed)
		case hubHeld:
			answer = holds()
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// acceptAll answers every connection with handle until ln is closed.
func acceptAll(ln net.Listener, handle func(net.Conn)) {
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
}

// held is what a process holds, at rest.
type held struct {
	Goroutines, Files int
	Heap              uint64 // bytes
}

func (h held) String() string {
	return fmt.Sprintf("%d goroutines, %d files, a heap of %.1f MB", h.Goroutines, h.Files, float64(h.Heap)/1e6)
}

// holds tells what this process holds.
func holds() held {
	h := held{Goroutines: runtime.NumGoroutine()}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux
		h.Files = len(files)
	}
	for range 3 { // what pools keep goes with the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.Heap = m.HeapAlloc
	return h
}
