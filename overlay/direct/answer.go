package direct

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	maxSignals       = 16                     // connections at the SignalPort at a time
	maxDeviceSignals = maxSignals / 4         // of one device, so that none can take them all
	askEvery         = 100 * time.Millisecond // the same of one device; more is a fault, or a flood
	observedFor      = 10 * time.Second       // a session that only observes stays open
	answeringWait    = checkWait + dialWait
)

// exchange asks a device one question.
func (e *Engine) exchange(ctx context.Context, key ed25519.PublicKey, question message) (message, error) {
	ctx, cancel := context.WithTimeout(ctx, signalWait)
	defer cancel()
	conn, err := e.opts.Dial(ctx, key)
	if err != nil {
		return message{}, fmt.Errorf("%w: %w", ErrSignal, err)
	}
	defer func() { _ = conn.Close() }() // the answer is read
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := writeMessage(conn, question); err != nil {
		return message{}, fmt.Errorf("%w: %w", ErrSignal, err)
	}
	m, err := readMessage(conn)
	want := typeOffer
	if question.Type == typeNudge {
		want = typeOK
	}
	switch {
	case err != nil:
		return message{}, fmt.Errorf("%w: %w", ErrSignal, err)
	case m.Type == typeError:
		return message{}, fmt.Errorf("%w: it says %q", ErrSignal, m.Error)
	case m.Type != want:
		return message{}, fmt.Errorf("%w: %w", ErrSignal, errMessage)
	}
	return m, nil
}

// nudge asks a device that calls us to do so.
func (e *Engine) nudge(ctx context.Context, p *peer) {
	ctx, cancel := p.during(ctx)
	defer cancel()
	_, err := e.exchange(ctx, p.key, message{Type: typeNudge}) // it calls by itself in a while
	e.mu.Lock()
	p.nudging = false
	e.mu.Unlock()
	if err == nil {
		e.Kick()
	}
}

// acceptSignals answers devices until the listener is closed.
func (e *Engine) acceptSignals(ctx context.Context, ln net.Listener) {
	var group sync.WaitGroup
	defer group.Wait()
	free := make(chan struct{}, maxSignals)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		select {
		case free <- struct{}{}:
		default:
			_ = conn.Close() // refused: nobody to tell
			continue
		}
		group.Go(func() {
			defer func() { <-free }()
			e.serve(ctx, conn)
		})
	}
}

// serve answers one question.
func (e *Engine) serve(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }() // the other end closes first
	if conn.SetDeadline(time.Now().Add(signalWait)) != nil {
		return
	}
	key := e.opts.KeyOf(conn)
	if key == nil || !e.isDevice(key) {
		return
	}
	p, ok := e.enter(key)
	defer e.leave(p)
	if !ok {
		return // refused: it does not wait for its answers
	}
	m, err := readMessage(conn)
	if err != nil {
		_ = writeMessage(conn, message{Type: typeError, Error: err.Error()}) // the other end may be gone
		return
	}
	reply, then := e.reply(ctx, p, m)
	if writeMessage(conn, reply) == nil && then != nil {
		then()
	}
}

// enter counts a connection of a device, and reports false when there are too
// many. leave ends what enter began.
func (e *Engine) enter(key ed25519.PublicKey) (*peer, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peerOf(key)
	p.served++
	return p, p.served <= maxDeviceSignals
}

func (e *Engine) leave(p *peer) {
	e.mu.Lock()
	p.served--
	e.mu.Unlock()
}

// reply answers a question; what is to be done once the answer is sent is
// returned with it.
func (e *Engine) reply(ctx context.Context, p *peer, m message) (reply message, then func()) {
	refuse := func(why string) (message, func()) { return message{Type: typeError, Error: why}, nil }
	e.mu.Lock()
	now := time.Now()
	flood := now.Sub(p.asked[m.Type]) < askEvery
	if m.Type == typeOffer || m.Type == typeObserve || m.Type == typeNudge {
		p.asked[m.Type] = now
	}
	e.mu.Unlock()
	switch {
	case flood:
		return refuse("too soon after the last question")
	case m.Type == typeNudge && p.caller:
		return message{Type: typeOK}, func() { e.nudged(p) }
	case m.Type == typeObserve:
		return e.observe(ctx, p)
	case m.Type == typeOffer && !p.caller:
		return e.answer(ctx, p, m)
	}
	return refuse("no such question")
}

