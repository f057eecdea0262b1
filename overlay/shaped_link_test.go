package overlay

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// shapedLink is a connection in memory with a delay and a rate.
type shapedLink struct {
	ends   [2]net.Conn // for the nodes
	inner  [2]net.Conn // their other ends
	bytes  atomic.Int64
	silent atomic.Bool // lose what comes
	leaked atomic.Bool // it has carried caseSecret in the clear
	ended  chan struct{}
	once   sync.Once
	group  sync.WaitGroup
}

type chunk struct {
	data []byte
	due  time.Time
}

func newShapedLink(delay time.Duration, rate float64) *shapedLink {
	l := &shapedLink{ended: make(chan struct{})}
	for i := range l.ends {
		l.ends[i], l.inner[i] = net.Pipe()
	}
	for i := range l.inner {
		way := make(chan chunk, 1024)
		l.group.Go(func() { l.receive(l.inner[i], way, delay, rate) })
		l.group.Go(func() { l.deliver(l.inner[1-i], way) })
	}
	return l
}

func (l *shapedLink) receive(from net.Conn, way chan<- chunk, delay time.Duration, rate float64) {
	defer close(way)
	buf := make([]byte, 64<<10)
	free := time.Now() // when the link has sent what it was given
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		select {
		case way <- chunk{bytes.Clone(buf[:n]), free.Add(delay)}:
		case <-l.ended:
			return
		}
		l.bytes.Add(int64(n))
		if bytes.Contains(buf[:n], []byte(caseSecret)) {
			l.leaked.Store(true)
		}
		if !l.wait(free) {
			return
		}
	}
}

func (l *shapedLink) deliver(to net.Conn, way <-chan chunk) {
	for c := range way {
		if !l.wait(c.due) {
			return
		}
		if l.silent.Load() {
			continue
		}
		if _, err := to.Write(c.data); err != nil {
			return
		}
	}
	if !l.silent.Load() {
		_ = to.Close() // as the other end has
	}
}

// wait reports false when the link has ended first.
func (l *shapedLink) wait(until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}

// rate counts the bytes of both ways for a while, and returns how many there
// were in a second.
func (l *shapedLink) rate(during time.Duration) float64 {
	began, bytes := time.Now(), l.bytes.Load()
	<-time.After(during)
	return float64(l.bytes.Load()-bytes) / time.Since(began).Seconds()
}

// close cuts the link, and loses what is on its way.
func (l *shapedLink) close() {
	l.once.Do(func() { close(l.ended) })
	for i := range l.ends {
		_ = l.ends[i].Close()
		_ = l.inner[i].Close()
	}
	l.group.Wait()
}
