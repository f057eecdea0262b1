package portmap

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// spoil returns an answer hook that changes answers to one opcode.
func spoil(opcode byte, change func([]byte) []byte) func(request, answer []byte) [][]byte {
	return func(request, answer []byte) [][]byte {
		if request[1] == opcode {
			answer = change(answer)
		}
		return [][]byte{answer}
	}
}

func at(i int, value byte) func([]byte) []byte {
	return func(p []byte) []byte {
		p[i] = value
		return p
	}
}

func silence(_, _ []byte) [][]byte { return nil }

func cut(size int) func([]byte) []byte {
	return func(p []byte) []byte { return append(p, make([]byte, 2000)...)[:size] }
}

// What a router answers in PCP is taken for a mapping or told as an error, and
// what was mapped but cannot be used is removed.
func TestPCPAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func([]byte) []byte
		want   error
	}{
		{"as it should be", at(2, 0), nil},
		{"cut short", cut(56), ErrBadAnswer},
		{"only a header", cut(24), ErrBadAnswer},
		{"empty", cut(0), ErrBadAnswer},
		{"odd size", cut(61), ErrBadAnswer},
		{"with options", cut(80), nil},
		{"oversized", cut(1104), ErrBadAnswer},
		{"version 3", at(0, 3), ErrBadAnswer},
		{"a request", at(1, pcpMap), ErrBadAnswer},
		{"another opcode", at(1, answerBit|2), ErrBadAnswer},
		{"another nonce", func(p []byte) []byte { p[30]++; return p }, ErrBadAnswer},
		{"for TCP", at(36, 6), ErrBadAnswer},
		{"another internal port", func(p []byte) []byte { p[41]++; return p }, ErrBadAnswer},
		{"unknown version", func(p []byte) []byte { p[0], p[3] = 1, 1; return p }, ErrBadAnswer},
		{"not authorized", at(3, 2), ErrRefused},
		{"no address", at(3, pcpNetworkFailure), ErrOffline},
		{"no resources", at(3, pcpNoResources), ErrFull},
		{"quota", at(3, pcpUserQuota), ErrFull},
		{"cannot provide", at(3, pcpCannotProvide), ErrFull},
		{"NAT between", at(3, pcpAddressMismatch), ErrDoubleNAT},
		{"unknown result", at(3, 200), ErrRefused},
		{"refused in a header", func(p []byte) []byte { p[3] = 2; return p[:24] }, ErrRefused},
		{"port 0", func(p []byte) []byte { p[42], p[43] = 0, 0; return p }, ErrBadAnswer},
		{"for no time", func(p []byte) []byte { clear(p[4:8]); return p }, ErrBadAnswer},
		{"for 5 s", func(p []byte) []byte { p[6], p[7] = 0, 5; return p }, ErrBadAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.pcp = true
			r.answer = func(request, answer []byte) [][]byte {
				if binary.BigEndian.Uint32(request[4:]) == 0 { // an announcement, or a removal
					return [][]byte{answer}
				}
				return spoil(pcpMap, test.change)(request, answer)
			}
			held := lookup(t, r, MethodPCP, test.want)
			if (test.name == "port 0" || test.name == "for no time") && len(r.entries()) != 0 {
				t.Errorf("left at the router: %+v", r.entries())
			}
			if held != nil && held.grant.external != netip.AddrPortFrom(outside, testPort) {
				t.Errorf("granted %+v", held.grant)
			}
		})
	}
}

func TestNATPMPAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		opcode byte
		change func([]byte) []byte
		want   error
	}{
		{"as it should be", pmpMapUDP, at(0, 0), nil},
		{"address cut short", pmpAddress, cut(11), ErrBadAnswer},
		{"address too long", pmpAddress, cut(16), ErrBadAnswer},
		{"empty", pmpAddress, cut(0), ErrBadAnswer},
		{"mapping cut short", pmpMapUDP, cut(15), ErrBadAnswer},
		{"mapping too long", pmpMapUDP, cut(20), ErrBadAnswer},
		{"version 2", pmpMapUDP, at(0, 2), ErrBadAnswer},
		{"a request", pmpMapUDP, at(1, 1), ErrBadAnswer},
		{"another opcode", pmpMapUDP, at(1, answerBit|2), ErrBadAnswer},
		{"another internal port", pmpMapUDP, func(p []byte) []byte { p[9]++; return p }, ErrBadAnswer},
		{"unsupported version", pmpAddress, at(3, 1), ErrRefused},
		{"refused", pmpMapUDP, at(3, 2), ErrRefused},
		{"refused, cut short", pmpMapUDP, func(p []byte) []byte { p[3] = 2; return p[:8] }, ErrRefused},
		{"no address", pmpAddress, at(3, pmpNetworkFailure), ErrOffline},
		{"no resources", pmpMapUDP, at(3, pmpNoResources), ErrFull},
		{"port 0", pmpMapUDP, func(p []byte) []byte { p[10], p[11] = 0, 0; return p }, ErrBadAnswer},
		{"for no time", pmpMapUDP, func(p []byte) []byte { clear(p[12:16]); return p }, ErrBadAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.pmp = true
			r.answer = spoil(test.opcode, test.change)
			lookup(t, r, MethodNATPMP, test.want)
		})
	}
}