func (e *Engine) nudged(p *peer) {
	e.mu.Lock()
	p.refresh(time.Now())
	e.mu.Unlock()
	e.Kick()
}

// observe answers checks for a while, so that the other end sees by the
// answers where it sends from.
func (e *Engine) observe(ctx context.Context, p *peer) (message, func()) {
	candidates := hostCandidates(e.opts.Subnets(), e.socket.port())
	candidates = publicOnly(append(candidates, candidate{kindMapped, e.mapped()}))
	if len(candidates) == 0 {
		return message{Type: typeError, Error: "no public address"}, nil
	}
	c, err := openSession(e.socket)
	if err != nil {
		return message{Type: typeError, Error: err.Error()}, nil
	}
	ctx, cancel := e.anew(ctx, p, typeObserve)
	e.group.Go(func() {
		defer cancel()
		defer c.close()
		timer := time.NewTimer(observedFor)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	})
	return message{Type: typeOffer, User: c.user, Password: c.password, Candidates: candidates}, nil
}

// anew returns a context for what is done about a question of a device, and
// ends what is still done about the one of that type before: it has given up
// on that.
func (e *Engine) anew(ctx context.Context, p *peer, kind string) (context.Context, context.CancelFunc) {
	ctx, cancel := p.during(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	if before := p.answering[kind]; before != nil {
		before()
	}
	p.answering[kind] = cancel
	return ctx, cancel
}

// answer tells a device that calls us how we can be reached, and knocks at its
// candidates while it knocks at ours.
func (e *Engine) answer(ctx context.Context, p *peer, m message) (message, func()) {
	c, err := openSession(e.socket)
	if err != nil {
		return message{Type: typeError, Error: err.Error()}, nil
	}
	ctx, cancel := e.anew(ctx, p, typeOffer)
	reply := e.offer(ctx, c)
	asked := askable(m.Candidates, e.opts.Subnets())
	attempt := Attempt{At: time.Now(), NAT: m.NAT, Offered: len(reply.Candidates), Asked: len(asked), ClockOff: clockOff(m.Time)}
	e.group.Go(func() {
		defer cancel()
		soon, cancel := context.WithTimeout(ctx, answeringWait)
		defer cancel()
		if hopeless(asked, reply.Candidates) {
			cancel()
		}
		uris := e.listeners(m.Listeners)
		silent := time.AfterFunc(silentWait(answeringWait, uris), func() {
			if !c.hasAnswer() {
				cancel()
			}
		})
		defer silent.Stop()
		c.run(soon, m.User, m.Password, asked)
		c.close()
		e.answered(ctx, p, c, uris, attempt)
	})
	return reply, nil
}

// answered notes how a device that calls has fared once it has had its time. If
// there is no link, it calls the device's TCP listeners, if any.
func (e *Engine) answered(ctx context.Context, p *peer, c *session, uris []string, a Attempt) {
	if ctx.Err() != nil {
		return
	}
	linked := slices.ContainsFunc(e.opts.Devices(), func(d Device) bool { return d.Linked && d.Key.Equal(p.key) })
	e.mu.Lock()
	linked = linked || len(p.links) > 0
	for l := range p.links {
		a.Method = l.Method
	}
	e.mu.Unlock()
	a.Took = time.Since(a.At)
	if !linked {
		a.Err = ErrNoAnswer
		if c.hasAnswer() {
			a.Err = ErrHandshake
		}
	}
	e.note(p, a)
	if !linked {
		e.callListeners(ctx, p, uris)
	}
}
