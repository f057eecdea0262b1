package portmap

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestMiniupnpd(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, method := range []string{MethodPCP, MethodNATPMP, MethodUPnP} {
		t.Run(method, func(t *testing.T) {
			h := l.host(t, "a", method)
			if got := h.external(t, method); got.String() != fmt.Sprint(labOutside, ":", testPort) {
				t.Fatal(got)
			}
			if err := l.mapped(t, testPort, labHost); err != nil {
				t.Fatal(err)
			}
			answer, err := l.self(t, "w", fmt.Sprint("stranger ", labOutside, ":", testPort)).Output()
			if err != nil || string(answer) != "hello\n" {
				t.Errorf("through the mapping: %q, %v", answer, err)
			}
			h.end(t)
			if err := l.mapped(t, testPort, ""); err != nil {
				t.Error(err)
			}
		})
		t.Run(method+" beside another that has the port", func(t *testing.T) {
			first := l.host(t, "b", MethodUPnP)
			first.external(t, MethodUPnP)
			second := l.host(t, "a", method)
			got := second.external(t, method)
			if got.Port() == testPort {
				t.Error("the port is taken")
			}
			if err := l.mapped(t, got.Port(), labHost); err != nil {
				t.Error(err)
			}
			second.end(t)
			if err := l.mapped(t, got.Port(), ""); err != nil {
				t.Error(err)
			}
			first.end(t)
		})
		t.Run(method+" again after a crash", func(t *testing.T) {
			h := l.host(t, "a", method)
			h.external(t, method)
			_ = h.command.Process.Kill()
			_ = h.command.Wait()
			h = l.host(t, "a", method)
			if got := h.external(t, method); got.Port() != testPort {
				t.Error(got)
			}
			h.end(t)
			if err := l.mapped(t, testPort, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// miniupnpd maps nothing behind another NAT.
func TestMiniupnpdBehindAnother(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.in(t, "", "ip", "addr", "flush", "dev", "wan")
	l.in(t, "", "ip", "addr", "add", "10.9.8.7/24", "dev", "wan")
	l.kill()
	l.start(t)
	h := l.host(t, "a", "")
	if line := h.until(t, "state"); !strings.Contains(line, ErrOffline.Error()) {
		t.Error(line)
	}
	h.end(t)
}

// A router that starts again, or has got another address, is asked again at
// once and not when the mapping would have been renewed.
func TestMiniupnpdRestarts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	eventually(t, func() error { // the restart of a younger router does not show in its epoch
		if time.Since(l.started) < 4*time.Second {
			return errors.New("the router has just been switched on")
		}
		return nil
	})
	h := l.host(t, "a", "")
	h.external(t, MethodPCP)
	l.kill()
	l.in(t, "", "nft", "flush", "chain", "inet", "igd", "prerouting_miniupnpd")
	l.start(t)
	eventually(t, func() error { return l.mapped(t, testPort, labHost) })
	l.in(t, "", "ip", "addr", "del", labOutside+"/24", "dev", "wan")
	l.in(t, "", "ip", "addr", "add", "11.22.33.45/24", "dev", "wan")
	h.until(t, fmt.Sprint("state 11.22.33.45:", testPort)) // it may have been found offline before
	h.end(t)
	if err := l.mapped(t, testPort, ""); err != nil {
		t.Error(err)
	}
}
