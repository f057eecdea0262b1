package portmap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The lab is a router with Debian's miniupnpd between two hosts and a stranger
// on the internet, each in a network namespace. The stranger and the hosts are
// this test binary, run again in the role that labRole names.
const (
	labRole    = "PORTMAP_LAB_ROLE"
	labOutside = "11.22.33.44" // miniupnpd maps no ports on reserved addresses
	labHost    = "192.168.77.2"
)

func init() {
	role, argument, _ := strings.Cut(os.Getenv(labRole), " ")
	switch role {
	case "host":
		beHost(context.Background(), argument)
		os.Exit(0)
	case "stranger":
		say(beStranger(argument))
		os.Exit(0)
	}
}

func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// beHost maps testPort by one method, or all, answers what comes to it, and
// prints each state, until standard input ends.
func beHost(ctx context.Context, method string) {
	c, err := net.ListenPacket("udp4", fmt.Sprint(":", testPort))
	if err != nil {
		say(err)
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		buf := make([]byte, 100)
		for {
			size, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(buf[:size], from)
		}
	}()
	var m *Mapper
	m = New(Options{Port: testPort, Nonce: [12]byte{1, 2, 3}, Changed: func() {
		s := m.State()
		say("state", s.External, s.Method, s.Err)
		for _, a := range s.Tried {
			say("tried", a.Method, a.Took.Round(time.Millisecond), a.Err)
		}
	}})
	if method != "" {
		m.protocols = slices.DeleteFunc(slices.Clone(protocols), func(p protocol) bool { return p.method != method })
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	say("ended", m.Run(ctx))
}

// beStranger sends to an address until there is an answer, and returns it.
func beStranger(to string) string {
	c, err := net.Dial("udp4", to)
	if err != nil {
		return err.Error()
	}
	buf := make([]byte, 100)
	for range 10 {
		_, _ = c.Write([]byte("hello"))
		_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if size, err := c.Read(buf); err == nil {
			return string(buf[:size])
		}
	}
	return "no answer"
}

var labs atomic.Int32

type lab struct {
	name    string // of the router's namespace, and the beginning of the others'
	dir     string
	daemon  *exec.Cmd
	started time.Time
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make network namespaces")
	}
	for _, program := range []string{"ip", "nft", "miniupnpd"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s (Debian: iproute2, nftables, miniupnpd-nftables)", program)
		}
	}
	l := &lab{name: fmt.Sprintf("pm%d-%d", os.Getpid(), labs.Add(1)), dir: t.TempDir()}
	for _, suffix := range []string{"", "a", "b", "w"} {
		l.run(t, "ip", "netns", "add", l.name+suffix)
		t.Cleanup(func() { l.run(t, "ip", "netns", "del", l.name+suffix) })
		l.in(t, suffix, "ip", "link", "set", "lo", "up")
	}
	l.in(t, "", "ip", "link", "add", "lan", "type", "bridge")
	l.in(t, "", "ip", "addr", "add", "192.168.77.1/24", "dev", "lan")
	l.in(t, "", "ip", "link", "set", "lan", "up")
	for i, suffix := range []string{"a", "b"} {
		l.in(t, "", "ip", "link", "add", "to"+suffix, "type", "veth", "peer", "name", "eth0", "netns", l.name+suffix)
		l.in(t, "", "ip", "link", "set", "to"+suffix, "up", "master", "lan")
		l.in(t, suffix, "ip", "addr", "add", fmt.Sprintf("192.168.77.%d/24", 2+i), "dev", "eth0")
		l.in(t, suffix, "ip", "link", "set", "eth0", "up")
		l.in(t, suffix, "ip", "route", "add", "default", "via", "192.168.77.1")
	}
	l.in(t, "", "ip", "link", "add", "wan", "type", "veth", "peer", "name", "eth0", "netns", l.name+"w")
	l.in(t, "", "ip", "addr", "add", labOutside+"/24", "dev", "wan")
	l.in(t, "", "ip", "link", "set", "wan", "up")
	l.in(t, "w", "ip", "addr", "add", "11.22.33.1/24", "dev", "eth0")
	l.in(t, "w", "ip", "link", "set", "eth0", "up")
	l.in(t, "", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
	l.in(t, "", "nft", labRules)
	l.start(t)
	return l
}

