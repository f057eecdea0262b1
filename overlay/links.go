package overlay

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/yggdrasil-network/yggdrasil-go/src/core"

	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/overlay/direct"
)

const acceptPause = time.Second

// links makes and keeps all links of a node.
type links struct {
	core    *core.Core
	private ed25519.PrivateKey
	tls     *tls.Config
	log     *slog.Logger
	changed func()                                      // something about a peering has changed
	moved   func()                                      // a link has come or gone: the ways to devices have changed
	welcome func(from ed25519.PublicKey, by *link) bool // devices.welcome
	ports   treePorts
	express func(context.Context, stream) error // takes a connection that is not for a link
	struck  func(*link)                         // a link has ended

	listeners []*linkListener // fixed before run
	added     chan struct{}   // a static peer has been added
	renewed   signal.Signal   // the network is another: what waits tries again
	shifted   signal.Signal   // a link has come or gone, or a static peer

	mu      sync.Mutex // guards what follows
	up      map[*link]struct{}
	past    Traffic // of links that have ended
	static  []*staticPeer
	inbound map[netip.Addr]int     // links by hostOf, those still greeting included
	budgets map[netip.Addr]*budget // by hostOf
}

// staticPeer is a peering that is tried for ever.
type staticPeer struct {
	uri     peerURI
	text    string             // as given
	hint    bool               // it is only where a device may be found
	cancel  context.CancelFunc // nil until it is being tried
	key     ed25519.PublicKey  // of the last link
	lastErr string
}

func newLinks(c *core.Core, private ed25519.PrivateKey, config *tls.Config, log *slog.Logger) *links {
	return &links{
		core: c, private: private, tls: config, log: log,
		added: make(chan struct{}, 1), up: map[*link]struct{}{}, inbound: map[netip.Addr]int{},
		budgets: map[netip.Addr]*budget{}, struck: func(*link) {},
	}
}

// enter counts an inbound link of a host, and reports false when there are too
// many. leave ends what enter began.
func (ls *links) enter(host netip.Addr) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := 0
	for _, n := range ls.inbound {
		all += n
	}
	if all >= maxInbound || ls.inbound[host] >= maxInboundHost {
		return false
	}
	ls.inbound[host]++
	return true
}

func (ls *links) leave(host netip.Addr) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.inbound[host]--; ls.inbound[host] == 0 {
		delete(ls.inbound, host)
	}
}

// run serves the listeners and tries the static peers until ctx ends; all
// links made by them are gone when it returns.
func (ls *links) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	for _, l := range ls.listeners {
		group.Go(func() { l.serve(ctx, ls) })
	}
	for {
		ls.mu.Lock()
		for _, p := range ls.static {
			if p.cancel != nil {
				continue
			}
			peerCtx, cancel := context.WithCancel(ctx)
			p.cancel = cancel
			group.Go(func() { ls.tryForEver(peerCtx, p) })
		}
		ls.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ls.added:
		}
	}
}

