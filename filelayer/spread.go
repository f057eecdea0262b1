package filelayer

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	spreadAhead = 16 << 20 // bytes of a file that are held in memory until those before them have come

	partFirst = 256 << 10       // asked for when the rate of a stream is not known
	partLeast = 64 << 10        // and whatever its rate
	partMost  = 4 << 20         // at once
	partTime  = 2 * time.Second // or what comes in this time
	partPiece = 128 << 10       // read at once

	lateAfter   = 500 * time.Millisecond // how long a stream is let be before its rate is judged
	silentPart  = 3 * time.Second        // without bytes, a part is asked for elsewhere
	holderAgain = 5 * time.Second        // until a device that failed is asked again, at first
	holderMost  = time.Minute            // and at most
	slowAgain   = 10 * time.Second       // until a stream too slow to be of use is tried again
)

// spreadHooks join a spread to devices, and to who shows it. They must not call it.
type spreadHooks struct {
	open  func(ctx context.Context, id string, offset, end int64) (io.ReadCloser, error)
	tell  func(from []string, done int64) // who gives the file, and how much of it is here
	blame func(id string, err error) error
}

// A spread reads a file from several devices at once. Each of a few streams asks
// its device for one part after the other: a faster stream gets more and larger
// ones. What comes is held in a ring until what is before it has been read. A part
// that fails, falls silent or comes much slower than another stream would bring it
// is finished by that, from the byte on where it is. Its ctx is that of the transfer.
type spread struct {
	ctx     context.Context
	cancel  context.CancelFunc
	hooks   spreadHooks
	size    int64
	ring    []byte  // the byte at offset is at offset modulo its length
	room    *[]byte // of rings, where ring is
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	changed sync.Cond
	read    int64   // handed on up to here
	next    int64   // in parts up to here
	done    int64   // bytes of the file that are here, or were before
	parts   []*part // in order, those that are not read to their end
	streams []*stream
	holders []*holder
	failed  error // no device is left to ask
}

// A part is a range of the file that is asked for at once.
type part struct {
	at, end int64     // the bytes that have not come
	by      *stream   // whose it is; nil: to be asked for
	drop    func()    // ends what by does
	asked   time.Time // of by
	latest  time.Time // when bytes came last, or it was asked for
	begun   int64     // where by began
}

type holder struct {
	id    string
	fails int       // since bytes came last
	again time.Time // when to be asked again
	gone  bool      // not to be asked again
}

// A stream is one request after the other to a device.
type stream struct {
	from *holder
	rate float64   // bytes a second; 0 while it is not known
	used time.Time // when it ended a part last
}

// openSpread reads a file of size bytes from offset on. Close ends
// what it has begun.
func openSpread(ctx context.Context, ids []string, offset, size int64, hooks spreadHooks) *spread {
	ctx, cancel := context.WithCancel(ctx)
	room := rings.Get().(*[]byte)
	s := &spread{
		ctx: ctx, cancel: cancel, hooks: hooks, size: size, ring: (*room)[:min(spreadAhead, size-offset)], room: room,
		read: offset, next: offset, done: offset,
	}
	s.changed.L = &s.mu
	for _, id := range ids[:min(len(ids), fetchers)] {
		s.holders = append(s.holders, &holder{id: id})
	}
	for i := range fetchers {
		s.streams = append(s.streams, &stream{from: s.holders[i%len(s.holders)]})
	}
	for _, t := range s.streams {
		s.running.Go(func() { s.run(ctx, t) })
	}
	context.AfterFunc(ctx, s.wake)
	return s
}

var rings = sync.Pool{New: func() any { b := make([]byte, spreadAhead); return &b }}

func (s *spread) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// Close ends all requests. Nothing may be read after it.
func (s *spread) Close() error {
	s.cancel()
	s.running.Wait()
	rings.Put(s.room)
	return nil
}

// Read hands on what has come, in order. It fails when no device is left to ask.
func (s *spread) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.read < s.size && (len(s.parts) == 0 || s.parts[0].at == s.read) {
		switch {
		case s.ctx.Err() != nil:
			return 0, context.Cause(s.ctx)
		case s.failed != nil:
			return 0, s.failed
		}
		s.changed.Wait()
	}
	if s.read == s.size {
		return 0, io.EOF
	}
	first := s.parts[0]
	from := s.read % int64(len(s.ring))
	n := copy(b, s.ring[from:min(int64(len(s.ring)), from+first.at-s.read)])
	if s.read += int64(n); s.read == first.end {
		s.parts = s.parts[1:]
	}
	s.changed.Broadcast()
	return n, nil
}

// run is one stream.
func (s *spread) run(ctx context.Context, t *stream) {
	piece := make([]byte, partPiece)
	for {
		asking, p := s.take(ctx, t)
		if p == nil {
			return
		}
		began := time.Now()
		n, err := s.fill(asking, t, p, piece)
		s.end(t, p, n, time.Since(began), err)
	}
}

// take waits for a part for a stream; nil when there is none any more.
func (s *spread) take(ctx context.Context, t *stream) (context.Context, *part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ctx.Err() == nil && s.failed == nil && !t.from.gone && !s.complete() {
		now := time.Now()
		if !now.Before(t.from.again) {
			if p := s.pick(t, now); p != nil {
				return s.give(ctx, p, t, now), p
			}
		}
		look := time.AfterFunc(lateAfter, s.wake)
		s.changed.Wait()
		look.Stop()
	}
	return nil, nil
}

