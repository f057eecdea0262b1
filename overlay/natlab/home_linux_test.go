package natlab

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kind is what stands between a device and the internet. How a NAT maps and
// filters is said in the words of RFC 4787.
type kind string

const (
	public     kind = "none"                 // a public address, no NAT
	fullCone   kind = "endpoint-independent" // mapping and filtering
	restricted kind = "port-restricted"      // endpoint-independent mapping, address and port-dependent filtering
	symmetric  kind = "symmetric"            // address and port-dependent mapping and filtering
	blocked    kind = "UDP blocked"          // port-restricted, and no UDP
	igd        kind = "IGD"                  // port-restricted, and maps ports when asked (UPnP, NAT-PMP, PCP)
)

// home is a device's place: a host in a namespace of its own, and the box
// before it.
type home struct {
	kind    kind
	host    *netns
	box     *netns // host itself without NAT
	wan     *port  // where box is attached
	outer   netip.Addr
	outer6  netip.Addr // of box; not valid in an IPv4 lab
	inner   netip.Addr // of host
	inner6  netip.Addr
	gateway netip.Addr // of box, seen from host
}

// homeLink is a fair home connection.
var homeLink = access{rate: 5e6, delay: 5e6, queue: 1e8}

// newHome makes the nth home on the internet, with IPv6 too if dual.
func newHome(t *testing.T, i *internet, k kind, nth int, dual bool) *home {
	t.Helper()
	h := &home{kind: k, host: namespace(t), outer: outer4(nth)}
	prefixes := []netip.Prefix{netip.PrefixFrom(h.outer, 32)}
	if dual {
		h.outer6 = outer6(nth)
		prefixes = append(prefixes, netip.PrefixFrom(h.outer6, 128), lan6(nth))
	} else {
		withoutIPv6(t, h.host)
	}
	if k == public {
		h.box, h.inner, h.inner6 = h.host, h.outer, h.outer6
		h.wan = i.attach(t, h.host, homeLink, prefixes...)
		return h
	}
	h.box = namespace(t)
	if !dual {
		withoutIPv6(t, h.box)
	}
	h.wan = i.attach(t, h.box, homeLink, prefixes...)
	h.wire(t, nth)
	h.box.nft(t, h.rules())
	if k == igd {
		h.startIGD(t)
	}
	return h
}

// station is a public machine with two IPv4 addresses.
type station struct {
	host        *netns
	wan         *port
	addr, addr2 netip.Addr
	addr6       netip.Addr // not valid in an IPv4 lab
}

// stationLink is slow: what goes through P is told from what does not.
var stationLink = access{rate: 2e6, delay: 20e6, queue: 1e8}

// newStation makes the nth machine on the internet, and takes the number after
// that too.
func newStation(t *testing.T, i *internet, nth int, dual bool) *station {
	t.Helper()
	s := &station{host: namespace(t), addr: outer4(nth), addr2: outer4(nth + 1)}
	prefixes := []netip.Prefix{netip.PrefixFrom(s.addr, 32), netip.PrefixFrom(s.addr2, 32)}
	if dual {
		s.addr6 = outer6(nth)
		prefixes = append(prefixes, netip.PrefixFrom(s.addr6, 128))
	} else {
		withoutIPv6(t, s.host)
	}
	s.wan = i.attach(t, s.host, stationLink, prefixes...)
	return s
}

// Addresses are those of real networks, since programs treat those reserved
// for documentation otherwise. Nothing here leads to them.
func outer4(nth int) netip.Addr { return netip.AddrFrom4([4]byte{11, 22, 33, byte(nth)}) }

func outer6(nth int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2a00:11:22:%d::1", nth)) }

// lan6 is the prefix delegated to the nth home.
func lan6(nth int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("2a00:11:33:%d::/64", nth))
}

func withoutIPv6(t *testing.T, n *netns) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		return // the kernel has none
	}
	n.sysctl(t, "ipv6/conf/all/disable_ipv6", "1")
	n.sysctl(t, "ipv6/conf/default/disable_ipv6", "1")
}