// closeListeners is for a node that never ran.
func (ls *links) closeListeners() error {
	var errs []error
	for _, l := range ls.listeners {
		if err := l.close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// tryForEver keeps a link to p, with pauses after failures that double up to
// p's longest, and end when the network changes.
func (ls *links) tryForEver(ctx context.Context, p *staticPeer) {
	pauses := backoff{longest: p.uri.backoff}
	renewed, stop := ls.renewed.Listen()
	defer stop()
	for ctx.Err() == nil {
		began := time.Now()
		err := ls.call(ctx, p.uri, PeeringStatic, func(key ed25519.PublicKey) {
			ls.note(p, key, nil)
		})
		if ctx.Err() != nil {
			return
		}
		ls.note(p, nil, err)
		ls.changed()
		if time.Since(began) > maxBackoff {
			pauses.reset() // it was a good link
		}
		if pauses.wait(ctx, renewed) != nil {
			return
		}
	}
}

func (ls *links) note(p *staticPeer, key ed25519.PublicKey, err error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if key != nil {
		p.key = key
	}
	p.lastErr = ""
	if err != nil {
		p.lastErr = err.Error()
	}
}

// call dials u and keeps the link. It returns why the link was not made, or
// has ended: never nil.
func (ls *links) call(ctx context.Context, u peerURI, kind string, up func(ed25519.PublicKey)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := ls.dial(ctx, cancel, u)
	if err != nil {
		return err
	}
	k := &link{uri: u.name(), kind: kind, remote: remoteAddr(s), method: MethodStatic}
	if k.local = isLocal(k.remote); k.local && u.priority == priorityDefault {
		u.priority = priorityLAN
	}
	switch kind {
	case PeeringLAN:
		k.method = MethodLAN
	case PeeringDirect:
		k.method = MethodPublic
	}
	return ls.keep(ctx, s, u, k, up)
}

func (ls *links) keepInbound(ctx context.Context, s stream, u peerURI, k *link) error {
	u.key = nil // pins are for outbound links
	return ls.keep(ctx, s, u, k, func(ed25519.PublicKey) {})
}

// keep greets the other end and hands the link to the core for as long
// as it lasts. It returns why it ended: never nil.
func (ls *links) keep(ctx context.Context, s stream, u peerURI, k *link, up func(ed25519.PublicKey)) error {
	ctx, k.cut = context.WithCancel(ctx)
	defer k.cut()
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	defer func() { _ = s.Close() }() // the core has closed it, if it got it
	k.own = ownEnd(ctx, s)
	g, err := exchange(s, ls.private, u.priority, u.password)
	if err != nil {
		return err
	}
	if err := checkPeer(u, g, s.tls); err != nil {
		return err
	}
	k.key = slices.Clone(g.key)
	up(k.key)
	return ls.carry(s, k, g.priority)
}

// keepDirect keeps a link that was made together with the device at its other
// end, which has proved its key. It returns why it ended: never nil.
func (ls *links) keepDirect(ctx context.Context, l direct.Link) error {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	stop := context.AfterFunc(ctx, func() { _ = l.Conn.Close() })
	defer stop()
	return ls.carry(l.Conn, &link{
		uri: "quic://" + l.Remote.String(), kind: PeeringDirect, method: l.Method, inbound: l.Inbound, key: l.Key,
		remote: l.Remote, own: ownEnd(ctx, l.Conn), local: l.Method == MethodLAN, cut: cut,
	}, direct.Priority(l.Method))
}

// carry hands a link to the core for as long as it lasts. It returns why it
// ended: never nil.
func (ls *links) carry(c net.Conn, k *link, priority uint8) error {
	k.budget = ls.budgetOf(hostOf(k.remote.Addr()))
	ls.enlist(k)
	defer ls.strike(k)
	own := ls.private.Public().(ed25519.PublicKey)
	w := watch(c, k)
	err := ls.core.HandleConn(k.key, newMeter(w, k, own, watcher{ls.welcome, ls.numbered, ls.joined}), priority)
	if w.silent.Load() {
		err = errSilent
	}
	if isSilence(err) {
		ls.cutWith(k, time.Now())
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		err = errLinkClosed
	}
	return err
}

var errLinkClosed = errors.New("the link was closed")

func (ls *links) enlist(k *link) {
	k.since = time.Now()
	ls.mu.Lock()
	ls.up[k] = struct{}{}
	ls.mu.Unlock()
	ls.log.Info("Link up", slog.String("uri", k.uri), slog.String("kind", k.kind),
		slog.String("device", HostName(k.key)))
	ls.shifted.Raise()
	ls.moved()
}

func (ls *links) strike(k *link) {
	ls.mu.Lock()
	delete(ls.up, k)
	ls.past.add(k)
	ls.mu.Unlock()
	ls.struck(k)
	ls.log.Info("Link down", slog.String("uri", k.uri), slog.String("kind", k.kind))
	ls.shifted.Raise()
	ls.moved()
}

// callPublic keeps a link to a public peer. It returns why it ended: never nil.
func (ls *links) callPublic(ctx context.Context, u peerURI) error {
	return ls.call(ctx, u, PeeringPublic, func(ed25519.PublicKey) {})
}

// probe asks the node at u for its greeting, without making a link, and returns
// the round trip to it.
func (ls *links) probe(ctx context.Context, u peerURI) (rtt time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := ls.dial(ctx, cancel, u)
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	defer func() { _ = s.Close() }() // nothing was sent that matters
	g, err := exchange(s, ls.private, u.priority, u.password)
	if err != nil {
		return 0, err
	}
	return s.rtt, checkPeer(u, g, s.tls)
}

// add makes a static peering; a hint stays one until it is added as a peer.
func (ls *links) add(text string, hint bool) error {
	u, err := parsePeerURI(text, dialSchemes...)
	if err != nil {
		return err
	}
	defer ls.shifted.Raise()
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if i := ls.find(u); i >= 0 {
		ls.static[i].hint = ls.static[i].hint && hint
		return nil
	}
	ls.static = append(ls.static, &staticPeer{uri: u, text: text, hint: hint})
	select {
	case ls.added <- struct{}{}:
	default:
	}
	return nil
}

// find returns the index of a static peer, or -1. The caller holds mu.
func (ls *links) find(u peerURI) int {
	return slices.IndexFunc(ls.static, func(p *staticPeer) bool { return p.uri.name() == u.name() })
}

func (ls *links) remove(text string) error {
	u, err := parsePeerURI(text, dialSchemes...)
	if err != nil {
		return err
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	i := ls.find(u)
	if i < 0 {
		return fmt.Errorf("%s: %w", u.name(), ErrNoPeering)
	}
	if cancel := ls.static[i].cancel; cancel != nil {
		cancel()
	}
	ls.static = slices.Delete(ls.static, i, i+1)
	return nil
}

// peerings lists the static peerings in the order they were added, then all
// other links.
func (ls *links) peerings() []Peering {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	up := slices.SortedFunc(maps.Keys(ls.up), func(a, b *link) int {
		return cmp.Or(-cmp.Compare(a.kind, b.kind), cmp.Compare(a.uri, b.uri))
	})
	var list []Peering
	for _, p := range ls.static {
		row := Peering{URI: p.text, Key: p.key, Kind: PeeringStatic, LastErr: p.lastErr}
		for _, k := range up {
			if k.kind == PeeringStatic && k.uri == p.uri.name() {
				row = k.peering()
				row.URI = p.text
			}
		}
		list = append(list, row)
	}
	for _, k := range up {
		if k.kind != PeeringStatic {
			list = append(list, k.peering())
		}
	}
	return list
}

// to returns the best link to a node: one on the local network, if any, and
// among equals one that is not made by package direct.
func (ls *links) to(key ed25519.PublicKey) *link {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var best *link
	for k := range ls.up {
		if k.key.Equal(key) && (best == nil || k.better(best)) {
			best = k
		}
	}
	return best
}

// isUp reports whether a link is still there.
func (ls *links) isUp(k *link) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	_, ok := ls.up[k]
	return ok
}

// backoff yields pauses that double from a second to the longest.
type backoff struct {
	longest, last time.Duration
}

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, time.Second), b.longest)
	return b.last
}

func (b *backoff) reset() { b.last = 0 }

// wait pauses for the next time, or until woken: then what is next is as short
// as the first. It returns the error of a ctx that ends meanwhile.
func (b *backoff) wait(ctx context.Context, woken <-chan struct{}) error {
	timer := time.NewTimer(b.next())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-woken:
		b.reset()
	case <-timer.C:
	}
	return nil
}

// pause waits for d, or returns the error of a ctx that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
