package direct

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

var anOffer = message{
	Version: messageVersion, Type: typeOffer, User: "user", Password: strings.Repeat("p", minPassword), NAT: NATPreserves, Time: 1,
	Candidates: []candidate{{kindHost, netip.MustParseAddrPort("11.22.33.44:7331")}, {kindMapped, netip.MustParseAddrPort("[2a00::1]:1")}},
	Listeners:  []string{"tls://11.22.33.44:7330"},
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, m := range []message{anOffer, {Version: 1, Type: typeNudge}, {Version: 1, Type: typeError, Error: "no"}} {
		var b bytes.Buffer
		if err := writeMessage(&b, m); err != nil {
			t.Fatal(err)
		}
		got, err := readMessage(&b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v became %+v, %v", m, got, err)
		}
	}
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":           "",
		"half a line":       `{"v":1,"type":"nudge"}`,
		"no JSON":           "GET / HTTP/1.1\n",
		"no version":        `{"type":"nudge"}` + "\n",
		"version below one": `{"v":-1,"type":"nudge"}` + "\n",
		"another shape":     `{"v":1,"type":["nudge"]}` + "\n",
		"an odd address":    `{"v":1,"type":"nudge","candidates":[{"kind":"host","at":"11.22.33.44"}]}` + "\n",
		"no password":       `{"v":1,"type":"offer","user":"u"}` + "\n",
		"a short password":  `{"v":1,"type":"offer","user":"u","password":"short"}` + "\n",
		"no user":           `{"v":1,"type":"offer","password":"` + anOffer.Password + `"}` + "\n",
		"a long text":       `{"v":1,"type":"` + strings.Repeat("x", maxText+1) + `"}` + "\n",
		"a long error":      `{"v":1,"type":"error","error":"` + strings.Repeat("x", maxText+1) + `"}` + "\n",
		"a long listener":   `{"v":1,"type":"nudge","listeners":["` + strings.Repeat("x", maxText+1) + `"]}` + "\n",
	} {
		if m, err := readMessage(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	many := `{"v":1,"type":"nudge","candidates":[` + strings.Repeat(`{"kind":"host","at":"11.22.33.44:7331"},`, 10_000)
	if _, err := readMessage(strings.NewReader(many)); !errors.Is(err, errTooLong) {
		t.Errorf("ten thousand candidates: %v", err)
	}
	if _, err := readMessage(strings.NewReader(strings.Repeat("x", maxMessage))); !errors.Is(err, errTooLong) {
		t.Errorf("no end: %v", err)
	}
}

func FuzzReadMessage(f *testing.F) {
	var b bytes.Buffer
	if err := writeMessage(&b, anOffer); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"v":1,"type":"nudge"}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := readMessage(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, c := range askable(m.Candidates, nil) {
			if !mayAsk(c.At, nil) {
				t.Errorf("%v may not be asked", c.At)
			}
		}
		var b bytes.Buffer
		if err := writeMessage(&b, m); err != nil {
			t.Fatal(err)
		}
		if again, err := readMessage(&b); err != nil && !errors.Is(err, errTooLong) {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}
