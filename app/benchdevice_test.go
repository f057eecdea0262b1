package app

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

const (
	benchHome = "PAUL_BENCH_HOME" // set, the test binary is a device on that home
	benchPort = 7                 // of the overlay: whoever dials says how many bytes they want
	benchPoll = 250 * time.Millisecond
)

// benchAsk is what the process of a device is to do.
type benchAsk struct {
	Do     string // "import", "place", "await", "save", "keep" or "stream"
	Dir    string // to import, or to add in place
	Files  int    // to await or keep
	Device string // to stream from
	Bytes  int64  // to stream
}

// benchSaid is the answer; the first is unasked.
type benchSaid struct {
	Ready Ready
	Took  time.Duration
	Err   string
}

// beDevice runs a device on home, linked with peers, and does what it reads
// from standard input until that ends.
func beDevice(home string, peers ...string) error {
	opts := Options{Home: home, Name: "Bench", Listen: []string{"tls://127.0.0.1:0"}, Peers: peers, NoLAN: true, NoPublicPeers: true, NoDirect: true}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a, err := Open(ctx, opts)
	if err != nil {
		return err
	}
	ln, err := a.node.Listen(benchPort)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	go serveStreams(ln)
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	err = a.answer(ctx, os.Stdin, os.Stdout)
	cancel()
	return errors.Join(err, <-ran, a.Close())
}

func (a *App) answer(ctx context.Context, in io.Reader, out io.Writer) error {
	ready, err := a.Ready(ctx)
	if err != nil {
		return err
	}
	say := json.NewEncoder(out)
	if err := say.Encode(benchSaid{Ready: ready}); err != nil {
		return err
	}
	for asked := json.NewDecoder(in); ; {
		var ask benchAsk
		if err := asked.Decode(&ask); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		begun := time.Now()
		err := a.obey(ctx, ask)
		said := benchSaid{Took: time.Since(begun)}
		if err != nil {
			said.Err = err.Error()
		}
		if err := say.Encode(said); err != nil {
			return err
		}
	}
}

func (a *App) obey(ctx context.Context, ask benchAsk) error {
	switch ask.Do {
	case "import":
		return allTaken(a.Import(ctx, []string{ask.Dir}))
	case "place":
		return allTaken(a.AddPlace(ctx, ask.Dir))
	case "await":
		return a.poll(ctx, func([]Entry) bool { return len(a.Entries()) == ask.Files })
	case "save":
		var all []Digest
		for _, e := range a.Entries() {
			all = append(all, e.Digest)
		}
		return a.Save(ctx, all...)
	case "keep":
		return a.keepAll(ctx, ask.Files)
	case "stream":
		return a.stream(ctx, ask.Device, ask.Bytes)
	}
	return fmt.Errorf("no such thing to do: %q", ask.Do)
}

func allTaken(r ImportResult, err error) error {
	if err == nil && r.Failed > 0 {
		err = fmt.Errorf("%d files were not taken in, such as %v", r.Failed, r.Problems[0])
	}
	return err
}

// poll looks at the entries again and again until enough says so.
func (a *App) poll(ctx context.Context, enough func([]Entry) bool) error {
	tick := time.NewTicker(benchPoll)
	defer tick.Stop()
	for !enough(a.Entries()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// keepAll saves files as they come, until n of them are here.
func (a *App) keepAll(ctx context.Context, n int) (err error) {
	self := a.id()
	return errors.Join(a.poll(ctx, func(entries []Entry) bool {
		var fresh []Digest
		here := 0
		for _, e := range entries {
			switch own := e.Holders.Of(self); {
			case e.Here() && own.Holds():
				here++
			case !own.Saved:
				fresh = append(fresh, e.Digest)
			}
		}
		if len(fresh) > 0 {
			err = a.files.Want(ctx, fresh...)
		}
		return here == n || err != nil
	}), err)
}

// stream reads bytes that another device makes up, over one connection.
func (a *App) stream(ctx context.Context, id string, bytes int64) error {
	key, err := parseKey(id)
	if err != nil {
		return err
	}
	c, err := a.node.DialContext(ctx, "tcp", addrOf(key, benchPort))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // what counts has been read
	if err := binary.Write(c, binary.BigEndian, bytes); err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, c, bytes)
	return err
}

func addrOf(key ed25519.PublicKey, port uint16) string {
	return fmt.Sprintf("[%s]:%d", overlay.AddressOf(key), port)
}

func serveStreams(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }() // whoever reads misses what did not come
			var left int64
			if binary.Read(c, binary.BigEndian, &left) != nil {
				return
			}
			for block := make([]byte, 1<<20); left > 0; {
				n, err := c.Write(block[:min(left, int64(len(block)))])
				if err != nil {
					return
				}
				left -= int64(n)
			}
		}()
	}
}

