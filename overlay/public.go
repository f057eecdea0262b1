package overlay

import (
	"cmp"
	"context"
	_ "embed"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// The built-in list: a few peers a region, from the public-peers collection of
// the Yggdrasil network (June 2026), with keys where it gives them.
//
//go:embed public-peers.txt
var builtInPeers string

const (
	// probeCount is how many public peers are asked at once, at random: all
	// devices of a region should not choose the same one.
	probeCount = 8
	// probeSpread is the longest wait for nearer peers after the first answer.
	probeSpread = time.Second
	// goodLink is how long a link has lasted that is replaced without a pause.
	goodLink = 5 * time.Second
)

// publicPeers keeps a link to one public peer, and another in reserve that has
// been seen to answer but is not linked: with two links, strangers' traffic
// would flow through this device. While a peer of one's own is up, there is
// none at all.
type publicPeers struct {
	candidates []peerURI
	links      *links
	probe      func(context.Context, peerURI) (time.Duration, error) // links.probe
	call       func(context.Context, peerURI) error                  // links.callPublic

	mu              sync.Mutex // guards what follows
	active, standby string     // names; "" if none
	lastErr         string
}

// newPublicPeers takes the built-in list when uris is nil.
func newPublicPeers(ls *links, uris []string) (*publicPeers, error) {
	if uris == nil {
		uris = peerList(builtInPeers)
	}
	p := &publicPeers{links: ls, probe: ls.probe, call: ls.callPublic}
	for _, text := range uris {
		u, err := parsePeerURI(text, dialSchemes...)
		if err != nil {
			return nil, err
		}
		p.candidates = append(p.candidates, u)
	}
	return p, nil
}

// peerList returns the URIs in a text with one a line; "#" starts a comment.
func peerList(text string) []string {
	var uris []string
	for line := range strings.Lines(text) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			uris = append(uris, strings.TrimSpace(line))
		}
	}
	return uris
}

// run keeps one public peer linked while one is needed, until ctx ends.
func (p *publicPeers) run(ctx context.Context) {
	if len(p.candidates) == 0 {
		return
	}
	patience := time.Duration(0)
	if p.links.hasOwn() {
		patience = ownFirst
	}
	for p.links.awaitOwn(ctx, false, patience) == nil {
		needed, enough := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() {
			if p.links.awaitOwn(needed, true, ownSteady) == nil {
				enough()
			}
		})
		p.keep(needed)
		enough()
		group.Wait()
		p.set(nil, nil, "")
		patience = ownGone
	}
}

// keep keeps one public peer linked until ctx ends.
func (p *publicPeers) keep(ctx context.Context) {
	pauses := backoff{longest: maxBackoff}
	renewed, stop := p.links.renewed.Listen()
	defer stop()
	var active, standby *peerURI
	for ctx.Err() == nil {
		if active == nil {
			active, standby = p.choose(ctx, nil)
		}
		if active == nil {
			p.set(nil, nil, "no public peer answers")
			_ = pauses.wait(ctx, renewed) // when ctx ends, so does the loop
			continue
		}
		began := time.Now()
		standby = p.use(ctx, active, standby)
		if time.Since(began) > goodLink {
			pauses.reset()
		} else {
			_ = pauses.wait(ctx, renewed) // when ctx ends, so does the loop
		}
		active, standby = standby, nil
		select {
		case <-renewed: // what was near may be far now
			active = nil
		default:
		}
	}
}

// use links the active peer, finds a standby if there is none yet, and returns
// the standby when the link has ended.
func (p *publicPeers) use(ctx context.Context, active, standby *peerURI) *peerURI {
	linkCtx, ended := context.WithCancel(ctx)
	p.set(active, standby, "")
	var group sync.WaitGroup
	if standby == nil {
		group.Go(func() {
			if standby, _ = p.choose(linkCtx, active); standby != nil {
				p.set(active, standby, "")
			}
		})
	}
	err := p.call(ctx, *active)
	ended()
	group.Wait()
	p.set(nil, standby, err.Error())
	return standby
}

// choose asks some peers, other than not, and returns the nearest of those that
// answered and the next one; nil for those missing.
func (p *publicPeers) choose(ctx context.Context, not *peerURI) (first, second *peerURI) {
	list := p.ask(ctx, p.sample(not))
	slices.SortStableFunc(list, func(a, b answer) int { return cmp.Compare(a.rtt, b.rtt) })
	if len(list) > 0 {
		first = list[0].peer
	}
	if len(list) > 1 {
		second = list[1].peer
	}
	return first, second
}

// sample returns probeCount candidates other than not, at random.
func (p *publicPeers) sample(not *peerURI) []*peerURI {
	var list []*peerURI
	for _, i := range rand.Perm(len(p.candidates)) {
		if u := &p.candidates[i]; len(list) < probeCount && (not == nil || u.name() != not.name()) {
			list = append(list, u)
		}
	}
	return list
}

// answer is a public peer that answers.
type answer struct {
	peer *peerURI
	rtt  time.Duration
}

// ask returns those of the peers that answer. It takes twice as long as the
// first of them took, at most: the others are farther away.
func (p *publicPeers) ask(ctx context.Context, peers []*peerURI) (list []answer) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	answers := make(chan answer, len(peers))
	for _, u := range peers {
		group.Go(func() {
			rtt, err := p.probe(ctx, *u)
			if err != nil {
				u = nil
			}
			answers <- answer{u, rtt}
		})
	}
	began := time.Now()
	var enough <-chan time.Time
	for range peers {
		select {
		case a := <-answers:
			if a.peer == nil {
				continue
			}
			if list = append(list, a); len(list) == 1 {
				enough = time.After(min(time.Since(began), probeSpread))
			}
		case <-enough:
			return list
		case <-ctx.Done():
			return nil
		}
	}
	return list
}

func (p *publicPeers) set(active, standby *peerURI, lastErr string) {
	p.mu.Lock()
	p.active, p.standby, p.lastErr = "", "", lastErr
	if active != nil {
		p.active = active.name()
	}
	if standby != nil {
		p.standby = standby.name()
	}
	p.mu.Unlock()
	p.links.changed()
}

// waiting lists the public peers that are not linked now: the standby, and the
// active one while it is being called.
func (p *publicPeers) waiting(up []Peering) []Peering {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Peering
	for _, name := range []string{p.active, p.standby} {
		linked := false
		for _, row := range up {
			linked = linked || row.Kind == PeeringPublic && row.URI == name
		}
		if name != "" && !linked {
			list = append(list, Peering{URI: name, Kind: PeeringPublic})
		}
	}
	if len(list) == 0 && p.active == "" && p.lastErr != "" {
		list = append(list, Peering{URI: "public peers", Kind: PeeringPublic, LastErr: p.lastErr})
	}
	return list
}
