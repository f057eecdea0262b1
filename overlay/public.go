package overlay

import (
	"context"
	_ "embed"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// The built-in list: a few peers a region, from the public-peers collection of
// the Yggdrasil network (June 2026), with keys where it gives them.
//
//go:embed public-peers.txt
var builtInPeers string

// probeCount is how many public peers are asked at once for the first to
// answer.
const probeCount = 8

// goodLink is how long a link has lasted that is replaced without a pause.
const goodLink = 5 * time.Second

// publicPeers keeps a link to one public peer, and another in reserve that has
// been seen to answer but is not linked: with two links, strangers' traffic
// would flow through this device.
type publicPeers struct {
	links      *links
	candidates []peerURI

	mu              sync.Mutex // guards what follows
	active, standby string     // names; "" if none
	lastErr         string
}

// newPublicPeers takes the built-in list when uris is nil.
func newPublicPeers(ls *links, uris []string) (*publicPeers, error) {
	if uris == nil {
		uris = peerList(builtInPeers)
	}
	p := &publicPeers{links: ls}
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

// run keeps one public peer linked until ctx ends.
func (p *publicPeers) run(ctx context.Context) {
	if len(p.candidates) == 0 {
		return
	}
	pauses := backoff{longest: maxBackoff}
	renewed, stop := p.links.renewed.Listen()
	defer stop()
	var active, standby *peerURI
	for ctx.Err() == nil {
		if active == nil {
			active, standby = p.probe(ctx, nil)
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
			if standby, _ = p.probe(linkCtx, active); standby != nil {
				p.set(active, standby, "")
			}
		})
	}
	err := p.links.callPublic(ctx, *active)
	ended()
	group.Wait()
	p.set(nil, standby, err.Error())
	return standby
}

// probe asks some peers, other than not, and returns the two that answered
// first; nil for those missing.
func (p *publicPeers) probe(ctx context.Context, not *peerURI) (first, second *peerURI) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	answered := make(chan *peerURI)
	asked := 0
	for _, i := range rand.Perm(len(p.candidates)) {
		u := &p.candidates[i]
		if asked == probeCount || not != nil && u.name() == not.name() {
			continue
		}
		asked++
		group.Go(func() {
			if p.links.probe(ctx, *u) != nil {
				u = nil
			}
			select {
			case answered <- u:
			case <-ctx.Done():
			}
		})
	}
	for ; asked > 0 && second == nil; asked-- {
		select {
		case u := <-answered:
			if first == nil {
				first = u
			} else {
				second = u
			}
		case <-ctx.Done():
			return first, second
		}
	}
	return first, second
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