// benchDevice is a device in a process of its own.
type benchDevice struct {
	b     testing.TB
	home  string
	pid   int
	ready Ready
	in    *json.Encoder
	out   *json.Decoder
	stop  func()
}

func startBenchDevice(b *testing.B, peers ...string) *benchDevice {
	b.Helper()
	d := &benchDevice{b: b, home: b.TempDir()}
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0], peers...)
	cmd.Env = append(os.Environ(), benchHome+"="+d.home)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := false
	d.stop = func() {
		if ended {
			return
		}
		ended = true
		_ = in.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			b.Errorf("a device ended: %v", err)
		}
	}
	b.Cleanup(d.stop)
	d.pid, d.in, d.out = cmd.Process.Pid, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	d.ready = d.hear().Ready
	return d
}

// end stops the device, and removes what it has when that is so much that the
// next one may need the space. Removed files make a disk such as ext4 slow to
// make new ones for a while.
func (d *benchDevice) end(bytes int64) {
	d.stop()
	if bytes > 1<<30 {
		_ = os.RemoveAll(d.home) // else it goes with the benchmark
	}
}

func (d *benchDevice) hear() benchSaid {
	d.b.Helper()
	var said benchSaid
	if err := d.out.Decode(&said); err != nil {
		d.b.Fatalf("a device says nothing: %v", err)
	}
	if said.Err != "" {
		d.b.Fatalf("a device says: %s", said.Err)
	}
	return said
}

// ask has the device do something, and returns how long that took.
func (d *benchDevice) ask(ask benchAsk) time.Duration {
	d.b.Helper()
	d.tell(ask)
	return d.hear().Took
}

func (d *benchDevice) tell(ask benchAsk) {
	d.b.Helper()
	if err := d.in.Encode(ask); err != nil {
		d.b.Fatal(err)
	}
}

// forgetPeak lets peak begin anew.
func (d *benchDevice) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.pid), []byte("5"), 0) // proc(5)
}

// peak is the most memory that the device has had since forgetPeak, in MB; 0
// where the system does not tell.
func (d *benchDevice) peak() float64 { return statusMB(d.pid, "VmHWM:") }

func statusMB(pid int, field string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field)
	var kB float64
	_, _ = fmt.Sscan(rest, &kB) // 0 when it is not there
	return kB * 1024 / 1e6
}

// joinLibrary lets d join the library of another device, over the control API.
func (d *benchDevice) joinLibrary(other *benchDevice) {
	d.b.Helper()
	host, guest := other.client(), d.client()
	defer func() { _, _ = host.Close(), guest.Close() }()
	ctx, cancel := context.WithTimeout(d.b.Context(), longest)
	defer cancel()
	codes, paired := make(chan string, 1), make(chan error, 1)
	go func() {
		var id int64
		paired <- host.Pair(ctx, func(e Event) {
			switch {
			case e.Invitation != nil:
				id = e.Invitation.ID
				codes <- e.Invitation.Code
			case e.Guest != nil:
				if err := host.Answer(ctx, id, true); err != nil {
					cancel()
				}
			}
		})
	}()
	select {
	case code := <-codes:
		err := guest.Join(ctx, code, func(Event) {})
		if err := errors.Join(err, <-paired); err != nil {
			d.b.Fatal(err)
		}
	case err := <-paired:
		d.b.Fatal(err)
	}
}

func (d *benchDevice) client() *Client {
	d.b.Helper()
	c, err := Connect(d.b.Context(), d.home)
	if err != nil {
		d.b.Fatal(err)
	}
	return c
}
