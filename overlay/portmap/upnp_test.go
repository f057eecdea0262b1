package portmap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestUPnPFaults(t *testing.T) {
	t.Parallel()
	ofAdding := func(code int) func(string, entry, uint16) int {
		return func(action string, _ entry, _ uint16) int {
			if action == "AddPortMapping" {
				return code
			}
			return 0
		}
	}
	for _, test := range []struct {
		name  string
		fault func(action string, e entry, port uint16) int
		want  error
	}{
		{"refused", ofAdding(upnpNotAuthorized), ErrRefused},
		{"no ports", ofAdding(upnpNoPorts), ErrFull},
		{"every port taken", ofAdding(upnpConflict), ErrFull},
		{"every port taken by PCP", ofAdding(upnpConflictingOther), ErrFull},
		{"only the same port, which is taken", ofAdding(upnpSamePort), ErrFull},
		{"failed", ofAdding(501), ErrRefused},
		{"no such action", ofAdding(upnpInvalidAction), ErrNoAnswer},
		{"no address", func(action string, _ entry, _ uint16) int {
			if action == "GetExternalIPAddress" {
				return 501
			}
			return 0
		}, ErrRefused},
		{"does not tell who has a port", func(action string, _ entry, _ uint16) int {
			if action == "GetSpecificPortMappingEntry" {
				return upnpInvalidAction
			}
			return 0
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.upnp = &igd{services: []string{typeIP1}, fault: test.fault}
			lookup(t, r, MethodUPnP, test.want)
		})
	}
}

// A port that another has is left to it, also by routers that would not mind.
func TestUPnPConflict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		other entry
	}{
		{"another machine", entry{client: "192.168.1.9", internal: testPort}},
		{"another program of this machine", entry{client: "127.0.0.1", internal: 99}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.upnp = &igd{services: []string{typeIP1}}
			r.mappings[testPort] = test.other
			held := lookup(t, r, MethodUPnP, nil)
			if held == nil {
				return
			}
			if port := held.grant.external.Port(); port == testPort || r.entries()[port].internal != testPort {
				t.Errorf("granted %v, entries %+v", held.grant.external, r.entries())
			}
			if r.entries()[testPort] != test.other {
				t.Error("the other's mapping was changed")
			}
		})
	}
}

func TestUPnPOnlyPermanent(t *testing.T) {
	t.Parallel()
	for _, code := range []int{upnpOnlyPermanent, upnpInvalidArgs} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.upnp = &igd{services: []string{typeIP2}, fault: func(action string, e entry, _ uint16) int {
				if action == "AddPortMapping" && e.lease != 0 {
					return code
				}
				return 0
			}}
			m := start(t, r.serve(t))
			s := m.next(t)
			if !s.Expires.IsZero() || s.External.Addr() != outside || s.Err != nil {
				t.Errorf("state %+v", s)
			}
			m.end(t)
			if left := r.entries(); len(left) != 0 {
				t.Errorf("left at the router for ever: %+v", left)
			}
		})
	}
}

// Some routers do not renew a mapping, but say that there is one already.
func TestUPnPRenewedByAnother(t *testing.T) {
	t.Parallel()
	r := newRouter()
	r.upnp = &igd{services: []string{typeIP1}}
	r.upnp.fault = func(action string, _ entry, port uint16) int {
		if _, taken := r.mappings[port]; taken && action == "AddPortMapping" {
			return upnpConflict
		}
		return 0
	}
	held := lookup(t, r, MethodUPnP, nil)
	if held == nil {
		return
	}
	got, err := held.session.add(t.Context(), held.request)
	if err != nil || got.external != held.grant.external {
		t.Errorf("renewed to %+v, %v", got, err)
	}
}

// What others have made of our port since is not removed.
func TestUPnPRemovesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	r := newRouter()
	r.upnp = &igd{services: []string{typeIP1}}
	held := lookup(t, r, MethodUPnP, nil)
	if held == nil {
		return
	}
	r.mu.Lock()
	r.mappings[testPort] = entry{client: "192.168.1.9", internal: 1}
	r.mu.Unlock()
	if err := held.session.remove(t.Context(), held.request); err != nil || len(r.entries()) != 1 {
		t.Errorf("left %+v, %v", r.entries(), err)
	}
}

func TestUPnPServices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		services  []string
		addresses map[string]string
		want      error
	}{
		{"none", nil, nil, ErrNoAnswer},
		{"of another kind", []string{"urn:schemas-upnp-org:service:Layer3Forwarding:1"}, nil, ErrNoAnswer},
		{"the second is online", []string{typeIP1, typePPP}, map[string]string{typeIP1: "0.0.0.0"}, nil},
		{"the first is online", []string{typePPP, typeIP1}, map[string]string{typePPP: ""}, nil},
		{"none is online", []string{typeIP1, typePPP}, map[string]string{typeIP1: "", typePPP: "0.0.0.0"}, ErrOffline},
		{"one is behind another router", []string{typeIP1, typePPP}, map[string]string{typeIP1: "0.0.0.0", typePPP: "10.1.1.1"}, ErrDoubleNAT},
		{"an address that is none", []string{typeIP1}, map[string]string{typeIP1: "no\nno"}, ErrBadAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.upnp = &igd{services: test.services, addresses: test.addresses}
			lookup(t, r, MethodUPnP, test.want)
		})
	}
}