// wire joins host and box by a local network.
func (h *home) wire(t *testing.T, nth int) {
	t.Helper()
	h.inner = netip.AddrFrom4([4]byte{192, 168, byte(nth), 2})
	h.gateway = netip.AddrFrom4([4]byte{192, 168, byte(nth), 1})
	h.box.configure(t,
		"link add lan type veth peer name eth0 netns "+h.host.path(),
		"link set lan up",
		fmt.Sprintf("addr add %s/24 dev lan", h.gateway),
	)
	h.host.configure(t,
		"link set eth0 up",
		fmt.Sprintf("addr add %s/24 dev eth0", h.inner),
		fmt.Sprintf("route add default via %s", h.gateway),
	)
	h.box.sysctl(t, "ipv4/ip_forward", "1")
	if !h.outer6.IsValid() {
		return
	}
	gateway := lan6(nth).Addr().Next()
	h.inner6 = gateway.Next()
	h.box.configure(t, fmt.Sprintf("addr add %s/64 dev lan nodad", gateway))
	h.host.configure(t,
		fmt.Sprintf("addr add %s/64 dev eth0 nodad", h.inner6),
		fmt.Sprintf("route add ::/0 via %s", gateway),
	)
	h.box.sysctl(t, "ipv6/conf/all/forwarding", "1")
}

// rules are what makes the box of its kind. IPv6 is filtered, as boxes do, and
// not translated.
func (h *home) rules() string {
	var noUDP, masquerade, open string
	switch h.kind {
	case blocked:
		noUDP = "meta l4proto 17 drop"
	case symmetric:
		masquerade = " random,fully-random"
	case fullCone:
		open = fmt.Sprintf("iifname wan meta l4proto 17 dnat to %s", h.inner)
	}
	return fmt.Sprintf(`
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		%s
		ct state established,related accept
		iifname lan accept
		ct status dnat accept
	}
	chain input {
		type filter hook input priority filter; policy accept
		iifname wan ct state established,related accept
		iifname wan meta l4proto { 1, 58 } accept comment "ICMP and ICMPv6, whose names a bare machine does not know"
		iifname wan drop
	}
}
table ip nat {
	chain post {
		type nat hook postrouting priority srcnat; policy accept
		oifname wan masquerade%s
	}
	chain pre {
		type nat hook prerouting priority dstnat; policy accept
		%s
	}
}
`, noUDP, masquerade, open)
}

// startIGD runs miniupnpd on the box until the test ends.
func (h *home) startIGD(t *testing.T) {
	t.Helper()
	h.box.nft(t, `
table inet igd {
	chain forward { type filter hook forward priority -5; policy accept; jump miniupnpd; }
	chain miniupnpd { }
	chain prerouting { type nat hook prerouting priority -90; policy accept; jump prerouting_miniupnpd; }
	chain prerouting_miniupnpd { }
	chain postrouting { type nat hook postrouting priority 90; policy accept; jump postrouting_miniupnpd; }
	chain postrouting_miniupnpd { }
}
`)
	h.box.configure(t, "route add 224.0.0.0/4 dev lan")
	dir := t.TempDir()
	config := filepath.Join(dir, "miniupnpd.conf")
	text := strings.Join([]string{
		"ext_ifname=wan", "listening_ip=lan", "http_port=0",
		"enable_natpmp=yes", "enable_upnp=yes", "secure_mode=yes", "system_uptime=yes",
		"min_lifetime=120", "max_lifetime=86400", "notify_interval=60",
		"upnp_table_name=igd", "upnp_nat_table_name=igd",
		"upnp_forward_chain=miniupnpd", "upnp_nat_chain=prerouting_miniupnpd",
		"upnp_nat_postrouting_chain=postrouting_miniupnpd",
		"uuid=00000000-0000-0000-0000-00000000000" + h.outer.String()[len(h.outer.String())-1:],
		"allow 1024-65535 192.168.0.0/16 1024-65535", "deny 0-65535 0.0.0.0/0 0-65535",
	}, "\n") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("miniupnpd", "-d", "-f", config, "-P", filepath.Join(dir, "pid"))
	cmd.Stdout, cmd.Stderr = log, log
	p, err := h.box.start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Kill()
		<-p.ended
		_ = log.Close()
		if out, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("miniupnpd: %s", out)
		}
	})
}
