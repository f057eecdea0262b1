package overlay

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

const (
	// tcpMaxSend bounds what a connection has on its way, to less than the queue
	// of a link holds. When a better link comes, sessions refuse all that was on
	// its way by the old one, and TCP sends it again at once: with more than the
	// queue holds some of that was dropped, and the stream stalled for 2 s.
	tcpMaxSend = tunedQueue * 3 / 4
	// tcpMinSend is enough for 7 MB/s over a relay that answers after 100 ms.
	tcpMinSend = 768 << 10
	// sendTime is how long what a connection has on its way may take: on a slow
	// link more would only wait in queues, and everything else behind it.
	sendTime = 200 * time.Millisecond
	// sendPiece is what is written between two looks at the limit.
	sendPiece  = 256 << 10
	limitEvery = 10 * time.Millisecond
)

// sendLimit is the size of the send buffer of a connection, in bytes: what it
// delivers within sendTime, and not less than tcpMinSend or more than
// tcpMaxSend. The stack by itself would let it grow with the congestion window,
// which on a link with a long queue knows no bound.
type sendLimit struct {
	mu      sync.Mutex // guards what follows
	size    int
	written int       // since it was set
	next    time.Time // when it is looked at again
}

func newSendLimit(ep tcpip.Endpoint) *sendLimit {
	ep.SocketOptions().SetSendBufferSize(tcpMinSend, true)
	return &sendLimit{size: tcpMinSend}
}

// follow sets the limit of the endpoint by its round-trip time, before n bytes
// are written.
func (l *sendLimit) follow(ep tcpip.Endpoint, n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written += n
	if now.Before(l.next) {
		return
	}
	l.next = now.Add(limitEvery)
	var info tcpip.TCPInfoOption
	if ep.GetSockOpt(&info) != nil {
		return // it is closed
	}
	size := limitAfter(l.size, info.RTT)
	// The round trip tells of the present limit once that much has come through.
	if size == l.size || size > l.size && l.written < 2*l.size {
		return
	}
	l.next = now.Add(max(info.RTT, limitEvery))
	l.size, l.written = size, 0
	ep.SocketOptions().SetSendBufferSize(int64(size), true)
}

// limitAfter returns the next limit of a connection that has had size bytes on
// its way and heard of them after rtt, 0 if it has not heard yet.
func limitAfter(size int, rtt time.Duration) int {
	if rtt <= 0 {
		return size
	}
	fits := float64(size) * float64(sendTime) / float64(rtt)
	return int(min(max(fits, float64(size)/2, tcpMinSend), 2*float64(size), tcpMaxSend))
}
