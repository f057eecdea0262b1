package direct

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// graceful is how long a direct link is kept beside a better one, so that what
// is on its way arrives.
const graceful = 5 * time.Second

// Engine makes direct links with the devices that Options.Devices tells of,
// and keeps them.
type Engine struct {
	opts   Options
	own    ed25519.PublicKey
	socket *socket
	kick   chan struct{}
	group  sync.WaitGroup // attempts and links

	looking sync.Mutex // held while others are asked where they see us

	mu      sync.Mutex // guards what follows
	peers   map[string]*peer
	report  Report
	changes int // that refresh was told of
}

// peer is what the engine knows of one device.
type peer struct {
	key    ed25519.PublicKey
	caller bool // we are, and it is called
	plan   plan // of the caller
	last   Attempt

	calling   context.CancelFunc            // ends the call that is being made; nil without one
	answering map[string]context.CancelFunc // end what is done about its last questions, by type of message
	asked     map[string]time.Time          // when it asked last, by type of message
	served    int                           // its connections at our SignalPort
	nudging   bool
	observes  bool // it is online and linked, and may tell where it sees us
	links     map[*Link]context.CancelFunc
	useless   time.Time // since when there is a better link; zero if there is none

	gone chan struct{} // closed when the device is none of ours any more
}

// during returns a context that also ends when the device is none of ours any
// more.
func (p *peer) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-p.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Open binds the socket; Run uses it, Close gives it back without Run.
func Open(opts Options) (*Engine, error) { return open(opts, anyAddress()...) }

func open(opts Options, addresses ...string) (*Engine, error) {
	s, err := bindSocket(addresses...)
	if err != nil {
		return nil, err
	}
	return &Engine{
		opts: opts, own: opts.Private.Public().(ed25519.PublicKey), socket: s,
		kick: make(chan struct{}, 1), peers: map[string]*peer{}, report: Report{Port: s.port()},
	}, nil
}

// Port returns the UDP port of the socket, for a router to forward.
func (e *Engine) Port() uint16 { return e.socket.port() }

// Close gives back what Open took. It is for an engine that does not run.
func (e *Engine) Close() error { return e.socket.close() }

// Run makes and keeps links until ctx ends. It answers other devices on
// signals, which listens on their SignalPort and is closed with it.
func (e *Engine) Run(ctx context.Context, signals net.Listener) error {
	ln, err := e.socket.listen(MutualTLS(e.opts.Certificate, protocol, e.isDevice))
	if err != nil {
		return errors.Join(fmt.Errorf("listen for direct links: %w", err), signals.Close(), e.socket.close())
	}
	var group sync.WaitGroup
	group.Go(func() { e.socket.run(ctx) })
	group.Go(func() { e.acceptLinks(ctx, ln) })
	group.Go(func() { e.acceptSignals(ctx, signals) })
	e.loop(ctx)
	err = errors.Join(ignoreClosed(signals.Close()), ignoreClosed(ln.Close()))
	group.Wait() // nothing new begins
	e.group.Wait()
	return errors.Join(err, e.socket.close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Kick looks at Options.Devices again: something about them has changed.
func (e *Engine) Kick() {
	select {
	case e.kick <- struct{}{}:
	default:
	}
}

// Refresh tries all devices at once: this device's network, or how it can be
// reached, has changed.
func (e *Engine) Refresh() {
	e.mu.Lock()
	e.refresh(time.Now())
	e.mu.Unlock()
	e.Kick()
}

// refresh is called with mu held.
func (e *Engine) refresh(now time.Time) {
	e.report.Asked = time.Time{}
	e.changes++
	for _, p := range e.peers {
		p.refresh(now)
	}
}

// refresh tries the device at once. What a call that is being made was told is
// out of date. The caller holds Engine.mu.
func (p *peer) refresh(now time.Time) {
	p.plan.refresh(now)
	if p.calling != nil {
		p.calling()
	}
}

// observed reports whether a device has come that may tell where it sees us,
// when nobody has yet: without that, little can have been offered to others.
// The caller holds mu.
func (e *Engine) observed(devices []Device) bool {
	came := false
	for _, d := range devices {
		p := e.peerOf(d.Key)
		observes := d.Online && d.Linked
		came = came || observes && !p.observes
		p.observes = observes
	}
	return came && len(e.report.Seen) == 0
}

func (e *Engine) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.kick:
		case <-timer.C:
		}
		timer.Reset(e.tick(ctx, time.Now()))
	}
}

