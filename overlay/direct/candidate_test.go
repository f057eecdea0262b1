package direct

import (
	"net/netip"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// Nothing that another device names makes us knock at our own services, at
// machines of networks that are not ours, or at many at once.
func TestMayAsk(t *testing.T) {
	t.Parallel()
	home := prefixes("192.168.7.20/24", "fd00:7::20/64", "198.51.100.9/28")
	for text, want := range map[string]bool{
		"11.22.33.44:7331":              true,
		"[2a00:1450::1]:7331":           true,
		"192.168.7.30:7331":             true, // in our own network
		"[fd00:7::30]:7331":             true,
		"198.51.100.3:7331":             true,
		"192.168.7.255:7331":            false, // all of our network
		"192.168.7.0:7331":              false,
		"192.168.8.30:7331":             false, // of others
		"10.0.0.1:7331":                 false,
		"172.16.0.1:7331":               false,
		"100.64.1.1:7331":               false,
		"[fd00:8::30]:7331":             false,
		"127.0.0.1:7331":                false,
		"[::1]:7331":                    false,
		"[::ffff:127.0.0.1]:7331":       false,
		"[::ffff:11.22.33.44]:7331":     false, // askable unmaps it first
		"0.0.0.0:7331":                  false,
		"[::]:7331":                     false,
		"169.254.1.1:7331":              false,
		"[fe80::1]:7331":                false,
		"[fe80::1%eth0]:7331":           false,
		"224.0.0.251:7331":              false,
		"239.255.255.250:7331":          false,
		"[ff02::1]:7331":                false,
		"255.255.255.255:7331":          false,
		"240.0.0.1:7331":                false,
		"198.18.0.1:7331":               false,
		"203.0.113.1:7331":              false,
		"[200::1]:7331":                 false, // through the overlay itself
		"[3ff::1]:7331":                 false,
		"[2001:db8::1]:7331":            false,
		"[2002:c0a8:0701::1]:7331":      false,
		"[64:ff9b::c0a8:701]:7331":      false,
		"11.22.33.44:0":                 false,
		"11.22.33.44:22":                false, // no service of ours is there
		"11.22.33.44:443":               false,
		"[2a00:1450::1%25ff02::1]:7331": false,
	} {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			if want {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if got := mayAsk(at, home); got != want {
			t.Errorf("mayAsk(%s) = %v", text, got)
		}
	}
	if mayAsk(netip.AddrPort{}, home) {
		t.Error("no address may be asked")
	}
}

// Of ten thousand candidates few are taken, each once.
func TestAskableIsBounded(t *testing.T) {
	t.Parallel()
	var list []candidate
	for i := range 10_000 {
		a := netip.AddrFrom4([4]byte{11, 22, byte(i >> 8), byte(i)})
		list = append(list, candidate{kindHost, netip.AddrPortFrom(a, 7331)})
	}
	if got := askable(list, nil); len(got) != maxCandidates || got[0] != list[0] {
		t.Errorf("%d candidates", len(got))
	}
	one := candidate{kindHost, netip.MustParseAddrPort("11.22.33.44:7331")}
	mapped := candidate{kindReflexive, netip.MustParseAddrPort("[::ffff:11.22.33.44]:7331")}
	if got := askable([]candidate{one, mapped, one}, nil); len(got) != 1 || got[0] != one {
		t.Errorf("the same address thrice: %v", got)
	}
}

// A device that tells where it sees us is not asked at an address which others
// see it send from: its NAT would not let us in.
func TestPublicOnly(t *testing.T) {
	t.Parallel()
	list := []candidate{
		{kindReflexive, netip.MustParseAddrPort("11.22.33.44:7331")},
		{kindHost, netip.MustParseAddrPort("192.168.7.20:7331")},
		{kindMapped, netip.MustParseAddrPort("11.22.33.44:7332")},
	}
	if got := publicOnly(list); len(got) != 1 || got[0] != list[2] {
		t.Errorf("%v", got)
	}
}

func TestHostCandidates(t *testing.T) {
	t.Parallel()
	subnets := prefixes("2a00:1450::7/64", "11.22.33.44/24", "fe80::1/64", "fd00::7/64", "192.168.7.20/24", "200::7/7")
	var got []string
	for _, c := range hostCandidates(subnets, 99) {
		if c.Kind != kindHost {
			t.Errorf("kind %s", c.Kind)
		}
		got = append(got, c.At.String())
	}
	want := []string{"192.168.7.20:99", "[fd00::7]:99", "11.22.33.44:99", "[2a00:1450::7]:99"}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

func TestNATOf(t *testing.T) {
	t.Parallel()
	at := func(texts ...string) (list []netip.AddrPort) {
		for _, x := range texts {
			list = append(list, netip.MustParseAddrPort(x))
		}
		return list
	}
	own := []candidate{{kindHost, netip.MustParseAddrPort("192.168.7.20:7331")}, {kindHost, netip.MustParseAddrPort("11.0.0.1:7331")}}
	for _, tt := range []struct {
		name  string
		seen  []netip.AddrPort
		asked bool
		want  string
	}{
		{"nobody asked", nil, false, NATUnknown},
		{"nobody answers", nil, true, NATSilent},
		{"one answers", at("11.22.33.44:7331"), true, NATUnknown},
		{"the same twice", at("11.22.33.44:7331", "11.22.33.44:7331"), true, NATPreserves},
		{"other ports", at("11.22.33.44:7331", "11.22.33.44:7332"), true, NATSymmetric},
		{"other addresses", at("11.22.33.44:7331", "11.22.33.45:7331"), true, NATSymmetric},
		{"our own", at("11.0.0.1:7331", "11.0.0.1:7331"), true, NATNone},
		{"one of each family", at("11.22.33.44:7331", "[2a00::1]:7331"), true, NATUnknown},
	} {
		if got := natOf(tt.seen, own, tt.asked); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
