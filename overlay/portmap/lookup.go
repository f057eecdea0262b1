package portmap

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

const (
	lookWait   = 20 * time.Second // for all attempts together
	removeWait = 2 * time.Second
	// lifetime is what is asked for. A mapping of a machine that was switched
	// off is gone after that, and a gateway that has lost it is asked again
	// after half of it.
	lifetime    = 20 * time.Minute
	minLifetime = 20 * time.Second // of a mapping worth having
)

// lease is a mapping that we hold.
type lease struct {
	method  string
	target  target
	session session
	request request // as it is renewed and removed: wants what was granted
	grant   grant
	until   time.Time // when it ends, or is no longer believed in
}

// probe is an attempt under way.
type probe struct {
	target   target
	protocol protocol
	done     chan struct{} // closed when what follows is known
	session  session
	err      error
}

// lookup asks all targets by all protocols, and maps by the first in order
// that will. The lease is nil if none does.
func (m *Mapper) lookup(ctx context.Context, targets []target) (*lease, []Attempt) {
	limited, cancel := context.WithTimeout(ctx, lookWait)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	began := time.Now()
	var probes []*probe
	for _, t := range targets {
		for _, p := range m.protocols {
			probe := &probe{target: t, protocol: p, done: make(chan struct{})}
			probes = append(probes, probe)
			group.Go(func() {
				probe.session, probe.err = p.find(limited, t)
				close(probe.done)
			})
		}
	}
	var tried []Attempt
	for _, p := range probes {
		<-p.done
		held, err := m.conclude(limited, p)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w in time", ErrNoAnswer)
		}
		tried = append(tried, Attempt{p.target.gateway, p.protocol.method, err, time.Since(began)})
		if err == nil {
			return held, tried
		}
	}
	return nil, tried
}

// conclude makes a mapping of a probe that found a session.
func (m *Mapper) conclude(ctx context.Context, p *probe) (*lease, error) {
	if p.err != nil {
		return nil, p.err
	}
	held := &lease{method: p.protocol.method, target: p.target, session: p.session, request: m.request()}
	err := m.renew(ctx, held)
	if err != nil && ctx.Err() != nil { // it may have been made all the same
		m.remove(ctx, held)
	}
	return held, err
}

// request is for the external port had last, or else for our own.
func (m *Mapper) request() request {
	r := request{port: m.opts.Port, external: m.last, lifetime: lifetime, nonce: m.opts.Nonce}
	if !r.external.IsValid() {
		r.external = netip.AddrPortFrom(netip.Addr{}, m.opts.Port)
	}
	return r
}

// renew makes a mapping or renews it. After an error the mapping is as it was
// if the gateway only did not answer; otherwise there is none.
func (m *Mapper) renew(ctx context.Context, held *lease) error {
	got, err := held.session.add(ctx, held.request)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrNoAnswer) && !errors.Is(err, ErrBadAnswer) {
			held.until = time.Time{}
		}
		return err
	}
	held.request.external = got.external
	if err := check(got); err != nil {
		m.remove(ctx, held)
		held.until = time.Time{}
		return err
	}
	if held.grant.epoch.restarted(got.epoch) {
		m.log.InfoContext(ctx, "The router has restarted", "gateway", held.target.gateway)
	}
	got.lifetime = min(got.lifetime, lifetime)
	held.grant = got
	held.until = m.now().Add(got.lifetime)
	m.last = got.external
	return nil
}

func check(got grant) error {
	switch {
	case got.external.Port() == 0:
		return fmt.Errorf("%w: it gave port 0", ErrBadAnswer)
	case got.lifetime < minLifetime:
		return fmt.Errorf("%w: it gave the port for %s only", ErrBadAnswer, got.lifetime)
	}
	return checkExternal(got.external.Addr())
}

// remove ends a mapping at the gateway, also when ctx has ended.
func (m *Mapper) remove(ctx context.Context, held *lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWait)
	defer cancel()
	if err := held.session.remove(ctx, held.request); err != nil {
		m.log.InfoContext(ctx, "The router keeps a mapping until it expires", "method", held.method,
			"gateway", held.target.gateway, "err", err)
	}
}

// verdict says in one error why no attempt gave a mapping: what is most in the
// way, or else that nothing answers.
func (m *Mapper) verdict(tried []Attempt) error {
	for _, kind := range []error{ErrCGNAT, ErrDoubleNAT, ErrOffline, ErrFull, ErrRefused, ErrBadAnswer} {
		for _, a := range tried {
			if errors.Is(a.Err, kind) {
				return a.Err
			}
		}
	}
	return fmt.Errorf("%w to PCP, NAT-PMP or UPnP: switch one of them on in its settings, or forward UDP port %d to this machine there",
		ErrNoAnswer, m.opts.Port)
}
