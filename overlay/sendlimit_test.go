package overlay

import (
	"io"
	"net"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

func TestLimitAfter(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name string
		size int
		rtt  time.Duration
		want int
	}{
		{"not heard of yet", 1 << 20, 0, 1 << 20},
		{"a fast link: doubled at most", 1 << 20, 5 * ms, 2 << 20},
		{"no more than the queue of a link holds", 2 << 20, 5 * ms, tcpMaxSend},
		{"what comes through in sendTime", 2 << 20, 400 * ms, 1 << 20},
		{"halved at most", tcpMaxSend, 10 * time.Second, tcpMaxSend / 2},
		{"a slow link", 1 << 20, 2 * time.Second, tcpMinSend},
		{"just right", 1 << 20, sendTime, 1 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := limitAfter(tt.size, tt.rtt); got != tt.want {
				t.Errorf("limitAfter(%d, %v) = %d, want %d", tt.size, tt.rtt, got, tt.want)
			}
		})
	}
}

// answering is an endpoint with nothing but a round trip and a send buffer.
type answering struct {
	tcpip.Endpoint
	rtt     time.Duration
	options tcpip.SocketOptions
}

func (a *answering) SocketOptions() *tcpip.SocketOptions { return &a.options }

func (a *answering) GetSockOpt(o tcpip.GettableSocketOption) tcpip.Error {
	o.(*tcpip.TCPInfoOption).RTT = a.rtt
	return nil
}

// TestSendLimitSteps: the limit grows when twice as much has been written, and
// falls at once, then not again before that was heard of.
func TestSendLimitSteps(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ep := &answering{rtt: time.Millisecond}
	ep.options.InitHandler(&tcpip.DefaultSocketOptionsHandler{}, nil, nil, nil)
	l := newSendLimit(ep)
	for i, step := range []struct {
		after   time.Duration
		rtt     time.Duration
		written int
		want    int64
	}{
		{0, time.Millisecond, tcpMinSend, tcpMinSend},
		{limitEvery, time.Millisecond, tcpMinSend - 1, tcpMinSend},
		{limitEvery - 1, time.Millisecond, 1, tcpMinSend}, // it is not looked at yet
		{1, time.Millisecond, 0, 2 * tcpMinSend},
		{limitEvery, time.Millisecond, 4 * tcpMinSend, 4 * tcpMinSend},
		{limitEvery, time.Second, 0, 2 * tcpMinSend},
		{time.Second - 1, time.Second, 0, 2 * tcpMinSend},
		{1, time.Second, 0, tcpMinSend},
		{time.Second, 0, 9 * tcpMinSend, tcpMinSend}, // not heard of
	} {
		now, ep.rtt = now.Add(step.after), step.rtt
		l.follow(ep, step.written, now)
		if got := ep.options.GetSendBufferSize(); got != step.want {
			t.Errorf("step %d: a limit of %d, want %d", i, got, step.want)
		}
	}
}

// TestSendLimitFollows writes over a fast link, and over one that takes its
// time: what is on its way grows only where it comes through.
func TestSendLimitFollows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		roundTrip time.Duration
		rate      float64 // bytes a second
		grows     bool
	}{
		{"fast", time.Millisecond, 200e6, true},
		{"slow", 20 * time.Millisecond, 2e6, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, y := linkedWith(t, tt.roundTrip, tt.rate)
			serve(t, y, benchPort, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
			c := dialTo(t, x, y, benchPort).(*conn)
			grown := func() bool { return c.ep.SocketOptions().GetSendBufferSize() > tcpMinSend*4/3 }
			// A machine that is busy makes a fast link slow for a while.
			began := time.Now()
			for i := 0; i < 6 || tt.grows && !grown() && time.Since(began) < patience; i++ {
				if _, err := c.Write(make([]byte, 1<<20)); err != nil {
					t.Fatal(err)
				}
			}
			if grown() != tt.grows {
				t.Errorf("a send buffer of %d bytes", c.ep.SocketOptions().GetSendBufferSize())
			}
		})
	}
}
