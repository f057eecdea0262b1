package portmap

import (
	"flag"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Most tests wait for what does not come: they may all do that at once.
	_ = flag.Set("test.parallel", "16") // a flag of package testing
	goleak.VerifyTestMain(m)
}

// A mapping is made by whichever protocol the router speaks, the best first,
// and is gone from the router when Run has returned.
func TestMapAndRemove(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		router func(*router)
		method string
		tried  int
	}{
		{"PCP", func(r *router) { r.pcp = true }, MethodPCP, 1},
		{"NAT-PMP", func(r *router) { r.pmp = true }, MethodNATPMP, 2},
		{"PCP before NAT-PMP and UPnP", func(r *router) {
			r.pcp, r.pmp, r.upnp = true, true, &igd{services: []string{typeIP1}}
		}, MethodPCP, 1},
		{"NAT-PMP before UPnP", func(r *router) { r.pmp, r.upnp = true, &igd{services: []string{typeIP1}} }, MethodNATPMP, 2},
		{"IGD 1", func(r *router) { r.upnp = &igd{services: []string{typeIP1}} }, MethodUPnP, 3},
		{"IGD 2", func(r *router) { r.upnp = &igd{services: []string{typeIP2}} }, MethodUPnP, 3},
		{"PPP", func(r *router) { r.upnp = &igd{services: []string{typePPP}} }, MethodUPnP, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			test.router(r)
			m := start(t, r.serve(t))
			s := m.next(t)
			if s.External != netip.AddrPortFrom(outside, testPort) || s.Method != test.method || s.Err != nil {
				t.Fatalf("state %+v", s)
			}
			if left := time.Until(s.Expires); left < lifetime-time.Minute || left > lifetime || time.Since(s.Since) > time.Minute {
				t.Errorf("since %v, expires %v", s.Since, s.Expires)
			}
			if len(s.Tried) != test.tried || s.Tried[test.tried-1].Err != nil || s.Tried[test.tried-1].Method != test.method {
				t.Errorf("tried %+v", s.Tried)
			}
			e := r.entries()[testPort]
			if e.internal != testPort || e.client != "127.0.0.1" || test.method == MethodUPnP && e.about != "Paul" {
				t.Errorf("entry %+v", e)
			}
			m.end(t)
			if left := r.entries(); len(left) != 0 {
				t.Errorf("left at the router: %+v", left)
			}
		})
	}
}

// Each gateway is asked, at the same time as the others.
func TestSeveralGateways(t *testing.T) {
	t.Parallel()
	silent, refuses, works, spare := newRouter(), newRouter(), newRouter(), newRouter()
	silent.answer, silent.wait = silence, time.Second
	refuses.pmp, refuses.answer = true, spoil(pmpAddress, at(3, 2))
	works.pmp, spare.pmp = true, true
	m := start(t, silent.serve(t), refuses.serve(t), works.serve(t), spare.serve(t))
	s := m.next(t)
	if s.External.Addr() != outside || s.Method != MethodNATPMP || len(s.Tried) != 8 {
		t.Errorf("state %+v", s)
	}
	if len(works.entries()) != 1 || len(spare.entries()) != 0 {
		t.Errorf("entries %+v, and at the next %+v", works.entries(), spare.entries())
	}
}

// Run ends at once although the router has been asked and will not answer.
func TestEndsWhileAsking(t *testing.T) {
	t.Parallel()
	r := newRouter()
	asked := make(chan struct{}, 2)
	described := make(chan struct{}, 1)
	r.answer = func(request, _ []byte) [][]byte {
		if len(request) == pcpHeader || len(request) == 2 {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
		return nil
	}
	r.upnp = &igd{describe: func(_ http.ResponseWriter, q *http.Request) {
		described <- struct{}{}
		<-q.Context().Done()
	}}
	m := start(t, r.serve(t))
	for _, c := range []chan struct{}{asked, asked, described} {
		<-c
	}
	began := time.Now()
	m.end(t)
	if took := time.Since(began); took > removeWait {
		t.Errorf("took %v", took)
	}
}