const labRules = `
table inet igd {
 chain miniupnpd { }
 chain prerouting_miniupnpd { }
 chain postrouting_miniupnpd { }
 chain forward { type filter hook forward priority -5; policy accept; jump miniupnpd; iifname "wan" ct state new drop; }
 chain prerouting { type nat hook prerouting priority -90; policy accept; jump prerouting_miniupnpd; }
 chain postrouting { type nat hook postrouting priority 90; policy accept; jump postrouting_miniupnpd; oifname "wan" masquerade; }
}`

const labConfig = `
ext_ifname=wan
listening_ip=lan
http_port=0
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
min_lifetime=120
max_lifetime=86400
upnp_table_name=igd
upnp_nat_table_name=igd
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=00000000-0000-0000-0000-00000000000a
allow 1024-65535 192.168.0.0/16 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`

func (l *lab) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}

func (l *lab) in(t *testing.T, suffix, name string, args ...string) string {
	t.Helper()
	return l.run(t, "ip", append([]string{"netns", "exec", l.name + suffix, name}, args...)...)
}

// start begins the daemon, which answers as soon as it has opened its sockets.
func (l *lab) start(t *testing.T) {
	t.Helper()
	config := filepath.Join(l.dir, "miniupnpd.conf")
	if err := os.WriteFile(config, []byte(labConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	l.daemon = exec.Command("ip", "netns", "exec", l.name, "miniupnpd", "-d", "-f", config, "-P", filepath.Join(l.dir, "pid"))
	var err error
	if l.daemon.Stderr, err = os.Create(filepath.Join(l.dir, "log")); err != nil {
		t.Fatal(err)
	}
	if err := l.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.kill() })
	l.started = time.Now()
	eventually(t, func() error {
		if !strings.Contains(l.in(t, "", "ss", "-uln"), ":5351") {
			return errors.New("miniupnpd does not listen")
		}
		return nil
	})
}

func (l *lab) kill() {
	_ = l.daemon.Process.Kill()
	_ = l.daemon.Wait()
}

// mapped fails unless the router leads an external port to a host, or to none
// if the host is "".
func (l *lab) mapped(t *testing.T, port uint16, host string) error {
	t.Helper()
	rules := l.in(t, "", "nft", "list", "chain", "inet", "igd", "prerouting_miniupnpd")
	for line := range strings.Lines(rules) {
		if strings.Contains(line, fmt.Sprint("dport ", port, " ")) {
			if host != "" && strings.Contains(line, host+":"+fmt.Sprint(testPort)) {
				return nil
			}
			return errors.New("mapped: " + line)
		}
	}
	if host != "" {
		return errors.New("not mapped: " + rules)
	}
	return nil
}

// eventually waits until something holds.
func eventually(t *testing.T, holds func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); ; {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal(err)
		}
	}
}

// labHostRun is a Mapper in a namespace of its own.
type labHostRun struct {
	command *exec.Cmd
	input   io.Closer
	lines   *bufio.Scanner
}

func (l *lab) host(t *testing.T, suffix, method string) *labHostRun {
	t.Helper()
	h := &labHostRun{command: l.self(t, suffix, "host "+method)}
	input, err := h.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := h.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.input, h.lines = input, bufio.NewScanner(output)
	if err := h.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.command.Process.Kill()
		_ = h.command.Wait()
	})
	return h
}

func (l *lab) self(t *testing.T, suffix, role string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("ip", "netns", "exec", l.name+suffix, self)
	c.Env = append(os.Environ(), labRole+"="+role)
	c.Stderr = os.Stderr
	return c
}

// until returns the first line with a beginning.
func (h *labHostRun) until(t *testing.T, prefix string) string {
	t.Helper()
	for h.lines.Scan() {
		t.Log(h.lines.Text())
		if strings.HasPrefix(h.lines.Text(), prefix) {
			return h.lines.Text()
		}
	}
	t.Fatalf("no line %q", prefix)
	return ""
}

// external returns what the host has mapped, by the method given.
func (h *labHostRun) external(t *testing.T, method string) netip.AddrPort {
	t.Helper()
	words := strings.Fields(h.until(t, "state"))
	external, err := netip.ParseAddrPort(words[1])
	if err != nil || words[2] != method {
		t.Fatal(words)
	}
	return external
}

func (h *labHostRun) end(t *testing.T) {
	t.Helper()
	_ = h.input.Close()
	if line := h.until(t, "ended"); line != "ended <nil>" {
		t.Error(line)
	}
}
