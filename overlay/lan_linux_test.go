package overlay

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// discoveryEnv is set in the network that TestDiscovery makes.
const discoveryEnv = "PAUL_TEST_DISCOVERY"

// TestDiscovery runs itself in a network namespace with nothing but a pair of
// virtual interfaces, where two nodes find each other by real beacons, by IPv4
// alone and by IPv6 alone.
func TestDiscovery(t *testing.T) {
	if os.Getenv(discoveryEnv) != "" {
		discover(t)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const pair = "ip link set lo up && ip link add v0 type veth peer name v1 && "
	for name, setUp := range map[string]string{
		"IPv4": "ip link set v0 addrgenmode none && ip link set v1 addrgenmode none && ip addr add 10.9.9.1/24 dev v0 && ",
		"IPv6": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := pair + setUp + "ip link set v0 up && ip link set v1 up"
			if out, err := exec.CommandContext(t.Context(), "unshare", "-rn", "sh", "-c", network).CombinedOutput(); err != nil {
				t.Skipf("no network namespace here: %v %s", err, out)
			}
			again := exec.CommandContext(t.Context(), "unshare", "-rn", "sh", "-c", network+` && exec "$0" -test.run '^TestDiscovery$'`, self)
			again.Env = append(os.Environ(), discoveryEnv+"="+name)
			if out, err := again.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func discover(t *testing.T) {
	t.Helper()
	opts := [2]Options{local(t), local(t)}
	opts[0].NoLAN, opts[1].NoLAN = false, false
	a, b := start(t, opts[0]), start(t, opts[1])
	if os.Getenv(discoveryEnv) == "IPv4" { // which offers go by
		stop := a.MakeOffer("Desktop", "linux")
		defer stop()
		eventually(t, "the offer", func() {}, func() bool { return len(b.Offers()) == 1 && b.Offers()[0].Name == "Desktop" })
		if !a.Discovers() || len(a.Offers()) != 0 {
			t.Errorf("discovers %v; its own list %+v", a.Discovers(), a.Offers())
		}
	}
	awaitLink(t, a, b.PublicKey())
	awaitLink(t, b, a.PublicKey())
	for _, p := range a.Peers() {
		if ip6 := strings.Contains(p.URI, "["); p.Kind != PeeringLAN || ip6 != (os.Getenv(discoveryEnv) == "IPv6") {
			t.Errorf("peering %+v", p)
		}
	}
	pair(a, b)
	awaitOnline(t, a, b.PublicKey())
	if p := a.Path(b.PublicKey()); p.Kind != PathLAN {
		t.Errorf("path %+v", p)
	}
}
