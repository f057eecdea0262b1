package portmap

import (
	"flag"
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
