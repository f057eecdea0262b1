package overlay

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"
)

const (
	benchBlock = 1 << 20
	benchBytes = 256 << 20 // sent at a time: what buffers hold is small beside it
)

// BenchmarkThroughput sends over the overlay (two nodes in this process, a tls
// link between them) and over plain TCP with TLS 1.3, both on loopback, until
// the other end has all of it.
func BenchmarkThroughput(b *testing.B) {
	x, y := pairOf(b)
	serve(b, y, 80, takeIn)
	overlay := dialTo(b, x, y, 80)
	plain := plainTLS(b)
	send(b, overlay) // so that both have found their pace
	send(b, plain)
	var took, plainTook time.Duration
	b.SetBytes(benchBytes)
	for b.Loop() {
		took += send(b, overlay)
		b.StopTimer()
		plainTook += send(b, plain)
		b.StartTimer()
	}
	b.ReportMetric(plainTook.Seconds()/took.Seconds(), "x-of-TCP+TLS")
}

// takeIn answers each benchBytes with one byte.
func takeIn(c net.Conn) {
	for {
		if _, err := io.CopyN(io.Discard, c, benchBytes); err != nil {
			return
		}
		if _, err := c.Write([]byte{1}); err != nil {
			return
		}
	}
}

func plainTLS(b *testing.B) net.Conn {
	b.Helper()
	cert, err := certificate(seeded(30))
	if err != nil {
		b.Fatal(err)
	}
	config := tlsConfig(cert)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		takeIn(c)
		_ = c.Close()
	}()
	c, err := tls.Dial("tcp", ln.Addr().String(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// send sends benchBytes and returns how long it took until they were there.
func send(b *testing.B, c net.Conn) time.Duration {
	b.Helper()
	block := make([]byte, benchBlock)
	began := time.Now()
	for range benchBytes / benchBlock {
		if _, err := c.Write(block); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := io.ReadFull(c, block[:1]); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