// A router that is itself behind another is found out by its address, by every
// protocol, and keeps no mapping.
func TestExternalAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address string
		want    error
	}{
		{"8.8.8.8", nil},
		{"100.63.255.255", nil},
		{"100.128.0.0", nil},
		{"192.168.1.2", ErrDoubleNAT},
		{"10.0.0.1", ErrDoubleNAT},
		{"172.31.0.1", ErrDoubleNAT},
		{"169.254.3.4", ErrDoubleNAT},
		{"100.64.0.1", ErrCGNAT},
		{"100.127.255.254", ErrCGNAT},
		{"0.0.0.0", ErrOffline},
		{"0.1.2.3", ErrBadAnswer},
		{"127.0.0.1", ErrBadAnswer},
		{"224.0.0.1", ErrBadAnswer},
		{"240.0.0.1", ErrBadAnswer},
		{"255.255.255.255", ErrBadAnswer},
		{"192.0.2.1", ErrBadAnswer},
		{"198.18.0.1", ErrBadAnswer},
		{"203.0.113.9", ErrBadAnswer},
		{"200::1", ErrBadAnswer},
		{"2001:4860::1", ErrBadAnswer},
	} {
		address := netip.MustParseAddr(test.address)
		for _, method := range []string{MethodPCP, MethodNATPMP, MethodUPnP} {
			if method == MethodNATPMP && !address.Is4() {
				continue
			}
			t.Run(method+" "+test.address, func(t *testing.T) {
				t.Parallel()
				r := newRouter()
				r.external = address
				r.pcp, r.pmp, r.upnp = method == MethodPCP, method == MethodNATPMP, &igd{services: []string{typeIP1}}
				lookup(t, r, method, test.want)
				if left := len(r.entries()); (left > 0) != (test.want == nil) {
					t.Errorf("%d mappings at the router", left)
				}
			})
		}
	}
}

func TestControlWithoutAnswer(t *testing.T) {
	t.Parallel()
	elsewhere := listenUDP(t)
	for _, test := range []struct {
		name   string
		method string
		router func(*router)
		want   error
	}{
		{"closed port", MethodPCP, func(*router) {}, ErrNoAnswer},
		{"closed port", MethodNATPMP, func(*router) {}, ErrNoAnswer},
		{"silence", MethodPCP, func(r *router) { r.answer = silence }, ErrNoAnswer},
		{"silence", MethodNATPMP, func(r *router) { r.answer = silence }, ErrNoAnswer},
		{"NAT-PMP only", MethodPCP, func(r *router) { r.pmp = true }, ErrNoAnswer},
		{"PCP without announcements", MethodPCP, func(r *router) {
			r.pcp, r.answer = true, spoil(pcpAnnounce, at(3, pcpUnsupportedOpcode))
		}, nil},
		{"another sender", MethodPCP, func(r *router) { r.pcp, r.from = true, elsewhere }, ErrNoAnswer},
		{"another sender", MethodNATPMP, func(r *router) { r.pmp, r.from = true, elsewhere }, ErrNoAnswer},
		{"nonsense, then an answer", MethodPCP, func(r *router) {
			r.pcp = true
			r.answer = func(_, answer []byte) [][]byte { return [][]byte{{1}, []byte("nonsense"), answer} }
		}, nil},
		{"the first packets are lost", MethodNATPMP, func(r *router) {
			r.pmp = true
			lost := 0
			r.answer = func(_, answer []byte) [][]byte {
				if lost++; lost <= 2 {
					return nil
				}
				return [][]byte{answer}
			}
		}, nil},
	} {
		t.Run(test.method+" "+test.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			test.router(r)
			lookup(t, r, test.method, test.want)
		})
	}
}

// A router may give another port than was asked for, and lifetimes longer than
// anybody should believe.
func TestOtherGrants(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodPCP, MethodNATPMP} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			r := newRouter()
			r.pcp, r.pmp, r.shift = true, true, 100
			r.lifetime = func(uint32) uint32 { return 1<<32 - 1 }
			held := lookup(t, r, method, nil)
			if held == nil {
				return
			}
			if held.grant.external.Port() != testPort+100 || held.grant.lifetime != lifetime {
				t.Errorf("granted %+v", held.grant)
			}
			if left := time.Until(held.until); left > lifetime {
				t.Errorf("believed in for %v", left)
			}
		})
	}
}

func TestEpoch(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		name          string
		before, after epoch
		want          bool
	}{
		{"none", epoch{}, epoch{5, now}, false},
		{"in step", epoch{100, now}, epoch{700, now.Add(600 * time.Second)}, false},
		{"a slow clock", epoch{100, now}, epoch{665, now.Add(600 * time.Second)}, false},
		{"back by one", epoch{100, now}, epoch{99, now}, false},
		{"back to 0", epoch{100, now}, epoch{0, now.Add(time.Second)}, true},
		{"back, but beyond where it was", epoch{100, now}, epoch{200, now.Add(3600 * time.Second)}, true},
		{"far ahead", epoch{100, now}, epoch{5000, now.Add(600 * time.Second)}, true},
		{"the greatest", epoch{1<<32 - 1, now}, epoch{0, now}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.before.restarted(test.after); got != test.want {
				t.Errorf("restarted: %v", got)
			}
		})
	}
}

func TestMapRequest(t *testing.T) {
	t.Parallel()
	own := netip.MustParseAddr("192.168.1.7")
	got := mapRequest(request{
		port: 0x1234, external: netip.AddrPortFrom(outside, 0x5678), lifetime: 20 * time.Minute, nonce: [12]byte{9, 8, 7},
	}, own)
	want := slices.Concat([]byte{2, 1, 0, 0, 0, 0, 0x04, 0xb0}, make([]byte, 10), []byte{0xff, 0xff, 192, 168, 1, 7},
		[]byte{9, 8, 7}, make([]byte, 9), []byte{17, 0, 0, 0, 0x12, 0x34, 0x56, 0x78},
		make([]byte, 10), []byte{0xff, 0xff, 11, 22, 33, 44})
	if !slices.Equal(got, want) {
		t.Errorf("request\n%x, want\n%x", got, want)
	}
}