// tick begins what is due, ends what is not wanted any more, and returns how
// long until it should look again.
func (e *Engine) tick(ctx context.Context, now time.Time) time.Duration {
	devices := e.opts.Devices()
	e.mu.Lock()
	defer e.mu.Unlock()
	wait := time.Minute
	for _, p := range e.peers {
		if !slices.ContainsFunc(devices, func(d Device) bool { return d.Key.Equal(p.key) }) {
			e.dismiss(p)
		}
	}
	if e.observed(devices) {
		e.refresh(now)
	}
	for _, d := range devices {
		p := e.peerOf(d.Key)
		if wait = min(wait, p.prune(now, d.Linked)); !d.Online {
			p.plan.away(now)
		}
		wanted := d.Online && !d.Linked && len(p.links) == 0
		if wanted && !p.plan.busy && now.Before(p.plan.next) {
			wait = min(wait, p.plan.next.Sub(now))
		}
		switch {
		case p.caller && p.plan.due(now, wanted):
			e.group.Go(func() { e.try(ctx, p) })
		case !p.caller && wanted && p.plan.again && !p.nudging:
			p.nudging, p.plan.again = true, false
			e.group.Go(func() { e.nudge(ctx, p) })
		}
	}
	return max(wait, 0)
}

// peerOf returns what is known of a device, the least at first. The caller
// holds mu.
func (e *Engine) peerOf(key ed25519.PublicKey) *peer {
	p := e.peers[string(key)]
	if p == nil {
		p = &peer{
			key: slices.Clone(key), caller: bytes.Compare(e.own, key) < 0,
			asked: map[string]time.Time{}, answering: map[string]context.CancelFunc{}, links: map[*Link]context.CancelFunc{}, gone: make(chan struct{}),
		}
		e.peers[string(key)] = p
	}
	return p
}

// dismiss cuts a device that is none of ours any more. The caller holds mu.
func (e *Engine) dismiss(p *peer) {
	close(p.gone)
	delete(e.peers, string(p.key))
}

// prune cuts direct links that a better one has made useless, and returns when
// to look again. Only the caller does: of two links that each end has called at
// a TCP listener of the other, both take their own for the worse one, and would
// cut both.
func (p *peer) prune(now time.Time, linked bool) time.Duration {
	if !linked || !p.caller || len(p.links) == 0 {
		p.useless = time.Time{}
		return time.Minute
	}
	if p.useless.IsZero() {
		p.useless = now
	}
	left := graceful - now.Sub(p.useless)
	if left <= 0 {
		for _, cut := range p.links {
			cut()
		}
		return time.Minute
	}
	return left
}

func (e *Engine) isDevice(key ed25519.PublicKey) bool {
	return slices.ContainsFunc(e.opts.Devices(), func(d Device) bool { return d.Key.Equal(key) })
}

// try makes a link to a device that we call, and keeps it.
func (e *Engine) try(ctx context.Context, p *peer) {
	ctx, cancel := p.during(ctx)
	defer cancel()
	began := time.Now()
	attempt := Attempt{At: began}
	calling, stop := context.WithCancel(ctx)
	defer stop()
	e.mu.Lock()
	p.calling = stop
	e.mu.Unlock()
	link, uris, err := e.call(calling, p, &attempt)
	e.mu.Lock()
	p.calling = nil
	e.mu.Unlock()
	attempt.Took, attempt.Err = time.Since(began), err
	good := false
	switch {
	case err != nil && calling.Err() != nil: // it begins anew, or not at all
	case err == nil:
		attempt.Method = link.Method
		e.note(p, attempt)
		good = e.keep(ctx, p, link) > goodLink
	default:
		e.note(p, attempt)
		good = e.callListeners(ctx, p, uris) > goodLink
	}
	e.mu.Lock()
	p.plan.ended(time.Now(), good)
	e.mu.Unlock()
	e.Kick()
}

func (e *Engine) note(p *peer, a Attempt) {
	e.mu.Lock()
	p.last = a
	e.mu.Unlock()
	if a.Err != nil {
		e.log().Debug("No direct link", slog.String("device", shortKey(p.key)), slog.Any("err", a.Err))
	}
	e.opts.Changed()
}