// complete says whether all bytes have come. The caller holds mu.
func (s *spread) complete() bool { return s.done == s.size }

// pick chooses a part for a stream: one that nobody brings, else the next of the
// file, else one that is late. The caller holds mu.
func (s *spread) pick(t *stream, now time.Time) *part {
	if i := slices.IndexFunc(s.parts, func(p *part) bool { return p.by == nil && p.at < p.end }); i >= 0 {
		return s.parts[i]
	}
	most := min(s.size, s.read+int64(len(s.ring)))
	if n := s.length(t, now); n > 0 && (s.next+n <= most || most == s.size && s.next < most) {
		p := &part{at: s.next, end: min(s.next+n, most)}
		s.next = p.end
		s.parts = append(s.parts, p)
		return p
	}
	if i := slices.IndexFunc(s.parts, func(p *part) bool { return p.late(t, now) }); i >= 0 {
		return s.parts[i]
	}
	return nil
}

// length is how much a stream is asked for at once: so much that all streams
// together are done with half of what the ring holds at the same time. It is 0,
// but for a trial now and then, for one so slow that the others would have to
// wait for it. The caller holds mu.
func (s *spread) length(t *stream, now time.Time) int64 {
	ring := float64(len(s.ring))
	if t.rate == 0 {
		return min(partFirst, int64(ring))
	}
	all := t.rate
	for _, other := range s.streams {
		if other != t && !other.from.gone && other.from.fails == 0 {
			all += other.rate
		}
	}
	share := ring * t.rate / all
	if share < partLeast && now.Sub(t.used) < slowAgain {
		return 0
	}
	return min(max(int64(min(t.rate*partTime.Seconds(), share/2)), partLeast), partMost, int64(ring))
}

// late says whether a stream of another device should finish a part. The caller
// holds the spread's mu.
func (p *part) late(t *stream, now time.Time) bool {
	if p.by == nil || p.at == p.end || p.by.from == t.from {
		return false
	}
	passed := now.Sub(p.asked)
	switch {
	case now.Sub(p.latest) >= silentPart:
		return true
	case passed < lateAfter || t.rate == 0:
		return false
	}
	// At its rate the rest takes more than twice as long, and a while.
	rest, came := float64(p.end-p.at), float64(p.at-p.begun)
	return rest*passed.Seconds() > came*(2*rest/t.rate+lateAfter.Seconds()/2)
}

// give lets a stream bring a part, in place of the one that does now, if any: a
// device that is silent counts as one that failed. The caller holds mu.
func (s *spread) give(ctx context.Context, p *part, t *stream, now time.Time) context.Context {
	if p.by != nil {
		p.drop()
		if now.Sub(p.latest) >= silentPart {
			s.fail(p.by.from, errStalled, now)
		}
	}
	ctx, drop := context.WithCancel(ctx)
	p.by, p.drop, p.asked, p.latest, p.begun = t, drop, now, now, p.at
	return ctx
}

// fill brings a part, and returns how many bytes of it.
func (s *spread) fill(ctx context.Context, t *stream, p *part, piece []byte) (n int64, err error) {
	s.mu.Lock()
	at, end := p.at, p.end
	s.mu.Unlock()
	body, err := s.hooks.open(ctx, t.from.id, at, end)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	for at+n < end {
		m, err := body.Read(piece[:min(int64(len(piece)), end-at-n)])
		if !s.put(t, p, piece[:m]) {
			return n, nil
		}
		n += int64(m)
		switch {
		case at+n == end:
		case errors.Is(err, io.EOF):
			return n, io.ErrUnexpectedEOF
		case err != nil:
			return n, err
		}
	}
	return n, nil
}

// put takes in bytes of a part; false when another stream brings it now.
func (s *spread) put(t *stream, p *part, b []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.by != t {
		return false
	}
	if len(b) == 0 {
		return true
	}
	n := copy(s.ring[p.at%int64(len(s.ring)):], b)
	copy(s.ring, b[n:])
	p.at += int64(len(b))
	s.done += int64(len(b))
	p.latest, t.from.fails = time.Now(), 0
	s.hooks.tell(s.giving(), s.done)
	s.changed.Broadcast()
	return true
}

// giving lists the devices that have not failed. The caller holds mu.
func (s *spread) giving() (ids []string) {
	for _, h := range s.holders {
		if !h.gone && h.fails == 0 {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// end notes what has become of a part that a stream was to bring.
func (s *spread) end(t *stream, p *part, n int64, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate := max(float64(n)/max(took.Seconds(), 1e-3), 1)
	if t.rate > 0 {
		rate = (t.rate + rate) / 2
	}
	t.rate, t.used = rate, time.Now()
	if p.by == t {
		p.drop()
		p.by = nil
		if err != nil && s.ctx.Err() == nil {
			s.fail(t.from, err, time.Now())
		}
	}
	s.changed.Broadcast()
}

// fail lets a device be for a while; for good when it has another file. Without
// another one to ask, the whole has failed. The caller holds mu.
func (s *spread) fail(h *holder, err error, now time.Time) {
	err = s.hooks.blame(h.id, err)
	h.gone = h.gone || errors.Is(err, errWrongSize)
	if !now.Before(h.again) {
		h.again = now.Add(min(holderAgain<<min(h.fails, 8), holderMost))
		h.fails++
	}
	if !slices.ContainsFunc(s.holders, func(h *holder) bool { return !h.gone && !now.Before(h.again) }) {
		s.failed = err
	}
	s.changed.Broadcast()
}
