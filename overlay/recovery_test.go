package overlay

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
)

// wire joins the TCP stacks of two nodes, without an overlay between them, by
// something slower and less reliable than a channel.
type wire struct {
	delay time.Duration
	queue int // packets on their way before more are dropped
	cut   atomic.Bool
}

func (w *wire) join(t *testing.T) (a, b *Node) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	nodes := [2]*Node{}
	for i := range nodes {
		n := &Node{private: seeded(byte(20 + i)), down: make(chan struct{})}
		n.express = newExpress(n, tls.Certificate{})
		n.devices = newDevices(n.Address())
		n.nic = newNIC(tunedMTU, n.devices)
		var err error
		if n.stack, err = newStack(n.nic, n.Address()); err != nil {
			t.Fatal(err)
		}
		nodes[i] = n
	}
	for i, n := range nodes {
		other := nodes[1-i]
		n.devices.admit(other.PublicKey(), time.Now())
		way := make(chan travelling, w.queue)
		group.Go(func() {
			n.nic.write(ctx, func(packet []byte, _ iwt.Addr) {
				if w.cut.Load() {
					return
				}
				select {
				case way <- travelling{bytes.Clone(packet[1:]), time.Now().Add(w.delay)}:
				default:
				}
			})
		})
		group.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case p := <-way:
					if pause(ctx, time.Until(p.due)) == nil && other.devices.inbound(p.packet, n.PublicKey(), time.Now()) {
						other.nic.deliver(p.packet)
					}
				}
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		group.Wait()
		for _, n := range nodes {
			n.stack.Destroy()
		}
	})
	return nodes[0], nodes[1]
}

type travelling struct {
	packet []byte
	due    time.Time
}

const (
	lossTime     = 2 * time.Second
	recoveryTime = 12 * time.Second
)

// TestRecoveryAfterLoss loses all of a busy stream for two seconds. With RACK,
// gVisor's CUBIC then moves 2 MB in 26 to 29 s here, without it in 2: this
// test is for upgrades of gVisor, and for whoever wants to turn RACK on.
func TestRecoveryAfterLoss(t *testing.T) {
	t.Parallel()
	w := wire{delay: 10 * time.Millisecond, queue: 256}
	a, b := w.join(t)
	ln, err := b.Listen(80)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(c, endless{})
	}()
	c, err := a.connect(t.Context(), b.Address(), 80)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.CopyN(io.Discard, c, 16<<20); err != nil {
		t.Fatal(err)
	}
	w.cut.Store(true)
	time.AfterFunc(lossTime, func() { w.cut.Store(false) })
	began := time.Now()
	if err := c.SetReadDeadline(began.Add(lossTime + recoveryTime)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, c, 4<<20); err != nil {
		t.Fatalf("no recovery from %v of loss: %v", lossTime, err)
	}
	t.Logf("4 MB arrived %v after the end of the loss", time.Since(began)-lossTime)
}

// endless reads zeros for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
