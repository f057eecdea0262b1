package natlab

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/libpaul/paul/overlay"
)

// order is a line that a device's process reads. It answers each with a report
// of the same ID.
type order struct {
	ID   int
	Op   string // one of the names below
	Node nodeOptions
	Key  ed25519.PublicKey // of the other device
	URI  string
	Rate int // bytes a second; 0: as fast as it goes
}

// What can be ordered. opOpen comes first and once.
const (
	opOpen   = "open"   // opens and runs the node
	opAdmit  = "admit"  // Key
	opPeer   = "peer"   // adds the static peering URI
	opTake   = "take"   // takes the stream that Key sends
	opSend   = "send"   // sends a stream to Key, at Rate
	opFinish = "finish" // ends that stream; the report holds its tally
	opTally  = "tally"  // reports what was taken
	opPeers  = "peers"  // reports the peerings
	opLate   = "late"   // reports nothing else
)

// nodeOptions are those of overlay.Options that differ between devices.
type nodeOptions struct {
	KeyFile       string
	Listen, Peers []string
	NoLAN         bool
}

// report is a line that a device's process writes.
type report struct {
	ID    int               // of the order; 0: the path to a device has changed
	At    time.Time         // when it was written
	Late  time.Duration     // of the process, all in all
	Err   string            // why the order could not be followed
	Key   ed25519.PublicKey // of the device Path leads to
	Path  *overlay.Path
	Tally *tally
	Peers []overlay.Peering
}

// streamPort is the overlay port of the stream.
const streamPort = 7000

// agentOf is the state of a device's process.
type agentOf struct {
	node *overlay.Node
	out  *json.Encoder
	late lag

	mu      sync.Mutex // guards what follows, and out
	paths   map[string]overlay.Path
	taken   *taker
	sending *sender
}

// agent is the main function of a device's process. It ends with its input.
func agent(in io.Reader, out io.Writer) int {
	a := &agentOf{out: json.NewEncoder(out), paths: map[string]overlay.Path{}}
	ctx, stop := context.WithCancel(context.Background())
	go a.late.run(ctx.Done())
	ended := make(chan struct{})
	orders := json.NewDecoder(in)
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			break
		}
		r, err := a.follow(ctx, o, ended)
		if err != nil {
			r.Err = err.Error()
		}
		r.ID = o.ID
		a.report(r)
	}
	stop()
	if a.node != nil {
		<-ended
	}
	return 0
}

func (a *agentOf) report(r report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.At, r.Late = time.Now(), a.late.sum()
	_ = a.out.Encode(r) // without a reader there is nobody to tell
}

func (a *agentOf) follow(ctx context.Context, o order, ended chan struct{}) (r report, err error) {
	switch o.Op {
	case opOpen:
		return r, a.open(ctx, o.Node, ended)
	case opAdmit:
		a.mu.Lock()
		a.paths[string(o.Key)] = overlay.Path{Kind: overlay.PathOffline}
		a.mu.Unlock()
		a.node.Admit(o.Key)
	case opPeer:
		return r, a.node.AddPeer(o.URI)
	case opTake:
		return r, a.take(o.Key)
	case opSend:
		c, err := a.node.DialContext(ctx, "tcp", (&overlay.Addr{Key: o.Key, Port: streamPort}).String())
		if err != nil {
			return r, err
		}
		a.sending = newSender(c, o.Rate)
	case opFinish:
		t, err := a.sending.finish()
		return report{Tally: &t}, err
	case opTally:
		t := a.taken.tally()
		return report{Tally: &t}, nil
	case opPeers:
		return report{Peers: a.node.Peers()}, nil
	case opLate:
	default:
		return r, fmt.Errorf("order %q is unknown", o.Op)
	}
	return r, nil
}

func (a *agentOf) open(ctx context.Context, o nodeOptions, ended chan struct{}) (err error) {
	a.node, err = overlay.Open(overlay.Options{
		KeyFile: o.KeyFile, Listen: o.Listen, Peers: o.Peers, NoLAN: o.NoLAN, NoPublicPeers: true,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		return err
	}
	go func() {
		defer close(ended)
		if err := a.node.Run(ctx); err != nil {
			a.report(report{Err: err.Error()})
		}
	}()
	go a.watch(ctx)
	return nil
}

// watch reports each change of the path to an admitted device.
func (a *agentOf) watch(ctx context.Context) {
	woken, stop := a.node.Changed().Listen()
	defer stop()
	for {
		a.mu.Lock()
		var changed []report
		for key, old := range a.paths {
			p := a.node.Path(ed25519.PublicKey(key))
			if p.Kind != old.Kind || p.Via != old.Via {
				a.paths[key] = p
				changed = append(changed, report{Key: ed25519.PublicKey(key), Path: &p})
			}
		}
		a.mu.Unlock()
		for _, r := range changed {
			a.report(r)
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		}
	}
}

// take waits for the stream of a device and takes it.
func (a *agentOf) take(from ed25519.PublicKey) error {
	ln, err := a.node.Listen(streamPort)
	if err != nil {
		return err
	}
	a.taken = &taker{}
	go func() {
		defer func() { _ = ln.Close() }()
		c, err := ln.Accept()
		if err == nil {
			defer func() { _ = c.Close() }()
			if at, ok := c.RemoteAddr().(*overlay.Addr); !ok || !at.Key.Equal(from) {
				err = errors.New("the stream is not of whom it should be: " + c.RemoteAddr().String())
			}
		}
		a.taken.run(c, err)
	}()
	return nil
}
