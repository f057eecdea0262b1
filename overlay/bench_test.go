package overlay

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"
)

const benchBlock = 1 << 20

// BenchmarkThroughput sends over the overlay (two nodes in this process, a tls
// link between them) and over plain TCP with TLS 1.3, both on loopback.
func BenchmarkThroughput(b *testing.B) {
	x, y := pairOf(b)
	serve(b, y, 80, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	overlay := dialTo(b, x, y, 80)
	plain := plainTLS(b)
	send(b, overlay, 64)
	send(b, plain, 64)
	b.SetBytes(benchBlock)
	b.ResetTimer()
	took := send(b, overlay, b.N)
	b.StopTimer()
	b.ReportMetric(send(b, plain, b.N).Seconds()/took.Seconds(), "x-of-TCP+TLS")
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
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}()
	c, err := tls.Dial("tcp", ln.Addr().String(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// send writes n blocks and returns how long that took; what is still in
// buffers at the end is small beside it.
func send(b *testing.B, c net.Conn, n int) time.Duration {
	b.Helper()
	block := make([]byte, benchBlock)
	began := time.Now()
	for range n {
		if _, err := c.Write(block); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}
