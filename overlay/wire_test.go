package overlay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func seeded(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func encoded(tb testing.TB, k ed25519.PrivateKey, priority uint8, password string) []byte {
	tb.Helper()
	b, err := greeting{public(k), priority}.encode(k, []byte(password))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	k := seeded(1)
	good := encoded(t, k, 7, "")
	g, err := readGreeting(iotest.OneByteReader(bytes.NewReader(good)), nil)
	if err != nil || !g.key.Equal(public(k)) || g.priority != 7 {
		t.Fatalf("read %+v, %v", g, err)
	}
	change := func(at int, b byte) []byte {
		c := slices.Clone(good)
		c[at] = b
		return c
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":            {nil, io.EOF},
		"cut":              {good[:50], io.ErrUnexpectedEOF},
		"HTTP":             {[]byte("HTTP/1.1 400"), errNotYggdrasil},
		"too long":         {change(4, 0xff), errBadGreeting},
		"too short":        {change(5, 3), errBadGreeting},
		"another version":  {change(17, 9), errVersion},
		"odd field":        {change(9, 3), errBadGreeting},
		"another key":      {change(24, 0), errPassword},
		"forged signature": {change(len(good)-1, good[len(good)-1]^1), errPassword},
		"password":         {encoded(t, k, 0, "secret"), errPassword},
	} {
		if _, err := readGreeting(bytes.NewReader(c.data), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := readGreeting(bytes.NewReader(encoded(t, k, 0, "secret")), []byte("secret")); err != nil {
		t.Errorf("right password: %v", err)
	}
}

func FuzzGreeting(f *testing.F) {
	f.Add(encoded(f, seeded(1), 0, ""))
	f.Add([]byte("meta\x00\x40"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := readGreeting(bytes.NewReader(data), nil)
		if err == nil && len(g.key) != ed25519.PublicKeySize {
			t.Errorf("accepted a greeting without a key: %x", data)
		}
	})
}

// trafficFrame is a frame as ironwood sends it.
func trafficFrame(path, from []byte, source, dest ed25519.PublicKey, payload []byte) []byte {
	body := []byte{frameTraffic}
	for _, p := range [][]byte{path, from} {
		for _, port := range p {
			body = binary.AppendUvarint(body, uint64(port))
		}
		body = append(body, 0)
	}
	body = append(append(body, source...), dest...)
	body = append(binary.AppendUvarint(body, math.MaxUint64), payload...) // after the watermark
	return append(binary.AppendUvarint(nil, uint64(len(body))), body...)
}

// received reads a stream as the core would, from a link of b on which a is
// welcome.
func received(r io.Reader, a, b ed25519.PublicKey) ([]byte, *link, error) {
	k := &link{budget: newBudget()}
	m := newMeter(readConn{r: r}, k, b, watcher{func(from ed25519.PublicKey, _ *link) bool { return a.Equal(from) }, func(ed25519.PublicKey, uint64, bool) {}, func() {}})
	data, err := io.ReadAll(m)
	return data, k, err
}

// readConn is a connection that is only read.
type readConn struct {
	net.Conn
	r io.Reader
}

func (c readConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func TestMeter(t *testing.T) {
	t.Parallel()
	a, b, c := public(seeded(1)), public(seeded(2)), public(seeded(3))
	long := bytes.Repeat([]byte{1}, frameHead)
	varints := bytes.Repeat([]byte{0x80}, 3*binary.MaxVarintLen64)
	for i := binary.MaxVarintLen64 - 1; i < len(varints); i += binary.MaxVarintLen64 {
		varints[i] = 0
	}
	session := func(size int) []byte {
		return append(append([]byte{sessionTrafficType}, varints...), make([]byte, size)...)
	}
	var stream, want []byte
	var transit int
	for _, f := range []struct {
		frame  []byte
		passes bool
	}{
		{[]byte{1, frameSignatureRequest}, true},
		{[]byte{3, frameSignatureResponse, 1, 2}, true},
		{[]byte{2, 77, 0}, true}, // an unknown type: for the core to refuse
		{trafficFrame([]byte{1, 200}, []byte{3}, a, b, make([]byte, 70000)), true},
		{trafficFrame(nil, nil, a, b, nil), true},
		{trafficFrame(nil, nil, c, b, make([]byte, 100)), false}, // of a stranger
		{trafficFrame(nil, nil, c, a, session(0)), true},         // for another
		{trafficFrame(nil, nil, a, b, session(minSessionBox)), true},
		{trafficFrame(nil, nil, a, b, session(minSessionBox-1)), false},
		{trafficFrame(nil, nil, a, b, []byte{sessionTrafficType, 1, 1, 0xff}), true}, // refused by the core
		{trafficFrame(long[:400], nil, a, b, session(0)), false},
		{trafficFrame(long, nil, a, b, session(minSessionBox)), false},
		{[]byte{2, frameTraffic, 0}, false}, // cut short
		{[]byte{0x81, 0, frameSignatureRequest}, true},
	} {
		stream = append(stream, f.frame...)
		if f.passes {
			want = append(want, f.frame...)
		}
		if f.passes && bytes.Contains(f.frame, append(slices.Clone(c), a...)) {
			transit += len(f.frame)
		}
	}
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(stream), "by bytes": iotest.OneByteReader(bytes.NewReader(stream)),
	} {
		got, k, err := received(r, a, b)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: passed %d bytes, want %d, %v", name, len(got), len(want), err)
		}
		if k.rx.Load() != uint64(len(stream)) || k.transit.Load() != uint64(transit) {
			t.Errorf("%s: counted %d, of them %d for others; want %d, %d", name, k.rx.Load(), k.transit.Load(), len(stream), transit)
		}
	}
	for name, bad := range map[string][]byte{
		"empty": {0}, "oversized": binary.AppendUvarint(nil, maxFrame+1), "endless size": bytes.Repeat([]byte{0x80}, 20),
	} {
		if got, _, err := received(bytes.NewReader(append(bad, stream...)), a, b); !errors.Is(err, errBadFrame) {
			t.Errorf("%s frame: passed %x, %v", name, got, err)
		}
	}
}

func FuzzMeter(f *testing.F) {
	a, b := public(seeded(1)), public(seeded(2))
	f.Add(trafficFrame([]byte{1}, nil, a, b, make([]byte, 9)))
	f.Add(trafficFrame(nil, nil, a, b, []byte{sessionTrafficType, 1, 1, 1, 9}))
	f.Add([]byte{1, frameSignatureRequest, 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, _, _ := received(bytes.NewReader(stream), a, b)
		cut, _, _ := received(iotest.OneByteReader(bytes.NewReader(stream)), a, b)
		if !bytes.Equal(got, cut) {
			t.Errorf("what passes depends on how %x is cut", stream)
		}
		again, _, _ := received(bytes.NewReader(got), a, b)
		if !bytes.Equal(got, again) {
			t.Errorf("of %x passes what does not pass again", stream)
		}
	})
}

func TestSentFrames(t *testing.T) {
	t.Parallel()
	a, b := public(seeded(1)), public(seeded(2))
	stream := []byte{1, frameSignatureRequest}
	stream = append(stream, trafficFrame([]byte{1, 200}, []byte{3}, a, b, make([]byte, 70000))...)
	stream = append(stream, 3, frameSignatureResponse, 1, 2, 1, 1)
	want := []byte{frameSignatureRequest, frameTraffic, frameSignatureResponse, 1}
	for _, step := range []int{1, 2, 7, 100, 513, len(stream)} {
		var s sentFrames
		var got []byte
		for part := range slices.Chunk(stream, step) {
			s.feed(part, func(kind byte, _ uint64) { got = append(got, kind) })
		}
		if !bytes.Equal(got, want) {
			t.Errorf("in steps of %d: %d frames %v", step, len(got), got)
		}
	}
}

func TestBeacons(t *testing.T) {
	t.Parallel()
	k := seeded(3)
	b := beacon{public(k), 7330}
	advertisement, err := b.advertise()
	if err != nil {
		t.Fatal(err)
	}
	signed := b.sign(k)
	for name, c := range map[string]struct {
		data  []byte
		parse func([]byte) (beacon, error)
	}{"signed": {signed, parseSignedBeacon}, "advertisement": {advertisement, parseAdvertisement}} {
		if got, err := c.parse(c.data); err != nil || !reflect.DeepEqual(got, b) {
			t.Errorf("%s: parsed %+v, %v", name, got, err)
		}
		for i := range c.data {
			for _, bad := range [][]byte{c.data[:i], flipped(c.data, i)} {
				if got, err := c.parse(bad); err == nil && (name == "signed" || !got.key.Equal(b.key)) {
					t.Errorf("%s damaged at %d was parsed", name, i)
				}
			}
		}
	}
	if _, err := parseSignedBeacon(beacon{b.key, 0}.sign(k)); err == nil {
		t.Error("port 0 was parsed")
	}
}

func flipped(b []byte, i int) []byte {
	c := slices.Clone(b)
	c[i] ^= 0x10
	return c
}

func FuzzBeacon(f *testing.F) {
	b := beacon{public(seeded(3)), 7330}
	advertisement, err := b.advertise()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(advertisement)
	f.Add(b.sign(seeded(3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, parse := range []func([]byte) (beacon, error){parseSignedBeacon, parseAdvertisement} {
			if b, err := parse(data); err == nil && (len(b.key) != ed25519.PublicKeySize || b.port == 0) {
				t.Errorf("parsed %+v from %x", b, data)
			}
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	key := public(seeded(4))
	name := HostName(key)
	for _, host := range []string{name, strings.ToUpper(name)} {
		if got, err := ParseHostName(host); err != nil || !got.Equal(key) {
			t.Errorf("parse %s: %x, %v", host, got, err)
		}
	}
	for _, host := range []string{
		"", "pk.ygg", "." + Domain, name[1:], "a" + name, strings.TrimSuffix(name, ".ygg"), "x." + name,
		strings.Replace(name, ".", "", 1), strings.Replace(name, name[:1], "g", 1), name + ".",
	} {
		if got, err := ParseHostName(host); !errors.Is(err, ErrBadName) {
			t.Errorf("parse %q: %x, %v", host, got, err)
		}
	}
	if AddressOf(key[1:]).IsValid() {
		t.Error("a short key has an address")
	}
	if a := AddressOf(key); !Range.Contains(a) {
		t.Errorf("address %s", a)
	}
}

func FuzzSplitAddr(f *testing.F) {
	for _, s := range []string{(&Addr{public(seeded(4)), 80}).String(), "[200::1]:80", "[::1]:80", "a:0", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		key, ip, port, err := splitAddr(addr)
		if err == nil && (port == 0 || (key == nil) == !ip.IsValid()) {
			t.Errorf("%q became %x, %v, %d", addr, key, ip, port)
		}
	})
}

func TestPeerURI(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("ab", 32)
	for text, name := range map[string]string{
		"tls://192.0.2.1:7330":                                          "tls://192.0.2.1:7330",
		"tls://192.0.2.1:07330/":                                        "tls://192.0.2.1:7330",
		"quic://[2001:db8::1]:1?key=" + key:                             "quic://[2001:db8::1]:1",
		"wss://example.org:443/ygg":                                     "wss://example.org:443/ygg",
		"tcp://example.org:1?priority=3&password=p&maxbackoff=5s&sni=x": "tcp://example.org:1",
	} {
		u, err := parsePeerURI(text, dialSchemes...)
		if err != nil || u.name() != name {
			t.Errorf("parse %s: %s, %v", text, u.name(), err)
		}
	}
	for _, text := range []string{
		"", "192.0.2.1:1", "tls://", "tls://:1", "tls://a", "tls://a:b", "tls://a:65536", "ftp://a:1", "tls://a:1/x",
		"tls://a:1?key=12", "tls://a:1?priority=256", "tls://a:1?maxbackoff=x", "tls://a:1?maxbackoff=1ms",
		"tls://a:1?password=" + strings.Repeat("x", 65), "tls://a:1\x00", "ws:// a:1", "tls://::0", "tls://a%25b:1",
	} {
		if u, err := parsePeerURI(text, dialSchemes...); !errors.Is(err, ErrBadURI) {
			t.Errorf("parse %q: %+v, %v", text, u, err)
		}
	}
	if _, err := parsePeerURI("ws://a:1", listenSchemes...); !errors.Is(err, ErrBadURI) {
		t.Errorf("listen on ws: %v", err)
	}
}

func FuzzPeerURI(f *testing.F) {
	f.Add("tls://[2001:db8::1]:1?key=" + strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parsePeerURI(text, dialSchemes...)
		if err != nil {
			return
		}
		if again, err := parsePeerURI(u.name(), dialSchemes...); err != nil || again.name() != u.name() {
			t.Errorf("%q is named %q, which parses to %q, %v", text, u.name(), again.name(), err)
		}
	})
}

func TestHints(t *testing.T) {
	t.Parallel()
	var own []netip.Addr
	for _, a := range []string{"127.0.0.1", "::1", "203.0.113.5", "fe80::1%eth0", "2001:db8::5", "192.168.1.5", "200::5", "fd00::5"} {
		own = append(own, netip.MustParseAddr(a))
	}
	for _, c := range []struct {
		listen string
		own    []netip.Addr
		want   string
	}{
		{"tls://127.0.0.1:1", own, "tls://127.0.0.1:1"},
		{"tls://192.168.1.5:1", own, "tls://192.168.1.5:1"},
		{"tls://0.0.0.0:1", own, "tls://192.168.1.5:1 tls://203.0.113.5:1"},
		{"quic://[::]:1", own, "quic://192.168.1.5:1 quic://[fd00::5]:1 quic://203.0.113.5:1 quic://[2001:db8::5]:1"},
		{"tls://[::]:1", own[:2], "tls://127.0.0.1:1"},
	} {
		u, err := parsePeerURI(c.listen, listenSchemes...)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(hints([]peerURI{u, u}, c.own), " "); got != c.want {
			t.Errorf("hints of %s: %s, want %s", c.listen, got, c.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	b := backoff{longest: 5 * time.Second}
	for _, want := range []time.Duration{1, 2, 4, 5, 5} {
		if got := b.next(); got != want*time.Second {
			t.Errorf("pause %v, want %vs", got, int(want))
		}
	}
	b.reset()
	if got := b.next(); got != time.Second {
		t.Errorf("pause after a reset %v", got)
	}
}

func TestBuiltInPeers(t *testing.T) {
	t.Parallel()
	p, err := newPublicPeers(&links{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.candidates) < 20 {
		t.Errorf("%d built-in public peers", len(p.candidates))
	}
	if _, err := newPublicPeers(&links{}, []string{"nonsense"}); !errors.Is(err, ErrBadURI) {
		t.Errorf("a bad public peer: %v", err)
	}
}
