package filelayer

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A cohort is removals that are tried at the same time, each on its own. What they
// ask other devices for goes out together, once none of them does anything else.
type cohort struct {
	l *Layer

	mu      sync.Mutex // guards the rest
	running int        // removals that neither wait for an answer nor are over
	waiting []*question
}

// A question is what one removal asks other devices at the same time.
type question struct {
	*removal
	ids     []string
	release bool // not for leases, but to end them
	answers []Answer
	done    chan struct{} // closed when all have answered, or will not
}

// unsaveAll is unsave of many files; proofs of them are asked for in few requests.
func (l *Layer) unsaveAll(ctx context.Context, ds []Digest, what string) []error {
	errs := make([]error, len(ds))
	for at := 0; at < len(ds); at += l.proofs {
		some := ds[at:min(at+l.proofs, len(ds))]
		c := &cohort{l: l, running: len(some)}
		var g sync.WaitGroup
		for i, d := range some {
			g.Go(func() {
				defer c.rest(ctx, nil)
				if errs[at+i] = ctx.Err(); errs[at+i] == nil {
					errs[at+i] = l.unsaveIn(ctx, c, d, what)
				}
			})
		}
		g.Wait()
	}
	return errs
}

// ask has a question of a removal answered.
func (c *cohort) ask(ctx context.Context, q *question) []Answer {
	if len(q.ids) == 0 {
		return nil
	}
	q.answers, q.done = make([]Answer, len(q.ids)), make(chan struct{})
	c.rest(ctx, q)
	<-q.done
	return q.answers
}

// rest ends what a removal does, for good or until its question is answered. The
// last one asks for all.
func (c *cohort) rest(ctx context.Context, q *question) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q != nil {
		c.waiting = append(c.waiting, q)
	}
	if c.running--; c.running > 0 || len(c.waiting) == 0 {
		return
	}
	asked := c.waiting
	c.waiting, c.running = nil, len(c.waiting)
	c.l.askDevices(ctx, asked)
	for _, q := range asked {
		close(q.done)
	}
}

// askDevices answers questions: it asks each device once for each kind.
func (l *Layer) askDevices(ctx context.Context, asked []*question) {
	type of struct {
		device  string
		release bool
	}
	type place struct {
		q *question
		i int
	}
	all := make(map[of][]place)
	var order []of
	for _, q := range asked {
		for i, id := range q.ids {
			q.answers[i] = Answer{Device: id, Name: l.deviceName(id), Claimed: q.Holders.Of(id).Holds(), Err: errOffline}
			to := of{id, q.release}
			if all[to] == nil {
				order = append(order, to)
			}
			all[to] = append(all[to], place{q, i})
		}
	}
	g := new(errgroup.Group)
	g.SetLimit(l.asks)
	for _, to := range order {
		places := all[to]
		g.Go(func() error {
			if !to.release && !l.Online(to.device) {
				return nil
			}
			asks := make([]*removal, len(places))
			for i, p := range places {
				asks[i] = p.q.removal
			}
			proofs, errs := l.leases(ctx, to.device, asks, to.release)
			for i, p := range places {
				a := &p.q.answers[p.i]
				a.asked, a.Verified, a.Until, a.Err = true, proofs[i].verified, proofs[i].until, errs[i]
			}
			return nil
		})
	}
	_ = g.Wait() // each answer has its own error
}
