package natlab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The stream is a count: 8 bytes each, big-endian. Every byte of it can be
// checked where it arrives.
const (
	streamBlock = 4 << 10
	streamTick  = 5 * time.Millisecond
)

// count fills b with what the stream holds from pos on.
func count(b []byte, pos int64) {
	var word [8]byte
	for i := 0; i < len(b); {
		binary.BigEndian.PutUint64(word[:], uint64(pos)/8)
		n := copy(b[i:], word[pos%8:])
		i, pos = i+n, pos+int64(n)
	}
}

// tally is what an end of a stream has seen so far.
type tally struct {
	Bytes  int64
	Err    string // why it ended too soon, or which byte was wrong
	Ended  bool   // all of it has arrived
	Stalls []stall
}

// stall is a time in which nothing arrived.
type stall struct {
	From time.Time
	For  time.Duration
}

// stallLeast is the shortest stall that is kept.
const stallLeast = 50 * time.Millisecond

// taker reads a stream, checks it and notes when it stalls.
type taker struct {
	mu   sync.Mutex // guards what follows
	seen tally
	last time.Time // when something came; zero before
}

func (k *taker) run(c net.Conn, err error) {
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = c.Read(got)
		if wrong := k.took(got[:n], want[:n], time.Now()); wrong != nil {
			err = wrong
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen.Ended = errors.Is(err, io.EOF); !k.seen.Ended {
		k.seen.Err = err.Error()
	}
}

func (k *taker) took(got, want []byte, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	count(want, k.seen.Bytes)
	if !bytes.Equal(got, want) {
		return fmt.Errorf("wrong bytes within %d of byte %d", len(got), k.seen.Bytes)
	}
	k.seen.Bytes += int64(len(got))
	if s := now.Sub(k.last); !k.last.IsZero() && s >= stallLeast {
		k.seen.Stalls = append(k.seen.Stalls, stall{k.last, s})
	}
	k.last = now
	return nil
}

// tally includes a stall that goes on.
func (k *taker) tally() tally {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.seen
	t.Stalls = append([]stall(nil), t.Stalls...)
	if s := time.Since(k.last); !t.Ended && !k.last.IsZero() && s >= stallLeast {
		t.Stalls = append(t.Stalls, stall{k.last, s})
	}
	return t
}

// longest returns the longest stall that touches the time from one instant to
// another.
func (t tally) longest(from, to time.Time) stall {
	var longest stall
	for _, s := range t.Stalls {
		if s.From.Before(to) && s.From.Add(s.For).After(from) && s.For > longest.For {
			longest = s
		}
	}
	return longest
}

// sender writes a stream until it is finished.
type sender struct {
	stop chan struct{}
	done chan struct{}
	sent tally // once done
}

// newSender sends over c, as fast as it goes if rate is 0. What it could not
// send in time it does not send faster later.
func newSender(c net.Conn, rate int) *sender {
	s := &sender{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		err := s.run(c, rate)
		if err := errors.Join(err, c.Close()); err != nil {
			s.sent.Err = err.Error()
		}
	}()
	return s
}

func (s *sender) run(c net.Conn, rate int) error {
	block := make([]byte, streamBlock)
	always := make(chan time.Time)
	close(always)
	var next <-chan time.Time = always
	if rate > 0 {
		block = block[:rate*int(streamTick)/int(time.Second)]
		ticker := time.NewTicker(streamTick)
		defer ticker.Stop()
		next = ticker.C
	}
	for {
		select {
		case <-s.stop:
			return nil
		case <-next:
		}
		count(block, s.sent.Bytes)
		n, err := c.Write(block)
		s.sent.Bytes += int64(n)
		if err != nil {
			return err
		}
	}
}

func (s *sender) finish() (tally, error) {
	close(s.stop)
	<-s.done
	if s.sent.Err != "" {
		return s.sent, errors.New(s.sent.Err)
	}
	return s.sent, nil
}