// Whatever a router says, no other host is asked, and what comes is bounded.
func TestUPnPPointsElsewhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		igd  func(victim string) *igd
	}{
		{"a name", func(victim string) *igd {
			return &igd{location: func(string) string { return strings.Replace(victim, "127.0.0.1", "localhost", 1) }}
		}},
		{"an address", func(victim string) *igd {
			return &igd{location: func(string) string { return strings.Replace(victim, "127.0.0.1", "127.0.0.2", 1) }}
		}},
		{"an address in another form", func(victim string) *igd {
			return &igd{location: func(string) string { return strings.Replace(victim, "127.0.0.1", "127.1", 1) }}
		}},
		{"with a user", func(victim string) *igd {
			return &igd{location: func(string) string { return strings.Replace(victim, "//", "//a:b@", 1) }}
		}},
		{"TLS", func(victim string) *igd {
			return &igd{location: func(string) string { return strings.Replace(victim, "http:", "https:", 1) }}
		}},
		{"a file", func(string) *igd { return &igd{location: func(string) string { return "file:///etc/passwd" }} }},
		{"nothing", func(string) *igd { return &igd{location: func(string) string { return "" }} }},
		{"a base", func(victim string) *igd {
			return &igd{services: []string{typeIP1}, base: strings.Replace(victim, "127.0.0.1", "localhost", 1)}
		}},
		{"a redirection", func(victim string) *igd {
			return &igd{describe: func(w http.ResponseWriter, q *http.Request) {
				http.Redirect(w, q, strings.Replace(victim, "127.0.0.1", "localhost", 1), http.StatusFound)
			}}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			everywhere, err := net.Listen("tcp4", "0.0.0.0:0")
			if err != nil {
				t.Fatal(err)
			}
			victim := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })}
			go func() { _ = victim.Serve(everywhere) }()
			defer func() { _ = victim.Close() }()
			r := newRouter()
			r.upnp = test.igd(fmt.Sprint("http://127.0.0.1:", portOf(everywhere.Addr())))
			lookup(t, r, MethodUPnP, ErrBadAnswer)
			if asked.Load() != 0 {
				t.Error("another host was asked")
			}
		})
	}
}

func TestUPnPDescriptions(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	for _, test := range []struct {
		name     string
		describe http.HandlerFunc
	}{
		{"not found", http.NotFound},
		{"empty", func(http.ResponseWriter, *http.Request) {}},
		{"no XML", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Hello &nbsp;<br>") }},
		{"another root", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<other/>") }},
		{"a base that is no URL", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<root xmlns="urn:schemas-upnp-org:device-1-0"><URLBase>http://[</URLBase></root>`)
		}},
		{"without end", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<root xmlns="urn:schemas-upnp-org:device-1-0"><device><friendlyName>`)
			for {
				n, err := io.WriteString(w, strings.Repeat("a", 1<<16))
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}},
		{"devices in devices", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<root xmlns="urn:schemas-upnp-org:device-1-0">`+strings.Repeat("<device><deviceList>", 1<<15))
		}},
		{"never", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.upnp = &igd{describe: test.describe}
			lookup(t, r, MethodUPnP, ErrBadAnswer)
		})
	}
	t.Cleanup(func() {
		if sent.Load() > 16<<20 {
			t.Errorf("%d bytes were read of one description", sent.Load())
		}
	})
}

// Only the gateway is heard: another machine may not answer in its place, nor
// may many answers keep us busy.
func TestSearchAnswers(t *testing.T) {
	t.Parallel()
	good := "HTTP/1.1 200 OK\r\nLocation: http://127.0.0.1:1/root.xml\r\n\r\n"
	for _, test := range []struct {
		name    string
		gateway string
		answers []string
		calls   int
		want    error
	}{
		{"one", "127.0.0.1", []string{good}, 1, nil},
		{"the same again", "127.0.0.1", []string{good, good, good}, 1, nil},
		{"of another machine", "127.0.0.2", []string{good}, 0, ErrNoAnswer},
		{"too many places", "127.0.0.1", []string{
			good, strings.Replace(good, ":1/", ":2/", 1), strings.Replace(good, ":1/", ":3/", 1),
			strings.Replace(good, ":1/", ":4/", 1), strings.Replace(good, ":1/", ":5/", 1),
		}, maxPlaces, nil},
		{"not found", "127.0.0.1", []string{"HTTP/1.1 404 Not Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"}, 0, ErrBadAnswer},
		{"no HTTP", "127.0.0.1", []string{"", "\x00\xff", "NOTIFY * HTTP/1.1\r\n\r\n"}, 0, ErrBadAnswer},
		{"nonsense, then one", "127.0.0.1", []string{"nonsense", good}, 1, nil},
		{"cut off", "127.0.0.1", []string{good[:30] + strings.Repeat("x", 2*maxSSDP)}, 0, ErrBadAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, from := listenUDP(t), listenUDP(t)
			for _, answer := range test.answers {
				if _, err := from.WriteTo([]byte(answer), c.LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
			_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
			calls := 0
			err := collect(c, netip.MustParseAddr(test.gateway), func(*url.URL) bool { calls++; return false })
			if !errors.Is(err, test.want) || calls != test.calls {
				t.Errorf("error %v, %d places", err, calls)
			}
		})
	}
}