// call asks the other end for its candidates and dials the best that answers.
// Without one it returns at which TCP listeners the device may be reached.
func (e *Engine) call(ctx context.Context, p *peer, a *Attempt) (link Link, uris []string, err error) {
	c, err := openSession(e.socket)
	if err != nil {
		return Link{}, nil, err
	}
	defer c.close()
	offer := e.offer(ctx, c)
	theirs, err := e.exchange(ctx, p.key, offer)
	if err != nil {
		return Link{}, nil, err
	}
	asked := askable(theirs.Candidates, e.opts.Subnets())
	uris = e.listeners(theirs.Listeners)
	a.Offered, a.Asked, a.NAT = len(offer.Candidates), len(asked), theirs.NAT
	a.ClockOff = clockOff(theirs.Time)
	if hopeless(asked, offer.Candidates) {
		return Link{}, uris, ErrNoAnswer
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	group.Go(func() { c.run(ctx, theirs.User, theirs.Password, asked) })
	soon, stop := context.WithTimeout(ctx, silentWait(checkWait, uris))
	c.wait(soon)
	stop()
	err = ErrNoAnswer
	for _, w := range c.ways(e.methodOf(offer.Candidates)) {
		if link, err = e.socket.dial(ctx, w, e.opts.Certificate, p.key); err == nil {
			return link, nil, nil
		}
	}
	return Link{}, uris, err
}

// silentWait is how long checks may stay without an answer, of the time they
// have, when the other end has TCP listeners at these URIs.
func silentWait(wait time.Duration, uris []string) time.Duration {
	if len(uris) > 0 {
		return min(wait, listenersWait)
	}
	return wait
}

func clockOff(theirs int64) time.Duration {
	if theirs == 0 {
		return 0
	}
	return time.Until(time.UnixMilli(theirs))
}

// offer describes how this device can be reached.
func (e *Engine) offer(ctx context.Context, c *session) message {
	m := message{Type: typeOffer, User: c.user, Password: c.password, Candidates: e.gather(ctx), Time: time.Now().UnixMilli()}
	m.NAT = e.Report().NAT
	if e.opts.Listeners != nil {
		m.Listeners = e.listeners(e.opts.Listeners())
	}
	return m
}

// methodOf names the way to a candidate, given our own candidates.
func (e *Engine) methodOf(own []candidate) func(candidate) string {
	subnets := e.opts.Subnets()
	has := func(kind string, public bool) bool {
		return slices.ContainsFunc(own, func(c candidate) bool {
			return c.Kind == kind && (!public || IsPublic(c.At.Addr()))
		})
	}
	open, mapped := has(kindHost, true) && e.Report().NAT == NATNone, has(kindMapped, false)
	return func(c candidate) string {
		switch {
		case isNear(c.At.Addr(), subnets):
			return MethodLAN
		case open, c.Kind == kindHost:
			return MethodPublic
		case mapped, c.Kind == kindMapped:
			return MethodMapped
		}
		return MethodPunched
	}
}

// keep uses a link for as long as it lasts, and returns how long that was. It
// takes the place of older ones.
func (e *Engine) keep(ctx context.Context, p *peer, l Link) time.Duration {
	ctx, cancel := p.during(ctx)
	defer cancel()
	e.mu.Lock()
	for _, cut := range p.links {
		cut()
	}
	p.links[&l] = cancel
	e.mu.Unlock()
	began := time.Now()
	e.opts.Changed()
	err := e.opts.Carry(ctx, l)
	e.mu.Lock()
	delete(p.links, &l)
	e.mu.Unlock()
	lasted := time.Since(began)
	e.log().DebugContext(ctx, "Direct link ended", slog.String("device", shortKey(p.key)), slog.Duration("lasted", lasted), slog.Any("err", err))
	e.opts.Changed()
	e.Kick()
	return lasted
}

// listeners returns those that this device may call, or be called at.
func (e *Engine) listeners(uris []string) []string {
	subnets := e.opts.Subnets()
	var kept []string
	for _, uri := range uris {
		if at, ok := tlsAddress(uri); ok && mayAsk(at, subnets) && len(kept) < maxListeners {
			kept = append(kept, uri)
		}
	}
	return kept
}

// callListeners keeps a link to the first TCP listener that leads to the
// device, and returns how long it lasted.
func (e *Engine) callListeners(ctx context.Context, p *peer, uris []string) time.Duration {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, uri := range uris {
		began := time.Now()
		at, _ := tlsAddress(uri)
		l := &Link{Key: p.key, Remote: at, Method: MethodPublic}
		e.mu.Lock()
		p.links[l] = cancel
		e.mu.Unlock()
		_ = e.opts.Call(ctx, uri, p.key) // the next one, or the next attempt
		e.mu.Lock()
		delete(p.links, l)
		e.mu.Unlock()
		if lasted := time.Since(began); lasted > goodLink || ctx.Err() != nil {
			return lasted
		}
	}
	return 0
}

const maxListeners = 4

func tlsAddress(uri string) (netip.AddrPort, bool) {
	const scheme = "tls://"
	if len(uri) < len(scheme) || uri[:len(scheme)] != scheme {
		return netip.AddrPort{}, false
	}
	at, err := netip.ParseAddrPort(uri[len(scheme):])
	return at, err == nil
}

// acceptLinks takes the connections of devices that call us.
func (e *Engine) acceptLinks(ctx context.Context, ln *quic.Listener) {
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			return // ctx has ended, or the socket is closed
		}
		e.group.Go(func() {
			l, err := receive(ctx, conn)
			if err != nil {
				_ = conn.CloseWithError(1, "") // it did not speak our protocol
				return
			}
			e.mu.Lock()
			p := e.peerOf(l.Key)
			e.mu.Unlock()
			e.keep(ctx, p, l)
		})
	}
}

func (e *Engine) log() *slog.Logger {
	if e.opts.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return e.opts.Log
}

func shortKey(key ed25519.PublicKey) string { return fmt.Sprintf("%.4x", []byte(key)) }
