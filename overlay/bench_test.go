package overlay

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	benchBlock = 1 << 20
	benchBytes = 256 << 20 // sent at a time: what buffers hold is small beside it
	benchPort  = 80

	benchEnv = "PAUL_OVERLAY_BENCH" // the key, in hex, of the node that measures
)

// What the other process is asked for, a byte each; it answers the first three
// with a byte at the end.
const (
	askTake  = 't' // take benchBytes
	askGive  = 'g' // give benchBytes
	askFirst = 'f' // nothing
	askSpent = 's' // give the CPU time of the process so far, as JSON
)

// BenchmarkThroughput sends over the overlay, from a node in this process to
// one in another with a tcp link between them on loopback, and over plain TCP
// with TLS 1.3 between the same processes, until the other end has all of it.
func BenchmarkThroughput(b *testing.B) {
	other := startOther(b)
	for _, bb := range []struct {
		name string
		asks []byte // a stream each
	}{
		{"1 stream", []byte{askTake}},
		{"both ways", []byte{askTake, askGive}},
		{"8 streams", []byte{askTake, askTake, askTake, askTake, askTake, askTake, askTake, askTake}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			through, plain := other.streams(b, len(bb.asks), other.overlay), other.streams(b, len(bb.asks), other.tls)
			other.run(b, through, bb.asks) // so that both have found their pace
			other.run(b, plain, bb.asks)
			var took, plainTook, spent, plainSpent time.Duration
			b.SetBytes(int64(benchBytes * len(bb.asks)))
			for b.Loop() {
				t, s := other.run(b, through, bb.asks)
				took, spent = took+t, spent+s
				b.StopTimer()
				t, s = other.run(b, plain, bb.asks)
				plainTook, plainSpent = plainTook+t, plainSpent+s
				b.StartTimer()
			}
			gigabytes := float64(b.N*len(bb.asks)*benchBytes) / 1e9
			b.ReportMetric(plainTook.Seconds()/took.Seconds(), "x-of-TCP+TLS")
			b.ReportMetric(spent.Seconds()/gigabytes, "cpu-s/GB")
			b.ReportMetric(plainSpent.Seconds()/gigabytes, "cpu-s/GB-of-TCP+TLS")
		})
	}
}

// otherProcess is a node in another process, beside a plain TLS listener.
type otherProcess struct {
	node    *Node // ours
	key     ed25519.PublicKey
	address string // of the TLS listener
	control net.Conn
}

// otherSays is the first line of the other process.
type otherSays struct {
	Key      ed25519.PublicKey
	URI, TLS string
}

func startOther(b *testing.B) *otherProcess {
	b.Helper()
	opts := local(b)
	opts.NoDirect = true
	o := &otherProcess{node: start(b, opts)}
	_, out := startProcess(b, benchEnv+"="+hex.EncodeToString(o.node.PublicKey()))
	var says otherSays
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &says)
	}
	if err != nil {
		b.Fatal(err)
	}
	o.key, o.address = says.Key, says.TLS
	if err := o.node.AddPeer(says.URI); err != nil {
		b.Fatal(err)
	}
	o.node.Admit(o.key)
	awaitOnline(b, o.node, o.key)
	o.control = o.tls(b)
	return o
}

// startProcess starts this program with a variable of the environment that gives
// it another role; see TestMain. It ends when in is closed, as it is after b.
func startProcess(b *testing.B, variable string) (in io.Writer, out io.Reader) {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = pipe.Close()
		if err := cmd.Wait(); err != nil {
			b.Errorf("the other process: %v", err)
		}
	})
	return pipe, out
}

func (o *otherProcess) overlay(b *testing.B) net.Conn {
	b.Helper()
	c, err := o.node.DialContext(b.Context(), "tcp", (&Addr{o.key, benchPort}).String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

func (o *otherProcess) tls(b *testing.B) net.Conn {
	b.Helper()
	c, err := (&tls.Dialer{Config: o.node.links.tls}).DialContext(b.Context(), "tcp", o.address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

func (*otherProcess) streams(b *testing.B, n int, dial func(*testing.B) net.Conn) []net.Conn {
	b.Helper()
	list := make([]net.Conn, n)
	for i := range list {
		list[i] = dial(b)
	}
	return list
}

// run does what is asked over all streams at once, and returns how long it
// took and what CPU time both processes spent.
func (o *otherProcess) run(b *testing.B, streams []net.Conn, asks []byte) (took, spent time.Duration) {
	b.Helper()
	before := o.spent(b)
	began := time.Now()
	var group sync.WaitGroup
	errs := make([]error, len(streams))
	for i, c := range streams {
		group.Go(func() { errs[i] = askFor(c, asks[i]) })
	}
	group.Wait()
	took = time.Since(began)
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	return took, o.spent(b) - before
}

func askFor(c net.Conn, what byte) error {
	if _, err := c.Write([]byte{what}); err != nil {
		return err
	}
	switch what {
	case askTake:
		if err := sendBytes(c); err != nil {
			return err
		}
	case askGive:
		if _, err := io.CopyN(io.Discard, c, benchBytes); err != nil {
			return err
		}
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

func sendBytes(c net.Conn) error {
	block := make([]byte, benchBlock)
	for range benchBytes / benchBlock {
		if _, err := c.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// spent returns the CPU time of both processes.
func (o *otherProcess) spent(b *testing.B) time.Duration {
	b.Helper()
	if _, err := o.control.Write([]byte{askSpent}); err != nil {
		b.Fatal(err)
	}
	var theirs time.Duration
	if err := json.NewDecoder(o.control).Decode(&theirs); err != nil {
		b.Fatal(err)
	}
	return theirs + cpuTime()
}

// beOther is what the other process does, for the node with that key, until
// its standard input is closed.
func beOther(keyHex string) error {
	key, err := hex.DecodeString(keyHex)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "paul-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	n, err := Open(Options{
		KeyFile: filepath.Join(dir, "key"), Listen: []string{"tcp://127.0.0.1:0"},
		NoLAN: true, NoPublicPeers: true, NoDirect: true,
	})
	if err != nil {
		return err
	}
	n.Admit(key)
	plain, err := tls.Listen("tcp", "127.0.0.1:0", n.links.tls)
	if err != nil {
		return err
	}
	through, err := n.Listen(benchPort)
	if err != nil {
		return err
	}
	for _, ln := range []net.Listener{plain, through} {
		go acceptAll(ln, serveAsks)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := json.NewEncoder(os.Stdout).Encode(otherSays{n.PublicKey(), n.ListenURIs()[0], plain.Addr().String()}); err != nil {
		return err
	}
	return n.Run(ctx)
}

func serveAsks(c net.Conn) {
	what := make([]byte, 1)
	for {
		if _, err := io.ReadFull(c, what); err != nil {
			return
		}
		var err error
		switch what[0] {
		case askTake:
			_, err = io.CopyN(io.Discard, c, benchBytes)
		case askGive:
			err = sendBytes(c)
		case askSpent:
			if json.NewEncoder(c).Encode(cpuTime()) != nil {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		if _, err := c.Write(what); err != nil {
			return
		}
	}
}
