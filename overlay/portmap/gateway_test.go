package portmap

import (
	"errors"
	"net/netip"
	"testing"
)

func TestTargetsOf(t *testing.T) {
	t.Parallel()
	home := map[string]string{
		"192.168.1.1": "192.168.1.7", "10.0.0.1": "10.0.0.2", "172.16.0.1": "172.16.0.2",
		"169.254.1.1": "169.254.1.2", "100.64.0.1": "100.64.0.2", "8.8.8.1": "8.8.8.8", "8.8.4.1": "192.168.1.7",
		"10.9.9.9": "10.9.9.9", "127.0.0.1": "127.0.0.1", "224.0.0.1": "192.168.1.7", "192.168.3.1": "8.8.8.8",
	}
	for _, test := range []struct {
		name  string
		found []string
		want  []string
		err   error
	}{
		{"none", nil, nil, ErrNoGateway},
		{"a home", []string{"192.168.1.1"}, []string{"192.168.1.1"}, nil},
		{"twice the same", []string{"192.168.1.1", "192.168.1.1"}, []string{"192.168.1.1"}, nil},
		{"two", []string{"192.168.1.1", "10.0.0.1"}, []string{"192.168.1.1", "10.0.0.1"}, nil},
		{"too many", []string{"192.168.1.1", "10.0.0.1", "172.16.0.1", "169.254.1.1"}, []string{"192.168.1.1", "10.0.0.1", "172.16.0.1"}, nil},
		{"a provider's network", []string{"100.64.0.1"}, []string{"100.64.0.1"}, nil},
		{"a public address", []string{"8.8.8.1"}, nil, ErrNotNeeded},
		{"a public address behind a private gateway", []string{"192.168.3.1"}, nil, ErrNotNeeded},
		{"a public address and a home", []string{"8.8.8.1", "192.168.1.1"}, []string{"192.168.1.1"}, nil},
		{"a public gateway", []string{"8.8.4.1"}, nil, ErrNoGateway},
		{"ourselves", []string{"10.9.9.9", "127.0.0.1"}, nil, ErrNoGateway},
		{"multicast", []string{"224.0.0.1"}, nil, ErrNoGateway},
		{"no way there", []string{"192.168.99.1"}, nil, ErrNoGateway},
		{"IPv6", []string{"fe80::1"}, nil, ErrNoGateway},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var found []netip.Addr
			for _, text := range test.found {
				found = append(found, netip.MustParseAddr(text))
			}
			list, err := targetsOf(found, func(gateway netip.Addr) (netip.Addr, error) {
				own, ok := home[gateway.String()]
				if !ok {
					return netip.Addr{}, errors.New("unreachable")
				}
				return netip.MustParseAddr(own), nil
			})
			if !errors.Is(err, test.err) || len(list) != len(test.want) {
				t.Fatalf("%+v, %v", list, err)
			}
			for i, target := range list {
				if target.gateway.String() != test.want[i] || target.local.String() != home[test.want[i]] || target.control != 5351 ||
					len(target.search) != 2 || target.search[0].String() != "239.255.255.250:1900" || target.search[1].Addr() != target.gateway {
					t.Errorf("target %+v", target)
				}
			}
		})
	}
}

// Whatever this machine's network is, the answer is a list or says why not.
func TestFindTargets(t *testing.T) {
	t.Parallel()
	list, err := findTargets(t.Context())
	if (len(list) == 0) == (err == nil) || err != nil && !errors.Is(err, ErrNoGateway) && !errors.Is(err, ErrNotNeeded) {
		t.Errorf("%+v, %v", list, err)
	}
}
