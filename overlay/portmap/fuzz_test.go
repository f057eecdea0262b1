package portmap

import (
	"bytes"
	"net/netip"
	"net/url"
	"testing"
	"time"
)

func FuzzParsePCP(f *testing.F) {
	r := newRouter()
	good := r.pcpAnswer(mapRequest(request{port: testPort, external: netip.AddrPortFrom(outside, testPort), lifetime: lifetime}, loopback))
	for _, p := range [][]byte{good, good[:24], good[:56], pcpHead(pcpAnnounce, 0, loopback), {0, 129, 0, 1, 0, 0, 0, 0}, {}} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := parsePCP(p)
		if err != nil {
			return
		}
		if p[0] != pcpVersion || p[1] != a.opcode|answerBit || len(p) > maxPCP || a.mapped && len(p) < pcpMapSize {
			t.Errorf("read %+v of %x", a, p)
		}
		if a.mapped { // what was read writes the same again
			again := mapRequest(request{port: a.internal, external: a.external, lifetime: a.lifetime, nonce: a.nonce}, loopback)
			if !bytes.Equal(again[4:8], p[4:8]) || !bytes.Equal(again[24:36], p[24:36]) || !bytes.Equal(again[40:44], p[40:44]) ||
				a.external.Addr().Is4() && !bytes.Equal(again[44:], p[44:60]) {
				t.Errorf("read %+v of %x", a, p)
			}
		}
	})
}

func FuzzParseNATPMP(f *testing.F) {
	for _, p := range [][]byte{
		{0, 128, 0, 0, 0, 0, 0, 9, 11, 22, 33, 44},
		{0, 129, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 14, 16},
		{0, 129, 0, 2, 0, 0, 0, 9},
		{},
	} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := parsePMP(p)
		if err == nil && (p[0] != 0 || p[1] != a.opcode|answerBit || a.result == 0 && (a.opcode == pmpAddress) != a.address.Is4()) {
			t.Errorf("read %+v of %x", a, p)
		}
		parseAnnouncement(p, time.Unix(0, 0))
	})
}

func FuzzParseLocation(f *testing.F) {
	for _, p := range []string{
		"HTTP/1.1 200 OK\r\nLocation: http://127.0.0.1:5000/root.xml\r\n\r\n",
		"HTTP/1.1 200 OK\r\nLOCATION:http://[::ffff:127.0.0.1]/\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nLocation: http://127.0.0.1@example.com/\r\n\r\n",
		"HTTP/1.1 200 OK\r\nLocation: //127.0.0.1/\r\n\r\n",
		"HTTP/1.1 200 OK\r\nLocation: http://127.0.0.2/\r\n\r\n",
		"NOTIFY * HTTP/1.1\r\n\r\n",
	} {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		at, err := parseLocation(p, loopback)
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(at.Hostname()); err != nil || a.Unmap() != loopback || at.Scheme != "http" || at.User != nil {
			t.Errorf("leads to %q", at)
		}
	})
}

func FuzzParseRoot(f *testing.F) {
	g := igd{services: []string{typeIP1, typePPP}, base: "http://127.0.0.1:80/"}
	f.Add([]byte(g.description()))
	f.Add([]byte(`<root xmlns="urn:schemas-upnp-org:device-1-0"><URLBase>http://[</URLBase></root>`))
	f.Add([]byte(`<root><device><deviceList><device>`))
	at, err := url.Parse("http://127.0.0.1:5000/root.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		root, err := parseRoot(bytes.NewReader(p), at)
		if err == nil && root.URLBaseStr == "" {
			t.Error("a description without a base")
		}
	})
}
